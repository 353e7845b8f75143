package policy

import (
	"errors"
	"math"
	"testing"
)

func TestReinforceLoss(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name                string
		logProb, old, adv   float64
		loss, gradientTimes float64 // the gradient in units of the ratio; 0 where the clip stops it
	}{
		{"on policy, right", -1, -1, 1, -1, -1},
		{"on policy, wrong", -1, -1, -1, 1, 1},
		{"actor silent, wrong", -3, nan, -1, 1, 1},
		{"wrong, already 30% down: the brake", math.Log(0.7), 0, -1, 0.8, 0},
		{"wrong, 10% down", math.Log(0.9), 0, -1, 0.9, 1},
		{"wrong, 50% up: pushed all the more", math.Log(1.5), 0, -1, 1.5, 1},
		{"right, 50% up: enough", math.Log(1.5), 0, 1, -1.2, 0},
		{"right, 50% down", math.Log(0.5), 0, 1, -0.5, -1},
		{"weighted", math.Log(0.5), 0, 0.1, -0.05, -0.1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			loss, gradient := lossOf(NSR(), tt.logProb, tt.old, tt.adv)
			ratio := math.Exp(tt.logProb - tt.old)
			if math.IsNaN(tt.old) {
				ratio = 1
			}
			if !(math.Abs(loss-tt.loss) <= 1e-12) || !(math.Abs(gradient-tt.gradientTimes*ratio) <= 1e-12) {
				t.Errorf("loss %v gradient %v, want %v and %v", loss, gradient, tt.loss, tt.gradientTimes*ratio)
			}
		})
	}
}

// lossOf is o's loss of one token, and its derivative.
func lossOf(o Objective, logProb, old, advantage float64) (loss, gradient float64) {
	s := []Scored{{
		Trajectory: Trajectory{Targets: []Target{{OldLogProb: old}}},
		Advantages: []float64{advantage}, LogProbs: []float64{logProb}, Gradients: []float64{0},
	}}
	loss = o.Loss(s)
	return loss, s[0].Gradients[0]
}

// same reports whether a is b, or both are out.
func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func TestAdvantages(t *testing.T) {
	right := Trajectory{Reward: 1, Targets: make([]Target, 2)}
	wrong := Trajectory{Reward: -1, Targets: make([]Target, 1)}
	for _, tt := range []struct {
		o            Objective
		right, wrong float64
	}{
		{NSR(), Out(), -1}, {PSR(), 1, Out()}, {WReinforce(0.1), 0.1, -1}, {REINFORCE(), 1, -1},
		{ANSR(0), 0.05, -1.5}, {ANSR(1), 0.2, -0.5}, {Imitation{}, 1, 1},
	} {
		a := tt.o.Advantages([][]Trajectory{{right, wrong}})[0]
		if len(a[0]) != 2 || len(a[1]) != 1 || !same(a[0][0], tt.right) || !same(a[0][1], tt.right) || !same(a[1][0], tt.wrong) {
			t.Errorf("%s: advantages %v, want %v and %v", tt.o.Spec().Name, a, tt.right, tt.wrong)
		}
	}
	// The baseline is that of all groups: of three in four that are right it is 0.5.
	a := DefaultBaselined().Advantages([][]Trajectory{{right, right}, {wrong, right}})
	if len(a) != 2 || len(a[1]) != 2 || a[0][0][1] != 0.5 || a[0][1][0] != 0.5 || a[1][0][0] != -1.5 || a[1][1][0] != 0.5 {
		t.Errorf("with a baseline: %v, want 0.5 and -1.5", a)
	}
	if a := DefaultBaselined().Advantages([][]Trajectory{{wrong}, {wrong}, {wrong}}); !math.IsNaN(a[2][0][0]) {
		t.Errorf("with a baseline, all wrong: %v, want out", a)
	}
	// OPO's baseline weighs trajectories by their tokens: four right ones, of two
	// targets each, and a wrong one, of one.
	a = DefaultOPO().Advantages([][]Trajectory{{right, right}, {wrong, right, right}})
	if b := (8 - 1) / 9.0; len(a) != 2 || len(a[1]) != 3 || a[0][0][1] != 1-b || a[1][0][0] != -1-b || a[1][2][0] != 1-b {
		t.Errorf("opo: %v, want %.3f and %.3f", a, 1-b, -1-b)
	}
	if a := DefaultOPO().Advantages([][]Trajectory{{wrong}, {wrong}, {wrong}}); !math.IsNaN(a[2][0][0]) {
		t.Errorf("opo, all wrong: %v, want out", a)
	}
	// A group in which all answers are wrong still teaches.
	if a := NSR().Advantages([][]Trajectory{{wrong, wrong}})[0]; a[0][0] != -1 || a[1][0] != -1 {
		t.Errorf("all wrong: %v", a)
	}
}

func TestImitationLeavesRandomActionsAlone(t *testing.T) {
	tr := Trajectory{Targets: []Target{{StepLogProb: math.Log(0.9)}, {StepLogProb: math.Log(0.01)}, {StepLogProb: math.NaN()}}}
	if a := (Imitation{MinProb: 0.5}).Advantages([][]Trajectory{{tr}})[0][0]; a[0] != 1 || !math.IsNaN(a[1]) || a[2] != 1 {
		t.Errorf("advantages %v, want 1, out, 1", a)
	}
}

func TestWithText(t *testing.T) {
	target := func(at, step int) Target {
		g := Target{Step: step}
		g.Position, g.Allowed = at, []int32{1, 2}
		return g
	}
	tr := Trajectory{Tokens: []int32{5, 6, 1, 7, 2}, Targets: []Target{target(1, 0), target(3, 1)}}.WithText()
	if len(tr.Targets) != 4 {
		t.Fatalf("%d targets, want one for every token but the first", len(tr.Targets))
	}
	want := []float64{0.25, 1, 0.25, 1}
	a := (Imitation{Text: 0.25}).Advantages([][]Trajectory{{tr}})[0][0]
	for i, g := range tr.Targets {
		if choice := i%2 == 1; g.Position != i || a[i] != want[i] || (g.Allowed != nil) != choice || !choice && (g.Token != tr.Tokens[i+1] || g.Step != -1) {
			t.Errorf("target %d is %+v with advantage %v, want %v", i, g, a[i], want[i])
		}
	}
}

func TestPack(t *testing.T) {
	target := func(at int) Target { g := Target{}; g.Position = at; return g }
	ts := []Trajectory{
		{Tokens: []int32{1, 2, 3, 4}, Targets: []Target{target(1), target(2)}},
		{Tokens: []int32{5, 6, 7}, Targets: []Target{target(0)}},
		{Tokens: []int32{8, 9}, Targets: []Target{target(0)}},
	}
	groups := [][]Trajectory{ts[:1], ts[1:2], ts[2:]}
	out := Out()
	b, n := pack(prepared{groups: groups, advantages: [][][]float64{{{1, out}}, {{out}}, {{-1}}}}, 3)
	// The first ends at its last target that is learned from, the second has none.
	if n != 3 || len(b.Tokens) != 3 || b.Tokens[2] != 8 || len(b.Starts) != 3 || b.Starts[1] != 2 {
		t.Errorf("packed %v, starts %v, took %d", b.Tokens, b.Starts, n)
	}
	if len(b.Targets) != 2 || b.Targets[1].Position != 2 || b.from[1] != (origin{2, 0, 0}) {
		t.Errorf("targets %+v, from %v", b.Targets, b.from)
	}
	if b, n := pack(prepared{groups: groups, advantages: [][][]float64{{{1, 1}}, {{1}}, {{1}}}}, 3); n != 1 || len(b.Tokens) != 3 {
		t.Errorf("packed %v, took %d, want the first alone", b.Tokens, n)
	}
	// A group is never parted.
	if b, n := pack(prepared{groups: [][]Trajectory{ts, ts}, advantages: [][][]float64{{{1, 1}, {1}, {1}}, {{1, 1}, {1}, {1}}}}, 3); n != 1 || len(b.Tokens) != 5 {
		t.Errorf("packed %v, took %d, want one group whole", b.Tokens, n)
	}
}

// A one-step world whose best action is known: every objective that learns
// from outcomes must find it.
func TestObjectivesSolveABandit(t *testing.T) {
	for _, o := range []Objective{NSR(), PSR(), WReinforce(0.1), REINFORCE(), DefaultBaselined(), DefaultOPO(), DefaultGRPO(), DrGRPO(4), DefaultPPO()} {
		for seed := range uint64(5) {
			l := toyLM(t, seed)
			c := DefaultConfig()
			c.Threads = 1
			trainer, err := NewTrainer(l, c)
			if err != nil {
				t.Fatal(err)
			}
			trainer.Anchor(l.model)
			critic, err := NewCritic(l.model, CriticConfig{Low: -1, High: 1, LearningRate: 3e-3, Clip: 0.2, Trainer: c})
			if err != nil {
				t.Fatal(err)
			}
			trainer.Advise(critic)
			task := toyTasks(int(seed), 1)
			for len(task) < 16 {
				task = append(task, task[0])
			}
			share := 0.0
			for u := 0; u < 60 && share < 1; u++ {
				es := toyPlay(t, l, task, seed*1000+uint64(u)*16, 1)
				share = successes(es)
				_, err := trainer.Update(o, [][]Trajectory{toyTrajectories(t, l, es)}, 3e-3)
				if err != nil && !errors.Is(err, ErrNoTargets) {
					t.Fatal(err)
				}
			}
			if share < 1 {
				t.Errorf("%s, seed %d: %.0f%% after 60 updates", o.Spec().Name, seed, 100*share)
			}
		}
	}
}

// The first update of a warm-up over ten takes a tenth of a step, the eleventh a
// whole one.
func TestWarmup(t *testing.T) {
	moved := func(warmup, updates int) float64 {
		l := toyLM(t, 1)
		groups := [][]Trajectory{toyTrajectories(t, l, toyPlay(t, l, toyTasks(0, 8), 7, 1))}
		c := DefaultConfig()
		c.Threads, c.Warmup = 1, warmup
		trainer, err := NewTrainer(l, c)
		if err != nil {
			t.Fatal(err)
		}
		far := 0.0
		for range updates {
			before := l.model.Clone()
			if _, err := trainer.Update(REINFORCE(), groups, 1e-4); err != nil {
				t.Fatal(err)
			}
			far = 0
			for i, p := range l.model.Parameters() {
				for j, v := range before.Parameters()[i].Data {
					far = max(far, math.Abs(float64(p.Data[j]-v)))
				}
			}
		}
		return far
	}
	if whole, tenth := moved(0, 1), moved(10, 1); !(math.Abs(tenth/whole-0.1) < 0.01) {
		t.Errorf("the first update moves a weight by up to %v, without a warm-up by %v: want a tenth", tenth, whole)
	}
	if eighth, eleventh := moved(10, 8), moved(10, 11); !(eleventh > eighth) {
		t.Errorf("the eighth update moves a weight by up to %v, the eleventh by %v", eighth, eleventh)
	}
}
