package policy

import (
	"strings"
	"unicode"

	"github.com/surefoot-ai/surefoot/agent"
)

// marks are what a transcript shows a reader who would have to learn it
// otherwise. A star stands before words that the goal and the actions on offer
// have in common. Before an action stands a tilde if it was taken before in the
// episode; else a minus or a plus if a lesson about the goal says to avoid what it
// names, or to try that instead. "put some egg in fridge" makes a reader of
//
//	On the table 1, you see a *egg 2, and a lettuce 1.
//	> take *egg 2 from table 1
//	...
//	> ~go to table 1
//
// A small model that was shown thousands of episodes may not have found out by
// itself that a word which stands in the goal is the one to act on, nor keep in
// mind where it has been, nor find in its context what is said of the action at
// hand; with marks it has after hundreds. Nil marks nothing.
type marks struct {
	shared map[string]bool       // words of the goal; true for those of an action, too
	taken  map[agent.Action]bool // not to be modified
	hints  *hints
}

// marker makes the marks of an episode's steps, one after the other. Nil makes
// none.
type marker struct {
	goal  []string
	taken map[agent.Action]bool
	hints *hints
}

func newMarker(task agent.Task, c agent.Context) *marker {
	return &marker{strings.FieldsFunc(task.Goal, noLetter), map[agent.Action]bool{}, newHints(task.Goal, c)}
}

// step returns the marks of the next step, which are good until it is taken.
func (k *marker) step(admissible []agent.Action) *marks {
	if k == nil {
		return nil
	}
	m := &marks{map[string]bool{}, k.taken, k.hints}
	for _, w := range k.goal {
		m.shared[w] = false
	}
	for _, a := range admissible {
		for w := range strings.FieldsFuncSeq(string(a), noLetter) {
			if _, ok := m.shared[w]; ok {
				m.shared[w] = true
			}
		}
	}
	return m
}

// took says which action was taken.
func (k *marker) took(a agent.Action) {
	if k != nil {
		k.taken[a] = true
		k.hints = k.hints.after(a)
	}
}

func noLetter(r rune) bool { return !unicode.IsLetter(r) }

// action returns a with its marks.
func (m *marks) action(a agent.Action) string {
	switch {
	case m == nil:
		return string(a)
	case m.taken[a]:
		return "~" + m.in(string(a))
	}
	return m.hints.mark(a) + m.in(string(a))
}

// in returns text with stars.
func (m *marks) in(text string) string {
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
		if m.shared[rest[:n]] {
			b.WriteByte('*')
		}
		b.WriteString(rest[:n])
		rest = rest[n:]
	}
	return b.String()
}
