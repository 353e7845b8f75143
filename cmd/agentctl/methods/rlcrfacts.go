package methods

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/policy"
)

// calibrated is a domain in which rewards are compared: its base model, which
// states confidences that say nothing, and the exams of who has learned from it.
type calibrated struct {
	name   string                                                     // of the domain
	begin  func(ctx context.Context, seed uint64) (*policy.LM, error) // its base model; nil: Lab.base
	figure report.Figure                                              // of reliability, still empty
	exams  []exam                                                     // the first is in the domain
}

// exam is a domain in which is examined.
type exam struct {
	name   string
	domain func(seed uint64) (puzzle.Domain, error)
}

// always is a domain that is the same for each seed.
func always(d puzzle.Domain) func(uint64) (puzzle.Domain, error) {
	return func(uint64) (puzzle.Domain, error) { return d, nil }
}

// chainsCalibrated is arithmetic chains: each step more is a chance more of a slip.
func chainsCalibrated() calibrated {
	return calibrated{
		name:   "chains-stated",
		figure: report.Figure{ID: "rlcr-reliability", Title: "Reliability on arithmetic chains"},
		exams: []exam{
			{"chains", always(puzzle.NewChains())},
			{"longer chains", always(puzzle.LongChains())},
			{"two-digit chains", always(puzzle.WideChains())},
		},
	}
}

// factsCalibrated is an invented world of which two facts in five are in no
// document, so that a right answer about them is luck.
func (l *Lab) factsCalibrated() calibrated {
	return calibrated{
		name: "facts-stated", begin: l.factsStated,
		figure: report.Figure{ID: "rlcr-reliability-facts", Title: "Reliability on facts"},
		exams: []exam{{"facts, two in five in no document", func(seed uint64) (puzzle.Domain, error) {
			return gappedWorld(seed)
		}}},
	}
}

func gappedWorld(seed uint64) (puzzle.Facts, error) {
	return puzzle.NewFacts(puzzle.FactsConfig{Seed: seed, Entities: 200, New: 2, GapShare: 0.4})
}

// factsStated is the base model of a seed that has learned the documents of the
// Known facts and to answer all questions about these, with any confidence. It has
// never seen a Gap.
func (l *Lab) factsStated(ctx context.Context, seed uint64) (*policy.LM, error) {
	return l.worldly("facts-stated", seed, gappedWorld, func(lm *policy.LM, world puzzle.Facts, rng *rand.Rand) error {
		known := world.Of(puzzle.Known)
		questions := slices.Concat(known.Draw(puzzle.Train, 4000, rng), known.Draw(puzzle.Tune, 1000, rng), known.Draw(puzzle.Test, 1000, rng))
		return l.imitate(ctx, lm, l.Scale.BaseUpdates, func(int) ([][]policy.Trajectory, error) {
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
