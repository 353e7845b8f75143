package lesson

import (
	"slices"
	"strings"
	"unicode"
)

// plan is the chain of events that made a success: each event that handles a
// sought entity or ends the episode, and before it what brought its other
// entities into reach. It returns indices of events in order.
func (t trace) plan() []int {
	keep := make([]bool, len(t.events))
	last := -1
	for i, v := range t.events {
		if !v.noEffect {
			last = i
		}
	}
	for i, v := range t.events {
		if v.noEffect || i != last && !slices.ContainsFunc(v.names, t.isSought) {
			continue
		}
		keep[i] = true
		for _, j := range t.supports(i) {
			keep[j] = true
		}
	}
	var out []int
	for i, k := range keep {
		if k && (len(out) == 0 || t.events[out[len(out)-1]].action != t.events[i].action) {
			out = append(out, i)
		}
	}
	return out
}

// supports finds the latest event before i that showed or reached each entity
// of i, and the events just before that one which share an entity with it.
func (t trace) supports(i int) []int {
	var out []int
	names := slices.DeleteFunc(slices.Clone(t.events[i].names), t.isSought)
	if len(names) == 0 {
		names = t.events[i].names
	}
	for _, n := range names {
		for j := i - 1; j >= 0; j-- {
			v := t.events[j]
			if v.noEffect || !slices.Contains(v.names, n) && !slices.Contains(v.seen, n) {
				continue
			}
			out = append(out, j)
			for k := j - 1; k >= 0 && !t.events[k].noEffect && share(t.events[k].names, t.events[j].names) && t.events[k].action != t.events[j].action; k-- {
				out = append(out, k)
			}
			break
		}
	}
	return out
}

func share(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

// variables names entities by what they are to a goal, so that the plans of
// different goals become one pattern: A, B for the goal's own things in its
// order, X, Y, Z, W for things that vary, the bare type for things that do not.
type variables struct {
	goal  []string          // types, A first
	fixed map[string]bool   // types that are written as they are
	free  map[string]string // type -> X, Y, ...

	// hidden are types of the goal that are to be named like any other: where
	// a thing was taken from is chance, even if it was where such things go.
	hidden []string
}

const (
	goalLetters = "ABCDEF"
	freeLetters = "XYZW"
)

func newVariables(goal []string, fixed map[string]bool) *variables {
	return &variables{goal: goal, fixed: fixed, free: map[string]string{}}
}

// name is the variable for an entity.
func (v *variables) name(entity string) string {
	w := singular(typeOf(entity))
	hidden := slices.Contains(v.hidden, w)
	if i := slices.Index(v.goal, w); i >= 0 && i < len(goalLetters) && !hidden {
		return goalLetters[i : i+1]
	}
	if v.fixed[w] && !hidden {
		return typeOf(entity)
	}
	if v.free[w] == "" {
		if len(v.free) == len(freeLetters) {
			return typeOf(entity)
		}
		v.free[w] = freeLetters[len(v.free) : len(v.free)+1]
	}
	return v.free[w]
}

// pattern is an action with its entities replaced by variables.
func (v *variables) pattern(ps []part) string {
	words := make([]string, len(ps))
	for i, p := range ps {
		words[i] = p.text
		if p.entity {
			words[i] = v.name(p.text)
		}
	}
	return clip(strings.Join(words, " "), maxActionWords)
}

// isVariable reports whether a word of a pattern stands for an entity.
func isVariable(w string) bool { return len(w) == 1 && unicode.IsUpper(rune(w[0])) }

// fits reports whether the event is an instance of the pattern, the goal's
// variables bound to types, the others to anything.
func fits(pattern string, v event, goal []string) bool {
	words := strings.Fields(pattern)
	if len(words) != len(v.parts) {
		return false
	}
	for i, w := range words {
		p := v.parts[i]
		switch {
		case !p.entity:
			if p.text != w {
				return false
			}
		case isVariable(w):
			k := strings.Index(goalLetters, w)
			if k >= 0 && (k >= len(goal) || singular(typeOf(p.text)) != goal[k]) {
				return false
			}
		case typeOf(p.text) != w:
			return false
		}
	}
	return true
}

// letters are the goal's words that stand for things: those known from the
// start and those to be found, in the goal's order.
func (t trace) letters() []string {
	sought := t.missing(nil)
	var out []string
	for _, w := range t.goal {
		if slices.Contains(t.places, w) || slices.Contains(sought, w) {
			out = append(out, w)
		}
	}
	return out
}

// model is a success as a plan to compare with.
type model struct {
	steps []string // patterns, in order
	keys  []int    // indices of the steps that handle a sought thing, or end it
}

// newModel takes the nearest success whose goal has as many things as letters,
// up to where it begins on a second thing of the same type.
func newModel(letters []string, successes []trace) (model, bool) {
	for _, s := range successes {
		goal := s.letters()
		if len(goal) != len(letters) || len(s.events) == 0 {
			continue
		}
		idx := s.plan()
		first := slices.IndexFunc(idx, func(i int) bool { return slices.ContainsFunc(s.events[i].names, s.isSought) })
		v := newVariables(goal, s.fixedTypes(idx, first, successes))
		v.hidden = s.places
		var m model
		for k, i := range idx {
			e := s.events[i]
			handles := slices.ContainsFunc(e.names, s.isSought)
			if k > first && first >= 0 && handles && sameVerb(e.parts, s.events[idx[first]].parts) {
				m.steps = m.steps[:m.keys[len(m.keys)-1]+1]
				break
			}
			if first < 0 || handles || k == len(idx)-1 {
				m.keys = append(m.keys, len(m.steps))
			}
			m.steps = append(m.steps, v.pattern(e.parts))
			if k == first {
				v.hidden = nil
			}
		}
		if len(m.steps) > 0 {
			return m, true
		}
	}
	return model{}, false
}

// sameVerb reports whether two actions differ in their entities only.
func sameVerb(a, b []part) bool {
	return slices.EqualFunc(a, b, func(x, y part) bool { return x.entity && y.entity || x == y })
}

// fixedTypes are the types that a plan needs whatever the goal: those that its
// steps after the first use on a sought thing, if the plans of all successes
// have them.
func (t trace) fixedTypes(idx []int, first int, successes []trace) map[string]bool {
	out := map[string]bool{}
	for k, i := range idx {
		if k <= first || !slices.ContainsFunc(t.events[i].names, t.isSought) {
			continue
		}
		for _, n := range t.events[i].names {
			w := singular(typeOf(n))
			out[w] = !slices.ContainsFunc(successes, func(s trace) bool { return !s.plans(w) })
		}
	}
	return out
}

// plans reports whether the plan of the trace uses a thing of the type.
func (t trace) plans(w string) bool {
	return slices.ContainsFunc(t.plan(), func(i int) bool {
		return slices.ContainsFunc(t.events[i].names, func(n string) bool { return singular(typeOf(n)) == w })
	})
}

// deviation is where a failure left the plan of a success.
type deviation struct {
	missing string // the key step that was not done, or not in time; "" if all were
	early   string // the later key step that was done without it; "" if none was
	event   int    // of early
}

// deviation compares the key steps: the first that the trace has not done after
// the one before it, and whether a later one was done all the same.
func (m model) deviation(t trace, letters []string) deviation {
	at := func(step, from int) int {
		for i := from; i < len(t.events); i++ {
			if v := t.events[i]; !v.noEffect && fits(m.steps[step], v, letters) {
				return i
			}
		}
		return -1
	}
	from := 0
	for n, k := range m.keys {
		i := at(k, from)
		if i >= 0 {
			from = i + 1
			continue
		}
		d := deviation{missing: m.steps[k], event: -1}
		for _, later := range m.keys[n+1:] {
			if j := at(later, from); j >= 0 {
				d.early, d.event = m.steps[later], j
				break
			}
		}
		return d
	}
	return deviation{event: -1}
}
