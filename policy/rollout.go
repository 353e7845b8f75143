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

// Rollout is one episode to be played.
type Rollout struct {
	Policy        agent.Policy
	Task          agent.Task
	Recaller      agent.Recaller // nil: no context
	ContextTokens int            // asked of Recaller
	Seed          uint64         // with Trial, of the policy's random source
	Trial         int
	Steps         int // step budget; 0: agent.DefaultSteps
}

// Players plays rollouts in a world.
type Players struct {
	World   World
	Workers int // episodes at once, > 0
}

// Play plays every rollout. The result is placed by index and does not depend on
// Workers. Episode IDs are made of prefix and index.
func (p Players) Play(ctx context.Context, prefix string, rs []Rollout) ([]agent.Episode, error) {
	out := make([]agent.Episode, len(rs))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(p.Workers)
	for i, r := range rs {
		g.Go(func() error {
			env, err := p.World.Environment(r.Task)
			if err != nil {
				return fmt.Errorf("environment of task %s: %w", r.Task.ID, err)
			}
			out[i], err = agent.Run(ctx, r.Task, agent.RunOptions{
				Policy: r.Policy, Environment: env, Recaller: r.Recaller, ContextTokens: r.ContextTokens,
				Budget: agent.Budget{Steps: r.Steps}, Seed: r.Seed, Trial: r.Trial,
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
