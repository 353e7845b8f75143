package skills

import (
	"fmt"
	"slices"
	"strings"
)

// variables names things by their part in a plan.
type variables struct {
	goal  []string          // sorts that are A, B, …
	fixed map[string]bool   // sorts that are written as they are
	given map[string]string // name of a thing -> its variable
	used  map[string]int    // letter or sort -> how many things have it
	free  int               // letters for other things given so far
}

const (
	goalLetters = "ABCDEFGH"
	freeLetters = "XYZWVUTS"
)

func newVariables(goal []string, fixed map[string]bool) *variables {
	return &variables{goal: goal, fixed: fixed, given: map[string]string{}, used: map[string]int{}}
}

// name is the variable of t: the same whenever it is asked for.
func (v *variables) name(t thing) string {
	if n, ok := v.given[t.name]; ok {
		return n
	}
	var n string
	if i := slices.Index(v.goal, t.sort); i >= 0 && i < len(goalLetters) {
		n = v.numbered(goalLetters[i : i+1])
	} else if v.fixed[t.sort] {
		n = v.numbered(t.sort)
	} else {
		k := v.free
		v.free++
		n = freeLetters[k%len(freeLetters) : k%len(freeLetters)+1]
		if k >= len(freeLetters) {
			n += fmt.Sprint(k/len(freeLetters) + 1)
		}
	}
	v.given[t.name] = n
	return n
}

// numbered is base for the first thing that has it, base2 for the second.
func (v *variables) numbered(base string) string {
	v.used[base]++
	if v.used[base] == 1 {
		return base
	}
	return fmt.Sprint(base, v.used[base])
}

// abstract replaces the things in text by their variables.
func (v *variables) abstract(text string) string {
	var b strings.Builder
	at := 0
	for _, t := range things(text) {
		b.WriteString(text[at:t.start])
		b.WriteString(v.name(t))
		at = t.end
	}
	b.WriteString(text[at:])
	return b.String()
}

// step is an action with its things replaced, and with a mark for each text in
// quotes of minQuotedWords words or more: it is about one case.
func (v *variables) step(action string) string {
	var b strings.Builder
	for i, part := range strings.Split(action, `"`) {
		if i > 0 {
			b.WriteByte('"')
		}
		if i%2 == 1 && len(strings.Fields(part)) >= minQuotedWords {
			part = "…"
		}
		b.WriteString(part)
	}
	return v.abstract(b.String())
}

// minQuotedWords is how many words a text has that is not what something is called.
const minQuotedWords = 6

// abstractGoal replaces the words of a goal that name its things by A, B, …,
// and every other thing by its variable.
func (v *variables) abstractGoal(goal string) string {
	goal = v.abstract(goal)
	ts := tokens(goal)
	var b strings.Builder
	at := 0
	for i := 0; i < len(ts); i++ {
		end := ts[i].end
		sort := singular(strings.ToLower(goal[ts[i].start:end]))
		k := slices.Index(v.goal, sort)
		if i+1 < len(ts) && k < 0 {
			both := singular(strings.ToLower(goal[ts[i].start:end] + goal[ts[i+1].start:ts[i+1].end]))
			if k = slices.Index(v.goal, both); k >= 0 {
				end = ts[i+1].end
			}
		}
		if k < 0 || k >= len(goalLetters) {
			continue
		}
		b.WriteString(goal[at:ts[i].start])
		b.WriteByte(goalLetters[k])
		if at = end; end != ts[i].end {
			i++
		}
	}
	b.WriteString(goal[at:])
	return b.String()
}
