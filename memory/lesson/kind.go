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
	k := kind{trace: t, letters: t.letters(), search: t.search(), successes: successes}
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

// looping: the first cycle, as a pattern.
func (k kind) looping() (mistake, remedy string) {
	loops := k.loops()
	if len(loops) == 0 {
		return "", ""
	}
	v := newVariables(k.letters, nil)
	steps := make([]string, loops[0].period)
	for i := range steps {
		steps[i] = v.pattern(k.events[loops[0].first+i].parts)
	}
	return "repeating " + cycle(steps) + " (loop)", "leave a loop after one round for an action not yet tried"
}

// minIdle is how often a pattern of actions must have had no effect before it
// is called a habit.
const minIdle = 3

// idling: the pattern of action that most often had no effect, and under what
// condition.
func (k kind) idling() (mistake, remedy string, cause agent.Cause) {
	count := map[string]int{}
	var order []string
	for i, v := range k.events {
		if !v.noEffect {
			continue
		}
		p := newVariables(k.letters, nil).pattern(v.parts)
		p += "\x00" + k.condition(i)
		if count[p]++; count[p] == 1 {
			order = append(order, p)
		}
	}
	best := ""
	for _, p := range order {
		if best == "" || count[p] > count[best] {
			best = p
		}
	}
	if count[best] < minIdle {
		return "", "", ""
	}
	pattern, condition, _ := strings.Cut(best, "\x00")
	switch condition {
	case unnamed:
		return pattern + " where nothing by that name was seen (no effect)", "use only names that were seen", agent.CausePolicy
	case unseen:
		return pattern + " where A is not in view (no effect)", pattern + " only where A is in view", agent.CausePolicy
	}
	return pattern + " again and again (no effect)", "try another action after the first time without effect", agent.CausePolicy
}

// Conditions of an action without effect.
const (
	unnamed = "unnamed" // it names something that no observation had named
	unseen  = "unseen"  // the thing sought was not in what was last shown
)

func (k kind) condition(i int) string {
	v := k.events[i]
	for _, n := range v.names {
		known := slices.Contains(k.start, n)
		for _, before := range k.events[:i] {
			known = known || slices.Contains(before.seen, n)
		}
		if !known && !k.isSought(n) {
			return unnamed
		}
	}
	for _, n := range v.names {
		if len(k.letters) == 0 || singular(typeOf(n)) != k.letters[0] {
			continue
		}
		for j := i - 1; j >= 0; j-- {
			if before := k.events[j]; !before.noEffect {
				if !slices.Contains(before.seen, n) {
					return unseen
				}
				return ""
			}
		}
		return unseen
	}
	return ""
}
