package policy

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// What the learner scores must be what the actor did: the same tokens, and the
// same probabilities up to float32.
func TestTrajectoryIsWhatTheActorDid(t *testing.T) {
	l := toyLM(t, 1)
	t.Run("bare", func(t *testing.T) { trajectoryIsWhatTheActorDid(t, l) })
	t.Run("marks", func(t *testing.T) { trajectoryIsWhatTheActorDid(t, l.WithMarks()) })
}

func trajectoryIsWhatTheActorDid(t *testing.T, l *LM) {
	es := toyPlay(t, l, toyTasks(0, 8), 7, 6)
	es[0].Context = agent.Context{} // as played
	pass := transformer.NewPass(l.model, 1)
	for _, e := range es {
		tr, err := l.Trajectory(e)
		if err != nil {
			t.Fatal(err)
		}
		b := packAll(tr)
		logProb, entropy, err := pass.Forward(&b.Batch)
		if err != nil {
			t.Fatal(err)
		}
		if len(logProb) == 0 {
			t.Fatal("no targets")
		}
		for i, lp := range logProb {
			if diff := math.Abs(float64(lp) - tr.Targets[i].OldLogProb); !(diff <= 1e-4) {
				t.Errorf("episode %s target %d: learner %v, actor %v", e.ID, i, lp, tr.Targets[i].OldLogProb)
			}
			if n := len(tr.Targets[i].Allowed); !(float64(entropy[i]) <= math.Log(float64(n))+1e-6) {
				t.Errorf("entropy %v of %d choices", entropy[i], n)
			}
		}
		if want := transcript(e, l.marker(e.Task, e.Context)); l.tokens.Decode(tr.Tokens) != want {
			t.Errorf("tokens spell %q, want %q", l.tokens.Decode(tr.Tokens), want)
		}
		total := 0.0
		for _, s := range e.Steps {
			for _, lp := range s.LogProbs {
				total += lp
			}
		}
		sum := 0.0
		for _, g := range tr.Targets {
			sum += g.OldLogProb
		}
		if !(math.Abs(total-sum) <= 1e-9) {
			t.Errorf("targets' log-probs add up to %v, the steps' to %v", sum, total)
		}
	}
}

// packAll is a batch of t alone, no target left out.
func packAll(t Trajectory) packed {
	groups := [][]Trajectory{{t}}
	b, _ := pack(prepared{groups: groups, advantages: constant(groups, func(Trajectory) float64 { return 1 })}, 1<<20)
	return b
}

// The probabilities of all admissible actions add up to one.
func TestActorDistributionIsNormalised(t *testing.T) {
	l := toyLM(t, 2)
	obs := agent.Observation{Text: "You see four ways.", Admissible: doorNames}
	total := 0.0
	for _, a := range doorNames {
		e := agent.Episode{Task: toyTasks(0, 1)[0], Steps: []agent.Step{{Observation: obs, Action: a}}}
		tr, err := l.Trajectory(e)
		if err != nil {
			t.Fatal(err)
		}
		b := packAll(tr)
		logProb, _, err := transformer.NewPass(l.model, 1).Forward(&b.Batch)
		if err != nil {
			t.Fatal(err)
		}
		p := 1.0
		for _, lp := range logProb {
			p *= math.Exp(float64(lp))
		}
		total += p
	}
	if !(math.Abs(total-1) <= 1e-5) {
		t.Errorf("probabilities add up to %v", total)
	}
}

func TestLMErrors(t *testing.T) {
	l := toyLM(t, 1)
	if _, err := NewLM(l.model, l.tokens, -1, "x"); err == nil || !strings.Contains(err.Error(), "temperature is -1") {
		t.Errorf("negative temperature: %v", err)
	}
	a, err := l.Begin(t.Context(), agent.Brief{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Act(t.Context(), agent.Observation{Text: "hm"}); !errors.Is(err, ErrNoActions) {
		t.Errorf("no actions: %v", err)
	}
	bad := agent.Episode{ID: "e", Steps: []agent.Step{{Observation: agent.Observation{Admissible: doorNames}, Action: "dance"}}}
	if _, err := l.Trajectory(bad); !errors.Is(err, ErrNotAdmissible) || !strings.Contains(err.Error(), `episode e: step 0: "dance"`) {
		t.Errorf("not admissible: %v", err)
	}
	long := agent.Episode{ID: "e", Steps: []agent.Step{{
		Observation: agent.Observation{Text: strings.Repeat("ways ", 300), Admissible: doorNames}, Action: doorNames[0],
	}}}
	if _, err := l.Trajectory(long); !errors.Is(err, transformer.ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
	es := toyPlay(t, l, toyTasks(0, 1), 1, 1)
	es[0].Task.Goal = strings.Repeat("ways ", 300)
	e := toyPlay(t, l, []agent.Task{es[0].Task}, 1, 5)[0]
	if e.Outcome.Cause != agent.CauseBudget || e.Outcome.Success {
		t.Errorf("an episode that does not fit: %+v", e.Outcome)
	}
}
