package policy

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// Asked is a question and the answers that were sampled for it.
type Asked struct {
	Question string       // the prompt of every answer
	Answers  []Completion // Trajectory.Reward > 0 if it is right
}

// Wrong is a wrong answer to be refined.
type Wrong struct{ Question, Answer, Critique string }

// Refiner adds refinements to groups of answers that are all wrong
// (Critique-GRPO, arXiv:2506.03106).
type Refiner struct {
	Critiquer Critiquer

	// Write writes one refinement of each wrong answer, placed by index, as a
	// line without its newline. It may depend on nothing but its arguments.
	Write func(ctx context.Context, wrong []Wrong) ([]string, error)

	Reward func(question, answer string) float64 // of a refinement; > 0 if it is right
	Keep   int                                   // refinements added to a group at most, > 0; the paper's k is 1
}

// Validate names the first field that is out of its range.
func (r Refiner) Validate() error {
	switch {
	case r.Critiquer == nil || r.Write == nil || r.Reward == nil:
		return fmt.Errorf("policy: Refiner.Critiquer, Write and Reward must be there")
	case r.Keep < 1:
		return fmt.Errorf("policy: Refiner.Keep is %d, must be > 0", r.Keep)
	}
	return nil
}

// Refine returns the trajectories of asked as groups, in order. In a group of
// which every answer is wrong each answer is criticised and refined, and Keep of
// the refinements, fewer if there are not so many, are added as Refined
// trajectories of the bare question: right ones if there are any, drawn by rng,
// and wrong ones for the rest. A refinement that does not fit the model is an
// error wrapping transformer.ErrTooLong.
func (r Refiner) Refine(ctx context.Context, l *LM, asked []Asked, rng *rand.Rand) ([][]Trajectory, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	groups := make([][]Trajectory, len(asked))
	var wrong []Wrong
	var of []int // the group of each of wrong
	for g, a := range asked {
		for _, c := range a.Answers {
			groups[g] = append(groups[g], c.Trajectory)
		}
		if a.solved() {
			continue
		}
		for _, c := range a.Answers {
			critique, err := r.Critiquer.Critique(ctx, a.Question, c.Text)
			if err != nil {
				return nil, fmt.Errorf("question %d: critique: %w", g, err)
			}
			wrong = append(wrong, Wrong{a.Question, c.Text, critique})
			of = append(of, g)
		}
	}
	if len(wrong) == 0 {
		return groups, nil
	}
	texts, err := r.Write(ctx, wrong)
	if err != nil {
		return nil, fmt.Errorf("refinements: %w", err)
	}
	if len(texts) != len(wrong) {
		return nil, fmt.Errorf("policy: Refiner.Write wrote %d refinements of %d answers", len(texts), len(wrong))
	}
	for from, to := 0, 0; from < len(of); from = to {
		for to = from; to < len(of) && of[to] == of[from]; to++ {
		}
		g := of[from]
		kept, err := r.keep(l, asked[g].Question, texts[from:to], rng)
		if err != nil {
			return nil, fmt.Errorf("question %d: refinement: %w", g, err)
		}
		groups[g] = append(groups[g], kept...)
	}
	return groups, nil
}

// solved reports whether an answer is right.
func (a Asked) solved() bool {
	for _, c := range a.Answers {
		if c.Trajectory.Reward > 0 {
			return true
		}
	}
	return false
}

// keep chooses among the refinements of one group.
func (r Refiner) keep(l *LM, question string, texts []string, rng *rand.Rand) ([]Trajectory, error) {
	rewards := make([]float64, len(texts))
	for i, text := range texts {
		rewards[i] = r.Reward(question, text)
	}
	var kept []Trajectory
	order := rng.Perm(len(texts))
	for _, right := range []bool{true, false} {
		for _, i := range order {
			if len(kept) == r.Keep {
				return kept, nil
			}
			if (rewards[i] > 0) != right {
				continue
			}
			t, err := l.Answer(question, texts[i])
			if err != nil {
				return nil, err
			}
			t.Reward, t.Part = rewards[i], Refined
			kept = append(kept, t)
		}
	}
	return kept, nil
}
