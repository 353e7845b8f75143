package policy

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Trainer changes the model of an LM. It is used by one goroutine at a time,
// and nobody may act with the LM during an Update.
type Trainer struct {
	config    Config
	model     *transformer.Model
	pass      *transformer.Pass
	optimizer *transformer.AdamW
	reference *transformer.Pass // over a copy; nil: none
	critic    *Critic           // nil: none
}

// NewTrainer returns a trainer of l's model. It refuses an invalid Config.
func NewTrainer(l *LM, c Config) (*Trainer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Trainer{
		config:    c,
		model:     l.model,
		pass:      transformer.NewPass(l.model, c.Threads),
		optimizer: transformer.NewAdamW(l.model, c.adamW()),
	}, nil
}

// Anchor makes m, which is copied, the reference policy of objectives that need
// one.
func (t *Trainer) Anchor(m *transformer.Model) {
	t.reference = transformer.NewPass(m.Clone(), t.config.Threads)
}

// Advise makes c the critic of objectives that need one. It is trained with the
// model from then on.
func (t *Trainer) Advise(c *Critic) { t.critic = c }

// Stats describes one update. Means are over the targets learned from, in
// natural logs.
type Stats struct {
	Loss      float64 // the mean that was minimised, entropy bonus not included
	Entropy   float64 // of the choices, before the update
	LogProb   float64
	KL        float64 // of the behaviour policy to the model before the update: mean of ρ-1-log ρ (k3)
	Clipped   float64 // share of the targets that had no gradient
	GradNorm  float64 // before clipping
	ValueLoss float64 `json:",omitempty"` // of the critic, before its update
	Targets   int
	Tokens    int // read
}

// Update makes one optimiser step on groups. It returns ErrNoTargets, and
// changes nothing, if no target is to be learned from; an error wrapping
// transformer.ErrNotFinite leaves the model untouched too.
func (t *Trainer) Update(o Objective, groups [][]Trajectory, learningRate float64) (Stats, error) {
	p, err := t.prepare(o, groups)
	if err != nil {
		return Stats{}, err
	}
	return t.step(p, learningRate)
}

// Minibatches says how often and in which portions groups are learned from.
type Minibatches struct {
	Epochs       int        // times through all groups, > 0
	Groups       int        // an update, > 0
	LearningRate float64    // > 0
	Shuffle      *rand.Rand // orders the groups anew in each epoch; nil: as they are
}

// Learn learns from groups in several updates: advantages, reference and values
// are those from before the first. after, if not nil, is called with each
// update's Stats and ends it by returning false. A minibatch with nothing to be
// learned is passed over.
func (t *Trainer) Learn(ctx context.Context, o Objective, groups [][]Trajectory, m Minibatches, after func(Stats) bool) error {
	if m.Epochs < 1 || m.Groups < 1 {
		return fmt.Errorf("policy: Minibatches of %d groups, %d epochs: must be at least 1", m.Groups, m.Epochs)
	}
	p, err := t.prepare(o, groups)
	if err != nil {
		return err
	}
	for range m.Epochs {
		if m.Shuffle != nil {
			p.shuffle(m.Shuffle)
		}
		for at := 0; at < len(groups); at += m.Groups {
			if err := ctx.Err(); err != nil {
				return err
			}
			b := p.part(at, min(at+m.Groups, len(groups)))
			if !b.learns() {
				continue
			}
			s, err := t.step(b, m.LearningRate)
			if err != nil {
				return err
			}
			if after != nil && !after(s) {
				return nil
			}
		}
	}
	return nil
}

// step makes one optimiser step.
func (t *Trainer) step(p prepared, learningRate float64) (Stats, error) {
	var s Stats
	if !p.learns() {
		return s, ErrNoTargets
	}
	t.pass.ZeroGrad()
	p.divisor = float64(p.spec.Average.of(p.groups))
	p.targets = PerToken.of(p.groups)
	for at := 0; at < len(p.groups); {
		b, n := pack(p.part(at, len(p.groups)), t.config.BatchTokens)
		if err := t.accumulate(p, b, &s); err != nil {
			return s, err
		}
		at += n
	}
	n := float64(s.Targets)
	s.Loss /= p.divisor
	s.Entropy, s.LogProb, s.KL, s.Clipped = s.Entropy/n, s.LogProb/n, s.KL/n, s.Clipped/n
	if u := t.optimizer.Steps() + 1; u < t.config.Warmup {
		learningRate *= float64(u) / float64(t.config.Warmup)
	}
	norm, err := t.optimizer.Step(t.model, t.pass, learningRate)
	s.GradNorm = norm
	if err == nil && p.spec.Critic {
		s.ValueLoss, err = t.critic.update(p.groups, p.returns)
	}
	return s, err
}

// accumulate adds the gradients of one packed batch, and its sums to s.
func (t *Trainer) accumulate(p prepared, b packed, s *Stats) error {
	s.Tokens += len(b.Tokens)
	if len(b.Targets) == 0 {
		return nil
	}
	logProb, entropy, err := t.pass.Forward(&b.Batch)
	if err != nil {
		return err
	}
	for i, at := range b.from {
		b.scored(at).LogProbs[at.target] = float64(logProb[i])
	}
	for _, group := range b.groups {
		s.Loss += p.objective.Loss(group)
	}
	dLogProb := make([]float32, len(b.Targets))
	dEntropy := make([]float32, len(b.Targets))
	for i, at := range b.from {
		scored := b.scored(at)
		lp, old, gradient := float64(logProb[i]), scored.Targets[at.target].OldLogProb, scored.Gradients[at.target]
		dLogProb[i] = float32(gradient / p.divisor)
		dEntropy[i] = float32(-t.config.EntropyBonus / float64(p.targets))
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
