package lesson

import (
	"cmp"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// taskLesson is what a retry of one task should know from the failures at it,
// oldest first.
func taskLesson(task agent.Task, trials, successes []trace) agent.Lesson {
	all := together(trials)
	var s search
	s.at = map[string]string{}
	for i := range trials {
		trials[i].types, trials[i].places = all.types, all.places
		one := trials[i].search()
		s.looked = union(s.looked, one.looked)
		for _, e := range one.found {
			if _, ok := s.at[e]; !ok {
				s.at[e] = one.at[e]
				s.found = append(s.found, e)
			}
		}
	}
	s.looked = slices.DeleteFunc(s.looked, func(p string) bool {
		return slices.ContainsFunc(s.found, func(e string) bool { return s.at[e] == p })
	})
	r := retry{trace: all, latest: trials[len(trials)-1], trials: trials, search: s, letters: all.letters(), successes: successes, craft: newCraft(successes, trials)}
	r.model, r.modelled = newModel(r.letters, successes)
	r.deviation.event = -1
	if r.modelled {
		r.deviation = r.model.deviation(r.latest, r.letters)
	}
	mistake := r.mistake()
	l := agent.Lesson{
		Suite: task.Suite, Kind: task.Kind, Task: task.ID, Trigger: trigger(task.Goal),
		Mistake: mistake, Remedy: r.remedy(), Cause: agent.CausePolicy, Confidence: 0.6,
	}
	if len(s.found) == 0 {
		l.Cause, l.Confidence = agent.CauseKnowledge, 0.5
	}
	return l
}

// together is all trials as one trace.
func together(trials []trace) trace {
	all := trace{goal: trials[0].goal, want: trials[0].want}
	for _, t := range trials {
		all.start = union(all.start, t.start)
		all.shown = union(all.shown, t.shown)
		all.events = append(all.events, t.events...)
	}
	all.classify()
	return all
}

// retry is what is known before another trial of a task.
type retry struct {
	trace     // of all trials
	latest    trace
	trials    []trace
	search    search
	letters   []string
	successes []trace
	model     model
	modelled  bool // there is a success to compare with
	deviation deviation
	craft     craft
}

// mistake says what was tried in vain, in a fixed order.
func (r retry) mistake() string {
	out := r.strayed()
	if len(r.search.looked) > 0 {
		slices.SortFunc(r.search.looked, byName)
		out = append(out, r.places(r.search.looked, maxPlaces)+" (no "+r.noun()+")")
	}
	if d := r.deviation; d.event >= 0 {
		out = append(out, clip(r.latest.events[d.event].action, maxActionWords)+" (too early)")
	}
	out = append(out, r.idle(r.advised(), minIdle)...)
	for _, l := range r.cycles() {
		out = append(out, "repeating "+l+" (loop)")
	}
	if len(out) == 0 {
		out = r.idle(nil, 1)
	}
	if len(out) > 0 {
		return strings.Join(out, ", ")
	}
	return "the same steps again (out of steps)"
}

// maxNouns is how many words of a goal may be named as not found: if there are
// more, the goal is a text and its words are not things.
const maxNouns = 3

// noun is what was looked for.
func (r retry) noun() string {
	words := r.missing(r.search.found)
	if len(words) == 0 {
		words = r.missing(nil)
	}
	if len(words) == 0 || len(words) > maxNouns {
		return "use"
	}
	return strings.Join(words, " or ")
}

// cycles writes the loops of all trials, the latest trial first. Those without
// any effect are left out, as idle names their actions.
func (r retry) cycles() []string {
	var out []string
	for _, t := range slices.Backward(r.trials) {
		for _, l := range t.loops() {
			actions := make([]string, l.period)
			vain := true
			for k := range actions {
				v := t.events[l.first+k]
				actions[k] = v.action
				vain = vain && v.noEffect
			}
			if text := cycle(actions); !vain && len(out) < maxLoops && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}

// cycle writes a loop from its first action in the order of the alphabet on, so
// that it reads the same wherever it was entered.
func cycle(actions []string) string {
	first := slices.Index(actions, slices.Min(actions))
	turned := append(slices.Clone(actions[first:]), actions[:first]...)
	if len(turned) > 4 {
		turned = append(turned[:4], "…")
	}
	return clip(strings.Join(turned, " > "), 4*maxActionWords)
}

// maxSightings is how many found things of one type are named.
const maxSightings = 3

// remedy says where the things are, what to do with them, and where else to
// look.
func (r retry) remedy() string {
	var out []string
	named := map[string]int{}
	for _, e := range r.search.found {
		w := singular(typeOf(e))
		if named[w]++; named[w] > maxSightings {
			continue
		}
		if at := r.search.at[e]; at != "" {
			out = append(out, e+" is at "+at)
		} else {
			out = append(out, e+" is there from the start")
		}
	}
	if next := r.next(); len(next) > 0 && len(out) > 0 {
		if len(r.missing(r.search.found)) == 0 && !slices.ContainsFunc(next, func(s string) bool { return hasWord(s, "it") }) {
			if i := slices.IndexFunc(r.search.found, func(e string) bool { return !slices.Contains(entities(next[0]), e) }); i >= 0 {
				next[0] = "take " + r.search.found[i] + ", " + next[0]
			}
		}
		out = append(out, "then "+strings.Join(next, ", "))
	}
	if len(r.missing(r.search.found)) > 0 {
		if u := r.untried(); len(u) > 0 {
			out = append(out, "try "+r.hinted(u))
		}
	}
	if len(out) > 0 {
		return strings.Join(out, ", ")
	}
	if r.modelled {
		return "do " + chain(r.model.steps)
	}
	return "take other steps than these"
}

// untried are the places known from the start that no trial looked into: first
// of the types where successes found their things, then of the type with most
// of them left, then by name.
func (r retry) untried() []string {
	looked := map[string]bool{}
	for _, t := range r.trials {
		for _, v := range t.events {
			if t.looked(v) {
				looked[t.target(v)] = true
			}
		}
	}
	used := whereFound(r.successes, r.missing(r.search.found))
	var out []string
	number := map[string]int{}
	for _, p := range r.start {
		if !looked[p] && r.visitable(p) {
			out = append(out, p)
			number[typeOf(p)]++
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		x, y := typeOf(a), typeOf(b)
		return cmp.Or(cmp.Compare(used[y], used[x]), cmp.Compare(number[y], number[x]), byName(a, b))
	})
	return out
}

// hinted lists places to try, and says which are like those where successes
// found the very things that are missing.
func (r retry) hinted(places []string) string {
	missing := r.missing(r.search.found)
	used := whereFound(r.successes, missing)
	n := slices.IndexFunc(places, func(p string) bool { return used[typeOf(p)] < sameThing })
	if n < 0 {
		n = len(places)
	}
	if n == 0 || n > maxTries/2 || len(missing) > maxNouns {
		return list(places, maxTries)
	}
	out := list(places[:n], n) + " (where successes found " + article(missing) + ")"
	if n < len(places) {
		out += ", " + list(places[n:], maxTries-n)
	}
	return out
}

// visitable reports whether a place could be looked into: the first
// observation names it, or in a world without such a list an action does.
func (r retry) visitable(p string) bool {
	return len(r.shown) == 0 || slices.Contains(r.shown, p)
}

// next are the steps after the thing is found, as the nearest success did them,
// in this world's names: "clean it with sinkbasin 1".
func (r retry) next() []string {
	if !r.modelled {
		return nil
	}
	var out []string
	for n, k := range r.model.keys {
		if n == 0 {
			continue
		}
		words := strings.Fields(r.model.steps[k])
		known := true
		for i, w := range words {
			words[i], known = r.concrete(w, known)
		}
		if step := strings.Join(words, " "); known && !slices.Contains(out, step) {
			out = append(out, step)
		}
	}
	return out
}

// concrete replaces a word of a pattern by what it stands for here, and reports
// whether that is known.
func (r retry) concrete(w string, known bool) (string, bool) {
	letter := strings.Index(goalLetters, w)
	if isVariable(w) && (letter < 0 || letter >= len(r.letters)) {
		return w, false
	}
	kind := w
	if isVariable(w) {
		kind = r.letters[letter]
	}
	sought := r.missing(nil)
	if isVariable(w) && len(sought) > 0 && kind == sought[0] {
		return "it", known
	}
	var best string
	for _, e := range slices.Concat(r.search.found, r.start) {
		if singular(typeOf(e)) == singular(kind) && (best == "" || byName(e, best) < 0) {
			best = e
		}
	}
	switch {
	case best != "":
		return best, known
	case isVariable(w):
		return kind, known
	}
	return w, known
}
