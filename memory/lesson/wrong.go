package lesson

import (
	"maps"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// WrongSteps returns the indices of the steps at which a failure went wrong, by
// what its lessons warn of, ascending: the step that came before one it needed,
// compared to the nearest of successes (see Abstract); actions without effect;
// and of a loop every round after the first. With tools it is calls that were
// refused, and changes that a success of the task made otherwise or not. It is
// empty if lessons name no step, as of what was left out or never found, or if
// the failure is transient.
func WrongSteps(failure agent.Episode, successes []agent.Episode) []int {
	if Transient(failure) {
		return nil
	}
	if usesTools([]agent.Episode{failure}) {
		return wrongCalls(failure, successes)
	}
	t := newTrace(failure)
	wrong := map[int]bool{}
	letters := t.letters()
	if m, ok := newModel(letters, traces(successes)); ok {
		if d := m.deviation(t, letters); d.event >= 0 {
			wrong[d.event] = true
		}
	}
	for i, v := range t.events {
		if v.noEffect {
			wrong[i] = true
		}
	}
	for _, l := range t.loops() {
		for i := l.first + l.period; i < l.first+l.period*l.rounds; i++ {
			wrong[i] = true
		}
	}
	return slices.Sorted(maps.Keys(wrong))
}
