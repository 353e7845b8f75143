package policy

import (
	"strings"
	"unicode"

	"github.com/surefoot-ai/surefoot/agent"
)

// marks are words that a transcript puts a star before: those that the goal and
// the actions on offer have in common. "put some egg in fridge" makes a reader of
//
//	On the table 1, you see a *egg 2, and a lettuce 1.
//	> take *egg 2 from table 1
//
// A small model that was shown thousands of episodes may not have found out by
// itself that a word which stands in the goal is the one to act on; with stars it
// has after hundreds. Nil marks nothing.
type marks map[string]bool

// marksOf are the marks of one step.
func marksOf(task agent.Task, admissible []agent.Action) marks {
	m := marks{}
	for w := range strings.FieldsFuncSeq(task.Goal, noLetter) {
		m[w] = false
	}
	for _, a := range admissible {
		for w := range strings.FieldsFuncSeq(string(a), noLetter) {
			if _, ok := m[w]; ok {
				m[w] = true
			}
		}
	}
	return m
}

// noMarks is marksOf for a model without.
func noMarks(agent.Task, []agent.Action) marks { return nil }

func noLetter(r rune) bool { return !unicode.IsLetter(r) }

// in returns text with its marks.
func (m marks) in(text string) string {
	if m == nil {
		return text
	}
	var b strings.Builder
	for rest := text; rest != ""; {
		n := strings.IndexFunc(rest, unicode.IsLetter)
		if n < 0 {
			n = len(rest)
		}
		b.WriteString(rest[:n])
		rest = rest[n:]
		n = strings.IndexFunc(rest, noLetter)
		if n < 0 {
			n = len(rest)
		}
		if m[rest[:n]] {
			b.WriteByte('*')
		}
		b.WriteString(rest[:n])
		rest = rest[n:]
	}
	return b.String()
}
