package ownplay

import (
	"context"
	"errors"
	"fmt"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy"
)

// Exam is what a policy did on the games to test on: per game, in their order.
type Exam struct {
	Temperature float64 `json:"temperature"` // of those tried, the best on the games to tune on
	Tune        float64 `json:"tune"`        // share of these won at it

	First    []bool `json:"first"`    // won at the first try, without memory
	Banked   []bool `json:"banked"`   // won at the first try with a bank of own play on other games
	Alone    []bool `json:"alone"`    // won within all tries without memory
	Together []bool `json:"together"` // won within all tries, with memory of the failed ones
	Solved   []int  `json:"solved"`   // of the samples at temperature 1

	RetryTokens []int `json:"retry_tokens"` // of context, of each retry with memory
	BankTokens  []int `json:"bank_tokens"`  // of context, of each first try with a bank
}

// temperatures of acting that an exam chooses from.
func temperatures() []float64 { return []float64{0, 0.5, 1} }

// exam examines lm. form is that of its memory, if it has one.
func (l life) exam(ctx context.Context, lm *policy.LM) (x Exam, err error) {
	x.Tune = -1
	for _, t := range temperatures() {
		p, err := lm.WithTemperature(t)
		if err != nil {
			return x, err
		}
		es, err := l.sit(ctx, sitting{policy: p, tasks: l.Tune, name: "tune"})
		if err != nil {
			return x, err
		}
		if s := share(wins(es)); s > x.Tune {
			x.Temperature, x.Tune = t, s
		}
	}
	p, err := lm.WithTemperature(x.Temperature)
	if err != nil {
		return x, err
	}
	es, err := l.sit(ctx, sitting{policy: p, tasks: l.Test, name: "first"})
	if err != nil {
		return x, err
	}
	x.First = wins(es)
	if x.Alone, _, err = l.retries(ctx, p, es, nil); err != nil {
		return x, err
	}
	if err := l.withMemory(ctx, p, es, &x); err != nil {
		return x, err
	}
	return x, l.samples(ctx, lm, &x)
}

// withMemory is the part of an exam that needs memory.
func (l life) withMemory(ctx context.Context, p *policy.LM, first []agent.Episode, x *Exam) (err error) {
	form := l.condition.Memory
	if form == "" {
		form = asymmetric // a policy that never saw a memory may still be given one
	}
	for _, banked := range []bool{false, true} {
		mem, err := l.World.Memory(form, p.CountTokens)
		if err != nil {
			return err
		}
		if banked {
			err = l.bank(ctx, p, mem, x)
		} else {
			x.Together, x.RetryTokens, err = l.retries(ctx, p, first, mem)
		}
		if err = errors.Join(err, mem.Close()); err != nil {
			return err
		}
	}
	return nil
}

// bank fills a memory by own play, and then plays the test with it.
func (l life) bank(ctx context.Context, p *policy.LM, mem policy.Memory, x *Exam) error {
	played, err := l.sit(ctx, sitting{policy: p, tasks: l.take(l.Iterations*l.Episodes, l.Bank), name: "bank"})
	if err != nil {
		return err
	}
	if err := recordAll(ctx, mem, played); err != nil {
		return err
	}
	es, err := l.sit(ctx, sitting{policy: p, tasks: l.Test, name: "banked", memory: mem})
	x.Banked = wins(es)
	for _, e := range es {
		x.BankTokens = append(x.BankTokens, e.Context.Tokens())
	}
	return err
}

// retries are the games won within all tries of which first are the first, and
// the context tokens of the others.
func (l life) retries(ctx context.Context, p *policy.LM, first []agent.Episode, mem policy.Memory) (won []bool, tokens []int, err error) {
	won = wins(first)
	open, es := l.Test, first
	at := make(map[string]int, len(l.Test))
	for i, t := range l.Test {
		at[t.ID] = i
	}
	for trial := 1; trial < l.Tries; trial++ {
		if mem != nil {
			if err := recordAll(ctx, mem, es); err != nil {
				return nil, nil, err
			}
		}
		open = failed(open, es, 1)
		if es, err = l.sit(ctx, sitting{policy: p, tasks: open, name: fmt.Sprintf("try-%d", trial), memory: mem, trial: trial}); err != nil {
			return nil, nil, err
		}
		for _, e := range es {
			won[at[e.Task.ID]] = e.Outcome.Success
			if mem != nil {
				tokens = append(tokens, e.Context.Tokens())
			}
		}
	}
	return won, tokens, nil
}

// samples plays each game of the test many times at temperature 1.
func (l life) samples(ctx context.Context, lm *policy.LM, x *Exam) error {
	p, err := lm.WithTemperature(1)
	if err != nil {
		return err
	}
	x.Solved = make([]int, len(l.Test))
	for k := range l.Samples {
		es, err := l.sit(ctx, sitting{policy: p, tasks: l.Test, name: "sample", trial: 100 + k})
		if err != nil {
			return err
		}
		for i, e := range es {
			if e.Outcome.Success {
				x.Solved[i]++
			}
		}
	}
	return nil
}

// sitting is games of an exam that are played at once, with the full budget of
// steps.
type sitting struct {
	policy agent.Policy
	tasks  []agent.Task
	name   string
	memory policy.Memory // nil: no context
	trial  int
}

func (l life) sit(ctx context.Context, s sitting) ([]agent.Episode, error) {
	rs := make([]policy.Rollout, len(s.tasks))
	for i, t := range s.tasks {
		rs[i] = policy.Rollout{Policy: s.policy, Task: t, Seed: l.seed<<20 | uint64(i), Trial: s.trial, Steps: l.Cold.Steps}
		if s.memory != nil {
			rs[i].Recaller, rs[i].ContextTokens = s.memory, l.Cold.ContextTokens
		}
	}
	return l.players.Play(ctx, fmt.Sprintf("exam-%s-%d", s.name, s.trial), rs)
}

func recordAll(ctx context.Context, mem policy.Memory, es []agent.Episode) error {
	for _, e := range es {
		if err := mem.Record(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func wins(es []agent.Episode) []bool {
	out := make([]bool, len(es))
	for i, e := range es {
		out[i] = e.Outcome.Success
	}
	return out
}

// share is that of what is true, in [0,1]; 0 of nothing.
func share(won []bool) float64 {
	n := 0
	for _, w := range won {
		if w {
			n++
		}
	}
	return float64(n) / float64(max(len(won), 1))
}
