package ownplay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// School is the games of one seed. The lists are disjoint.
type School struct {
	World  policy.World
	Taught []agent.Task // which the teacher plays
	Train  []agent.Task // for own play
	Tune   []agent.Task // to choose by
	Test   []agent.Task // played once, at the end
}

// life is own play under one condition.
type life struct {
	School
	Scale
	condition Condition
	players   policy.Players
	seed      uint64
	won       *successes // nil: memory keeps none
}

// sample is what one iteration plays: half of the episodes are first tries,
// without context; then what failed is tried again, until all tries are used, with
// what memory made of all that was played before; and further games fill up. A game
// failed if all of its group did.
func (l life) sample(ctx context.Context, lm *policy.LM, iteration int) (groups [][]policy.Trajectory, err error) {
	mem, err := l.memory(lm)
	if err != nil {
		return nil, err
	}
	if mem != nil {
		defer func() { err = errors.Join(err, mem.Close()) }()
	}
	n := max(l.Episodes/l.condition.Rollouts, 2) // games, once for each try
	from := iteration * n
	open, left := l.take(from, n/2), n
	var all []agent.Episode
	for trial := 0; trial < l.Tries && left > 0; trial++ {
		open = open[:min(len(open), left)]
		w := wave{lm, open, nil, trial, iteration}
		if trial > 0 {
			w.memory = mem
		}
		es, err := l.try(ctx, w)
		if err != nil {
			return nil, err
		}
		if mem != nil {
			if err := recordAll(ctx, mem, es); err != nil {
				return nil, err
			}
		}
		all, left = append(all, es...), left-len(open)
		open = failed(open, es, l.condition.Rollouts)
	}
	more, err := l.try(ctx, wave{lm, l.take(from+n/2, left), nil, 0, iteration})
	if err != nil {
		return nil, err
	}
	all = append(all, more...)
	if l.won != nil {
		if err := l.won.add(iteration, all); err != nil {
			return nil, err
		}
	}
	return l.groups(lm, all)
}

// failed are those of tasks whose whole group, of so many episodes, failed in es.
func failed(tasks []agent.Task, es []agent.Episode, rollouts int) []agent.Task {
	var out []agent.Task
	for i, t := range tasks {
		group := es[i*rollouts : (i+1)*rollouts]
		if !slices.ContainsFunc(group, func(e agent.Episode) bool { return e.Outcome.Success }) {
			out = append(out, t)
		}
	}
	return out
}

// take returns n games to train on, from one on, around and around.
func (l life) take(from, n int) []agent.Task {
	out := make([]agent.Task, n)
	for i := range out {
		out[i] = l.Train[(from+i)%len(l.Train)]
	}
	return out
}

// wave is games that are played at once.
type wave struct {
	policy    agent.Policy
	tasks     []agent.Task
	memory    policy.Memory // nil: no context
	trial     int
	iteration int
}

// try plays each game of a wave as often as a group is large.
func (l life) try(ctx context.Context, w wave) ([]agent.Episode, error) {
	var rs []policy.Rollout
	for i, t := range w.tasks {
		for j := range l.condition.Rollouts {
			r := policy.Rollout{
				Policy: w.policy, Task: t, Seed: l.seed<<40 | uint64(w.iteration)<<16 | uint64(i*l.condition.Rollouts+j), Trial: w.trial, Steps: l.Steps,
			}
			if w.memory != nil {
				r.Recaller, r.ContextTokens = w.memory, l.Cold.ContextTokens
			}
			rs = append(rs, r)
		}
	}
	return l.players.Play(ctx, fmt.Sprintf("own-%d-%d-%d", w.iteration, w.trial, len(w.tasks)), rs)
}

// memory is an empty one, or nil.
func (l life) memory(lm *policy.LM) (policy.Memory, error) {
	if l.condition.Memory == "" {
		return nil, nil
	}
	return l.World.Memory(l.condition.Memory, lm.CountTokens)
}

// groups are the trajectories of episodes, those of a game together. What does
// not fit the model is left out.
func (l life) groups(lm *policy.LM, es []agent.Episode) ([][]policy.Trajectory, error) {
	var out [][]policy.Trajectory
	for i := 0; i < len(es); i += l.condition.Rollouts {
		var group []policy.Trajectory
		for _, e := range es[i : i+l.condition.Rollouts] {
			t, err := lm.Trajectory(e)
			if errors.Is(err, transformer.ErrTooLong) {
				continue
			}
			if err != nil {
				return nil, err
			}
			group = append(group, t)
		}
		if len(group) > 0 {
			out = append(out, group)
		}
	}
	return out, nil
}
