package eval

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/report"
)

// syncInterval is how long a finished episode may wait for its fsync.
const syncInterval = time.Second

// runner is one call of Run.
type runner struct {
	Config  // Dir is never empty: a temporary folder if need be
	tasks   []agent.Task
	log     *episodeLog
	firsts  []chan struct{} // by seed; closed when the first condition's first trial is logged
	jobs    chan func()     // to the workers
	tracker tracker

	mu    sync.Mutex // guards notes
	notes []string
}

// Run evaluates c. See the package comment for what it does.
//
// It returns the errors of Config.Validate, wrapping ErrConfig; ErrOtherRun if
// Dir holds a run whose first record differs, naming what differs; ErrBusy if
// another process writes it; a *CorruptError if its log is damaged, except that
// a torn last line is cut off and noted in Timing.Notes; the error of a memory,
// with the episode it was about; and ctx.Err() if ctx ended. After ctx ended, or
// after a kill at any time, calling Run again with the same Config goes on and
// ends with the same Result; with Dir, results.json then has the same bytes.
//
// An episode that fails, or whose environment breaks, is a failed episode.
func Run(ctx context.Context, c Config) (*Result, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	r := &runner{Config: c, tasks: c.Suite.Tasks()}
	if r.Dir == "" {
		tmp, err := os.MkdirTemp("", "eval-*")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(tmp) // what is left of a temporary folder is not worth an error
		r.Dir = tmp
		return r.run(ctx, false)
	}
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return nil, err
	}
	held, err := lock(filepath.Join(r.Dir, lockFile))
	if err != nil {
		return nil, err
	}
	res, err := r.run(ctx, true)
	if err == nil {
		err = r.writeResult(res)
	}
	if err := errors.Join(err, held.Close()); err != nil {
		return nil, err
	}
	return res, nil
}

// run opens the log, plays what it lacks, and counts what it then holds.
func (r *runner) run(ctx context.Context, fsync bool) (*Result, error) {
	h, err := newHeader(r.Config, r.tasks)
	if err != nil {
		return nil, err
	}
	l, torn, err := openLog(r.Dir, h, fsync, r.check)
	if err != nil {
		return nil, err
	}
	r.log = l
	if torn > 0 {
		r.note("%s: the last line was torn after %d bytes; its episode is played again", l.path, torn)
	}
	if err := errors.Join(r.play(ctx), l.close()); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	return r.result()
}

// play runs all units on the workers.
func (r *runner) play(ctx context.Context) error {
	r.tracker = tracker{report: r.Progress, p: Progress{Total: len(r.Conditions) * len(r.Seeds) * len(r.tasks) * r.Trials}}
	r.jobs = make(chan func())
	r.firsts = make([]chan struct{}, len(r.Seeds))
	for i := range r.firsts {
		r.firsts[i] = make(chan struct{})
	}
	var workers sync.WaitGroup
	for range r.Workers {
		workers.Go(func() {
			for job := range r.jobs {
				job()
			}
		})
	}
	done := make(chan struct{})
	var syncer errgroup.Group
	syncer.Go(func() error { return r.syncLoop(done) })

	// Units are begun by seed, then condition, as many at once as there are
	// workers: one may wait for the first condition's first trial, which is
	// never behind it in the queue.
	units, uctx := errgroup.WithContext(ctx)
	units.SetLimit(r.Workers)
	for s := range r.Seeds {
		for c := range r.Conditions {
			if uctx.Err() == nil {
				units.Go(func() error { return r.unit(uctx, c, s) })
			}
		}
	}
	err := units.Wait()
	close(r.jobs)
	workers.Wait()
	close(done)
	if err == nil {
		err = ctx.Err()
	}
	return errors.Join(err, syncer.Wait())
}

// syncLoop makes the log durable every syncInterval until done is closed.
func (r *runner) syncLoop(done <-chan struct{}) error {
	tick := time.NewTicker(syncInterval)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-tick.C:
			if err := r.log.sync(); err != nil {
				return err
			}
		}
	}
}

// note keeps something that happened to this run on this machine.
func (r *runner) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// check reports what is wrong with an episode found in the log.
func (r *runner) check(l logged) error {
	k := l.key()
	known := slices.ContainsFunc(r.Conditions, func(c Condition) bool { return c.Name == k.condition }) &&
		slices.Contains(r.Seeds, k.seed) && k.trial >= 0 && k.trial < r.Trials &&
		slices.ContainsFunc(r.tasks, func(t agent.Task) bool { return t.ID == k.task })
	if !known {
		return fmt.Errorf("episode %s is not of this run", l.Episode.ID)
	}
	if want := episodeID(r.Suite.Name(), k); l.Episode.ID != want {
		return fmt.Errorf("episode %s should be %s", l.Episode.ID, want)
	}
	return nil
}

// writeResult writes results.json and timing.json.
func (r *runner) writeResult(res *Result) error {
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{resultsFile, func(w io.Writer) error { return report.JSON(w, res) }},
		{timingFile, res.Timing.JSON},
	} {
		var b bytes.Buffer
		if err := f.write(&b); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if err := writeFile(filepath.Join(r.Dir, f.name), b.Bytes(), true); err != nil {
			return err
		}
	}
	return nil
}

// tracker turns finished episodes into Progress.
type tracker struct {
	mu     sync.Mutex // guards p, and orders the reports
	p      Progress
	report func(Progress)
}

// finished counts one episode, and takes off the tries that its success spares.
func (t *tracker) finished(p Progress, spared int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.p.Done++
	t.p.Total -= spared
	p.Done, p.Total = t.p.Done, t.p.Total
	if t.report != nil {
		t.report(p)
	}
}
