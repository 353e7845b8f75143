package methods

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/policy"
)

// calibrated is a domain in which rewards are compared: its base model, which
// states confidences that say nothing, and the exams of who has learned from it.
type calibrated struct {
	name   string
	domain func(seed uint64) (puzzle.Domain, error)
	begin  func(ctx context.Context, seed uint64) (*policy.LM, error) // nil: Lab.base
	exams  []string                                                   // the first is in domain
}

// exam is the domain of an exam.
func (c calibrated) exam(name string, seed uint64) (puzzle.Domain, error) {
	switch name {
	case longer:
		return puzzle.LongChains(), nil
	case twoDigits:
		return puzzle.WideChains(), nil
	}
	return c.domain(seed)
}

// chainsCalibrated is arithmetic chains: each step more is a chance more of a slip.
func chainsCalibrated() calibrated {
	return calibrated{
		name: "chains-stated", exams: []string{inDomain, longer, twoDigits},
		domain: func(uint64) (puzzle.Domain, error) { return puzzle.NewChains(), nil },
	}
}

// factsCalibrated is an invented world of which two facts in five are in no
// document, so that a right answer about them is luck.
func (l *Lab) factsCalibrated() calibrated {
	return calibrated{
		name: "facts-stated", exams: []string{facts}, begin: l.factsStated,
		domain: func(seed uint64) (puzzle.Domain, error) { return gappedWorld(seed) },
	}
}

func gappedWorld(seed uint64) (puzzle.Facts, error) {
	return puzzle.NewFacts(puzzle.FactsConfig{Seed: seed, Entities: 200, New: 2, GapShare: 0.4})
}

// factsStated is the base model of a seed that has learned the documents of the
// Known facts and to answer all questions about these, with any confidence. It has
// never seen a Gap.
func (l *Lab) factsStated(ctx context.Context, seed uint64) (*policy.LM, error) {
	return l.model(fmt.Sprintf("base/facts-stated-%d", seed), func() (*policy.LM, error) {
		rng := rand.New(rand.NewPCG(seed, 1))
		world, err := gappedWorld(seed)
		if err != nil {
			return nil, err
		}
		words, err := worldWords(world)
		if err != nil {
			return nil, err
		}
		lm, err := l.untrained(rng, words...)
		if err != nil {
			return nil, err
		}
		known := world.Of(puzzle.Known)
		questions := slices.Concat(known.Draw(puzzle.Train, 4000, rng), known.Draw(puzzle.Tune, 1000, rng), known.Draw(puzzle.Test, 1000, rng))
		return lm, l.imitate(ctx, lm, l.Scale.BaseUpdates, func(int) ([][]policy.Trajectory, error) {
			b := lessons{lm: lm}
			for _, d := range pick(world.Corpus(), l.Scale.BaseBatch/2, rng) {
				b.document(d)
			}
			for _, p := range pick(questions, l.Scale.BaseBatch/2, rng) {
				b.answer(p.Prompt, stated{world}.Demonstrate(p, rng))
			}
			return b.groups(1), b.err
		})
	})
}
