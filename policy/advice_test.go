package policy

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// A target is the advised token up to where advice and action part, and none is
// learned from after that.
func TestAdvisedTargets(t *testing.T) {
	l := toyLM(t, 1)
	e := toyPlay(t, l, toyTasks(0, 1), 7, 6)[0]
	for i, s := range e.Steps {
		for _, advice := range append(slices.Clone(doorNames), "") {
			all := make([]agent.Action, len(e.Steps))
			all[i] = advice
			own, err := l.Trajectory(e)
			if err != nil {
				t.Fatal(err)
			}
			got, err := l.Advised(e, all)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Tokens, own.Tokens) || len(got.Targets) != len(own.Targets) {
				t.Fatalf("step %d, advice %q: other tokens or targets than the episode's", i, advice)
			}
			// What a policy that took the advice would have been taught.
			followed := e
			followed.Steps = slices.Clone(e.Steps)
			followed.Steps[i].Action = advice
			want := Trajectory{}
			if advice != "" {
				if want, err = l.Trajectory(followed); err != nil {
					t.Fatal(err)
				}
			}
			of := func(ts []Target) []Target {
				return slices.DeleteFunc(slices.Clone(ts), func(g Target) bool { return g.Step != i })
			}
			parted := false
			taught := of(want.Targets)
			for j, g := range of(got.Targets) {
				learned := g.StepLogProb == 0
				if wanted := advice != "" && !parted; learned != wanted || !learned && !math.IsInf(g.StepLogProb, -1) {
					t.Fatalf("step %d, took %q, advice %q: target %d has StepLogProb %v", i, s.Action, advice, j, g.StepLogProb)
				}
				if !learned {
					continue
				}
				if w := taught[j]; g.Position != w.Position || g.Token != w.Token || !slices.Equal(g.Allowed, w.Allowed) {
					t.Errorf("step %d, took %q, advice %q: target %d is %+v, want %+v", i, s.Action, advice, j, g.Target, w.Target)
				}
				parted = g.Token != of(own.Targets)[j].Token
			}
			if !parted && advice != "" && advice != s.Action {
				t.Errorf("step %d, took %q, advice %q: they never part", i, s.Action, advice)
			}
			for _, g := range got.Targets {
				if g.Step != i && !math.IsInf(g.StepLogProb, -1) {
					t.Errorf("step %d is taught, without advice", g.Step)
				}
			}
		}
	}
	if _, err := l.Advised(e, nil); err == nil {
		t.Error("too little advice is taken")
	}
	bad := make([]agent.Action, len(e.Steps))
	bad[0] = "fly"
	if _, err := l.Advised(e, bad); !errors.Is(err, ErrNotAdmissible) {
		t.Errorf("inadmissible advice: %v", err)
	}
}

// seer says what it was told was done, so that a test can see it.
type seer struct{ toldOf []agent.Action }

func (*seer) Version() string { return "seer" }

func (s *seer) Begin(context.Context, agent.Brief) (agent.Actor, error) { return s, nil }

func (s *seer) Act(context.Context, agent.Observation) (agent.Decision, error) {
	p := 0.9
	if len(s.toldOf)%2 == 1 {
		p = 0.1
	}
	return agent.Decision{Action: doorNames[len(s.toldOf)%4], LogProbs: []float64{math.Log(p)}}, nil
}

func (s *seer) Took(a agent.Action) { s.toldOf = append(s.toldOf, a) }

func TestAdvise(t *testing.T) {
	e := toyPlay(t, toyLM(t, 1), toyTasks(0, 1), 7, 6)[0]
	e.Steps = slices.Repeat(e.Steps, 6)[:6]
	s := &seer{}
	advice, err := advise(t.Context(), s, e, 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := []agent.Action{doorNames[0], "", doorNames[2], "", doorNames[0], ""}; !slices.Equal(advice, want) {
		t.Errorf("advice %q, want %q", advice, want)
	}
	for i, a := range s.toldOf {
		if a != e.Steps[i].Action {
			t.Errorf("step %d: told of %q, %q was taken", i, a, e.Steps[i].Action)
		}
	}
	if _, err := advise(t.Context(), toyLM(t, 1), e, 1); err == nil {
		t.Error("a policy that follows nobody gives advice")
	}
}
