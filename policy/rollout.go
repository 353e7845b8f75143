package policy

import (
	"context"
	"fmt"

	"github.com/surefoot-ai/surefoot/agent"
	"golang.org/x/sync/errgroup"
)

// World is what a policy practises in.
type World interface {
	// Environment opens a world that can play task.
	Environment(task agent.Task) (agent.Environment, error)

	// Teacher returns a policy worth imitating that already knows what was
	// observed in the earlier episodes of the task it is to play.
	Teacher(seen []agent.Episode) agent.Policy

	// Memory returns an empty memory that keeps experience in the given form
	// and counts tokens with count. The caller closes it.
	Memory(form string, count func(string) int) (Memory, error)
}

// Memory is what a recipe needs of one.
type Memory interface {
	agent.Recaller
	agent.Recorder
	Close() error
}

// rollout is one episode to be played.
type rollout struct {
	policy  agent.Policy
	task    agent.Task
	recall  agent.Recaller // nil: no context
	context int            // tokens asked of recall
	seed    uint64
	trial   int
	steps   int // step budget
}

// playAll plays every rollout, workers at a time. The result is placed by
// index and does not depend on workers. Episode IDs are made of prefix and
// index.
func playAll(ctx context.Context, w World, workers int, prefix string, rs []rollout) ([]agent.Episode, error) {
	out := make([]agent.Episode, len(rs))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for i, r := range rs {
		g.Go(func() error {
			env, err := w.Environment(r.task)
			if err != nil {
				return fmt.Errorf("environment of task %s: %w", r.task.ID, err)
			}
			out[i], err = agent.Run(ctx, r.task, agent.RunOptions{
				Policy: r.policy, Environment: env, Recaller: r.recall, ContextTokens: r.context,
				Budget: agent.Budget{Steps: r.steps}, Seed: r.seed, Trial: r.trial,
				NewID: func() string { return fmt.Sprintf("%s-%06d", prefix, i) },
			})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

// successes is the share of es that succeeded, in [0,1]; 0 of none.
func successes(es []agent.Episode) float64 {
	n := 0
	for _, e := range es {
		if e.Outcome.Success {
			n++
		}
	}
	return float64(n) / float64(max(len(es), 1))
}
