package ownplay

import (
	"context"
	"fmt"
	"path/filepath"

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
			won = append(won, e)
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

// best returns the shortest of each game up to an iteration, of those the last, in
// the order in which games were first won.
func (k *successes) best(iteration int) ([]agent.Episode, error) {
	var out []agent.Episode
	at := map[string]int{}
	for i := range iteration + 1 {
		won, err := k.of(i)
		if err != nil {
			return nil, err
		}
		for _, e := range won {
			j, ok := at[e.Task.ID]
			switch {
			case !ok:
				at[e.Task.ID] = len(out)
				out = append(out, e)
			case len(e.Steps) <= len(out[j].Steps):
				out[j] = e
			}
		}
	}
	return out, nil
}

// unsaid is e played in a context, by somebody who does not say how likely its
// actions were.
func unsaid(e agent.Episode, c agent.Context) agent.Episode {
	e.Context = c
	steps := make([]agent.Step, len(e.Steps))
	for i, s := range e.Steps {
		s.LogProbs = nil
		steps[i] = s
	}
	e.Steps = steps
	return e
}

// imitated is what is imitated after an iteration, when it is time: the best
// success of each game that memory keeps, without a context; and, if it was played
// in one, also in it. What does not fit the model is left out.
func (l life) imitated(_ context.Context, lm *policy.LM, iteration int) ([]policy.Trajectory, error) {
	if (iteration+1)%l.Consolidate != 0 {
		return nil, nil
	}
	best, err := l.won.best(iteration)
	if err != nil {
		return nil, err
	}
	var es []agent.Episode
	for _, e := range best {
		es = append(es, unsaid(e, agent.Context{}))
		if len(e.Context.Items) > 0 {
			es = append(es, unsaid(e, e.Context))
		}
	}
	return lm.Trajectories(es)
}
