package skills

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
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

// Library finds skills. It is immutable and safe for concurrent use.
type Library struct {
	skills []agent.Skill // in the order of List
	index  *index        // of the same order
}

// NewLibrary returns a library of skills, which it copies; of several with one
// ID, the first.
func NewLibrary(skills []agent.Skill) *Library {
	l := &Library{}
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
	s.Steps, s.For, s.Against = slices.Clone(s.Steps), slices.Clone(s.For), slices.Clone(s.Against)
	s.Lessons, s.Parents, s.Files = slices.Clone(s.Lessons), slices.Clone(s.Parents), maps.Clone(s.Files)
	s.Effect.Coins = slices.Clone(s.Effect.Coins)
	return s
}

// Filter selects skills. An empty field selects all.
type Filter struct {
	Suite    string
	Category agent.SkillCategory
	Kind     string
	State    agent.SkillState
}

func (f Filter) selects(s agent.Skill) bool {
	return (f.Suite == "" || f.Suite == s.Suite) && (f.Category == "" || f.Category == s.Category) && (f.Kind == "" || f.Kind == s.Kind) && (f.State == "" || f.State == s.State)
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
