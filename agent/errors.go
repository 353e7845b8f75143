package agent

import (
	"context"
	"errors"
	"fmt"
)

// ErrNoPolicy and ErrNoEnvironment are returned by [Run] when its options lack
// what no episode can do without.
var (
	ErrNoPolicy      = errors.New("agent: no policy")
	ErrNoEnvironment = errors.New("agent: no environment")
)

// FailureError is an error that knows its cause. An Environment or a Policy
// wraps it to tell the loop, and through it memory, what may be learned.
type FailureError struct {
	Cause     Cause
	Transient bool // a try later may well succeed: time-out, rate limit, outage
	Err       error
}

func (e *FailureError) Error() string {
	if e.Transient {
		return fmt.Sprintf("transient %s failure: %v", e.Cause, e.Err)
	}
	return fmt.Sprintf("%s failure: %v", e.Cause, e.Err)
}

func (e *FailureError) Unwrap() error { return e.Err }

// PanicError is a panic of an environment or a policy, caught by [Run].
type PanicError struct {
	Where string // "policy" or "environment"
	Value any    // what was given to panic
	Stack string // of the goroutine that panicked
}

func (e *PanicError) Error() string { return fmt.Sprintf("%s panicked: %v", e.Where, e.Value) }

// causeOf is the cause of err, which came from the part of the loop that
// blames fallback unless err says otherwise.
func causeOf(err error, fallback Cause) Cause {
	if f, ok := errors.AsType[*FailureError](err); ok {
		return f.Cause
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return CauseBudget
	}
	return fallback
}

func transient(err error) bool {
	f, ok := errors.AsType[*FailureError](err)
	return ok && f.Transient
}
