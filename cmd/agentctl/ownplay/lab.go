package ownplay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/methods"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// ErrOtherLab: the folder holds a study of another scale.
var ErrOtherLab = errors.New("holds a study of another scale")

// Lab is where the study is made, in runs of one thread, Workers at once. Each
// finished piece is kept by the methods.Lab, as JSON, and found there again; a run
// under way goes on where it was saved.
type Lab struct {
	*methods.Lab
	Scale  Scale
	School func(seed uint64) (School, error)
	Log    func(run string, e policy.Event) // by one goroutine at a time; nil: nobody is told

	mu sync.Mutex // held while Log is told
}

// open makes sure that the folder holds no study of another scale.
func (l *Lab) open() error {
	want, err := json.Marshal(l.Scale)
	if err != nil {
		return err
	}
	got, err := methods.Once(l.Lab, "scale", func() (string, error) { return string(want), nil })
	if err == nil && got != string(want) {
		err = fmt.Errorf("%s: %w", l.Dir, ErrOtherLab)
	}
	return err
}

// life is own play under a seed and condition.
func (l *Lab) life(seed uint64, c Condition) (life, error) {
	s, err := l.School(seed)
	return life{School: s, Scale: l.Scale, condition: c, players: policy.Players{World: s.World, Workers: 1}, seed: seed}, err
}

// cold is the policy that all conditions of a seed begin with.
func (l *Lab) cold(ctx context.Context, seed uint64) (*policy.LM, error) {
	key := fmt.Sprintf("%d/cold", seed)
	lm, err := l.Model(key, func() (*policy.LM, error) {
		s, err := l.School(seed)
		if err != nil {
			return nil, err
		}
		r := l.Scale.Cold
		r.Seed, r.Workers, r.Trainer.Threads = seed, 1, 1
		r.Dir = filepath.Join(l.Dir, key+".kept")
		return r.Run(ctx, s.World, policy.Tasks{Train: s.Taught, HeldOut: s.Tune}, func(e policy.Event) { l.tell(key, e) })
	})
	if err != nil {
		return nil, err
	}
	if err := l.forget(key); err != nil {
		return nil, err
	}
	return lm.WithTemperature(1)
}

func (l *Lab) tell(run string, e policy.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Log != nil {
		l.Log(run, e)
	}
}

// Look is what was seen of a run on the way.
type Look struct {
	Episodes int     `json:"episodes"` // played by then
	Tune     float64 `json:"tune"`     // share of the games to tune on that are won, greedily
}

// Run is a finished run.
type Run struct {
	Rate  float64  `json:"learning_rate"`
	Looks []Look   `json:"looks"`
	Exam  Exam     `json:"exam"`
	Notes []string `json:"notes,omitempty"` // of its guards
}

// run is what came of a condition under a seed, with a learning rate.
func (l *Lab) run(ctx context.Context, seed uint64, c Condition, rate float64) (Run, error) {
	key := fmt.Sprintf("%d/%s", seed, FileName(c))
	r, err := methods.Once(l.Lab, key, func() (Run, error) {
		r := Run{Rate: rate}
		lm, err := l.learn(ctx, learning{seed, c, rate, l.Scale.Iterations, key}, &r)
		if err != nil {
			return r, err
		}
		life, err := l.life(seed, c)
		if err != nil {
			return r, err
		}
		r.Exam, err = life.exam(ctx, lm)
		return r, err
	})
	if err != nil {
		return r, err
	}
	return r, l.forget(key)
}

// start is the exam of the cold start.
func (l *Lab) start(ctx context.Context, seed uint64) (Exam, error) {
	return methods.Once(l.Lab, fmt.Sprintf("%d/start", seed), func() (Exam, error) {
		lm, err := l.cold(ctx, seed)
		if err != nil {
			return Exam{}, err
		}
		life, err := l.life(seed, Conditions()[0])
		if err != nil {
			return Exam{}, err
		}
		return life.exam(ctx, lm)
	})
}

// rates are the learning rates with which the objectives of conditions do best on
// the games to tune on, under the first seed, after a sixth of the iterations: each
// that of the first condition which has it.
func (l *Lab) rates(ctx context.Context, conditions []Condition) (map[string]float64, error) {
	var tried []Condition
	for _, c := range conditions {
		if c.Name != noPush && !slices.ContainsFunc(tried, func(o Condition) bool { return o.objective() == c.objective() }) {
			tried = append(tried, c)
		}
	}
	n := len(l.Scale.Rates)
	scores := make([]float64, len(tried)*n)
	err := l.Each(ctx, len(scores), func(ctx context.Context, i int) (err error) {
		scores[i], err = l.trial(ctx, tried[i/n], l.Scale.Rates[i%n])
		return err
	})
	best := map[string]float64{noPush: l.Scale.Rates[0]}
	for i, c := range tried {
		of := scores[i*n : (i+1)*n]
		best[c.objective()] = l.Scale.Rates[slices.Index(of, slices.Max(of))]
	}
	return best, err
}

// trial is the share of the games to tune on that are won after a short run.
func (l *Lab) trial(ctx context.Context, c Condition, rate float64) (float64, error) {
	key := fmt.Sprintf("rates/%s-%g", FileName(c), rate)
	r, err := methods.Once(l.Lab, key, func() (Run, error) {
		r := Run{Rate: rate}
		_, err := l.learn(ctx, learning{l.Seeds[0], c, rate, max(l.Scale.Iterations/6, 1), key}, &r)
		return r, err
	})
	if err != nil {
		return 0, err
	}
	return r.Looks[len(r.Looks)-1].Tune, l.forget(key)
}

// learning is a run to be made.
type learning struct {
	seed       uint64
	condition  Condition
	rate       float64
	iterations int
	key        string
}

// learn lets the cold start of a seed learn from own play, and notes what was
// seen on the way.
func (l *Lab) learn(ctx context.Context, a learning, r *Run) (*policy.LM, error) {
	lm, err := l.cold(ctx, a.seed)
	if err != nil {
		return nil, err
	}
	if a.condition.Untaught {
		if err := unlearn(lm, a.seed); err != nil {
			return nil, err
		}
	}
	life, err := l.life(a.seed, a.condition)
	if err != nil {
		return nil, err
	}
	cfg := l.Scale.Cold.Trainer
	cfg.Threads, cfg.WeightDecay, cfg.Warmup = 1, 0, 20
	dir := filepath.Join(l.Dir, filepath.FromSlash(a.key)+".kept")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if a.condition.keeps() {
		life.won = &successes{dir, map[int][]agent.Episode{}}
	}
	looks, err := readLooks(dir)
	if err != nil {
		return nil, err
	}
	p := policy.Reinforcement{
		Phase: a.key, Iterations: a.iterations, Objective: func(int) policy.Objective { return a.condition.Objective },
		Trainer: cfg, Critic: a.condition.critic(cfg), Epochs: 1, Groups: max(l.Scale.Batch/a.condition.Rollouts, 1), LearningRate: a.rate,
		Guard:  policy.Guard{Every: l.Scale.Every, MaxDrop: 0.1, MinEntropy: 0.01, MaxKL: 0.1},
		Dir:    dir,
		Sample: life.sample,
		Score: func(ctx context.Context, lm *policy.LM) (policy.Score, error) {
			greedy, err := lm.WithTemperature(0)
			if err != nil {
				return nil, err
			}
			es, err := life.sit(ctx, sitting{policy: greedy, tasks: life.Tune, name: "look"})
			return policy.Score{"first": share(wins(es))}, err
		},
		Log: func(e policy.Event) {
			l.tell(a.key, e)
			if e.Score != nil {
				looks.add(Look{e.Update * life.Episodes, e.Score["first"]})
			}
			if e.Note != "" && e.Score == nil {
				r.Notes = append(r.Notes, fmt.Sprintf("iteration %d: %s", e.Update, e.Note))
			}
		},
	}
	if life.won != nil {
		p.Kept, p.Imitate = life.imitated, l.Scale.Imitate
	}
	if err := p.Run(ctx, lm); err != nil {
		return nil, err
	}
	r.Looks = looks.all
	return lm, looks.err
}

// unlearn draws the weights of lm anew.
func unlearn(lm *policy.LM, seed uint64) error {
	m, err := transformer.New(lm.Model().Config(), rand.New(rand.NewPCG(seed, 1)))
	if err != nil {
		return err
	}
	return lm.Model().CopyFrom(m)
}

// looks are kept in a file, since a run that goes on does not look again.
type looks struct {
	name string
	all  []Look
	err  error // of writing
}

func readLooks(dir string) (*looks, error) {
	k := &looks{name: filepath.Join(dir, "looks.json")}
	text, err := os.ReadFile(k.name)
	if errors.Is(err, os.ErrNotExist) {
		return k, nil
	} else if err != nil {
		return nil, err
	}
	return k, json.Unmarshal(text, &k.all)
}

// add takes in a look; one that a run which was cut off had made is replaced.
func (k *looks) add(at Look) {
	k.all = append(slices.DeleteFunc(k.all, func(o Look) bool { return o.Episodes >= at.Episodes }), at)
	text, err := json.Marshal(k.all)
	if err == nil {
		err = methods.Keep(k.name, text)
	}
	k.err = errors.Join(k.err, err)
}
