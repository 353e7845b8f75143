package policy

import (
	"fmt"
	"math"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// CriticConfig sets a [Critic].
type CriticConfig struct {
	Low, High    float64 // the least and the greatest return there can be; Low < High
	LearningRate float64 // > 0
	Clip         float64 // how far an estimate may move from the one before the first update and still be pulled, > 0 (PPO2's value clipping); +Inf: as far as it likes
	Trainer      Config  // Threads, BatchTokens and the optimiser
}

// Validate names the first field that is out of its range.
func (c CriticConfig) Validate() error {
	switch {
	case !(c.Low < c.High) || math.IsInf(c.High-c.Low, 0):
		return fmt.Errorf("policy: CriticConfig.Low and High are %v and %v, must be finite and ascend", c.Low, c.High)
	case !(c.LearningRate > 0):
		return fmt.Errorf("policy: CriticConfig.LearningRate is %v, must be > 0", c.LearningRate)
	case !(c.Clip > 0):
		return fmt.Errorf("policy: CriticConfig.Clip is %v, must be > 0", c.Clip)
	}
	return c.Trainer.Validate()
}

// Critic estimates returns: the value function of an actor-critic method. It is
// a transformer of its own, a copy of the policy's to begin with. Its head is
// two tokens of that transformer, whose probabilities among the two, p and 1-p,
// stand for the greatest and the least return:
//
//	V = Low + (High-Low)·p.
//
// So V is within bounds, and needs no layer that a policy does not have.
type Critic struct {
	config    CriticConfig
	model     *transformer.Model
	pass      *transformer.Pass
	optimizer *transformer.AdamW
}

// The two tokens of the head. Which they are does not matter: the critic's
// transformer writes nothing.
const (
	lowToken  = 0
	highToken = 1
)

// NewCritic returns a critic that begins as a copy of m.
func NewCritic(m *transformer.Model, c CriticConfig) (*Critic, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	own := m.Clone()
	return &Critic{
		config: c, model: own, pass: transformer.NewPass(own, c.Trainer.Threads),
		optimizer: transformer.NewAdamW(own, c.Trainer.adamW()),
	}, nil
}

// values tells each target of groups, which it changes, its Value.
func (c *Critic) values(groups [][]Trajectory) error {
	asked := c.ask(groups)
	if err := score(c.pass, asked, c.config.Trainer.BatchTokens, func(g *Target, logProb float64) { g.Value = c.value(logProb) }); err != nil {
		return err
	}
	for g := range groups {
		for i := range groups[g] {
			for j := range groups[g][i].Targets {
				groups[g][i].Targets[j].Value = asked[g][i].Targets[j].Value
			}
		}
	}
	return nil
}

func (c *Critic) value(logProb float64) float64 {
	return c.config.Low + (c.config.High-c.config.Low)*math.Exp(logProb)
}

// ask returns groups whose targets ask for the value before them.
func (c *Critic) ask(groups [][]Trajectory) [][]Trajectory {
	asked := cloneTargets(groups)
	head := []int32{lowToken, highToken}
	for _, group := range asked {
		for _, t := range group {
			for j := range t.Targets {
				t.Targets[j].Token, t.Targets[j].Allowed = highToken, head
			}
		}
	}
	return asked
}

// update makes one step towards returns and returns the loss before it: the
// mean over all targets of
//
//	max((V-R)², (V'-R)²)/2,  V' = clip(V, V_old-Clip, V_old+Clip).
func (c *Critic) update(groups [][]Trajectory, returns [][][]float64) (float64, error) {
	p := prepared{objective: regression{c}, groups: c.ask(groups), advantages: returns}
	t := Trainer{config: c.config.Trainer, model: c.model, pass: c.pass, optimizer: c.optimizer}
	t.config.EntropyBonus = 0
	s, err := t.step(p, c.config.LearningRate)
	if err != nil {
		return 0, fmt.Errorf("critic: %w", err)
	}
	return s.Loss, nil
}

// regression is the critic's own objective. Its advantages are returns.
type regression struct{ c *Critic }

func (regression) Spec() Spec { return Spec{Name: "critic"} }

func (regression) Advantages([][]Trajectory) [][][]float64 {
	panic("policy: internal error: a critic's returns are its objective's")
}

func (o regression) Loss(group []Scored) float64 {
	return eachToken(group, func(s *Scored, j int) (loss, gradient float64) {
		before, want, clip := s.Targets[j].Value, s.Advantages[j], o.c.config.Clip
		value := o.c.value(s.LogProbs[j])
		near := min(max(value, before-clip), before+clip)
		free, stopped := (value-want)*(value-want)/2, (near-want)*(near-want)/2
		if stopped > free {
			return stopped, 0
		}
		return free, (value - want) * (value - o.c.config.Low) // dV/d log p = V-Low
	})
}
