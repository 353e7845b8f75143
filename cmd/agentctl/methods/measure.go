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
	Reward   float64 `json:"reward"`   // mean
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
func (r train) tally(ctx context.Context, lm *policy.LM, problems []puzzle.Problem, attempts int) (Tally, error) {
	written, err := lm.Complete(ctx, prompts(problems), completing(attempts, 1))
	if err != nil {
		return Tally{}, err
	}
	t := Tally{Attempts: attempts, Right: make([]int, len(problems))}
	for i, p := range problems {
		for _, c := range written[i] {
			if r.domain.Check(p, c.Text).Correct {
				t.Right[i]++
			}
			t.Reward += r.worth(p, c.Text) / float64(attempts*len(problems))
			for _, g := range c.Trajectory.Targets {
				t.Entropy -= g.OldLogProb
			}
			t.Tokens += len(c.Trajectory.Targets)
		}
	}
	t.Entropy /= float64(max(t.Tokens, 1))
	return t, nil
}

// worth is the reward of an answer.
func (r train) worth(p puzzle.Problem, text string) float64 {
	if r.reward != nil {
		return r.reward(p, text)
	}
	if r.domain.Check(p, text).Correct {
		return 1
	}
	return -1
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

// sample lets lm answer the training problems of an iteration: the groups to
// learn from, with their rewards.
func (l *Lab) sample(ctx context.Context, lm *policy.LM, r train, iteration int) ([][]policy.Trajectory, error) {
	seed := r.seed<<32 | uint64(iteration)
	problems := r.domain.Draw(puzzle.Train, l.Scale.Prompts, rand.New(rand.NewPCG(seed, 2)))
	written, err := lm.Complete(ctx, prompts(problems), completing(l.Scale.Samples, seed))
	if err != nil {
		return nil, err
	}
	groups := make([][]policy.Trajectory, len(problems))
	for i, p := range problems {
		for _, c := range written[i] {
			c.Trajectory.Reward = r.worth(p, c.Text)
			groups[i] = append(groups[i], c.Trajectory)
		}
	}
	return groups, nil
}
