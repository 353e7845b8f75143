package policy

import (
	"fmt"
	"math"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Config holds the hyperparameters of a [Trainer]. Every zero is a real
// setting: begin with [DefaultConfig].
type Config struct {
	LearningRate float64 // > 0; Update may be given another
	Beta1, Beta2 float64 // of AdamW, in [0,1)
	Epsilon      float64 // of AdamW, > 0
	WeightDecay  float64 // of AdamW, ≥ 0; not applied to norms
	MaxGradNorm  float64 // global-norm clipping; 0: none
	EntropyBonus float64 // weight of the mean entropy of the choices, ≥ 0 (1e-4 in arXiv:2506.01347)
	BatchTokens  int     // tokens of one forward and backward pass, > 0; bounds memory, not the result
	Threads      int     // > 0; the result does not depend on it
}

// DefaultConfig returns the settings the shipped policy was trained with,
// where they do not differ between its phases.
func DefaultConfig() Config {
	return Config{
		LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8, WeightDecay: 0.01,
		MaxGradNorm: 1, EntropyBonus: 0, BatchTokens: 8192, Threads: 2,
	}
}

// Validate names the first field that is out of its range.
func (c Config) Validate() error {
	for _, f := range []struct {
		name  string
		value float64
		ok    bool
		want  string
	}{
		{"LearningRate", c.LearningRate, c.LearningRate > 0 && !math.IsInf(c.LearningRate, 0), "> 0"},
		{"Beta1", c.Beta1, c.Beta1 >= 0 && c.Beta1 < 1, "in [0,1)"},
		{"Beta2", c.Beta2, c.Beta2 >= 0 && c.Beta2 < 1, "in [0,1)"},
		{"Epsilon", c.Epsilon, c.Epsilon > 0, "> 0"},
		{"WeightDecay", c.WeightDecay, c.WeightDecay >= 0, "≥ 0"},
		{"MaxGradNorm", c.MaxGradNorm, c.MaxGradNorm >= 0, "≥ 0"},
		{"EntropyBonus", c.EntropyBonus, c.EntropyBonus >= 0, "≥ 0"},
		{"BatchTokens", float64(c.BatchTokens), c.BatchTokens > 0, "> 0"},
		{"Threads", float64(c.Threads), c.Threads > 0, "> 0"},
	} {
		if !f.ok {
			return fmt.Errorf("policy: Config.%s is %v, must be %s", f.name, f.value, f.want)
		}
	}
	return nil
}

// Trainer changes the model of an LM. It is used by one goroutine at a time,
// and nobody may act with the LM during an Update.
type Trainer struct {
	config    Config
	model     *transformer.Model
	pass      *transformer.Pass
	optimizer *transformer.AdamW
}

// NewTrainer returns a trainer of l's model. It refuses an invalid Config.
func NewTrainer(l *LM, c Config) (*Trainer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Trainer{
		config: c,
		model:  l.model,
		pass:   transformer.NewPass(l.model, c.Threads),
		optimizer: transformer.NewAdamW(l.model, transformer.AdamWConfig{
			Beta1: c.Beta1, Beta2: c.Beta2, Epsilon: c.Epsilon,
			WeightDecay: c.WeightDecay, MaxGradNorm: c.MaxGradNorm,
		}),
	}, nil
}

// Stats describes one update. Means are over the targets with an advantage
// other than 0, in natural logs.
type Stats struct {
	Loss     float64 // token mean, entropy bonus not included
	Entropy  float64 // of the choices, before the update
	LogProb  float64
	KL       float64 // of the behaviour policy to the model before the update: mean of ρ-1-log ρ (k3)
	Clipped  float64 // share of the targets that the clip stopped
	GradNorm float64 // before clipping
	Targets  int
	Tokens   int // read
}

// Update makes one optimiser step on groups, each the trajectories of one
// task. The loss is the mean over all targets of all groups, those with
// advantage 0 included. It returns ErrNoTargets, and changes nothing, if no
// target has an advantage; an error wrapping transformer.ErrNotFinite leaves
// the model untouched too.
func (t *Trainer) Update(o Objective, groups [][]Trajectory, learningRate float64) (Stats, error) {
	var all []Trajectory
	var advantages [][]float64
	total := 0
	for _, g := range groups {
		all = append(all, g...)
		advantages = append(advantages, o.Advantages(g)...)
	}
	for _, a := range advantages {
		total += len(a)
	}
	var s Stats
	t.pass.ZeroGrad()
	for at := 0; at < len(all); {
		b, n := pack(all[at:], advantages[at:], t.config.BatchTokens)
		at += n
		if err := t.accumulate(o, b, total, &s); err != nil {
			return s, err
		}
	}
	if s.Targets == 0 {
		return s, ErrNoTargets
	}
	n := float64(s.Targets)
	s.Loss, s.Entropy, s.LogProb, s.KL, s.Clipped = s.Loss/float64(total), s.Entropy/n, s.LogProb/n, s.KL/n, s.Clipped/n
	norm, err := t.optimizer.Step(t.model, t.pass, learningRate)
	s.GradNorm = norm
	return s, err
}

// accumulate adds the gradients of one packed batch, and its sums to s.
func (t *Trainer) accumulate(o Objective, b packed, total int, s *Stats) error {
	s.Tokens += len(b.Tokens)
	if len(b.Targets) == 0 {
		return nil
	}
	logProb, entropy, err := t.pass.Forward(&b.Batch)
	if err != nil {
		return err
	}
	dLogProb := make([]float32, len(b.Targets))
	dEntropy := make([]float32, len(b.Targets))
	for i := range b.Targets {
		lp, old := float64(logProb[i]), b.old[i]
		loss, gradient := o.Loss(lp, old, b.advantage[i])
		dLogProb[i] = float32(gradient / float64(total))
		dEntropy[i] = float32(-t.config.EntropyBonus / float64(total))
		s.Loss += loss
		s.Entropy += float64(entropy[i])
		s.LogProb += lp
		if !math.IsNaN(old) {
			s.KL += math.Exp(lp-old) - 1 - (lp - old)
		}
		if gradient == 0 {
			s.Clipped++
		}
	}
	s.Targets += len(b.Targets)
	if t.config.EntropyBonus == 0 {
		dEntropy = nil
	}
	return t.pass.Backward(dLogProb, dEntropy)
}

// packed is a batch with what the loss needs of each of its targets.
type packed struct {
	transformer.Batch
	old, advantage []float64
}

// pack puts as many trajectories of ts, from the first on, into one batch as
// fit in maxTokens, at least one, and says how many. Targets with advantage 0
// are left out, and so is what follows a trajectory's last target.
func pack(ts []Trajectory, advantages [][]float64, maxTokens int) (packed, int) {
	p := packed{Batch: transformer.Batch{Starts: []int{0}}}
	n := 0
	for ; n < len(ts); n++ {
		start := len(p.Tokens)
		end := 0
		for j, g := range ts[n].Targets {
			if advantages[n][j] != 0 {
				end = g.Position + 1
			}
		}
		if n > 0 && start+end > maxTokens {
			break
		}
		if end == 0 {
			continue
		}
		p.Tokens = append(p.Tokens, ts[n].Tokens[:end]...)
		p.Starts = append(p.Starts, len(p.Tokens))
		for j, g := range ts[n].Targets {
			if advantages[n][j] == 0 {
				continue
			}
			g.Position += start
			p.Targets = append(p.Targets, g.Target)
			p.old = append(p.old, g.OldLogProb)
			p.advantage = append(p.advantage, advantages[n][j])
		}
	}
	return p, n
}
