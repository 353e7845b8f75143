package policy

import (
	"math"
	"math/rand/v2"
	"testing"
)

// randomGroup is a group of trajectories with random rewards, values and
// log-probabilities, and what an update finds in it.
func randomGroup(rng *rand.Rand, o Objective) []Scored {
	group := make([]Trajectory, 2+rng.IntN(4))
	for i := range group {
		group[i].Reward = 2*rng.Float64() - 1
		if i == 0 {
			group[i].Reward = -1 // every method learns from a failure beside what is better, and most from one alone
		}
		group[i].Blame = Blame{rng.Float64()}
		for range 1 + rng.IntN(4) {
			lp := -3 * rng.Float64()
			group[i].Targets = append(group[i].Targets, Target{
				OldLogProb: lp, StepLogProb: lp, Reference: -3 * rng.Float64(), Value: rng.Float64(),
			})
		}
	}
	group[len(group)-1].Part = Refined
	if _, ok := o.(RLAG); ok {
		for i := range group {
			group[i].Part, group[i].Tokens = [...]Part{Rejected, Preferred, Knowledge}[min(i, 2)], []int32{int32(i)}
		}
	}
	advantages := o.Advantages([][]Trajectory{group})[0]
	scored := make([]Scored, len(group))
	for i, t := range group {
		s := Scored{t, advantages[i], make([]float64, len(t.Targets)), make([]float64, len(t.Targets))}
		for j, g := range t.Targets {
			s.LogProbs[j] = min(g.OldLogProb+0.6*(rng.Float64()-0.5), 0)
		}
		scored[i] = s
	}
	return scored
}

// objectives are all there are, each once.
func objectives() []Objective {
	none := DefaultGRPO()
	none.Beta = 0
	k2 := DefaultGRPO()
	k2.KL, k2.Beta = K2, 0.3
	k1 := DefaultGRPO()
	k1.KL, k1.Beta = K1, 0.3
	return []Objective{
		NSR(), PSR(), WReinforce(0.1), REINFORCE(), ANSR(0.5), DefaultBaselined(), DefaultOPO(), Imitation{},
		DefaultGRPO(), none, k1, k2, DrGRPO(8), DefaultPPO(), DefaultRLAG(), DefaultCritiqueGRPO(), Attributed{NSR()},
	}
}

// The gradients of every objective are the derivatives of its loss.
func TestGradientsOfObjectives(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	loss := func(o Objective, group []Scored) float64 {
		for i := range group {
			clear(group[i].Gradients)
		}
		return o.Loss(group)
	}
	for _, o := range objectives() {
		moved := 0
		for range 50 {
			group := randomGroup(rng, o)
			loss(o, group)
			for i := range group {
				want := append([]float64(nil), group[i].Gradients...)
				for j := range want {
					const h = 1e-6
					lp := group[i].LogProbs[j]
					group[i].LogProbs[j] = lp + h
					up := loss(o, group)
					group[i].LogProbs[j] = lp - h
					down := loss(o, group)
					group[i].LogProbs[j] = lp
					if got := (up - down) / (2 * h); !(math.Abs(got-want[j]) <= 1e-6*(1+math.Abs(got))) {
						t.Fatalf("%s: target %d of %d: gradient %v, loss changes by %v", o.Spec().Name, j, i, want[j], got)
					}
					if want[j] != 0 {
						moved++
					}
				}
			}
		}
		if moved == 0 {
			t.Errorf("%s: no gradient at all", o.Spec().Name)
		}
	}
}

func TestKLForms(t *testing.T) {
	// Under samples from π the mean of k1 and of k3 is the divergence; no k3 is
	// negative, and all are 0 where the two agree.
	p, q := []float64{0.5, 0.3, 0.2}, []float64{0.2, 0.2, 0.6}
	want := 0.0
	for i := range p {
		want += p[i] * math.Log(p[i]/q[i])
	}
	for _, f := range []KLForm{K1, K2, K3} {
		mean, slope := 0.0, 0.0
		for i := range p {
			kl, g := f.Estimate(math.Log(p[i]), math.Log(q[i]))
			mean += p[i] * kl
			slope += p[i] * g
			if f != K1 && !(kl >= 0) {
				t.Errorf("%v of %v and %v is %v", f, p[i], q[i], kl)
			}
		}
		if f != K2 && !(math.Abs(mean-want) <= 1e-12) {
			t.Errorf("mean %v is %v, the divergence %v", f, mean, want)
		}
		if kl, _ := f.Estimate(-1.5, -1.5); kl != 0 {
			t.Errorf("%v of equals is %v", f, kl)
		}
	}
	if kl, g := KLForm(0).Estimate(-1, -2); kl != 0 || g != 0 {
		t.Errorf("no form: %v, %v", kl, g)
	}
}

func TestGRPOAdvantages(t *testing.T) {
	rewards := func(rs ...float64) [][]Trajectory {
		group := make([]Trajectory, len(rs))
		for i, r := range rs {
			group[i] = Trajectory{Reward: r, Targets: make([]Target, i+1)}
		}
		return [][]Trajectory{group}
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-5 || math.IsNaN(a) && math.IsNaN(b) }
	plain := DefaultGRPO()
	plain.Beta = 0
	for _, tt := range []struct {
		name string
		o    GRPO
		in   [][]Trajectory
		want []float64
	}{
		// Mean 0, and deviation with n-1: sqrt((1+1+1+1)/3) = 1.1547.
		{"grpo", plain, rewards(1, -1, -1, 1), []float64{0.86603, -0.86603, -0.86603, 0.86603}},
		{"dr-grpo", DrGRPO(8), rewards(1, 0, 0, 0), []float64{0.75, -0.25, -0.25, -0.25}},
		{"all wrong", plain, rewards(-1, -1), []float64{Out(), Out()}},
		{"all the same, of no exact mean", plain, rewards(-1, -1, -1, -1, -1, -1), []float64{Out(), Out(), Out(), Out(), Out(), Out()}},
		{"all wrong, held to the reference", DefaultGRPO(), rewards(-1, -1), []float64{0, 0}},
		{"one", DrGRPO(8), rewards(1), []float64{Out()}},
	} {
		for i, a := range tt.o.Advantages(tt.in)[0] {
			if len(a) != i+1 || !near(a[0], tt.want[i]) || !near(a[i], tt.want[i]) {
				t.Errorf("%s: trajectory %d has advantages %v, want %v", tt.name, i, a, tt.want[i])
			}
		}
	}
}

// Generalised advantage estimation against the sum it stands for.
func TestAdvantageEstimation(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		o := PPO{Discount: rng.Float64(), Lambda: rng.Float64(), Beta: 0.1, KL: K3, Clip: 0.2}
		tr := Trajectory{Reward: rng.NormFloat64()}
		n := 1 + rng.IntN(6)
		for range n {
			tr.Targets = append(tr.Targets, Target{OldLogProb: -rng.Float64(), Reference: -rng.Float64(), Value: rng.NormFloat64()})
		}
		delta := make([]float64, n)
		for j, g := range tr.Targets {
			r := g.OldLogProb - g.Reference
			delta[j] = -0.1*(math.Exp(-r)-1+r) - g.Value
			if j < n-1 {
				delta[j] += o.Discount * tr.Targets[j+1].Value
			} else {
				delta[j] += tr.Reward
			}
		}
		returns := o.Returns([][]Trajectory{{tr}})[0][0]
		for j, got := range o.estimate(tr) {
			want := 0.0
			for l := j; l < n; l++ {
				want += math.Pow(o.Discount*o.Lambda, float64(l-j)) * delta[l]
			}
			if !(math.Abs(got-want) <= 1e-9) || !(math.Abs(returns[j]-want-tr.Targets[j].Value) <= 1e-9) {
				t.Errorf("target %d of %d: advantage %v and return %v, want %v and %v", j, n, got, returns[j], want, want+tr.Targets[j].Value)
			}
		}
		var mean, square, count float64
		for _, a := range o.Advantages([][]Trajectory{{tr, {Reward: 1, Targets: tr.Targets}}})[0] {
			for _, v := range a {
				mean, square, count = mean+v, square+v*v, count+1
			}
		}
		if !(math.Abs(mean/count) <= 1e-9) || !(math.Abs(square/count-1) <= 1e-6) {
			t.Errorf("normalised advantages have mean %v, mean square %v", mean/count, square/count)
		}
	}
}

func TestObjectiveErrors(t *testing.T) {
	for _, tt := range []struct {
		o    interface{ Validate() error }
		want string
	}{
		{DrGRPO(0), "policy: GRPO.Length is 0, must be > 0"},
		{GRPO{Beta: -1}, "policy: GRPO.Beta is -1, must be ≥ 0"},
		{GRPO{Beta: 1}, "policy: GRPO.KL is 0, must be K1, K2 or K3"},
		{GRPO{ClipLow: math.NaN()}, "policy: GRPO.ClipLow and ClipHigh are NaN and 0, must be ≥ 0"},
		{PPO{Discount: 2}, "policy: PPO.Discount is 2, must be in [0,1]"},
		{PPO{Lambda: -1}, "policy: PPO.Lambda is -1, must be in [0,1]"},
		{PPO{Beta: 1, KL: 4}, "policy: PPO.KL is 4, must be K1, K2 or K3"},
		{CriticConfig{}, "policy: CriticConfig.Low and High are 0 and 0, must be finite and ascend"},
		{CriticConfig{High: 1}, "policy: CriticConfig.LearningRate is 0, must be > 0"},
		{CriticConfig{High: 1, LearningRate: 1}, "policy: CriticConfig.Clip is 0, must be > 0"},
	} {
		if err := tt.o.Validate(); err == nil || err.Error() != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
	for _, o := range []interface{ Validate() error }{DefaultGRPO(), DrGRPO(1), DefaultPPO()} {
		if err := o.Validate(); err != nil {
			t.Error(err)
		}
	}
	l := toyLM(t, 1)
	trainer, err := NewTrainer(l, DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	groups := groupsOf(toyTrajectories(t, l, toyPlay(t, l, toyTasks(0, 2), 1, 2)))
	if _, err := trainer.Update(DefaultGRPO(), groups, 1e-3); err == nil || err.Error() != "policy: objective grpo needs a reference policy: see Trainer.Anchor" {
		t.Error(err)
	}
	trainer.Anchor(l.Model())
	if _, err := trainer.Update(DefaultPPO(), groups, 1e-3); err == nil || err.Error() != "policy: objective ppo needs a critic: see Trainer.Advise" {
		t.Error(err)
	}
}
