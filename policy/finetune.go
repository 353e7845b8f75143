package policy

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// finetune makes l imitate trajectories, each once an epoch in an order of rng,
// by a fresh optimiser; c.Tasks is not read. Actions to which their actor gave
// less than half of the probability are left out: a teacher's random ones. after
// is told of each update, from 1; nil: nobody is.
func (l *LM) finetune(ctx context.Context, ts []Trajectory, c Imitate, cfg Config, rng *rand.Rand, after func(update, of int, s Stats, rate float64)) error {
	if c.Text > 0 {
		with := make([]Trajectory, len(ts))
		for i, t := range ts {
			with[i] = t.WithText()
		}
		ts = with
	}
	trainer, err := NewTrainer(l, cfg)
	if err != nil {
		return err
	}
	updates := c.Epochs * ((len(ts) + c.Batch - 1) / c.Batch)
	var order []int
	for u := range updates {
		var groups [][]Trajectory
		for len(groups) < c.Batch {
			if len(order) == 0 {
				order = rng.Perm(len(ts))
			}
			groups = append(groups, []Trajectory{ts[order[0]]})
			order = order[1:]
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rate := WarmupCosine(c.LearningRate, u, updates)
		s, err := trainer.Update(Imitation{MinProb: 0.5, Text: c.Text}, groups, rate)
		if err != nil {
			return fmt.Errorf("update %d: %w", u, err)
		}
		if after != nil {
			after(u+1, updates, s, rate)
		}
	}
	return nil
}
