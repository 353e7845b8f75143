package skills

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

var (
	// ErrNotFound is returned for an ID that no skill has.
	ErrNotFound = errors.New("no such skill")

	// ErrAmbiguous is returned for the beginning of several skills' IDs.
	ErrAmbiguous = errors.New("several skills begin so")
)

// RecallK is how many skills of the task's category a Recall returns at most:
// K of SkillRL (arXiv:2602.08234, eq. 4).
const RecallK = 6

// Library finds skills. It is immutable and safe for concurrent use.
type Library struct {
	skills []agent.Skill // in the order of List
	index  *index        // of the same order
	count  func(string) int
}

// NewLibrary returns a library of skills, which it copies; of several with one
// ID, the first. The tokens of a skill's text are counted by count, which must
// be safe for concurrent use; nil counts words.
func NewLibrary(skills []agent.Skill, count func(string) int) *Library {
	l := &Library{count: count}
	if count == nil {
		l.count = func(s string) int { return len(strings.Fields(s)) }
	}
	seen := map[string]bool{}
	var texts []string
	for _, s := range skills {
		if !seen[s.ID] {
			seen[s.ID] = true
			l.skills = append(l.skills, clone(s))
			texts = append(texts, strings.Join([]string{s.Title, s.Principle, s.When, s.Mistake, s.Kind}, "\n"))
		}
	}
	l.index = newIndex(texts)
	return l
}

func clone(s agent.Skill) agent.Skill {
	s.Steps, s.For, s.Against, s.Lessons = slices.Clone(s.Steps), slices.Clone(s.For), slices.Clone(s.Against), slices.Clone(s.Lessons)
	return s
}

// Filter selects skills. An empty field selects all.
type Filter struct {
	Suite    string
	Category agent.SkillCategory
	Kind     string
}

func (f Filter) selects(s agent.Skill) bool {
	return (f.Suite == "" || f.Suite == s.Suite) && (f.Category == "" || f.Category == s.Category) && (f.Kind == "" || f.Kind == s.Kind)
}

// List returns the skills that f selects, in the order they were given in.
func (l *Library) List(f Filter) []agent.Skill {
	var out []agent.Skill
	for _, s := range l.skills {
		if f.selects(s) {
			out = append(out, clone(s))
		}
	}
	return out
}

// Show returns the skill whose ID is, or alone begins with, id. It returns
// ErrNotFound or ErrAmbiguous, wrapped.
func (l *Library) Show(id string) (agent.Skill, error) {
	var found []agent.Skill
	for _, s := range l.skills {
		if s.ID == id {
			return clone(s), nil
		}
		if id != "" && strings.HasPrefix(s.ID, id) {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 0:
		return agent.Skill{}, fmt.Errorf("skill %q: %w", id, ErrNotFound)
	case 1:
		return clone(found[0]), nil
	}
	return agent.Skill{}, fmt.Errorf("skill %q: %w: %s, %s", id, ErrAmbiguous, found[0].ID, found[1].ID)
}

// Hit is a skill that a search found.
type Hit struct {
	Skill      agent.Skill
	Similarity float64 // BM25, > 0
}

// Search returns the skills that share words with query, the most similar
// first, equals in the order of their IDs; at most most, 0 for all.
func (l *Library) Search(query string, most int) []Hit {
	var out []Hit
	for i, x := range l.index.similarity(query) {
		if x > 0 {
			out = append(out, Hit{clone(l.skills[i]), x})
		}
	}
	slices.SortFunc(out, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(a.Skill.ID, b.Skill.ID))
	})
	if most > 0 && len(out) > most {
		out = out[:most]
	}
	return out
}

// Recall implements agent.Recaller. Of the task's suite it takes the general
// skills, and the RecallK skills and mistakes of the task's kind most similar
// to the goal, equals by evidence and then ID; mistakes without a kind count
// as of every kind. Those of the kind are packed first, then the general ones,
// each if it still fits in maxTokens. They are read in the order general, task,
// mistake. It returns only the error of ctx.
//
// Unlike the paper, there is no threshold of similarity (its δ): a skill of
// the task's own kind is worth more than the words it shares with the goal.
func (l *Library) Recall(ctx context.Context, task agent.Task, maxTokens int) (agent.Context, error) {
	if err := ctx.Err(); err != nil {
		return agent.Context{}, err
	}
	var packed []agent.Skill
	left := maxTokens
	pack := func(candidates []agent.Skill) {
		for _, s := range candidates {
			if n := l.count(s.Text()); n <= left {
				left -= n
				packed = append(packed, s)
			}
		}
	}
	pack(l.nearest(task))
	pack(l.List(Filter{Suite: task.Suite, Category: agent.SkillGeneral}))
	slices.SortStableFunc(packed, func(a, b agent.Skill) int {
		return cmp.Compare(slices.Index(agent.SkillCategories(), a.Category), slices.Index(agent.SkillCategories(), b.Category))
	})
	var c agent.Context
	for _, s := range packed {
		text := s.Text()
		c.Items = append(c.Items, agent.Item{ID: s.ID, Kind: agent.KindSkill, Text: text, Tokens: l.count(text)})
	}
	return c, nil
}

// nearest are the RecallK skills and mistakes of task's kind.
func (l *Library) nearest(task agent.Task) []agent.Skill {
	similarity := l.index.similarity(task.Goal)
	var order []int
	for i, s := range l.skills {
		own := s.Kind == task.Kind || s.Category == agent.SkillMistake && s.Kind == ""
		if s.Suite == task.Suite && s.Category != agent.SkillGeneral && own {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(similarity[b], similarity[a]), byEvidence(l.skills[a], l.skills[b]))
	})
	var out []agent.Skill
	for _, i := range order[:min(RecallK, len(order))] {
		out = append(out, l.skills[i])
	}
	return out
}
