package household

import (
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// belief is what can be known from the actions of one episode and the
// observations that followed them, and nothing else.
type belief struct {
	order    []string         // receptacle names as first listed
	spots    map[string]*spot // by receptacle name
	here     string           // receptacle last gone to; "" in the middle of the room
	holding  string
	done     map[string]trait // what was done to objects, by name
	moved    map[string]bool  // objects that were taken at least once
	answered bool             // the last action had an effect
}

// spot is what is known of a receptacle.
type spot struct {
	shut     bool     // known to be closed now
	openable bool     // known to have a door
	looked   bool     // contents are known
	contents []string // names of objects
	start    []string // contents when first seen, without what the agent had moved before
	tried    int      // how often the agent went there
}

func newBelief() *belief {
	return &belief{spots: map[string]*spot{}, done: map[string]trait{}, moved: map[string]bool{}}
}

// room takes in the first observation.
func (b *belief) room(text string) {
	_, list, ok := strings.Cut(text, "you see ")
	if !ok {
		return
	}
	list, _, _ = strings.Cut(list, "\n")
	for _, name := range listing(list) {
		b.spot(name)
	}
}

func (b *belief) spot(name string) *spot {
	s := b.spots[name]
	if s == nil {
		s = &spot{}
		b.spots[name] = s
		b.order = append(b.order, name)
	}
	return s
}

// listing reads "a x 1, a y 2, and a z 3." or "nothing.".
func listing(s string) []string {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".")
	if s == "" || s == "nothing" {
		return nil
	}
	names := strings.Split(s, ", ")
	for i := range names {
		names[i] = strings.TrimPrefix(strings.TrimPrefix(names[i], "and "), "a ")
	}
	return names
}

// observe takes in the answer to an action.
func (b *belief) observe(a agent.Action, text string) {
	b.answered = text != nothing
	if !b.answered {
		return
	}
	if name, ok := strings.CutPrefix(strings.TrimSpace(string(a)), "go to "); ok {
		b.here = name
		b.spot(name).tried++
	}
	if rest, ok := strings.CutPrefix(text, "You arrive at "); ok {
		_, text, _ = strings.Cut(rest, ". ")
	}
	word, rest, _ := strings.Cut(strings.TrimPrefix(text, "You "), " ")
	rest = strings.TrimSuffix(rest, ".")
	switch word {
	case "pick":
		b.pick(rest)
		return
	case "move", "put":
		b.put(rest)
		return
	case "clean", "heat", "cool":
		b.treat(word, rest)
		return
	case "close":
		b.spot(strings.TrimPrefix(rest, "the ")).shut = true
		return
	case "open":
		_, text, _ = strings.Cut(text, ". ")
	}
	b.see(text)
}

// see takes in what is said of a receptacle.
func (b *belief) see(text string) {
	if rest, ok := strings.CutPrefix(text, "On the "); ok {
		if name, list, ok := strings.Cut(rest, ", you see "); ok {
			b.fill(b.spot(name), listing(list))
		}
		return
	}
	rest, ok := strings.CutPrefix(text, "The ")
	if !ok {
		return
	}
	if name, ok := strings.CutSuffix(rest, " is closed."); ok {
		s := b.spot(name)
		s.shut, s.openable = true, true
	} else if name, list, ok := strings.Cut(rest, " is open. In it, you see "); ok {
		s := b.spot(name)
		s.shut, s.openable = false, true
		b.fill(s, listing(list))
	}
}

func (b *belief) fill(s *spot, contents []string) {
	s.contents = contents
	if s.looked {
		return
	}
	s.looked = true
	for _, o := range contents {
		if !b.moved[o] {
			s.start = append(s.start, o)
		}
	}
}

// pick reads "up the O from the R".
func (b *belief) pick(rest string) {
	name, from, ok := strings.Cut(strings.TrimPrefix(rest, "up the "), " from the ")
	if !ok {
		return
	}
	b.holding = name
	b.moved[name] = true
	s := b.spot(from)
	s.contents = remove(s.contents, name)
}

// put reads "the O to the R" or "the O in/on the R".
func (b *belief) put(rest string) {
	rest = strings.TrimPrefix(rest, "the ")
	name, to, ok := strings.Cut(rest, " in/on the ")
	if !ok {
		name, to, ok = strings.Cut(rest, " to the ")
	}
	if !ok {
		return
	}
	b.holding = ""
	s := b.spot(to)
	s.contents = append(slices.Clone(s.contents), name)
}

// treat reads "the O using the R".
func (b *belief) treat(word, rest string) {
	name, _, _ := strings.Cut(strings.TrimPrefix(rest, "the "), " using the ")
	switch word {
	case "clean":
		b.done[name] |= isClean
	case "heat":
		b.done[name] = b.done[name]&^isCool | isHot
	case "cool":
		b.done[name] = b.done[name]&^isHot | isCool
	}
}

// remove returns the list without a name; it does not write to the list.
func remove(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == name })
}

// recall adds what earlier episodes of the same task saw: the environment
// starts them all in the same state.
func (b *belief) recall(e agent.Episode) {
	past := newBelief()
	for i, s := range e.Steps {
		if i == 0 {
			past.room(s.Observation.Text)
		} else {
			past.observe(e.Steps[i-1].Action, s.Observation.Text)
		}
	}
	if n := len(e.Steps); n > 0 {
		past.observe(e.Steps[n-1].Action, e.Final.Text)
	}
	for _, name := range past.order {
		s, now := past.spots[name], b.spot(name)
		if s.openable {
			now.openable, now.shut = true, true
		}
		if s.looked && !now.looked {
			now.looked, now.contents = true, s.start
		}
	}
}
