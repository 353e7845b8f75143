package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

// unitRun is a unit in the making.
type unitRun struct {
	*runner
	unit
	condition int // index
	seed      int // index
	memory    Memory
	others    map[int]int // of the trial under way: the task for which memory is asked in place of each; nil: each itself
}

// unit plays all trials of one condition under one seed.
func (r *runner) unit(ctx context.Context, condition, seed int) (err error) {
	u := &unitRun{
		runner: r, condition: condition, seed: seed,
		unit: unit{Condition: r.Conditions[condition].Name, Seed: r.Seeds[seed]},
	}
	open := r.Conditions[condition].Open
	if open != nil && !r.log.closed(u.unit) {
		dir := r.MemoryDir(condition, u.Seed)
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		m, err := open(ctx, dir)
		if err != nil {
			return fmt.Errorf("condition %s, seed %d: %w", u.Condition, u.Seed, err)
		}
		u.memory = m
	}
	err = u.trials(ctx)
	if u.memory == nil {
		return err
	}
	if cerr := u.memory.Close(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("condition %s, seed %d: %w", u.Condition, u.Seed, cerr))
	}
	if err != nil {
		return err
	}
	return r.log.append(record{Memory: &u.unit})
}

func (u *unitRun) trials(ctx context.Context) error {
	left := make([]int, len(u.tasks)) // indices of the tasks not yet solved, ascending
	for i := range left {
		left[i] = i
	}
	for trial := 0; trial < u.Trials && len(left) > 0; trial++ {
		if err := u.playAll(ctx, trial, left); err != nil {
			return err
		}
		if u.condition == 0 && trial == 0 {
			close(u.firsts[u.seed])
		}
		var err error
		if left, err = u.record(ctx, trial, left); err != nil {
			return err
		}
	}
	return nil
}

// playAll has the tasks played, each by a worker, except those in the log.
func (u *unitRun) playAll(ctx context.Context, trial int, tasks []int) error {
	if trial == 0 && u.condition > 0 {
		select {
		case <-u.firsts[u.seed]:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if trial > 0 && u.Conditions[u.condition].Swapped {
		u.others = swaps(u.tasks, tasks)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, task := range tasks {
		k := u.key(trial, u.tasks[task].ID)
		if e, ok := u.log.entry(k); ok {
			u.finished(k, e.sample, true)
			continue
		}
		wg.Add(1)
		u.jobs <- func() {
			defer wg.Done()
			if ctx.Err() != nil {
				return
			}
			if err := u.playOne(ctx, trial, task); err != nil {
				cancel(err)
			}
		}
	}
	wg.Wait()
	return context.Cause(ctx)
}

// playOne plays one episode, or takes it over from the first condition, and
// logs it.
func (u *unitRun) playOne(ctx context.Context, trial, task int) error {
	l, ok, err := u.share(ctx, trial, task)
	if err != nil {
		return err
	}
	if !ok {
		start := u.Clock()
		e, err := u.episode(ctx, trial, task)
		if err != nil {
			return fmt.Errorf("condition %s, seed %d, trial %d, task %s: %w", u.Condition, u.Seed, trial+1, u.tasks[task].ID, err)
		}
		l = logged{unit: u.unit, Seconds: u.Clock().Sub(start).Seconds(), Episode: e}
	}
	if err := u.log.append(record{Episode: &l}); err != nil {
		return err
	}
	u.finished(l.key(), sampleOf(l), false)
	return nil
}

// share is the first condition's first try at task, if this one would be the
// same computation: the same random source, and no context in either.
func (u *unitRun) share(ctx context.Context, trial, task int) (logged, bool, error) {
	if trial > 0 || u.condition == 0 {
		return logged{}, false, nil
	}
	first := unit{Condition: u.Conditions[0].Name, Seed: u.Seed}
	l, err := u.log.load(first.key(0, u.tasks[task].ID))
	if err != nil || len(l.Episode.Context.Items) > 0 {
		return logged{}, false, err
	}
	if u.memory != nil {
		c, err := u.memory.Recall(ctx, u.tasks[task], u.ContextTokens)
		if err != nil {
			return logged{}, false, fmt.Errorf("condition %s, seed %d: recall for task %s: %w", u.Condition, u.Seed, u.tasks[task].ID, err)
		}
		if len(c.Items) > 0 {
			return logged{}, false, nil
		}
	}
	l.unit, l.Shared = u.unit, true
	l.Episode.ID = episodeID(u.Suite.Name(), l.key())
	return l, true, nil
}

// episode plays one episode.
func (u *unitRun) episode(ctx context.Context, trial, task int) (agent.Episode, error) {
	t := u.tasks[task]
	env, err := open(u.Suite, t)
	if err != nil {
		env = brokenEnvironment{err}
	}
	o := agent.RunOptions{
		Policy:        u.Policy,
		Environment:   env,
		Budget:        u.Budget,
		ContextTokens: u.ContextTokens,
		Seed:          episodeSeed(u.Seed, u.Suite.Name(), t.ID),
		Trial:         trial,
		Clock: func() time.Time {
			return Epoch().Add(time.Duration(trial*len(u.tasks)+task) * time.Second)
		},
		NewID: func() string { return episodeID(u.Suite.Name(), u.key(trial, t.ID)) },
	}
	if u.memory != nil {
		o.Recaller = u.recaller(task)
	}
	e, err := agent.Run(ctx, t, o)
	if c, ok := env.(io.Closer); ok {
		if cerr := c.Close(); cerr != nil {
			u.note("task %s: close its environment: %v", t.ID, cerr)
		}
	}
	return e, err
}

// recaller is where the context of an episode of task comes from; nil: it has
// none.
func (u *unitRun) recaller(task int) agent.Recaller {
	if u.others == nil {
		return u.memory
	}
	other, ok := u.others[task]
	if !ok {
		return nil
	}
	return forOther{u.memory, u.tasks[other]}
}

// record gives the trial's episodes to memory, in task order, and returns the
// tasks that are still unsolved.
func (u *unitRun) record(ctx context.Context, trial int, tasks []int) (left []int, err error) {
	// What memory learned must not outlive the episodes it learned from.
	if err := u.log.sync(); err != nil {
		return nil, err
	}
	for _, task := range tasks {
		k := u.key(trial, u.tasks[task].ID)
		if e, _ := u.log.entry(k); !e.sample.Success {
			left = append(left, task)
		}
		if u.memory == nil {
			continue
		}
		l, err := u.log.load(k)
		if err != nil {
			return nil, err
		}
		if err := u.memory.Record(ctx, l.Episode); err != nil {
			return nil, fmt.Errorf("condition %s, seed %d: record episode %s: %w", u.Condition, u.Seed, l.Episode.ID, err)
		}
	}
	return left, nil
}

func (u *unitRun) finished(k key, s sample, replayed bool) {
	p := Progress{
		Condition: k.condition, Seed: k.seed, Trial: k.trial, Task: k.task,
		Success: s.Success, Shared: s.shared, Replayed: replayed,
	}
	spared := 0
	if s.Success {
		spared = u.Trials - 1 - k.trial
	}
	u.tracker.finished(p, spared)
}

// open calls s.Environment and turns a panic into an error.
func open(s Suite, t agent.Task) (env agent.Environment, err error) {
	defer func() {
		if p := recover(); p != nil {
			env, err = nil, &agent.PanicError{Where: "environment", Value: p, Stack: string(debug.Stack())}
		}
	}()
	return s.Environment(t)
}

// brokenEnvironment is a world that could not be opened.
type brokenEnvironment struct{ err error }

func (b brokenEnvironment) Reset(context.Context, agent.Task) (agent.Observation, error) {
	return agent.Observation{}, b.err
}

func (b brokenEnvironment) Step(context.Context, agent.Action) (agent.Result, error) {
	return agent.Result{}, b.err
}
