package methods

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/policy"
)

// task is one of several that a model is to learn.
type task struct {
	name   string // as its problems call their domain
	domain puzzle.Domain
	judged bool // by a score; else by a rule
}

// tasks are those of the experiment of orders: two of structure, and an open-ended
// one, whose demonstrations have plain words in nine of ten lines.
func tasks() []task {
	return []task{
		{"countdown3", puzzle.Countdown3(), false},
		{"chains-short", puzzle.ShortChains(), false},
		{"verse", puzzle.NewVerse(0.1), true},
	}
}

// reward is the hybrid reward of an answer, in [0,1]: 0 out of form, else what
// a rule or a judge gives.
func (t task) reward(p puzzle.Problem, text string) float64 {
	g := policy.Gated{Format: func(answer string) bool { return t.domain.Check(p, answer).WellFormed }}
	if t.judged {
		g.Of = policy.Judge(func(_ context.Context, _, answer string) (float64, error) {
			return t.domain.Check(p, answer).Score, nil
		})
	} else {
		g.Of = policy.Rule(func(_, answer string) bool { return t.domain.Check(p, answer).Correct })
	}
	r, err := g.Reward(context.Background(), p.Prompt, text)
	if err != nil {
		panic("methods: internal error: " + err.Error()) // every score is in [0,1]
	}
	return r
}

// mixture is the domain of the problems of all tasks, as many of each.
type mixture []task

// of is the task of a problem.
func (m mixture) of(p puzzle.Problem) task {
	return m[slices.IndexFunc(m, func(t task) bool { return t.name == p.Domain })]
}

// Draw implements puzzle.Domain: the tasks in turn, the first ones with one
// problem more if n is no multiple of their number.
func (m mixture) Draw(s puzzle.Split, n int, rng *rand.Rand) []puzzle.Problem {
	var out []puzzle.Problem
	for i, t := range m {
		out = append(out, t.domain.Draw(s, (n+len(m)-1-i)/len(m), rng)...)
	}
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// words are those of letters in what the base model imitates.
func (m mixture) words() []string {
	rng := rand.New(rand.NewPCG(1, 1))
	var out []string
	for _, p := range m.Draw(puzzle.Train, 8000, rng) {
		text := p.Prompt + " " + m.Demonstrate(p, rng)
		out = append(out, strings.FieldsFunc(text, func(r rune) bool { return r < 'a' || r > 'z' })...)
	}
	return out
}

// Demonstrate implements puzzle.Domain.
func (m mixture) Demonstrate(p puzzle.Problem, rng *rand.Rand) string {
	return m.of(p).domain.Demonstrate(p, rng)
}

// Check implements puzzle.Domain.
func (m mixture) Check(p puzzle.Problem, answer string) puzzle.Verdict {
	return m.of(p).domain.Check(p, answer)
}

func (m mixture) reward(p puzzle.Problem, text string) float64 { return m.of(p).reward(p, text) }
