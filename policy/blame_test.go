package policy

import (
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

func TestBlameSteps(t *testing.T) {
	step := func(o, a string) agent.Step {
		return agent.Step{Observation: agent.Observation{Text: o}, Action: agent.Action(a)}
	}
	e := agent.Episode{Steps: []agent.Step{step("x", "a"), step("y", "a"), step("x", "b"), step("x", "a")}}
	if b, err := BlameSteps(e, 2); err != nil || !slices.Equal(b, Blame{0, 0, 1, 1}) {
		t.Error(b, err)
	}
	e.Steps = e.Steps[:3]
	if b, err := BlameSteps(e); err != nil || b != nil {
		t.Error(b, err)
	}
	if _, err := BlameSteps(e, 3); err == nil {
		t.Error("a step that is not there is blamed")
	}
}
