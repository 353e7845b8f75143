package lesson

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// kindLessons are what other tasks of the kind should know from one failure: at
// most two lessons, the first about the plan, the second about a habit.
func kindLessons(task agent.Task, t trace, successes []trace) []agent.Lesson {
	k := kind{trace: t, letters: t.letters(), search: t.search(), successes: successes, craft: newCraft(successes, []trace{t})}
	k.model, k.modelled = newModel(k.letters, successes)
	base := agent.Lesson{
		Suite: task.Suite, Kind: task.Kind, Trigger: k.trigger(task.Goal), Cause: agent.CausePolicy, Confidence: 0.4,
	}
	var out []agent.Lesson
	add := func(mistake, remedy string, cause agent.Cause) {
		if mistake != "" {
			l := base
			l.Mistake, l.Remedy, l.Cause = mistake, remedy, cause
			out = append(out, l)
		}
	}
	if missing := k.missing(k.search.found); len(missing) > 0 && len(missing) <= maxNouns {
		add(k.unfound(missing))
	} else {
		add(k.offPlan())
	}
	if mistake, remedy := k.looping(); mistake != "" {
		add(mistake, remedy, agent.CausePolicy)
	} else {
		add(k.idling())
	}
	return out
}

// kind is a failure seen as one of its kind.
type kind struct {
	trace
	letters   []string
	search    search
	successes []trace
	model     model
	modelled  bool
	craft     craft
}

// trigger is the goal with its things replaced by variables.
func (k kind) trigger(goal string) string {
	words := strings.Fields(trigger(goal))
	for i, w := range words {
		bare := singular(strings.ToLower(strings.Trim(w, punctuation)))
		if n := slices.Index(k.letters, bare); n >= 0 && n < len(goalLetters) {
			words[i] = goalLetters[n : n+1]
		}
	}
	return strings.Join(words, " ")
}

// unfound: what was wanted was never seen.
func (k kind) unfound(missing []string) (mistake, remedy string, cause agent.Cause) {
	names := make([]string, len(missing))
	for i, w := range missing {
		names[i] = w
		if n := slices.Index(k.letters, w); n >= 0 && n < len(goalLetters) {
			names[i] = goalLetters[n : n+1]
		}
	}
	remedy = "look once at each place, open what is closed"
	if known := k.wherever(); len(known) > 0 {
		remedy += ", begin with " + strings.Join(known, ", ")
	}
	verb := " is seen"
	if len(names) > 1 {
		verb = " are seen"
	}
	return "ending the search before " + strings.Join(names, " and ") + verb, remedy, agent.CauseKnowledge
}

// maxPlaceTypes is how many types of places are named where successes found
// their things.
const maxPlaceTypes = 4

// wherever are the types of the places where successes found their things, the
// most frequent first.
func (k kind) wherever() []string {
	count := whereFound(k.successes, nil)
	out := slices.Sorted(maps.Keys(count))
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	return out[:min(len(out), maxPlaceTypes)]
}

// sameThing is how much more it counts where a success found the very thing
// that is sought than where it found another.
const sameThing = 10

// whereFound counts the types of the places where successes found their things;
// those of the types in sought count more.
func whereFound(successes []trace, sought []string) map[string]int {
	count := map[string]int{}
	for _, s := range successes {
		f := s.search()
		for _, e := range f.found {
			p := f.at[e]
			if p == "" {
				continue
			}
			count[typeOf(p)]++
			if slices.Contains(sought, singular(typeOf(e))) {
				count[typeOf(p)] += sameThing - 1
			}
		}
	}
	return count
}

// offPlan: the first key step of the nearest success that was left out or came
// too late.
func (k kind) offPlan() (mistake, remedy string, cause agent.Cause) {
	if !k.modelled {
		return "", "", ""
	}
	d := k.model.deviation(k.trace, k.letters)
	switch {
	case d.missing == "":
		return "", "", ""
	case d.early != "":
		mistake = d.early + " before " + d.missing
	default:
		mistake = "stopping short of " + d.missing
	}
	return mistake, chain(k.model.steps), agent.CausePolicy
}

// looping: the first cycle that had an effect, as a pattern.
func (k kind) looping() (mistake, remedy string) {
	l, ok := k.loop()
	if !ok {
		return "", ""
	}
	v := newVariables(k.letters, nil)
	steps := make([]string, l.period)
	for i := range steps {
		steps[i] = v.pattern(k.events[l.first+i].parts)
	}
	remedy = "leave a loop after one round for an action not yet tried"
	switch first := k.events[l.first]; {
	case l.period <= 2:
	case len(first.names) == 1 && !slices.ContainsFunc(k.events[l.first:l.first+l.period], func(v event) bool { return !sameVerb(v.parts, first.parts) }):
		return "repeating the round of the same places (loop)", remedy
	default:
		return "repeating " + distinct(steps) + " (loop)", remedy
	}
	return "repeating " + cycle(steps) + " (loop)", remedy
}

// distinct writes a longer loop by what is in it, so that loops that differ in
// how often they do what are one.
func distinct(steps []string) string {
	steps = slices.Compact(slices.Sorted(slices.Values(steps)))
	return list(steps, 4)
}

// loop is the first cycle in which not every action was without effect: of such
// a one the reason says more.
func (k kind) loop() (loop, bool) {
	for _, l := range k.loops() {
		if slices.ContainsFunc(k.events[l.first:l.first+l.period], func(v event) bool { return !v.noEffect }) {
			return l, true
		}
	}
	return loop{}, false
}

// habit is an action that is without effect for one reason.
type habit struct {
	why     why
	pattern string // of the action; "" where the reason is the same for all
	thing   string // what it is about, as in the pattern
	place   string
}

// habits are those of the events; zero of events with an effect.
func (k kind) habits() []habit {
	whys, _ := k.reasons(k.craft)
	out := make([]habit, len(whys))
	for i, w := range whys {
		switch v := newVariables(k.letters, nil); w {
		case "":
		case unnamed, command:
			out[i] = habit{why: w}
		default:
			place, thing := k.about(k.events[i])
			out[i] = habit{why: w, pattern: v.pattern(k.events[i].parts), thing: v.name(thing), place: v.name(place)}
		}
	}
	return out
}

// habit is the most frequent one, if it is one, and its first event.
func (k kind) habit() (best habit, first int, ok bool) {
	count := map[habit]int{}
	all := k.habits()
	for _, h := range all {
		if h.why != "" {
			count[h]++
		}
	}
	for i, h := range all {
		if count[h] > count[best] {
			best, first = h, i
		}
	}
	return best, first, count[best] >= minIdle
}

// idling: the pattern of action that most often had no effect, and why.
func (k kind) idling() (mistake, remedy string, cause agent.Cause) {
	h, _, ok := k.habit()
	if !ok {
		return "", "", ""
	}
	mistake, remedy = k.advice(h)
	return mistake + " (no effect)", remedy, agent.CausePolicy
}

// advice is a habit in words, and what to do instead.
func (k kind) advice(h habit) (mistake, remedy string) {
	switch h.why {
	case unnamed:
		return "naming things that were never seen", "use only names that an observation has listed"
	case command:
		return "making up commands", "use only " + strings.Join(k.craft.verbs, ", ")
	case unseen:
		return h.pattern + " where " + h.thing + " is not in view", h.pattern + " only where " + h.thing + " is in view"
	case elsewhere:
		return h.pattern + " from elsewhere", strings.Replace(k.craft.arrive, "_", h.place, 1) + ", then " + h.pattern
	case here:
		return h.pattern + " when already there", "act on what is in view, or go elsewhere"
	case nowhere:
		return h.pattern + " as if it were a place", "go to the place where it is"
	case full:
		return h.pattern + " with hands full", "put down what is carried first, and take only what the goal names"
	case unheld:
		return h.pattern + " without carrying " + h.thing, "take " + h.thing + " first, from where it was seen"
	}
	return h.pattern + " again and again", "try another action after the first time without effect"
}
