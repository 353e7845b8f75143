package lesson

import (
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// event is an action and what it brought.
type event struct {
	action   string   // in one line, lower case but for identifiers
	parts    []part   // of the action
	names    []string // entities of the action
	seen     []string // entities of the observation that followed
	noEffect bool     // the world refused it, or nothing changed
	closed   bool     // what it aimed at is closed
	shows    bool     // the observation tells what is there
}

// trace is an episode taken apart.
type trace struct {
	goal   []string // its words that may name things, singular, in order
	start  []string // entities known before the first action
	shown  []string // entities of the first observation itself
	events []event

	types  []string // the goal's words that are types of entities seen, in the goal's order
	places []string // those of types that were known before the first action
	want   int      // how many of each sought type the goal wants
}

func newTrace(e agent.Episode) trace {
	t := trace{goal: goalWords(e.Task.Goal), want: 1}
	if hasWord(e.Task.Goal, "two", "both", "2") {
		t.want = 2
	}
	for i, s := range e.Steps {
		if i == 0 {
			t.shown = entities(s.Observation.Text)
			t.start = slices.Clone(t.shown)
			for _, a := range s.Observation.Admissible {
				if len(t.start) < maxEntities {
					t.start = union(t.start, entities(string(a)))
				}
			}
		}
		after := e.Final
		if i+1 < len(e.Steps) {
			after = e.Steps[i+1].Observation
		}
		ps := parts(clipBytes(string(s.Action)))
		ps = ps[:min(len(ps), maxEntities)]
		v := event{action: join(ps), parts: ps, seen: entities(after.Text)}
		for _, p := range ps {
			if p.entity && !slices.Contains(v.names, p.text) {
				v.names = append(v.names, p.text)
			}
		}
		same := after.Text == s.Observation.Text && slices.Equal(after.Admissible, s.Observation.Admissible)
		v.noEffect = s.Invalid || same || refuses(after.Text)
		v.closed = hasWord(after.Text, "closed", "locked")
		v.shows = hasWord(after.Text, "see", "nothing", "empty", "contains", "contain", "found") || slices.ContainsFunc(v.seen, func(x string) bool { return !slices.Contains(v.names, x) })
		t.events = append(t.events, v)
	}
	t.classify()
	return t
}

// classify sorts the goal's words into what they name.
func (t *trace) classify() {
	start, known := map[string]bool{}, map[string]bool{}
	for _, e := range t.start {
		start[singular(typeOf(e))] = true
	}
	for _, v := range t.events {
		for _, e := range v.seen {
			known[singular(typeOf(e))] = true
		}
	}
	for _, w := range t.goal {
		if start[w] {
			t.places = append(t.places, w)
		}
		if start[w] || known[w] {
			t.types = append(t.types, w)
		}
	}
}

func join(ps []part) string {
	words := make([]string, len(ps))
	for i, p := range ps {
		words[i] = p.text
	}
	return strings.Join(words, " ")
}

func union(a, b []string) []string {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

// goalWords are the first words of a goal that may name things: singular,
// distinct, in order; and each pair of neighbours written as one word.
func goalWords(goal string) []string {
	var out []string
	last := ""
	for _, p := range parts(clipBytes(goal)) {
		if len(out) >= maxGoalWords {
			break
		}
		w := singular(p.text)
		if p.entity {
			w = typeOf(p.text)
		} else if isCommon(p.text) || len(w) < 2 || strings.ContainsAny(w, "0123456789") {
			last = ""
			continue
		}
		out = union(out, []string{w})
		if last != "" {
			out = union(out, []string{last + w})
		}
		last = w
	}
	return out
}

// refusals are what worlds and tools answer when they did nothing, in lower
// case.
var refusals = [...]string{
	"nothing happens", "no effect", "unknown action", "unknown command", "invalid action", "invalid command", "not recognized", "not recognised",
	"don't understand", "do not understand", "can't do that", "cannot do that", "not possible", "is not valid", "no such ", "not found", "does not exist", "error:",
}

// refuses reports whether an observation says that nothing was done. Only its
// beginning is looked at: a long text that holds such words was shown.
func refuses(text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	text = text[:min(len(text), 80)]
	return slices.ContainsFunc(refusals[:], func(r string) bool { return strings.Contains(text, r) })
}

func hasWord(text string, words ...string) bool {
	for _, t := range tokens(clipBytes(text)) {
		if slices.Contains(words, strings.ToLower(t.text)) {
			return true
		}
	}
	return false
}

// isPlace reports whether an entity was known from the start. In a world that
// names nothing at the start, everything is a place.
func (t trace) isPlace(entity string) bool {
	return len(t.start) == 0 || slices.Contains(t.start, entity)
}

// isSought reports whether an entity is one that the goal names and that had
// to be found. If the goal names only what is known from the start, it is that.
func (t trace) isSought(entity string) bool {
	w := singular(typeOf(entity))
	return slices.Contains(t.goal, w) && (!slices.Contains(t.places, w) || len(t.places) == len(t.goal))
}

// target is the one place that the event was about, or "".
func (t trace) target(v event) string {
	if len(v.names) == 1 && t.isPlace(v.names[0]) {
		return v.names[0]
	}
	return ""
}

// looked reports whether the event showed what is at its target.
func (t trace) looked(v event) bool {
	return t.target(v) != "" && !v.noEffect && !v.closed && v.shows
}

// search is what the agent learned about where things are.
type search struct {
	looked []string          // places really looked into before all was found
	found  []string          // sought entities, in order of first sight
	at     map[string]string // sought entity -> place where it was first seen; "" if it was in no place
}

// search follows the trace. Of the places looked into, those after the first
// sight of enough sought entities are left out: then it was no longer looking.
func (t trace) search() search {
	s := search{at: map[string]string{}}
	note := func(e, place string) {
		if _, ok := s.at[e]; !ok && e != place && t.isSought(e) {
			s.at[e] = place
			s.found = append(s.found, e)
		}
	}
	for _, e := range t.shown {
		if !slices.Contains(t.places, singular(typeOf(e))) {
			note(e, "")
		}
	}
	for _, v := range t.events {
		if v.noEffect {
			continue
		}
		place := t.target(v)
		if place == "" {
			continue
		}
		before := len(s.found)
		for _, e := range v.seen {
			note(e, place)
		}
		if t.looked(v) && len(s.found) == before && len(t.missing(s.found)) > 0 {
			s.looked = union(s.looked, []string{place})
		}
	}
	s.looked = slices.DeleteFunc(s.looked, func(p string) bool {
		return slices.ContainsFunc(s.found, func(e string) bool { return s.at[e] == p })
	})
	return s
}

// missing are the sought types of which found has fewer than are wanted, in the
// goal's order and in the singular; words of a goal that nothing seen is called
// by are among them.
func (t trace) missing(found []string) []string {
	var out []string
	for _, w := range t.goal {
		if slices.Contains(t.places, w) && len(t.places) < len(t.goal) {
			continue
		}
		n := 0
		for _, e := range found {
			if singular(typeOf(e)) == w {
				n++
			}
		}
		if n >= t.want || n == 0 && t.written(w) {
			continue
		}
		out = append(out, w)
	}
	return out
}

// written reports whether a goal's word that nothing is called by is part of,
// or made of, words that are accounted for: "remote" and "control" beside
// "remotecontrol", and the other way round.
func (t trace) written(w string) bool {
	if slices.Contains(t.types, w) {
		return false
	}
	for _, x := range t.types {
		if x != w && strings.Contains(x, w) {
			return true
		}
	}
	return compound(t.goal, w)
}

// compound reports whether w is two other words of the list in one.
func compound(words []string, w string) bool {
	for _, a := range words {
		if rest, ok := strings.CutPrefix(w, a); ok && rest != "" && slices.Contains(words, rest) {
			return true
		}
	}
	return false
}
