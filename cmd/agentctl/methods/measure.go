package methods

import (
	"context"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Tally is how answers to problems were judged.
type Tally struct {
	Attempts int     `json:"attempts"` // at each problem
	Right    []int   `json:"right"`    // of them, at each problem
	Score    float64 `json:"score"`    // mean of Verdict.Score
	Entropy  float64 `json:"entropy"`  // nats a token, of what was written: the mean of -log π
	Tokens   int     `json:"tokens"`   // written
}

// share is pass@1.
func (t Tally) share() float64 {
	n := 0
	for _, r := range t.Right {
		n += r
	}
	return float64(n) / float64(max(t.Attempts*len(t.Right), 1))
}

// tally lets lm answer problems, attempts times each.
func tally(ctx context.Context, lm *policy.LM, d puzzle.Domain, problems []puzzle.Problem, attempts int) (Tally, error) {
	written, err := lm.Complete(ctx, prompts(problems), completing(attempts, 1))
	if err != nil {
		return Tally{}, err
	}
	t := Tally{Attempts: attempts, Right: make([]int, len(problems))}
	for i, p := range problems {
		for _, c := range written[i] {
			v := d.Check(p, c.Text)
			if v.Correct {
				t.Right[i]++
			}
			t.Score += v.Score / float64(attempts*len(problems))
			for _, g := range c.Trajectory.Targets {
				t.Entropy -= g.OldLogProb
			}
			t.Tokens += len(c.Trajectory.Targets)
		}
	}
	t.Entropy /= float64(max(t.Tokens, 1))
	return t, nil
}

// completing is how answers are sampled in all experiments: at temperature 1.
func completing(samples int, seed uint64) policy.CompleteOptions {
	return policy.CompleteOptions{
		Samples: samples, Sampling: transformer.DefaultSampling(), MaxTokens: maxAnswer, Seed: seed, Workers: 1,
	}
}

func prompts(problems []puzzle.Problem) []string {
	out := make([]string, len(problems))
	for i, p := range problems {
		out[i] = p.Prompt
	}
	return out
}

// sample lets lm answer n training problems of iteration, each samples times:
// the groups to learn from, with rewards of ±1.
func (l *Lab) sample(ctx context.Context, lm *policy.LM, d puzzle.Domain, seed uint64) ([][]policy.Trajectory, error) {
	problems := d.Draw(puzzle.Train, l.Scale.Prompts, rand.New(rand.NewPCG(seed, 2)))
	written, err := lm.Complete(ctx, prompts(problems), completing(l.Scale.Samples, seed))
	if err != nil {
		return nil, err
	}
	groups := make([][]policy.Trajectory, len(problems))
	for i, p := range problems {
		for _, c := range written[i] {
			c.Trajectory.Reward = -1
			if d.Check(p, c.Text).Correct {
				c.Trajectory.Reward = 1
			}
			groups[i] = append(groups[i], c.Trajectory)
		}
	}
	return groups, nil
}
