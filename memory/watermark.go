package memory

import (
	"regexp"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// minMark is how many words an item's text must have to be known again: fewer may
// be the world's own.
const minMark = 5

// unrecalled is e without what it repeats of recalled text, so that nothing is
// learned from memory's own words: an agent may quote its context in an action, an
// environment echo it. Recalled is what e.Context holds and, as an agent may not
// have kept that, every lesson and skill of its scope and suite as it is now; each is found
// whole, whatever white space is between its words. A step is left out if nothing
// else was in its action. The archive keeps e as it is.
func (s *Store) unrecalled(e agent.Episode) agent.Episode {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var marks []mark
	for _, it := range e.Context.Items {
		marks = append(marks, newMark(it.Text))
	}
	lessons := anyText(e, likeLesson)
	skills := len(s.kinds[place{e.Task.Scope, e.Task.Suite, string(agent.KindSkill)}]) > 0 && (lessons || anyText(e, likePlan))
	if lessons || skills {
		for _, known := range s.items {
			switch {
			case known.Scope != e.Task.Scope || known.Suite != e.Task.Suite:
			case known.Class == agent.KindSkill && skills:
				marks = append(marks, newMark(known.skill.Text()))
			case known.Class == agent.KindLesson && lessons:
				marks = append(marks, newMark(RenderLesson(known.lesson)))
			}
		}
	}
	marks = slices.DeleteFunc(marks, func(m mark) bool { return len(m.words) < minMark })
	if len(marks) == 0 {
		return e
	}
	slices.SortFunc(marks, func(a, b mark) int { return len(b.words) - len(a.words) }) // one may be part of another
	cut := func(text string) string {
		for i := range marks {
			text = marks[i].cut(text)
		}
		return text
	}
	var steps []agent.Step
	for _, st := range e.Steps {
		action := agent.Action(cut(string(st.Action)))
		if st.Observation.Text = cut(st.Observation.Text); action != st.Action && strings.TrimSpace(string(action)) == "" {
			continue
		}
		st.Action = action
		steps = append(steps, st)
	}
	e.Steps = steps
	e.Task.Goal, e.Final.Text, e.Outcome.Feedback = cut(e.Task.Goal), cut(e.Final.Text), cut(e.Outcome.Feedback)
	return e
}

// likeLesson reports whether a text may hold a lesson, or a skill about a mistake, as
// a policy reads it.
func likeLesson(text string) bool {
	_, after, ok := strings.Cut(text, "When ")
	return ok && (strings.Contains(after, "avoid ") || strings.Contains(after, "do "))
}

// likePlan reports whether a text may hold another skill.
func likePlan(text string) bool {
	_, after, ok := strings.Cut(text, "To ")
	return ok && strings.Contains(after, ": ")
}

// anyText reports whether one of e's texts is like something.
func anyText(e agent.Episode, like func(string) bool) bool {
	return like(e.Task.Goal) || like(e.Final.Text) || like(e.Outcome.Feedback) || slices.ContainsFunc(e.Steps, func(s agent.Step) bool {
		return like(string(s.Action)) || like(s.Observation.Text)
	})
}

// mark finds an item's text in another.
type mark struct {
	words   []string
	pattern *regexp.Regexp // nil until it is needed
}

func newMark(text string) mark { return mark{words: strings.Fields(text)} }

// cut is text without those places at which it has the mark's words in a row.
func (m *mark) cut(text string) string {
	if !strings.Contains(text, m.words[0]) {
		return text
	}
	if m.pattern == nil {
		words := slices.Clone(m.words)
		last := len(words) - 1
		words[last] = strings.TrimRight(words[last], ".")
		for i := range words {
			words[i] = regexp.QuoteMeta(words[i])
		}
		m.pattern = regexp.MustCompile(strings.Join(words, `(?:\s|\\n)+`) + `\.?`) // \n as JSON writes it
	}
	return m.pattern.ReplaceAllLiteralString(text, "")
}
