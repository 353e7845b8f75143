package methods

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Games are household games of one seed, and who plays them.
type Games struct {
	World             policy.World
	Train, Tune, Test []agent.Task // disjoint

	Open func() (*policy.LM, error) // the policy that plays, as it was shipped, the caller's own
}

// lived is what a policy lived through on games to train on: games that it
// failed at the first try, without memory, and the second try at them, with what
// memory made of all first tries.
type lived struct {
	failed, retried []agent.Episode
	blames          []policy.Blame // of failed, by its lessons
}

// contextTokens are asked of memory for a second try.
const contextTokens = 320

// play plays tasks once each.
func (g Games) play(ctx context.Context, lm *policy.LM, tasks []agent.Task, recall agent.Recaller, trial int) ([]agent.Episode, error) {
	out := make([]agent.Episode, len(tasks))
	for i, t := range tasks {
		env, err := g.World.Environment(t)
		if err != nil {
			return nil, err
		}
		o := agent.RunOptions{Policy: lm, Environment: env, Seed: uint64(i), Trial: trial, NewID: func() string { return fmt.Sprintf("%s-%d", t.ID, trial) }}
		if recall != nil {
			o.Recaller, o.ContextTokens = recall, contextTokens
		}
		if out[i], err = agent.Run(ctx, t, o); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// live plays the games to train on.
func (g Games) live(ctx context.Context) (l lived, err error) {
	lm, err := g.Open()
	if err != nil {
		return l, err
	}
	mem, err := g.World.Memory(asymmetric, lm.CountTokens)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, mem.Close()) }()
	first, err := g.play(ctx, lm, g.Train, nil, 0)
	if err != nil {
		return l, err
	}
	var again []agent.Task
	for _, e := range first {
		if err := mem.Record(ctx, e); err != nil {
			return l, err
		}
		if !e.Outcome.Success {
			l.failed, again = append(l.failed, e), append(again, e.Task)
		}
	}
	for _, e := range l.failed {
		blame, err := blameOf(ctx, mem, e)
		if err != nil {
			return l, err
		}
		l.blames = append(l.blames, blame)
	}
	l.retried, err = g.play(ctx, lm, again, mem, 1)
	return l, err
}

// blameOf is on the steps that the lessons of a failure blame and on its loops; nil if
// memory cannot say.
func blameOf(ctx context.Context, mem policy.Memory, e agent.Episode) (policy.Blame, error) {
	m, ok := mem.(interface {
		WrongSteps(ctx context.Context, e agent.Episode) ([]int, error)
	})
	if !ok {
		return nil, nil
	}
	wrong, err := m.WrongSteps(ctx, e)
	if err != nil {
		return nil, err
	}
	return policy.BlameSteps(e, wrong...)
}

// teaching is a way to learn from what was lived through.
type teaching struct {
	name      string
	objective policy.Objective
	groups    func(lm *policy.LM, l lived) ([][]policy.Trajectory, error)
}

// teachings are the ways that are compared.
func teachings() []teaching {
	return []teaching{
		{"rlag", policy.DefaultRLAG(), augmentedGames},
		{"sft", policy.Imitation{}, imitatedGames},
		{"nsr", policy.NSR(), failedGames},
		{"nsr, blamed steps only", policy.Attributed{Objective: policy.NSR()}, failedGames},
	}
}

// helped calls f with the games that memory helped to win, and how they had been
// lost without. What does not fit the model is left out.
func helped(l lived, f func(with, without agent.Episode) ([]policy.Trajectory, error)) ([][]policy.Trajectory, error) {
	var out [][]policy.Trajectory
	for i, with := range l.retried {
		if !with.Outcome.Success {
			continue
		}
		group, err := f(with, l.failed[i])
		if errors.Is(err, transformer.ErrTooLong) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, group)
	}
	return out, nil
}

// augmentedGames are RLAG's groups.
func augmentedGames(lm *policy.LM, l lived) ([][]policy.Trajectory, error) {
	return helped(l, lm.AugmentedEpisodes)
}

// imitatedGames are the same games, as they were won but for the context.
func imitatedGames(lm *policy.LM, l lived) ([][]policy.Trajectory, error) {
	return helped(l, func(with, _ agent.Episode) ([]policy.Trajectory, error) {
		with.Context = agent.Context{}
		t, err := lm.Trajectory(with)
		return []policy.Trajectory{t}, err
	})
}

// failedGames are all games that were lost without memory.
func failedGames(lm *policy.LM, l lived) ([][]policy.Trajectory, error) {
	var out [][]policy.Trajectory
	for i, e := range l.failed {
		t, err := lm.Trajectory(e)
		if errors.Is(err, transformer.ErrTooLong) {
			continue
		}
		if err != nil {
			return nil, err
		}
		t.Blame = l.blames[i]
		out = append(out, []policy.Trajectory{t})
	}
	return out, nil
}

// Schooled is what came of the ways under one seed: shares of games won at the
// first try without memory, before and after, and how much there was to learn
// from.
type Schooled struct {
	Played int       `json:"played"` // games to train on
	Failed int       `json:"failed"` // of them
	Helped int       `json:"helped"` // of these, won with memory
	Before float64   `json:"before"`
	After  []float64 `json:"after"` // by teaching
}

// schoolEpochs is how often all groups are gone through.
const schoolEpochs = 2

// taughtBy is the policy after it has learned in one way.
func (g Games) taughtBy(ctx context.Context, t teaching, l lived, rate float64) (*policy.LM, error) {
	lm, err := g.Open()
	if err != nil {
		return nil, err
	}
	groups, err := t.groups(lm, l)
	if err != nil || len(groups) == 0 {
		return lm, err
	}
	trainer, err := policy.NewTrainer(lm, config())
	if err != nil {
		return nil, err
	}
	return lm, trainer.Learn(ctx, t.objective, groups, policy.Minibatches{Epochs: schoolEpochs, Groups: 16, LearningRate: rate}, nil)
}

// won is the share of tasks that are won at the first try without memory.
func (g Games) won(ctx context.Context, lm *policy.LM, tasks []agent.Task) (float64, error) {
	es, err := g.play(ctx, lm, tasks, nil, 0)
	n := 0
	for _, e := range es {
		if e.Outcome.Success {
			n++
		}
	}
	return float64(n) / float64(max(len(tasks), 1)), err
}

// schoolRates are the learning rates of the grid with which each way does best
// on games to tune on, under the first seed.
func (l *Lab) schoolRates(ctx context.Context) ([]float64, error) {
	return Once(l, fmt.Sprintf("school/rates-%d", l.Seeds[0]), func() ([]float64, error) {
		g, err := l.Games(l.Seeds[0])
		if err != nil {
			return nil, err
		}
		past, err := g.live(ctx)
		if err != nil {
			return nil, err
		}
		var out []float64
		for _, t := range teachings() {
			var scores []float64
			for _, rate := range learningRates() {
				lm, err := g.taughtBy(ctx, t, past, rate)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", t.name, err)
				}
				won, err := g.won(ctx, lm, g.Tune)
				if err != nil {
					return nil, err
				}
				scores = append(scores, won)
			}
			out = append(out, learningRates()[slices.Index(scores, slices.Max(scores))])
		}
		return out, nil
	})
}

// school is what came of all ways under each seed.
func (l *Lab) school(ctx context.Context) ([]float64, []Schooled, error) {
	rates, err := l.schoolRates(ctx)
	if err != nil {
		return nil, nil, err
	}
	out := make([]Schooled, len(l.Seeds))
	return rates, out, l.Each(ctx, len(l.Seeds), func(ctx context.Context, i int) (err error) {
		out[i], err = Once(l, fmt.Sprintf("school/%d", l.Seeds[i]), func() (Schooled, error) {
			return l.schooled(ctx, l.Seeds[i], rates)
		})
		return err
	})
}

// schooled lets the policy live, learn and play the test under one seed.
func (l *Lab) schooled(ctx context.Context, seed uint64, rates []float64) (s Schooled, err error) {
	g, err := l.Games(seed)
	if err != nil {
		return s, err
	}
	past, err := g.live(ctx)
	if err != nil {
		return s, err
	}
	s.Played, s.Failed = len(g.Train), len(past.failed)
	for _, e := range past.retried {
		if e.Outcome.Success {
			s.Helped++
		}
	}
	lm, err := g.Open()
	if err != nil {
		return s, err
	}
	if s.Before, err = g.won(ctx, lm, g.Test); err != nil {
		return s, err
	}
	for i, t := range teachings() {
		if lm, err = g.taughtBy(ctx, t, past, rates[i]); err != nil {
			return s, fmt.Errorf("%s: %w", t.name, err)
		}
		won, err := g.won(ctx, lm, g.Test)
		if err != nil {
			return s, err
		}
		s.After = append(s.After, won)
	}
	return s, nil
}

// schoolTable adds what came of the ways, and returns the parts of RLAG's claim
// that they decide.
func schoolTable(s *report.Study, rates []float64, all []Schooled) ([]comparison, error) {
	by := func(of func(Schooled) float64) []float64 {
		out := make([]float64, len(all))
		for i, one := range all {
			out[i] = of(one)
		}
		return out
	}
	failed, err := interval(by(func(s Schooled) float64 { return float64(s.Failed) / float64(s.Played) }))
	if err != nil {
		return nil, err
	}
	helped, err := interval(by(func(s Schooled) float64 { return float64(s.Helped) / float64(max(s.Failed, 1)) }))
	if err != nil {
		return nil, err
	}
	t := report.Table{
		Title:   "Household games, won at the first try without memory",
		Columns: []string{"learned by", "learning rate", "won"},
		Notes: []string{fmt.Sprintf("The shipped policy played %d games; it failed %.1f%% of them, and won %.1f%% of these at a second try with what memory had made of the first tries. "+
			"RLAG and SFT learn from those that memory helped to win, without its context; NSR from all that failed.", all[0].Played, 100*failed.Estimate, 100*helped.Estimate)},
	}
	row := func(name, rate string, values []float64) error {
		iv, err := interval(values)
		t.Rows = append(t.Rows, []report.Cell{report.TextCell(name), report.TextCell(rate), report.ShareCell(iv, 1)})
		return err
	}
	before := by(func(s Schooled) float64 { return s.Before })
	if err := row("nothing: before", "–", before); err != nil {
		return nil, err
	}
	after := make([][]float64, len(teachings()))
	for i, way := range teachings() {
		after[i] = by(func(s Schooled) float64 { return s.After[i] })
		if err := row(way.name, fmt.Sprint(rates[i]), after[i]); err != nil {
			return nil, err
		}
	}
	s.Tables = append(s.Tables, t)
	return []comparison{
		{"Household games won after RLAG less before", after[0], before, 0, percent},
		{"Household games won after RLAG less after SFT", after[0], after[1], 0, percent},
	}, nil
}
