package policy

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A critic learns what a trajectory returns, and tells two of different tokens
// apart.
func TestCriticLearnsReturns(t *testing.T) {
	l := toyLM(t, 3)
	c := DefaultConfig()
	c.Threads = 1
	critic, err := NewCritic(l.model, CriticConfig{Low: -2, High: 1, LearningRate: 1e-2, Clip: math.Inf(1), Trainer: c})
	if err != nil {
		t.Fatal(err)
	}
	ts := toyTrajectories(t, l, toyPlay(t, l, toyTasks(0, 2), 5, 3))
	groups := [][]Trajectory{ts}
	want := []float64{-1.5, 0.5}
	before := l.model.Clone()
	var first, last float64
	for u := range 60 {
		own := cloneTargets(groups)
		if err := critic.values(own); err != nil {
			t.Fatal(err)
		}
		returns := constant(groups, func(tr Trajectory) float64 {
			if &tr.Tokens[0] == &ts[0].Tokens[0] {
				return want[0]
			}
			return want[1]
		})
		if last, err = critic.update(own, returns); err != nil {
			t.Fatal(err)
		}
		if u == 0 {
			first = last
		}
	}
	own := cloneTargets(groups)
	if err := critic.values(own); err != nil {
		t.Fatal(err)
	}
	for i, tr := range own[0][:2] {
		for j, g := range tr.Targets {
			if !(math.Abs(g.Value-want[i]) <= 0.2) {
				t.Errorf("trajectory %d target %d: value %v, want %v", i, j, g.Value, want[i])
			}
		}
	}
	if !(last < first/10) {
		t.Errorf("loss %v, at first %v", last, first)
	}
	for i, p := range l.model.Parameters() {
		for j, v := range before.Parameters()[i].Data {
			if p.Data[j] != v {
				t.Fatalf("the policy's %s has changed", p.Name)
			}
		}
	}
}

// The critic's gradient is the derivative of its loss, clipped or not.
func TestCriticGradient(t *testing.T) {
	o := regression{&Critic{config: CriticConfig{Low: -1, High: 2, Clip: 0.1}}}
	rng := rand.New(rand.NewPCG(5, 6))
	stopped := 0
	for range 200 {
		lp := -2 * rng.Float64()
		s := []Scored{{
			Trajectory: Trajectory{Targets: []Target{{Value: o.c.value(lp) + 0.4*(rng.Float64()-0.5)}}},
			Advantages: []float64{3*rng.Float64() - 1}, LogProbs: []float64{lp}, Gradients: []float64{0},
		}}
		o.Loss(s)
		want := s[0].Gradients[0]
		if want == 0 {
			stopped++
		}
		const h = 1e-6
		s[0].LogProbs[0] = lp + h
		up := o.Loss(s)
		s[0].LogProbs[0] = lp - h
		if got := (up - o.Loss(s)) / (2 * h); !(math.Abs(got-want) <= 1e-5) {
			t.Errorf("gradient %v, loss changes by %v", want, got)
		}
	}
	if stopped == 0 || stopped == 200 {
		t.Errorf("the clip stopped %d of 200", stopped)
	}
}

// Learn sees every group once an epoch, in updates of so many, with the
// advantages from before the first.
func TestLearn(t *testing.T) {
	l := toyLM(t, 1)
	c := DefaultConfig()
	c.Threads = 1
	trainer, err := NewTrainer(l, c)
	if err != nil {
		t.Fatal(err)
	}
	groups := groupsOf(toyTrajectories(t, l, toyPlay(t, l, toyTasks(0, 5), 1, 2)))
	targets := PerToken.of(groups)
	m := Minibatches{Epochs: 2, Groups: 2, LearningRate: 1e-3, Shuffle: rand.New(rand.NewPCG(1, 1))}
	updates, seen := 0, 0
	if err := trainer.Learn(t.Context(), REINFORCE(), groups, m, func(s Stats) bool {
		updates++
		seen += s.Targets
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if want := 2 * ((len(groups) + 1) / 2); updates != want || seen != 2*targets {
		t.Errorf("%d updates on %d targets, want %d on %d", updates, seen, want, 2*targets)
	}
	updates = 0
	if err := trainer.Learn(t.Context(), REINFORCE(), groups, m, func(Stats) bool { updates++; return false }); err != nil || updates != 1 {
		t.Errorf("%d updates after the first was to be the last: %v", updates, err)
	}
	if err := trainer.Learn(t.Context(), NSR(), groups, Minibatches{}, nil); err == nil {
		t.Error("no epochs, no error")
	}
}
