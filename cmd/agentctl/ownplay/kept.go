package ownplay

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/dataset"
)

// successes are those of own play, by iteration, as memory keeps them: word for
// word. They are in files beside the run, so that it can go on with the same.
type successes struct {
	dir string
	by  map[int][]agent.Episode
}

func (k *successes) file(iteration int) string {
	return filepath.Join(k.dir, fmt.Sprintf("won-%04d.json.gz", iteration))
}

// add keeps those among es; what was kept of the iteration is replaced.
func (k *successes) add(iteration int, es []agent.Episode) error {
	var won []agent.Episode
	for _, e := range es {
		if e.Outcome.Success {
			won = append(won, bared(e))
		}
	}
	k.by[iteration] = won
	return dataset.WriteLines(k.file(iteration), won)
}

// of returns those of an iteration.
func (k *successes) of(iteration int) ([]agent.Episode, error) {
	if won, ok := k.by[iteration]; ok {
		return won, nil
	}
	won, err := dataset.ReadLines[agent.Episode](k.file(iteration))
	if err != nil {
		return nil, err
	}
	k.by[iteration] = won
	return won, nil
}

// bared is e as if it had been played without a context. Nobody says how likely
// its actions were without.
func bared(e agent.Episode) agent.Episode {
	e.Context = agent.Context{}
	steps := make([]agent.Step, len(e.Steps))
	for i, s := range e.Steps {
		s.LogProbs = nil
		steps[i] = s
	}
	e.Steps = steps
	return e
}

// imitated is what is imitated after an iteration: its successes, and as many as
// Replay says for each of them of earlier ones, as if they had been played without
// memory. What does not fit the model is left out.
func (l life) imitated(_ context.Context, lm *policy.LM, iteration int) ([]policy.Trajectory, error) {
	last, err := l.won.of(iteration)
	if err != nil {
		return nil, err
	}
	es := slices.Clone(last)
	rng := rand.New(rand.NewPCG(l.seed, uint64(iteration)))
	replayed := len(last) * l.Replay
	if iteration == 0 {
		replayed = 0 // nothing was before
	}
	for range replayed {
		old, err := l.won.of(rng.IntN(iteration))
		if err != nil {
			return nil, err
		}
		if len(old) > 0 {
			es = append(es, old[rng.IntN(len(old))])
		}
	}
	return lm.Trajectories(es)
}
