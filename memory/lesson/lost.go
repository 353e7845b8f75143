package lesson

import (
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// Lost returns the step at which a failure was lost, by what the agent saw: the
// first of the loop that the episode ends in; else the first after which the
// rest of the plan of the nearest success took more steps than were left. With
// tools it is the first change that the nearest success of the task made
// otherwise or not, else the first call that was refused. ok is false if there
// is none, as without a success to compare with, or if the failure is
// transient.
func Lost(failure agent.Episode, successes []agent.Episode) (step int, ok bool) {
	if Transient(failure) {
		return 0, false
	}
	if usesTools([]agent.Episode{failure}) {
		return lostCall(failure, successes)
	}
	t := newTrace(failure)
	if at, ok := t.endsLooping(); ok {
		return at, true
	}
	m, ok := newModel(t.letters(), traces(successes))
	if !ok {
		return 0, false
	}
	for i := range t.events {
		if m.left(t, i+1) > len(t.events)-i-1 {
			return i, true
		}
	}
	return 0, false
}

// lostCall is Lost of calls.
func lostCall(failure agent.Episode, successes []agent.Episode) (step int, ok bool) {
	wrong := wrongCalls(failure, successes)
	if len(wrong) == 0 {
		return 0, false
	}
	for _, c := range calls(failure) {
		if c.refusal == "" && slices.Contains(wrong, c.step) {
			return c.step, true
		}
	}
	return wrong[0], true
}

// endsLooping is the first step of the cycle of actions and answers that the
// trace ends in, if it was gone round twice.
func (t trace) endsLooping() (first int, ok bool) {
	n := len(t.events)
	same := func(i, j int) bool {
		return t.events[i].action == t.events[j].action && slices.Equal(t.events[i].seen, t.events[j].seen) && t.events[i].noEffect == t.events[j].noEffect
	}
	for p := 1; 2*p <= n; p++ {
		k := n - p
		for k > 0 && same(k-1, k-1+p) {
			k--
		}
		if n-k >= 2*p {
			return k, true
		}
	}
	return 0, false
}

// left is how many steps of the plan, once for each thing wanted, are to be done
// after n events.
func (m model) left(t trace, n int) int {
	letters := t.letters()
	done, round, key := 0, 0, 0
	for _, v := range t.events[:n] {
		if v.noEffect || round == t.want || !fits(m.steps[m.keys[key]], v, letters) {
			continue
		}
		if key++; key == len(m.keys) {
			round, key, done = round+1, 0, 0
			continue
		}
		done = m.keys[key-1] + 1
	}
	return (t.want-round)*len(m.steps) - done
}
