package methods

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// injector is a way for new knowledge into a model's weights.
type injector struct {
	name      string
	objective policy.Objective
	sees      string // what it learns from, in the words of the report

	// group is what is learned from one Train question, of as many pieces for
	// every injector: factsRead+2.
	group func(s *sitting, p puzzle.Problem) ([]policy.Trajectory, error)
}

// sitting is what an injector learns from in one cycle.
type sitting struct {
	lm        *policy.LM
	rng       *rand.Rand
	documents []string          // of all New facts
	questions []puzzle.Problem  // of Train, about them
	contexts  map[string]string // of questions, by prompt; only for those who read
	with      map[string]string // what was answered with a context, by prompt
	without   map[string]string // and without
}

// injectors are the methods of arXiv:2509.20162, table 1, and two ablations.
//
// Unlike the paper, whose CPT+SFT learns first documents and then answers, it
// learns both at once, as RLAG does.
func injectors() []injector {
	noFloor, noKnowledge := policy.DefaultRLAG(), policy.DefaultRLAG()
	noFloor.Floor = math.Inf(-1)
	noKnowledge.Knowledge, noKnowledge.Agreed = 0, 0
	const contexts = "what it answers to Train questions with and without documents in view, and these documents, of which one or two answer the question and the others are any"
	return []injector{
		{"sft", policy.Imitation{}, "Train questions and their right answers", mixed(0)},
		{"cpt", policy.Imitation{}, "all New documents", mixed(factsRead + 2)},
		{"cpt+sft", policy.Imitation{}, "all New documents, Train questions and their right answers", mixed(factsRead)},
		{"rlag", policy.DefaultRLAG(), contexts, augmented},
		{"rlag-no-floor", noFloor, contexts, augmented},
		{"rlag-no-documents", noKnowledge, "what it answers to Train questions with and without documents in view", augmented},
	}
}

// mixed is a group of n documents, and else of answers to questions.
func mixed(n int) func(*sitting, puzzle.Problem) ([]policy.Trajectory, error) {
	return func(s *sitting, p puzzle.Problem) ([]policy.Trajectory, error) {
		b := lessons{lm: s.lm}
		for _, d := range pick(s.documents, n, s.rng) {
			b.document(d)
		}
		for len(b.all) < factsRead+2 && b.err == nil {
			b.answer(p.Prompt, p.Answer)
			p = s.questions[s.rng.IntN(len(s.questions))]
		}
		return b.all, b.err
	}
}

// augmented is a group of RLAG.
func augmented(s *sitting, p puzzle.Problem) ([]policy.Trajectory, error) {
	return s.lm.Augmented(policy.Augmented{
		Snippets: strings.Split(s.contexts[p.Prompt], ";"), Prompt: p.Prompt, With: s.with[p.Prompt], Without: s.without[p.Prompt],
	})
}

// reads reports whether an injector learns from what the model answers.
func (in injector) reads() bool { return in.objective.Spec().Name == "rlag" }

// inject is one run of an injector under one seed.
type inject struct {
	injector injector
	rate     float64
	seed     uint64
}

// Mark is how well a model does without a context after so many cycles.
type Mark struct {
	Cycle int             `json:"cycle"`
	Tune  float64         `json:"tune"`  // share of answers to New questions that are right
	Test  map[string]Quiz `json:"test"`  // of New questions, by form
	Known Quiz            `json:"known"` // of Test questions about Known facts
	Asked Quiz            `json:"asked"` // of New questions of Train, which some methods learn from
}

// Quiz counts answers.
type Quiz struct {
	Right int `json:"right"`
	Asked int `json:"asked"`
}

func (q Quiz) share() float64 { return float64(q.Right) / float64(max(q.Asked, 1)) }

// all is the sum over forms.
func (m Mark) all() Quiz {
	var sum Quiz
	for _, q := range m.Test {
		sum.Right, sum.Asked = sum.Right+q.Right, sum.Asked+q.Asked
	}
	return sum
}

// injectRates is the grid that each method's learning rate is chosen from: wider
// than learningRates, because continued training takes high rates, which RLAG
// does not survive.
func injectRates() []float64 { return []float64{3e-5, 1e-4, 3e-4, 1e-3} }

// injected trains a copy of the seed's base model, in cycles: answer, learn,
// measure.
func (l *Lab) injected(ctx context.Context, r inject) ([]Mark, error) {
	return Once(l, fmt.Sprintf("inject/%s-%g-%d", r.injector.name, r.rate, r.seed), func() ([]Mark, error) {
		lm, err := l.factsReader(ctx, r.seed)
		if err != nil {
			return nil, err
		}
		world, err := factsWorld(r.seed)
		if err != nil {
			return nil, err
		}
		trainer, err := policy.NewTrainer(lm, config())
		if err != nil {
			return nil, err
		}
		first, err := l.mark(ctx, lm, world)
		if err != nil {
			return nil, err
		}
		marks := []Mark{first}
		for u := 0; u < l.Scale.Iterations; {
			groups, err := l.sit(ctx, lm, r, len(marks))
			if err != nil {
				return nil, err
			}
			for part := range slices.Chunk(groups, l.Scale.Groups) {
				_, err := trainer.Update(r.injector.objective, part, policy.WarmupCosine(r.rate, u, l.Scale.Iterations))
				if err != nil && !errors.Is(err, policy.ErrNoTargets) { // which is that all answers are the same with and without documents
					return nil, err
				}
				u++
			}
			m, err := l.mark(ctx, lm, world)
			if err != nil {
				return nil, err
			}
			m.Cycle = len(marks)
			marks = append(marks, m)
		}
		return marks, nil
	})
}

// sit makes the groups of a cycle.
func (l *Lab) sit(ctx context.Context, lm *policy.LM, r inject, cycle int) ([][]policy.Trajectory, error) {
	world, err := factsWorld(r.seed)
	if err != nil {
		return nil, err
	}
	world = world.Of(puzzle.New)
	rng := rand.New(rand.NewPCG(r.seed<<32|uint64(cycle), 6))
	s := &sitting{lm: lm, rng: rng, documents: world.Documents(puzzle.New), questions: world.Draw(puzzle.Train, 1000, rng)}
	asked := pick(s.questions, l.Scale.Every*l.Scale.Groups, rng)
	if r.injector.reads() {
		if err := s.answers(ctx, world, r.seed<<32|uint64(cycle)); err != nil {
			return nil, err
		}
	}
	groups := make([][]policy.Trajectory, len(asked))
	for i, p := range asked {
		if groups[i], err = r.injector.group(s, p); err != nil {
			return nil, err
		}
	}
	return groups, nil
}

// answers lets the model answer all questions, with and without a context.
func (s *sitting) answers(ctx context.Context, world puzzle.Facts, seed uint64) error {
	s.contexts, s.with, s.without = map[string]string{}, map[string]string{}, map[string]string{}
	bare := prompts(s.questions)
	reading := make([]string, len(bare))
	for i, p := range s.questions {
		s.contexts[p.Prompt] = world.Context(p, factsRead, s.rng)
		reading[i] = s.contexts[p.Prompt] + "|" + p.Prompt
	}
	for _, c := range []struct {
		prompts []string
		answers map[string]string
	}{{reading, s.with}, {bare, s.without}} {
		written, err := s.lm.Complete(ctx, c.prompts, answering(1, seed))
		if err != nil {
			return err
		}
		for i, w := range written {
			c.answers[bare[i]] = w[0].Text
		}
	}
	return nil
}

// longestFact is more than the letters of any fact's value.
const longestFact = 8

// answering is how facts are sampled: at temperature 1.
func answering(samples int, seed uint64) policy.CompleteOptions {
	return policy.CompleteOptions{
		Samples: samples, Sampling: transformer.DefaultSampling(), MaxTokens: longestFact, Seed: seed, Workers: 1,
	}
}

// mark asks questions without a context.
func (l *Lab) mark(ctx context.Context, lm *policy.LM, world puzzle.Facts) (Mark, error) {
	m := Mark{Test: map[string]Quiz{}}
	tune, err := l.quiz(ctx, lm, world.Of(puzzle.New), puzzle.Tune)
	if err != nil {
		return m, err
	}
	m.Tune = Mark{Test: tune}.all().share()
	if m.Test, err = l.quiz(ctx, lm, world.Of(puzzle.New), puzzle.Test); err != nil {
		return m, err
	}
	known, err := l.quiz(ctx, lm, world.Of(puzzle.Known), puzzle.Test)
	if err != nil {
		return m, err
	}
	m.Known = Mark{Test: known}.all()
	asked, err := l.quiz(ctx, lm, world.Of(puzzle.New), puzzle.Train)
	m.Asked = Mark{Test: asked}.all()
	return m, err
}

// quiz counts right answers to a world's questions of a split, by form.
func (l *Lab) quiz(ctx context.Context, lm *policy.LM, world puzzle.Facts, s puzzle.Split) (map[string]Quiz, error) {
	problems := world.Draw(s, 3*l.Scale.Problems, rand.New(rand.NewPCG(7, 7)))
	written, err := lm.Complete(ctx, prompts(problems), answering(min(8, l.Scale.Attempts), 1))
	if err != nil {
		return nil, err
	}
	out := map[string]Quiz{}
	for i, p := range problems {
		q := out[string(p.Form)]
		for _, c := range written[i] {
			q.Asked++
			if world.Check(p, c.Text).Correct {
				q.Right++
			}
		}
		out[string(p.Form)] = q
	}
	return out, nil
}

// knowledge is the runs of all injectors: [injector][seed].
type knowledge struct {
	injectors []injector
	rates     []float64
	runs      [][][]Mark
}

// injectAll trains by every injector, under every seed.
func (l *Lab) injectAll(ctx context.Context) (knowledge, error) {
	k := knowledge{injectors: injectors()}
	n, rates := len(k.injectors), injectRates()
	k.rates, k.runs = make([]float64, n), make([][][]Mark, n)
	if err := l.Each(ctx, len(l.Seeds), func(ctx context.Context, i int) error {
		_, err := l.factsReader(ctx, l.Seeds[i])
		return err
	}); err != nil {
		return k, err
	}
	if err := l.Each(ctx, n, func(ctx context.Context, m int) error {
		k.runs[m] = make([][]Mark, len(l.Seeds))
		scores := make([]float64, len(rates))
		for i, rate := range rates {
			marks, err := l.injected(ctx, inject{k.injectors[m], rate, l.Seeds[0]})
			if err != nil {
				return err
			}
			scores[i] = marks[len(marks)-1].Tune
		}
		k.rates[m] = rates[slices.Index(scores, slices.Max(scores))]
		return nil
	}); err != nil {
		return k, err
	}
	return k, l.Each(ctx, n*len(l.Seeds), func(ctx context.Context, i int) (err error) {
		m, seed := i%n, i/n
		k.runs[m][seed], err = l.injected(ctx, inject{k.injectors[m], k.rates[m], l.Seeds[seed]})
		return err
	})
}

// Start is what a base model can do before anything is injected, by answers to
// Train questions.
type Start struct {
	Known Quiz `json:"known"` // without a context
	New   Quiz `json:"new"`   // without a context
	Read  Quiz `json:"read"`  // about New facts, with documents in view
}

// starts is the Start of every seed.
func (l *Lab) starts(ctx context.Context) ([]Start, error) {
	out := make([]Start, len(l.Seeds))
	return out, l.Each(ctx, len(l.Seeds), func(ctx context.Context, i int) (err error) {
		out[i], err = Once(l, fmt.Sprintf("start/facts-%d", l.Seeds[i]), func() (s Start, err error) {
			lm, err := l.factsReader(ctx, l.Seeds[i])
			if err != nil {
				return s, err
			}
			world, err := factsWorld(l.Seeds[i])
			if err != nil {
				return s, err
			}
			for _, q := range []struct {
				of    puzzle.Facts
				found *Quiz
			}{{world.Of(puzzle.Known), &s.Known}, {world.Of(puzzle.New), &s.New}, {world.Of(puzzle.New).Read(factsRead), &s.Read}} {
				forms, err := l.quiz(ctx, lm, q.of, puzzle.Train)
				if err != nil {
					return s, err
				}
				*q.found = Mark{Test: forms}.all()
			}
			return s, nil
		})
		return err
	})
}

// RLAG puts the claim of reinforcement from augmented generation to the test, on
// facts of an invented world.
func (l *Lab) RLAG(ctx context.Context) (report.Study, error) {
	k, err := l.injectAll(ctx)
	if err != nil {
		return report.Study{}, err
	}
	start, err := l.starts(ctx)
	if err != nil {
		return report.Study{}, err
	}
	var rates []float64
	var games []Schooled
	if l.Games != nil {
		if rates, games, err = l.school(ctx); err != nil {
			return report.Study{}, err
		}
	}
	return l.rlagStudy(k, start, rates, games)
}
