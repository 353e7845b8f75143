package skills

import (
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// event is an action that had an effect, and what it showed.
type event struct {
	action string   // in one line
	names  []string // of the things in it, distinct, in order
	seen   []string // things in the observation after it that were not known from the start
	first  []string // those of them that were not seen before
	look   bool     // its verb only looks
}

// events takes an episode apart: its actions that had an effect, and the names
// of the things that it saw by them, with repetitions. An action had no effect if it was
// inadmissible, if what was seen before and after is the same, or if the world
// said so.
func events(e agent.Episode) (out []event, seen []string) {
	known, found := map[string]bool{}, map[string]bool{}
	for i, s := range e.Steps {
		if i == 0 {
			include(known, names(e.Task.Goal+"\n"+s.Observation.Text))
			for _, a := range s.Observation.Admissible {
				include(known, names(string(a)))
			}
		}
		after := e.Final
		if i+1 < len(e.Steps) {
			after = e.Steps[i+1].Observation
		}
		last := i+1 == len(e.Steps)
		same := !last && after.Text == s.Observation.Text && slices.Equal(after.Admissible, s.Observation.Admissible)
		if s.Invalid || same || refuses(after.Text) {
			continue
		}
		v := event{action: clip(string(s.Action), maxActionBytes)}
		v.names, v.look = names(v.action), looks(v.action)
		for _, n := range names(after.Text) {
			if known[n] {
				continue
			}
			v.seen = append(v.seen, n)
			if !found[n] {
				found[n] = true
				v.first = append(v.first, n)
			}
		}
		if v.action != "" {
			out = append(out, v)
			seen = append(seen, v.names...)
		}
	}
	return out, slices.Concat(seen, sortedKeys(known), sortedKeys(found))
}

func include(set map[string]bool, names []string) {
	for _, n := range names {
		set[n] = true
	}
}

// maxActionBytes bounds one step of a skill.
const maxActionBytes = 160

// refusals are what worlds answer when they did nothing, in lower case.
var refusals = [...]string{
	"nothing happens", "no effect", "unknown action", "unknown command", "invalid action", "invalid command", "not recognized",
	"don't understand", "do not understand", "can't do that", "cannot do that", "not possible", "is not valid", "no such ", "error:",
}

// refuses looks at the beginning of an observation only: a long text that
// holds such words was shown.
func refuses(text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	text = text[:min(len(text), 80)]
	return slices.ContainsFunc(refusals[:], func(r string) bool { return strings.Contains(text, r) })
}

const lookVerbs = " look examine inspect inventory check view observe help think wait search "

// looks reports whether an action only looks, by its first word.
func looks(action string) bool { return strings.Contains(lookVerbs, " "+verb(action)+" ") }

// verb is the first word of an action, in lower case: "take", "get_user".
func verb(action string) string {
	ts := tokens(action)
	if len(ts) == 0 {
		return strings.ToLower(action)
	}
	return strings.ToLower(action[ts[0].start:ts[0].end])
}

// chain is the minimal causal chain of the events of a success, found
// backwards from the last, which reached the goal. An earlier event is kept
// if its things feed later kept ones: if it names one of them, or was the last
// to show one before its use; one that only looks, only if it was the first to
// show one and no other showed it later.
// One about several things with numbers, "take mug 2 from desk 1", is about
// the first of them: that one must be needed, or be of a sort the goal names.
// Of each sort of thing that the goal names and the last event does not, the
// thing handled last feeds the goal itself.
//
// Two sorts of detour are dropped: an event about one thing that is repeated
// before that thing is put to use, and what was undone, two things brought
// together and apart until the first of these actions was done again. Where
// the last event names no thing, all are kept but those that look.
func chain(goal string, es []event) []event {
	for len(es) > 1 && es[len(es)-1].look && len(es[len(es)-1].names) == 0 {
		es = es[:len(es)-1]
	}
	if len(es) == 0 {
		return nil
	}
	es = withoutUndone(es)
	last := es[len(es)-1]
	if len(last.names) == 0 {
		n := len(es) - 1
		return append(slices.DeleteFunc(es[:n:n], func(v event) bool { return v.look }), last)
	}
	b := builder{goal: goalThings(goal, sortsOf(es)), needed: wanted(goal, es), showed: map[string]bool{}, pending: map[string]bool{}}
	b.keep(last)
	for _, v := range slices.Backward(es[:len(es)-1]) {
		b.add(v)
	}
	slices.Reverse(b.kept)
	return b.kept
}

// wanted are the things of the last event, and of each other sort that the
// goal names, the one an event handled last.
func wanted(goal string, es []event) []string {
	out := slices.Clone(es[len(es)-1].names)
	missing := goalThings(goal, sortsOf(es))
	for _, v := range slices.Backward(es) {
		for _, t := range things(v.action) {
			if i := slices.Index(missing, t.sort); i >= 0 {
				missing = slices.Delete(missing, i, i+1)
				if !slices.ContainsFunc(out, func(n string) bool { return sortOf(n) == t.sort }) {
					out = append(out, t.name)
				}
			}
		}
	}
	return out
}

// sortsOf are the sorts of things that actions name, with repetitions.
func sortsOf(es []event) []string {
	var out []string
	for _, v := range es {
		for _, t := range things(v.action) {
			out = append(out, t.sort)
		}
	}
	return out
}

// builder collects a chain, from its end.
type builder struct {
	goal    []string        // sorts of things that the goal names
	needed  []string        // things that kept events name
	showed  map[string]bool // needed things that a kept event shows before their use
	pending map[string]bool // actions kept whose one thing was not put to use before
	kept    []event         // latest first
}

// add takes v, which precedes all events before, into the chain or not.
func (b *builder) add(v event) {
	shows := v.seen
	if v.look {
		shows = v.first
	}
	shows = slices.DeleteFunc(slices.Clone(shows), func(n string) bool {
		return b.showed[n] || !slices.Contains(b.needed, n)
	})
	if len(shows) == 0 && (v.look || !b.feeds(v)) {
		return
	}
	if len(v.names) < 2 && b.pending[v.action] {
		b.postpone(v)
		return
	}
	for _, n := range shows {
		b.showed[n] = true
	}
	b.keep(v)
}

func (b *builder) keep(v event) {
	if len(v.names) > 1 {
		for a := range b.pending {
			if share(names(a), v.names) {
				delete(b.pending, a)
			}
		}
	}
	b.pending[v.action] = true
	for _, n := range v.names {
		b.showed[n] = false
		if !slices.Contains(b.needed, n) {
			b.needed = append(b.needed, n)
		}
	}
	b.kept = append(b.kept, v)
}

// feeds reports whether v is about a thing that is needed.
func (b *builder) feeds(v event) bool {
	if !share(v.names, b.needed) {
		return false
	}
	if len(v.names) < 2 || !numbered(v.names[0]) {
		return true
	}
	return slices.Contains(b.needed, v.names[0]) || slices.Contains(b.goal, sortOf(v.names[0]))
}

// postpone drops v, which is done again later. What was done to its one thing
// in between follows the later time: "go to B, open B, …, go to B, put A in B"
// becomes "…, go to B, open B, put A in B".
func (b *builder) postpone(v event) {
	at := slices.IndexFunc(b.kept, func(k event) bool { return k.action == v.action })
	for i := at; i >= 0 && i < len(b.kept); i++ { // the earliest that is so
		if b.kept[i].action == v.action {
			at = i
		}
	}
	if at < 0 {
		return
	}
	var follow, rest []event
	for _, k := range b.kept[at+1:] {
		if sameSet(k.names, v.names) {
			follow = append(follow, k)
		} else {
			rest = append(rest, k)
		}
	}
	b.kept = slices.Concat(b.kept[:at], follow, b.kept[at:at+1], rest)
}

func share(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

// withoutUndone drops, for each action about two things or more that was done
// again, the first time and whatever was done to exactly the same things
// between.
func withoutUndone(es []event) []event {
	drop := make([]bool, len(es))
	for i, v := range es {
		if len(v.names) < 2 {
			continue
		}
		for j := i + 1; j < len(es); j++ {
			if es[j].action != v.action {
				continue
			}
			for k := i; k < j; k++ {
				drop[k] = drop[k] || sameSet(es[k].names, v.names)
			}
			break
		}
	}
	var out []event
	for i, v := range es {
		if !drop[i] {
			out = append(out, v)
		}
	}
	return out
}

func sameSet(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x string) bool { return !slices.Contains(b, x) })
}
