package methods

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/tokenizer"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// maxAnswer is more than the tokens of any answer that is asked for.
const maxAnswer = 61

// maxWords is how many tokens of several bytes a model may have.
const maxWords = 512

// pad is never written; it keeps token 0 from meaning anything.
const pad = "<pad>"

// config is that of all training. Runs are made side by side, each on one
// thread: that is faster than one on several.
func config() policy.Config {
	c := policy.DefaultConfig()
	c.Threads = 1
	c.WeightDecay = 0
	return c
}

// untrained returns a model that reads single bytes, and as one token each, up to
// maxWords, what is frequent in words.
func (l *Lab) untrained(rng *rand.Rand, words ...string) (*policy.LM, error) {
	tok, err := tokenizer.Train(words, 257+maxWords, []string{pad})
	if err != nil {
		return nil, err
	}
	c := l.Scale.Model
	c.Vocab = tok.Vocab()
	m, err := transformer.New(c, rng)
	if err != nil {
		return nil, err
	}
	return policy.NewLM(m, tok, 1, "base")
}

// bases makes what base returns for each seed.
func (l *Lab) bases(ctx context.Context, name string, d puzzle.Domain) error {
	return l.Each(ctx, len(l.Seeds), func(ctx context.Context, i int) error {
		_, err := l.base(ctx, name, d, l.Seeds[i])
		return err
	})
}

// worded is a domain with words that are to be tokens.
type worded interface{ words() []string }

// base is the model that has imitated demonstrations of a domain, the same for
// all methods under one seed.
func (l *Lab) base(ctx context.Context, name string, d puzzle.Domain, seed uint64) (*policy.LM, error) {
	return l.Model(fmt.Sprintf("base/%s-%d", name, seed), func() (*policy.LM, error) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var words []string
		if w, ok := d.(worded); ok {
			words = w.words()
		}
		lm, err := l.untrained(rng, words...)
		if err != nil {
			return nil, err
		}
		problems := d.Draw(puzzle.Train, 20_000, rng)
		next := func(int) (puzzle.Problem, error) { return problems[rng.IntN(len(problems))], nil }
		return lm, l.imitate(ctx, lm, l.Scale.BaseUpdates, l.demonstrations(lm, next, func(p puzzle.Problem) string { return d.Demonstrate(p, rng) }))
	})
}

// imitate trains lm on what batch returns for each of so many updates.
func (l *Lab) imitate(ctx context.Context, lm *policy.LM, updates int, batch func(update int) ([][]policy.Trajectory, error)) error {
	trainer, err := policy.NewTrainer(lm, config())
	if err != nil {
		return err
	}
	for u := range updates {
		if err := ctx.Err(); err != nil {
			return err
		}
		groups, err := batch(u)
		if err != nil {
			return err
		}
		if _, err := trainer.Update(policy.Imitation{}, groups, policy.WarmupCosine(l.Scale.BaseRate, u, updates)); err != nil {
			return err
		}
	}
	return nil
}

// demonstrations are batches of demonstrations of what next returns for an
// update, which may let lm write.
func (l *Lab) demonstrations(lm *policy.LM, next func(update int) (puzzle.Problem, error), demonstrate func(puzzle.Problem) string) func(int) ([][]policy.Trajectory, error) {
	return func(update int) ([][]policy.Trajectory, error) {
		groups := make([][]policy.Trajectory, l.Scale.BaseBatch)
		for i := range groups {
			p, err := next(update)
			if err != nil {
				return nil, err
			}
			t, err := lm.Answer(p.Prompt, demonstrate(p))
			if err != nil {
				return nil, err
			}
			groups[i] = []policy.Trajectory{t}
		}
		return groups, nil
	}
}
