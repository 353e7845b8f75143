package llm

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/surefoot-ai/surefoot/agent"
)

// job is a failure that waits for lessons.
type job struct {
	ctx       context.Context
	failure   agent.Episode
	successes []agent.Episode

	lessons []agent.Lesson
	err     error         // why there are none
	done    chan struct{} // closed when one of both is there
}

func (j *job) finish(lessons []agent.Lesson, err error) {
	j.lessons, j.err = lessons, err
	close(j.done)
}

// ask returns the model's lessons about a failure. One request is under way at a
// time; the failures that come in meanwhile wait for the next, which is about all
// of them, up to Options.Batch.
func (a *Abstracter) ask(ctx context.Context, failure agent.Episode, successes []agent.Episode) ([]agent.Lesson, error) {
	j := &job{ctx: ctx, failure: failure, successes: successes, done: make(chan struct{})}
	a.mu.Lock()
	a.waiting = append(a.waiting, j)
	a.mu.Unlock()
	for {
		select {
		case <-j.done:
			return j.lessons, j.err
		case <-ctx.Done():
			a.mu.Lock()
			a.waiting = slices.DeleteFunc(a.waiting, func(w *job) bool { return w == j })
			a.mu.Unlock()
			return nil, ctx.Err()
		case a.lead <- struct{}{}:
			go func() {
				defer func() { <-a.lead }()
				a.askNext()
			}()
		}
	}
}

// askNext asks about the failures that wait, until each has its lessons or the
// reason why not.
func (a *Abstracter) askNext() {
	a.mu.Lock()
	n := min(len(a.waiting), a.o.Batch)
	jobs := slices.Clone(a.waiting[:n])
	a.waiting = slices.Delete(a.waiting, 0, n)
	a.mu.Unlock()
	if n == 0 {
		return
	}
	// No one's end is the end of the others, but that of all is.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(jobs[0].ctx), a.o.Timeout)
	defer cancel()
	var left atomic.Int64
	left.Store(int64(n))
	for _, j := range jobs {
		stop := context.AfterFunc(j.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		})
		defer stop()
	}
	open, err := a.converse(ctx, jobs)
	for _, j := range open {
		j.finish(nil, err)
	}
}
