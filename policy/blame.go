package policy

import (
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// BlameSteps puts weight 1 on the stated steps of e and on every step that
// repeats an earlier one, the same action at the same observation; 0 on the
// rest. It is nil if there are none. A stated step that e lacks is an error.
func BlameSteps(e agent.Episode, stated ...int) (Blame, error) {
	blame, found := make(Blame, len(e.Steps)), false
	for _, i := range stated {
		if i < 0 || i >= len(blame) {
			return nil, fmt.Errorf("episode %s: step %d of %d is not there", e.ID, i, len(blame))
		}
		blame[i], found = 1, true
	}
	for i, s := range e.Steps {
		if slices.ContainsFunc(e.Steps[:i], func(o agent.Step) bool {
			return o.Action == s.Action && o.Observation.Text == s.Observation.Text && slices.Equal(o.Observation.Admissible, s.Observation.Admissible)
		}) {
			blame[i], found = 1, true
		}
	}
	if !found {
		return nil, nil
	}
	return blame, nil
}
