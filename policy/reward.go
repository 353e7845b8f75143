package policy

import (
	"context"
	"fmt"
)

// Rewarder says how good an answer to a prompt is, in [0,1]. It is safe for
// concurrent use if what it is made of is.
type Rewarder interface {
	Reward(ctx context.Context, prompt, answer string) (float64, error)
}

// Rule is a reward that a program can check: 1 for a right answer, else 0.
type Rule func(prompt, answer string) bool

// Reward implements Rewarder.
func (f Rule) Reward(_ context.Context, prompt, answer string) (float64, error) {
	if f(prompt, answer) {
		return 1, nil
	}
	return 0, nil
}

// Judge is a reward of somebody's opinion, a model's say, in [0,1].
type Judge func(ctx context.Context, prompt, answer string) (float64, error)

// Reward implements Rewarder. A verdict out of [0,1] is an error: it would
// weigh more than a rule can.
func (f Judge) Reward(ctx context.Context, prompt, answer string) (float64, error) {
	r, err := f(ctx, prompt, answer)
	if err == nil && !(r >= 0 && r <= 1) {
		return 0, fmt.Errorf("policy: judge gave %v, must be in [0,1]", r)
	}
	return r, err
}

// Format is a reward of the form of an answer alone: 1 if it is right, else 0.
type Format func(answer string) bool

// Reward implements Rewarder.
func (f Format) Reward(_ context.Context, _, answer string) (float64, error) {
	if f(answer) {
		return 1, nil
	}
	return 0, nil
}

// Gated is a hybrid reward (Omni-Thinker, arXiv:2507.14783): what Of gives
// where the form is right, and 0, without asking it, where it is not, so that a
// malformed answer never earns a share of the reward and costs no judge's time.
//
// [Reinforce] takes a reward of 0 or less for a failure: give it 2r-1.
type Gated struct {
	Format Format
	Of     Rewarder
}

// Reward implements Rewarder.
func (g Gated) Reward(ctx context.Context, prompt, answer string) (float64, error) {
	if !g.Format(answer) {
		return 0, nil
	}
	return g.Of.Reward(ctx, prompt, answer)
}
