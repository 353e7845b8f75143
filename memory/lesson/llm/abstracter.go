// Package llm abstracts failures by a language model and believes nothing that
// the failed episode does not bear out.
//
// The model is shown the failure, step by step, and the nearest success, and
// replies in JSON. A lesson is taken only if it names steps that exist and
// quotes words that stand in them, if its fields are within bounds, and if it
// does not repeat the failed trace; [Abstracter] says what else. When no lesson
// passes, the fallback makes them, and the count of such cases tells how much
// of what is learned the model's own is.
package llm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/lesson"
)

// Fallback makes lessons when the model does not: lesson.Default{} say.
type Fallback interface {
	Abstract(ctx context.Context, failure agent.Episode, successes []agent.Episode) ([]agent.Lesson, error)
}

// Options bounds what one failure may cost. The zero Options is usable.
type Options struct {
	Batch            int           // failures that a call may be about: those that come in while one is under way share the next; 0: DefaultBatch
	Attempts         int           // calls for the failures of a batch, those after an error or a bad reply included; 0: DefaultAttempts
	Timeout          time.Duration // of all of them together; 0: DefaultTimeout
	MaxTokens        int           // read and written by all of them, for each failure; 0: DefaultMaxTokens
	MaxReplyTokens   int           // of one reply, for each failure; 0: DefaultMaxReplyTokens
	MaxEvidenceBytes int           // of the episodes in a prompt; steps in the middle are left out; 0: DefaultMaxEvidenceBytes

	// Sleep waits for d, or until ctx ends and returns its error. It is called
	// between a call that failed and the next. Nil: it really does.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Defaults of Options.
const (
	DefaultBatch            = 4
	DefaultAttempts         = 3
	DefaultTimeout          = time.Minute
	DefaultMaxTokens        = 30_000
	DefaultMaxReplyTokens   = 1000
	DefaultMaxEvidenceBytes = 20_000
)

// Confidence is that of a lesson by a model before any evidence but the one
// failure.
const Confidence = 0.4

// ErrNoModel is returned by [New] without a model or a fallback.
var ErrNoModel = errors.New("llm: no model or no fallback")

// Abstracter abstracts failures by a model. It is safe for concurrent use if
// the model and the fallback are.
type Abstracter struct {
	model    llms.Model
	fallback Fallback
	o        Options

	lead chan struct{} // held while the model is asked

	mu      sync.Mutex // guards what follows
	waiting []*job     // in the order in which they came
	counts  Counts
	last    error
}

// Counts says how the failures so far became lessons.
type Counts struct {
	Model    int // failures abstracted by the model
	Fallback int // by the fallback, because of the model
	Outside  int // by the fallback, because there was nothing for the model to judge: an outage, or no step
	Calls    int // of the model
	Tokens   int // read and written by it, estimated at 4 bytes each where it does not say
}

// New returns an abstracter by model. It returns ErrNoModel, or an error
// naming an option that is negative.
func New(model llms.Model, fallback Fallback, o Options) (*Abstracter, error) {
	if model == nil || fallback == nil {
		return nil, ErrNoModel
	}
	for _, f := range []struct {
		name    string
		value   *int
		initial int
	}{
		{"Batch", &o.Batch, DefaultBatch},
		{"Attempts", &o.Attempts, DefaultAttempts},
		{"MaxTokens", &o.MaxTokens, DefaultMaxTokens},
		{"MaxReplyTokens", &o.MaxReplyTokens, DefaultMaxReplyTokens},
		{"MaxEvidenceBytes", &o.MaxEvidenceBytes, DefaultMaxEvidenceBytes},
	} {
		if *f.value < 0 {
			return nil, fmt.Errorf("llm: Options.%s is %d, must not be negative", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.initial
		}
	}
	if o.Timeout < 0 {
		return nil, fmt.Errorf("llm: Options.Timeout is %v, must not be negative", o.Timeout)
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return &Abstracter{model: model, fallback: fallback, o: o, lead: make(chan struct{}, 1)}, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Abstract returns lessons about failure: those of the model's that pass, at
// most MaxLessons, else the fallback's. A failure from outside, an outage say,
// or without a step goes to the fallback at once. It returns an error if ctx has ended or the
// fallback fails.
func (a *Abstracter) Abstract(ctx context.Context, failure agent.Episode, successes []agent.Episode) ([]agent.Lesson, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if lesson.Transient(failure) || len(failure.Steps) == 0 {
		a.count(func(c *Counts) { c.Outside++ })
		return a.fallback.Abstract(ctx, failure, successes)
	}
	lessons, err := a.ask(ctx, failure, successes)
	if err == nil {
		a.count(func(c *Counts) { c.Model++ })
		return lessons, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	a.mu.Lock()
	a.counts.Fallback++
	a.last = fmt.Errorf("episode %s: %w", failure.ID, err)
	a.mu.Unlock()
	return a.fallback.Abstract(ctx, failure, successes)
}

func (a *Abstracter) count(f func(*Counts)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f(&a.counts)
}

// Counts returns the counts so far.
func (a *Abstracter) Counts() Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts
}

// Waiting is how many failures wait for the next call.
func (a *Abstracter) Waiting() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.waiting)
}

// Warning is why the model's lessons were last not taken, nil if they always
// were.
func (a *Abstracter) Warning() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}
