package ownplay

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/dataset"
	"github.com/surefoot-ai/surefoot/policy/transformer"
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
	return dataset.WriteFile(k.file(iteration), func(w io.Writer) error {
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			return err
		}
		return errors.Join(json.NewEncoder(z).Encode(won), z.Close())
	})
}

// of returns those of an iteration.
func (k *successes) of(iteration int) ([]agent.Episode, error) {
	if won, ok := k.by[iteration]; ok {
		return won, nil
	}
	f, err := os.Open(k.file(iteration))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	var won []agent.Episode
	if err := json.NewDecoder(z).Decode(&won); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
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
	es, err := l.won.of(iteration)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(l.seed, uint64(iteration)))
	if n := len(es) * l.Replay; iteration > 0 {
		for range n {
			old, err := l.won.of(rng.IntN(iteration))
			if err != nil {
				return nil, err
			}
			if len(old) > 0 {
				es = append(es[:len(es):len(es)], old[rng.IntN(len(old))])
			}
		}
	}
	var ts []policy.Trajectory
	for _, e := range es {
		t, err := lm.Trajectory(e)
		if errors.Is(err, transformer.ErrTooLong) {
			continue
		}
		if err != nil {
			return nil, err
		}
		ts = append(ts, t)
	}
	return ts, nil
}
