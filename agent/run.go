package agent

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"github.com/google/uuid"
)

// DefaultSteps is the step budget of an episode that names none: ALFWorld's.
const DefaultSteps = 50

// Budget bounds one episode. Running out of it truncates the episode and fails
// it with CauseBudget.
type Budget struct {
	Steps   int           `json:"steps"`             // actions; 0: DefaultSteps
	Tokens  int           `json:"tokens,omitempty"`  // read and written by the policy, context included; 0: no bound
	Wall    time.Duration `json:"wall_ns,omitempty"` // 0: no bound
	Invalid int           `json:"invalid,omitempty"` // inadmissible actions in a row, after which the policy has failed; 0: no bound
}

// RunOptions says who plays, where, and with what memory.
type RunOptions struct {
	Policy      Policy      // required
	Environment Environment // required
	Recaller    Recaller    // nil: no memory
	Recorder    Recorder    // nil: the episode is only returned
	Budget      Budget

	ContextTokens int    // asked of Recaller
	Seed          uint64 // with Trial, the seed of the policy's random source
	Trial         int    // 0 for the first try

	Clock func() time.Time // nil: time.Now
	NewID func() string    // nil: UUIDv7
}

// Run plays task once and returns its record.
//
// A policy or an environment that fails or panics makes a failed episode, not
// an error. Run returns an error if the options are unusable, if the Recaller
// or the Recorder fails, or if ctx ends first; then the episode holds what had
// happened, and is not recorded unless it was the Recorder that failed.
func Run(ctx context.Context, task Task, o RunOptions) (Episode, error) {
	if o.Policy == nil {
		return Episode{}, ErrNoPolicy
	}
	if o.Environment == nil {
		return Episode{}, ErrNoEnvironment
	}
	if err := o.Budget.validate(); err != nil {
		return Episode{}, err
	}
	clock := o.Clock
	if clock == nil {
		clock = time.Now
	}
	e := Episode{Task: task, Trial: o.Trial, Seed: o.Seed, Policy: o.Policy.Version(), Started: clock()}
	id, err := newID(o.NewID)
	if err != nil {
		return e, err
	}
	e.ID = id
	if o.Recaller != nil {
		c, err := o.Recaller.Recall(ctx, task, o.ContextTokens)
		if err != nil {
			return e, fmt.Errorf("recall for task %s: %w", task.ID, err)
		}
		e.Context = c
	}
	play(ctx, &e, o)
	e.Elapsed = clock().Sub(e.Started)
	if err := ctx.Err(); err != nil {
		return e, err
	}
	if o.Recorder != nil {
		if err := o.Recorder.Record(ctx, e); err != nil {
			return e, fmt.Errorf("record episode %s: %w", e.ID, err)
		}
	}
	return e, nil
}

func newID(gen func() string) (string, error) {
	if gen != nil {
		return gen(), nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("episode id: %w", err)
	}
	return id.String(), nil
}

func (b Budget) validate() error {
	for _, f := range []struct {
		name string
		n    int64
	}{{"Steps", int64(b.Steps)}, {"Tokens", int64(b.Tokens)}, {"Wall", int64(b.Wall)}, {"Invalid", int64(b.Invalid)}} {
		if f.n < 0 {
			return fmt.Errorf("agent: Budget.%s is %d, must not be negative", f.name, f.n)
		}
	}
	return nil
}

// play fills e's steps, final observation, tokens and outcome.
func play(ctx context.Context, e *Episode, o RunOptions) {
	if o.Budget.Wall > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Budget.Wall)
		defer cancel()
	}
	obs, err := guard("environment", func() (Observation, error) { return o.Environment.Reset(ctx, e.Task) })
	if err != nil {
		e.fail(err, CauseEnvironment, "reset: ")
		return
	}
	e.Final = obs
	actor, err := guard("policy", func() (Actor, error) {
		return o.Policy.Begin(ctx, Brief{
			Task:    e.Task,
			Context: e.Context,
			Rand:    rand.New(rand.NewPCG(o.Seed, uint64(e.Trial))),
		})
	})
	if err != nil {
		e.fail(err, CausePolicy, "begin: ")
		return
	}
	steps := o.Budget.Steps
	if steps == 0 {
		steps = DefaultSteps
	}
	invalid := 0
	for len(e.Steps) < steps {
		if !e.step(ctx, actor, o.Environment) {
			return
		}
		last := &e.Steps[len(e.Steps)-1]
		if !last.Invalid {
			invalid = 0
		} else if invalid++; o.Budget.Invalid > 0 && invalid >= o.Budget.Invalid {
			e.truncate(CausePolicy, fmt.Sprintf("%d inadmissible actions in a row", invalid))
			return
		}
		if o.Budget.Tokens > 0 && e.Tokens >= o.Budget.Tokens {
			e.truncate(CauseBudget, fmt.Sprintf("token budget of %d used up", o.Budget.Tokens))
			return
		}
	}
	e.truncate(CauseBudget, fmt.Sprintf("step budget of %d used up", steps))
}

// step plays one step and reports whether the episode goes on.
func (e *Episode) step(ctx context.Context, actor Actor, env Environment) bool {
	obs := e.Final
	d, err := guard("policy", func() (Decision, error) { return actor.Act(ctx, obs) })
	e.Tokens += d.Tokens
	if err != nil {
		e.fail(err, CausePolicy, "")
		return false
	}
	s := Step{
		Observation: obs,
		Action:      d.Action,
		LogProbs:    d.LogProbs,
		Invalid:     len(obs.Admissible) > 0 && !slices.Contains(obs.Admissible, d.Action),
	}
	r, err := guard("environment", func() (Result, error) { return env.Step(ctx, d.Action) })
	s.Reward, s.Terminated, s.Truncated = r.Reward, r.Terminated, r.Truncated
	e.Steps = append(e.Steps, s)
	if err != nil {
		e.Final = Observation{}
		e.fail(err, CauseEnvironment, fmt.Sprintf("action %q: ", d.Action))
		return false
	}
	e.Final = r.Observation
	if !r.Terminated && !r.Truncated {
		return true
	}
	e.Outcome = r.Outcome
	e.Outcome.Terminated, e.Outcome.Truncated = r.Terminated, r.Truncated
	if e.Outcome.Success {
		e.Outcome.Cause = ""
	} else if e.Outcome.Cause == "" {
		e.Outcome.Cause = CausePolicy
	}
	return false
}

// truncate ends e because we stopped it, after a step that went well in itself.
func (e *Episode) truncate(c Cause, feedback string) {
	e.Outcome = Outcome{Cause: c, Feedback: feedback, Truncated: true}
	e.Steps[len(e.Steps)-1].Truncated = true
}

// fail ends e because err stopped a part of the loop, which is to blame unless
// err names another cause.
func (e *Episode) fail(err error, blame Cause, where string) {
	e.Outcome = Outcome{
		Cause:     causeOf(err, blame),
		Transient: transient(err),
		Feedback:  where + err.Error(),
		Truncated: true,
	}
	if n := len(e.Steps); n > 0 {
		e.Steps[n-1].Truncated = true
	}
}

// guard calls f and turns a panic into a *PanicError.
func guard[T any](where string, f func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			var zero T
			v, err = zero, &PanicError{Where: where, Value: p, Stack: string(debug.Stack())}
		}
	}()
	return f()
}
