package methods

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/policy"
)

// factsRead is how many documents a context has.
const factsRead = 3

// factsWorld is the invented world of a seed: 60 entities that the base model
// knows, a quarter of whose facts are nowhere, and 60 that it has never met.
func factsWorld(seed uint64) (puzzle.Facts, error) {
	c := puzzle.DefaultFactsConfig()
	c.Seed, c.New = seed, 60
	return puzzle.NewFacts(c)
}

// factsReader is the base model of a seed. It has learned the documents of the Known
// facts, to answer the Train questions about them, and to read: to answer
// questions about ever new worlds, whose documents stand before them.
func (l *Lab) factsReader(ctx context.Context, seed uint64) (*policy.LM, error) {
	return l.worldly("facts", seed, factsWorld, func(lm *policy.LM, world puzzle.Facts, rng *rand.Rand) error {
		questions := world.Of(puzzle.Known).Draw(puzzle.Train, 1000, rng)
		updates := l.Scale.BaseUpdates * 8 / 5 // to read takes longer than to answer
		return l.imitate(ctx, lm, updates, func(u int) ([][]policy.Trajectory, error) {
			b := lessons{lm: lm}
			for _, d := range pick(world.Corpus(), l.Scale.BaseBatch/8, rng) {
				b.document(d)
			}
			for _, p := range pick(questions, l.Scale.BaseBatch/4, rng) {
				b.answer(p.Prompt, p.Answer)
			}
			documents := factsRead
			if u < updates/3 { // to copy is learned first, then from where
				documents /= 2
			}
			if err := b.read(l.Scale.BaseBatch/4, documents, rng); err != nil {
				return nil, err
			}
			return b.groups(1), b.err
		})
	})
}

// worldly is the base model of a name and a seed that teach has taught something
// about the seed's world.
func (l *Lab) worldly(name string, seed uint64, worldOf func(seed uint64) (puzzle.Facts, error), teach func(lm *policy.LM, world puzzle.Facts, rng *rand.Rand) error) (*policy.LM, error) {
	return l.Model(fmt.Sprintf("base/%s-%d", name, seed), func() (*policy.LM, error) {
		rng := rand.New(rand.NewPCG(seed, 1))
		world, err := worldOf(seed)
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
		return lm, teach(lm, world, rng)
	})
}

// worldWords are the words of a world and of others, so that a word is a token
// and a new name two: what stands in documents is found more easily in fewer.
func worldWords(world puzzle.Facts) ([]string, error) {
	out := strings.Fields(strings.Join(world.Corpus(), " ") + " of has")
	for seed := range uint64(10) {
		w, err := puzzle.NewFacts(puzzle.FactsConfig{Seed: seed, Entities: 2, New: 400})
		if err != nil {
			return nil, err
		}
		out = append(out, strings.Fields(strings.Join(w.Documents(puzzle.New), " "))...)
	}
	return out, nil
}

// pick returns n elements of from, drawn with replacement.
func pick[T any](from []T, n int, rng *rand.Rand) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = from[rng.IntN(len(from))]
	}
	return out
}

// lessons collects what is to be learned, up to the first error.
type lessons struct {
	lm  *policy.LM
	all []policy.Trajectory
	err error
}

// answer adds an answer to learn.
func (b *lessons) answer(prompt, text string) {
	t, err := b.lm.Answer(prompt, text)
	if err != nil && b.err == nil {
		b.err = err
	}
	b.all = append(b.all, t)
}

// document adds a text to learn, all of it but its first word.
func (b *lessons) document(text string) {
	name, _, _ := strings.Cut(text, " ")
	b.answer(name, text[len(name):])
}

// read adds n pairs of questions about a new world, after so many of its
// documents or a few more. The second question is learned, too: to foresee what
// may be asked is to find it.
func (b *lessons) read(n, documents int, rng *rand.Rand) error {
	world, err := puzzle.NewFacts(puzzle.FactsConfig{Seed: rng.Uint64(), Entities: 2, New: 40})
	if err != nil {
		return err
	}
	world = world.Of(puzzle.New)
	asked := slices.Concat(world.Draw(puzzle.Train, n, rng), world.Draw(puzzle.Tune, n, rng), world.Draw(puzzle.Test, n, rng))
	for range n {
		p, q := asked[rng.IntN(len(asked))], asked[rng.IntN(len(asked))]
		context := strings.Split(world.Context(p, documents/2, rng)+";"+world.Context(q, documents/2, rng), ";")
		slices.Sort(context)
		context = slices.Compact(context)
		rng.Shuffle(len(context), func(i, j int) { context[i], context[j] = context[j], context[i] })
		b.answer(strings.Join(context, ";")+"|"+p.Prompt, p.Answer+"\n"+q.Prompt+q.Answer)
	}
	return nil
}

// groups returns the lessons in groups of n.
func (b *lessons) groups(n int) [][]policy.Trajectory { return slices.Collect(slices.Chunk(b.all, n)) }
