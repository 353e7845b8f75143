package methods

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/policy"
)

// rival is a method that is compared with others on the same base models.
type rival struct {
	name      string
	objective func(share float64) policy.Objective // at a share of training in [0,1]
}

// rivals are the methods of arXiv:2506.01347, table 1, and A-NSR.
func rivals() []rival {
	same := func(o policy.Objective) func(float64) policy.Objective {
		return func(float64) policy.Objective { return o }
	}
	return []rival{
		{"ppo", same(policy.DefaultPPO())},
		{"grpo", same(policy.DefaultGRPO())},
		{"psr", same(policy.PSR())},
		{"nsr", same(policy.NSR())},
		{"w-reinforce", same(policy.WReinforce(0.1))},
		{"reinforce", same(policy.REINFORCE())},
		{"a-nsr", func(share float64) policy.Objective { return policy.ANSR(share) }},
	}
}

// learningRates is the grid that each method's learning rate is chosen from.
func learningRates() []float64 { return []float64{3e-5, 1e-4, 3e-4} }

// Curve is one training run, measured as it goes.
type Curve struct {
	Points []Point  `json:"points"`
	Events []string `json:"events,omitempty"` // of guards
}

// Point is one measurement.
type Point struct {
	Iteration int     `json:"iteration"`
	Test      Tally   `json:"test"`
	Tune      float64 `json:"tune"` // mean reward on problems to tune on
}

// train is one run of a method on a domain under one seed.
type train struct {
	rival  rival
	domain puzzle.Domain
	name   string // of the domain
	rate   float64
	seed   uint64
	test   int // attempts at each test problem, 0: it is a run to tune with

	// reward is that of an answer; nil: 1 of a right one, else -1.
	reward func(p puzzle.Problem, text string) float64

	begin  func(ctx context.Context, seed uint64) (*policy.LM, error) // what it begins with; nil: Lab.base
	sample sampler                                                    // nil: Lab.sample

	iterations int // 0: those of the scale
}

// sampler returns the groups that an iteration of a run learns from.
type sampler func(ctx context.Context, lm *policy.LM, r train, iteration int) ([][]policy.Trajectory, error)

func (r train) key() string {
	kind := "run"
	if r.test == 0 {
		kind = "tune"
	}
	return fmt.Sprintf("%s/%s/%s-%g-%d", kind, r.name, r.rival.name, r.rate, r.seed)
}

// run is the curve of learn.
func (l *Lab) run(ctx context.Context, r train) (Curve, error) {
	return Once(l, r.key(), func() (Curve, error) {
		_, c, err := l.learn(ctx, r)
		return c, err
	})
}

// untaught is what a run begins with, the caller's own.
func (l *Lab) untaught(ctx context.Context, r train) (*policy.LM, error) {
	if r.begin != nil {
		return r.begin(ctx, r.seed)
	}
	return l.base(ctx, r.name, r.domain, r.seed)
}

// learn trains a copy of the seed's base model.
func (l *Lab) learn(ctx context.Context, r train) (*policy.LM, Curve, error) {
	var c Curve
	lm, err := l.untaught(ctx, r)
	if err != nil {
		return nil, c, err
	}
	rng := rand.New(rand.NewPCG(3, 3)) // the same problems for all
	tune := r.domain.Draw(puzzle.Tune, l.Scale.Problems, rng)
	test := r.domain.Draw(puzzle.Test, l.Scale.Problems, rng)
	p := l.reinforcement(r)
	p.Score = func(ctx context.Context, lm *policy.LM) (policy.Score, error) {
		t, err := r.tally(ctx, lm, tune, min(16, l.Scale.Attempts))
		if err != nil {
			return nil, err
		}
		point := Point{Iteration: len(c.Points) * l.Scale.Every, Tune: t.Reward}
		if r.test > 0 {
			if point.Test, err = r.tally(ctx, lm, test, r.test); err != nil {
				return nil, err
			}
		}
		c.Points = append(c.Points, point)
		return policy.Score{"reward": (t.Reward + 1) / 2}, nil
	}
	p.Log = func(e policy.Event) {
		if e.Note != "" && e.Note != "before" {
			c.Events = append(c.Events, fmt.Sprintf("iteration %d: %s", e.Update, e.Note))
		}
	}
	return lm, c, p.Run(ctx, lm)
}

// reinforcement is how r trains; it is not yet scored.
func (l *Lab) reinforcement(r train) policy.Reinforcement {
	cfg := config()
	cfg.EntropyBonus = 1e-4
	if r.iterations == 0 {
		r.iterations = l.Scale.Iterations
	}
	p := policy.Reinforcement{
		Phase: r.key(), Iterations: r.iterations, Trainer: cfg, Epochs: 1, Groups: l.Scale.Groups, LearningRate: r.rate,
		Objective: func(i int) policy.Objective {
			return r.rival.objective(float64(i) / float64(max(r.iterations-1, 1)))
		},
		Guard: policy.Guard{Every: l.Scale.Every, MaxDrop: 0.1, MinEntropy: 0.005, MaxKL: 0.2},
		Sample: func(ctx context.Context, lm *policy.LM, i int) ([][]policy.Trajectory, error) {
			if r.sample != nil {
				return r.sample(ctx, lm, r, i)
			}
			return l.sample(ctx, lm, r, i)
		},
	}
	if p.Objective(0).Spec().Critic {
		cfg.EntropyBonus = 0
		p.Critic = &policy.CriticConfig{Low: -1, High: 1, LearningRate: 3e-4, Clip: 0.5, Trainer: cfg}
	}
	return p
}

// tuned is the learning rate of the grid with which a method does best on the
// problems to tune on, under the first seed, at the end of a run.
func (l *Lab) tuned(ctx context.Context, r train) (float64, error) {
	rates := learningRates()
	scores := make([]float64, len(rates))
	for i, rate := range rates {
		r.rate, r.seed, r.test = rate, l.Seeds[0], 0
		c, err := l.run(ctx, r)
		if err != nil {
			return 0, err
		}
		scores[i] = c.Points[len(c.Points)-1].Tune
	}
	return rates[slices.Index(scores, slices.Max(scores))], nil
}

// NSR puts the claim of negative sample reinforcement to the test, on Countdown
// with three numbers.
func (l *Lab) NSR(ctx context.Context) (report.Study, error) {
	const name = "countdown3"
	r, err := l.suppress(ctx, name, puzzle.Countdown3())
	if err != nil {
		return report.Study{}, err
	}
	return l.nsrStudy("Countdown, three numbers", r)
}

// suppress trains every rival on a domain, under every seed.
func (l *Lab) suppress(ctx context.Context, name string, d puzzle.Domain) (runs, error) {
	all := rivals()
	r := runs{names: make([]string, len(all)), rates: make([]float64, len(all)), curves: make([][]Curve, len(all))}
	for m := range all {
		r.names[m], r.curves[m] = all[m].name, make([]Curve, len(l.Seeds))
	}
	if err := l.bases(ctx, name, d); err != nil {
		return r, err
	}
	err := l.Each(ctx, len(all), func(ctx context.Context, m int) (err error) {
		r.rates[m], err = l.tuned(ctx, train{rival: all[m], domain: d, name: name})
		return err
	})
	if err != nil {
		return r, err
	}
	return r, l.Each(ctx, len(all)*len(l.Seeds), func(ctx context.Context, i int) (err error) {
		m, seed := i%len(all), i/len(all)
		r.curves[m][seed], err = l.run(ctx, train{
			rival: all[m], domain: d, name: name, rate: r.rates[m], seed: l.Seeds[seed], test: l.Scale.Attempts,
		})
		return err
	})
}
