package policy

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// hints are what lessons of a context say about single actions: those whose
// trigger is the goal itself, as memory writes them,
//
//	When <goal>: avoid <names>; instead <names>.
//
// Other lessons, demonstrations and skills are to be read.
//
// What such a lesson says is where to look for something, and where not: its hints
// hold until something of that name is acted on.
type hints struct {
	avoid, instead []named
	sought         map[string]bool         // names of what is looked for
	known          map[agent.Action]string // found out before
}

// named is things of one name, with numbers from first to last.
type named struct {
	name        string // "drawer", or of several "drawers"
	first, last int
}

// newHints returns the hints for a goal; nil if there are none.
func newHints(goal string, c agent.Context) *hints {
	h := hints{sought: map[string]bool{}, known: map[agent.Action]string{}}
	trigger := "When " + sentence(goal) + ": "
	for _, item := range c.Items {
		told, ok := strings.CutPrefix(item.Text, trigger)
		if item.Kind != agent.KindLesson || !ok {
			continue
		}
		mistake, remedy, _ := strings.Cut(told, "; instead ")
		if !strings.HasPrefix(told, "avoid ") { // "do <remedy>"
			mistake, remedy = "", told
		}
		remedy, _, _ = strings.Cut(remedy, ", then ") // what is to be done with it
		h.avoid = append(h.avoid, things(mistake)...)
		h.instead = append(h.instead, things(remedy)...)
		h.seek(mistake, remedy)
	}
	if len(h.avoid)+len(h.instead) == 0 {
		return nil
	}
	return &h
}

// seek learns what is looked for: "drawer 1 (no pot)", "pot 1 is at shelf 2".
func (h *hints) seek(mistake, remedy string) {
	for part := range strings.SplitSeq(mistake, "(") {
		if nouns, ok := strings.CutPrefix(part, "no "); ok {
			nouns, _, _ = strings.Cut(nouns, ")")
			for w := range strings.SplitSeq(nouns, " or ") {
				h.sought[w] = true
			}
		}
	}
	for part := range strings.SplitSeq(remedy, ", ") {
		if what, _, ok := strings.Cut(part, " is at "); ok {
			for _, t := range things(what) {
				h.sought[t.name] = true
			}
		}
	}
}

// after returns the hints that hold once a was taken.
func (h *hints) after(a agent.Action) *hints {
	if h != nil && slices.ContainsFunc(things(string(a)), func(t named) bool { return h.sought[t.name] }) {
		return nil
	}
	return h
}

// sentence is s with single blanks for all its white space, without its end.
func sentence(s string) string {
	return strings.TrimRight(strings.Join(strings.Fields(s), " "), ".;:!, ")
}

// mark is "+" for an action with what is to be tried instead, "-" for one with
// what is to be avoided, and nothing for others.
func (h *hints) mark(a agent.Action) string {
	if h == nil {
		return ""
	}
	m, ok := h.known[a]
	if !ok {
		m = h.of(things(string(a)))
		h.known[a] = m
	}
	return m
}

func (h *hints) of(all []named) string {
	switch {
	case anyOf(h.instead, all):
		return "+"
	case anyOf(h.avoid, all):
		return "-"
	}
	return ""
}

// anyOf reports whether one of the things is among said.
func anyOf(said, all []named) bool {
	for _, s := range said {
		for _, t := range all {
			if t.first >= s.first && t.last <= s.last && (s.name == t.name || isPlural(s.name, t.name)) {
				return true
			}
		}
	}
	return false
}

// isPlural is as crude as the plurals that lessons are written with.
func isPlural(many, one string) bool {
	return many == one+"s" || many == one+"es" || strings.HasSuffix(one, "lf") && many == strings.TrimSuffix(one, "f")+"ves"
}

// things are those that a text names with their numbers: "shelf 2", of several
// "shelves 1, 3-5", of all that there are "all 6 shelves".
func things(text string) []named {
	var out []named
	name, all := "", false
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" ,.;:()\n", r) }) {
		first, last, ok := numbers(w)
		switch {
		case ok && name != "":
			out = append(out, named{name, first, last})
		case ok:
		case w == "all":
			name, all = "", true
		case all:
			out = append(out, named{w, 0, math.MaxInt})
			name, all = "", false
		default:
			name = w
		}
	}
	return out
}

// numbers reads "4" and "3-7".
func numbers(w string) (first, last int, ok bool) {
	a, b, several := strings.Cut(w, "-")
	if !several {
		b = a
	}
	first, err := strconv.Atoi(a)
	last, err2 := strconv.Atoi(b)
	return first, last, err == nil && err2 == nil
}
