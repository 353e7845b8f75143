package policy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Reinforcement is a run of reinforcement learning under guards. Each iteration
// samples groups with the policy as it is, and learns from them in one or more
// updates; every so often the policy is scored on held-out tasks. What comes out
// is the best that was scored.
type Reinforcement struct {
	Phase      string                        // names the run in its events
	Iterations int                           // ≥ 0
	Objective  func(iteration int) Objective // the same but for its weights
	Trainer    Config
	Critic     *CriticConfig // for objectives that need one; nil: none

	// Sample plays with l and returns what iteration learns from. It may depend
	// on nothing but its arguments, or a resumed run is another one.
	Sample func(ctx context.Context, l *LM, iteration int) ([][]Trajectory, error)

	// Kept returns what is imitated after the updates of an iteration, with the
	// settings of Imitate: successes that memory keeps, say. Like Sample it may
	// depend on nothing but its arguments. Nil: nothing is.
	Kept    func(ctx context.Context, l *LM, iteration int) ([]Trajectory, error)
	Imitate Imitate

	// Score plays the held-out tasks, always with the same seeds.
	Score func(ctx context.Context, l *LM) (Score, error)

	Epochs, Groups int     // of Minibatches, > 0
	LearningRate   float64 // > 0
	Guard          Guard
	Dir            string      // where the run is kept at every look, so that it can go on with the same bits; empty: nowhere
	Log            func(Event) // nil: nobody is told
}

// Validate names the first field that is out of its range.
func (r Reinforcement) Validate() error {
	switch {
	case r.Objective == nil || r.Sample == nil || r.Score == nil:
		return errors.New("policy: Reinforcement.Objective, Sample and Score must be there")
	case r.Iterations < 0:
		return fmt.Errorf("policy: Reinforcement.Iterations is %d, must be ≥ 0", r.Iterations)
	case r.Epochs < 1 || r.Groups < 1:
		return fmt.Errorf("policy: Reinforcement.Epochs and Groups are %d and %d, must be > 0", r.Epochs, r.Groups)
	case !(r.LearningRate > 0):
		return fmt.Errorf("policy: Reinforcement.LearningRate is %v, must be > 0", r.LearningRate)
	}
	if err := r.Trainer.Validate(); err != nil {
		return err
	}
	if r.Kept != nil {
		if err := r.Imitate.validate("Reinforcement.Imitate"); err != nil {
			return err
		}
	}
	return r.Guard.validate("Reinforcement")
}

// Run trains l. If Dir holds a run of the same settings that was cut off, it
// goes on with that. It ends early with ctx's error; l is then as far as it
// got.
func (r Reinforcement) Run(ctx context.Context, l *LM) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if r.Log == nil {
		r.Log = func(Event) {}
	}
	g := guardian{Reinforcement: r, lm: l}
	if err := g.begin(ctx); err != nil {
		return err
	}
	for ; g.done < r.Iterations; g.done++ {
		if err := g.iterate(ctx); err != nil {
			return fmt.Errorf("iteration %d: %w", g.done, err)
		}
	}
	l.model.CopyFrom(g.best) //nolint:errcheck // a copy of itself has its shape
	return nil
}

// guardian watches a run.
type guardian struct {
	Reinforcement
	lm        *LM
	trainer   *Trainer
	critic    *Critic
	start     *transformer.Model // what the run began with
	rate      float64
	best      *transformer.Model
	bestScore Score
	done      int  // iterations
	started   bool // the first has begun
}

func (g *guardian) begin(ctx context.Context) error {
	g.rate = g.LearningRate
	g.start = g.lm.model.Clone()
	if g.Critic != nil {
		c, err := NewCritic(g.start, *g.Critic)
		if err != nil {
			return err
		}
		g.critic = c
	}
	if err := g.restart(); err != nil {
		return err
	}
	if found, err := g.load(); found || err != nil {
		return err
	}
	s, err := g.Score(ctx, g.lm)
	if err != nil {
		return err
	}
	g.best, g.bestScore = g.lm.model.Clone(), s
	g.Log(Event{Phase: g.Phase, Score: s, Note: "before"})
	return g.save()
}

// restart begins with a fresh optimiser, whose moments know nothing of a push
// that was taken back.
func (g *guardian) restart() error {
	t, err := NewTrainer(g.lm, g.Trainer)
	if err != nil {
		return err
	}
	if g.Objective(0).Spec().Reference {
		t.Anchor(g.start)
	}
	if g.critic != nil {
		t.Advise(g.critic)
	}
	g.trainer = t
	return nil
}

// iterate makes one iteration, and looks and saves when it is time.
func (g *guardian) iterate(ctx context.Context) error {
	g.started = true
	groups, err := g.Sample(ctx, g.lm, g.done)
	if err != nil {
		return err
	}
	if err := g.learn(ctx, groups); err != nil {
		return err
	}
	if err := g.imitate(ctx); err != nil {
		return err
	}
	if n := g.done + 1; n%g.Guard.Every != 0 && n != g.Iterations {
		return nil
	}
	if err := g.look(ctx, groups); err != nil {
		return err
	}
	return g.save()
}

// learn makes the updates of one iteration.
func (g *guardian) learn(ctx context.Context, groups [][]Trajectory) error {
	undo := ""
	m := Minibatches{Epochs: g.Epochs, Groups: g.Groups, LearningRate: g.rate}
	err := g.trainer.Learn(ctx, g.Objective(g.done), groups, m, func(s Stats) bool {
		g.Log(Event{Phase: g.Phase, Update: g.done + 1, Of: g.Iterations, Stats: &s, Rate: g.rate})
		if undo = g.Guard.after(s); undo != "" {
			return false
		}
		if s.KL > g.Guard.MaxKL {
			g.Log(Event{Phase: g.Phase, Update: g.done + 1, Note: fmt.Sprintf("KL %.4f is above %v: the rest of the iteration is skipped", s.KL, g.Guard.MaxKL)})
			return false
		}
		return true
	})
	if err == nil && undo != "" {
		err = g.rollBack(undo)
	}
	return err
}

// imitate imitates what is kept.
func (g *guardian) imitate(ctx context.Context) error {
	if g.Kept == nil {
		return nil
	}
	ts, err := g.Kept(ctx, g.lm, g.done)
	if err != nil || len(ts) == 0 {
		return err
	}
	rng := rand.New(rand.NewPCG(hash(g.Phase), uint64(g.done)))
	c := g.Trainer
	c.Warmup = 0 // Imitate's rate has its own
	return g.lm.finetune(ctx, ts, g.Imitate, c, rng, nil)
}

// look scores the policy on the held-out tasks; it keeps it if it is the best
// so far and rolls it back if it is too far below, or too far from where the
// run began.
func (g *guardian) look(ctx context.Context, groups [][]Trajectory) error {
	s, err := g.Score(ctx, g.lm)
	if err != nil {
		return err
	}
	g.Log(Event{Phase: g.Phase, Update: g.done + 1, Of: g.Iterations, Score: s})
	if g.Guard.MaxDrift > 0 {
		drift, err := g.drift(groups)
		if err != nil {
			return err
		}
		if drift > g.Guard.MaxDrift {
			return g.rollBack(fmt.Sprintf("KL %.4f to the first policy is above %v", drift, g.Guard.MaxDrift))
		}
	}
	if s.Mean() >= g.bestScore.Mean() {
		g.bestScore = s
		return g.best.CopyFrom(g.lm.model)
	}
	if drop := g.bestScore.Mean() - s.Mean(); drop > g.Guard.MaxDrop {
		return g.rollBack(fmt.Sprintf("held-out score %.3f is %.3f below the best", s.Mean(), drop))
	}
	return nil
}

// drift estimates the divergence of the policy that sampled groups to the one
// that the run began with, by k3.
func (g *guardian) drift(groups [][]Trajectory) (float64, error) {
	pass := transformer.NewPass(g.start, g.Trainer.Threads)
	return divergence(pass, groups, g.Trainer.BatchTokens, func(t *Target) float64 { return t.OldLogProb })
}

func (g *guardian) rollBack(why string) error {
	if err := g.lm.model.CopyFrom(g.best); err != nil {
		return err
	}
	g.rate /= 2
	g.Log(Event{Phase: g.Phase, Note: "rolled back, learning rate halved: " + why, Rate: g.rate})
	return g.restart()
}
