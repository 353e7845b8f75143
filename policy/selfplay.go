package policy

import (
	"context"
	"errors"
	"fmt"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// SelfPlay sets the last phase: the policy plays, and is pushed away from what
// failed. Every zero is a real setting: begin with [DefaultSelfPlay].
type SelfPlay struct {
	Iterations   int       // each plays Tasks tasks, retries the failed ones with memory, and updates once a Batch
	Tasks        int       // > 0
	Batch        int       // episodes an update, > 0
	Objective    Reinforce // which outcomes to learn from
	LearningRate float64   // > 0
	Guard        Guard
}

// Guard stops a policy that gets worse. Negative reinforcement under Adam does
// not stop by itself: the step does not shrink with the gradient.
type Guard struct {
	Every      int     // iterations between two looks at the held-out tasks, > 0
	MaxDrop    float64 // of the held-out score below the best, in [0,1]; more rolls back to the best and halves the learning rate
	MinEntropy float64 // nats, of the mean choice; less rolls back, ≥ 0
	MaxKL      float64 // nats, of the behaviour policy to the model within one iteration; more ends the iteration's updates, > 0
}

// DefaultSelfPlay returns the settings of the shipped policy.
func DefaultSelfPlay() SelfPlay {
	return SelfPlay{
		Iterations: 25, Tasks: 64, Batch: 32, Objective: WReinforce(0.1), LearningRate: 1e-4,
		Guard: Guard{Every: 5, MaxDrop: 0.05, MinEntropy: 0.01, MaxKL: 0.1},
	}
}

// Validate names the first field that is out of its range.
func (s SelfPlay) Validate() error {
	for _, f := range []struct {
		name  string
		value float64
		ok    bool
		want  string
	}{
		{"Iterations", float64(s.Iterations), s.Iterations >= 0, "≥ 0"},
		{"Tasks", float64(s.Tasks), s.Tasks > 0, "> 0"},
		{"Batch", float64(s.Batch), s.Batch > 0, "> 0"},
		{"LearningRate", s.LearningRate, s.LearningRate > 0, "> 0"},
		{"Guard.Every", float64(s.Guard.Every), s.Guard.Every > 0, "> 0"},
		{"Guard.MaxDrop", s.Guard.MaxDrop, s.Guard.MaxDrop >= 0 && s.Guard.MaxDrop <= 1, "in [0,1]"},
		{"Guard.MinEntropy", s.Guard.MinEntropy, s.Guard.MinEntropy >= 0, "≥ 0"},
		{"Guard.MaxKL", s.Guard.MaxKL, s.Guard.MaxKL > 0, "> 0"},
	} {
		if !f.ok {
			return fmt.Errorf("policy: SelfPlay.%s is %v, must be %s", f.name, f.value, f.want)
		}
	}
	return nil
}

// Score is how well a policy does on the held-out tasks, in [0,1].
type Score struct {
	First float64 `json:"first"` // solved at the first try, without memory
	Two   float64 `json:"two"`   // solved within two tries, the second with memory
}

// Mean is what the guard compares.
func (s Score) Mean() float64 { return (s.First + s.Two) / 2 }

// score plays the held-out tasks, always with the same seeds.
func (k *kitchen) score(ctx context.Context) (Score, error) {
	b := block{kitchen: k, phase: "held-out", form: k.Forms[0], player: k.lm, tasks: k.tasks.HeldOut, seed: hash("held-out")}
	own, _, err := b.play(ctx)
	if err != nil {
		return Score{}, err
	}
	n := len(k.tasks.HeldOut)
	return Score{First: successes(own[:n]), Two: float64(len(won(own))) / float64(n)}, nil
}

// selfPlay pushes the policy away from its own failures, under the guard.
func (k *kitchen) selfPlay(ctx context.Context) error {
	g := guardian{kitchen: k, rate: k.SelfPlay.LearningRate}
	if err := g.begin(ctx); err != nil {
		return err
	}
	for it := range k.SelfPlay.Iterations {
		phase := fmt.Sprintf("self-play-%d", it)
		b := block{
			kitchen: k, phase: phase, form: k.Forms[0], player: k.lm,
			tasks: k.take(k.SelfPlay.Tasks), seed: k.rng("self-play", it).Uint64(),
		}
		own, _, err := b.play(ctx)
		if err != nil {
			return fmt.Errorf("iteration %d: %w", it, err)
		}
		if err := g.learn(ctx, it, own); err != nil {
			return fmt.Errorf("iteration %d: %w", it, err)
		}
		if (it+1)%k.SelfPlay.Guard.Every == 0 || it+1 == k.SelfPlay.Iterations {
			if err := g.look(ctx, it); err != nil {
				return fmt.Errorf("iteration %d: %w", it, err)
			}
		}
	}
	k.lm.model.CopyFrom(g.best)
	return nil
}

// guardian watches self-play.
type guardian struct {
	*kitchen
	trainer   *Trainer
	rate      float64
	best      *transformer.Model
	bestScore Score
}

func (g *guardian) begin(ctx context.Context) error {
	s, err := g.score(ctx)
	if err != nil {
		return err
	}
	g.best, g.bestScore = g.lm.model.Clone(), s
	g.log(Event{Phase: "self-play", Score: &s, Note: "before"})
	return g.restart()
}

// restart begins with a fresh optimiser, whose moments know nothing of a push
// that was taken back.
func (g *guardian) restart() error {
	t, err := NewTrainer(g.lm, g.Trainer)
	g.trainer = t
	return err
}

// learn makes the updates of one iteration.
func (g *guardian) learn(ctx context.Context, it int, own []agent.Episode) error {
	var groups [][]Trajectory
	for _, e := range own {
		t, err := g.lm.Trajectory(e)
		if errors.Is(err, transformer.ErrTooLong) {
			continue
		} else if err != nil {
			return err
		}
		groups = append(groups, []Trajectory{t})
	}
	for at := 0; at < len(groups); at += g.SelfPlay.Batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := g.trainer.Update(g.SelfPlay.Objective, groups[at:min(at+g.SelfPlay.Batch, len(groups))], g.rate)
		if errors.Is(err, ErrNoTargets) {
			continue // nothing failed, and successes do not count
		} else if err != nil {
			return err
		}
		g.log(Event{Phase: "self-play", Update: it + 1, Of: g.SelfPlay.Iterations, Stats: &s, Rate: g.rate})
		if s.Entropy < g.SelfPlay.Guard.MinEntropy {
			return g.rollBack(fmt.Sprintf("entropy %.4f is below the floor of %v", s.Entropy, g.SelfPlay.Guard.MinEntropy))
		}
		if s.KL > g.SelfPlay.Guard.MaxKL {
			g.log(Event{Phase: "self-play", Update: it + 1, Note: fmt.Sprintf("KL %.4f is above %v: the rest of the iteration is skipped", s.KL, g.SelfPlay.Guard.MaxKL)})
			return nil
		}
	}
	return nil
}

// look scores the policy on the held-out tasks; it keeps it if it is the best
// so far and rolls it back if it is too far below.
func (g *guardian) look(ctx context.Context, it int) error {
	s, err := g.score(ctx)
	if err != nil {
		return err
	}
	g.log(Event{Phase: "self-play", Update: it + 1, Of: g.SelfPlay.Iterations, Score: &s})
	if s.Mean() >= g.bestScore.Mean() {
		g.best.CopyFrom(g.lm.model)
		g.bestScore = s
		return nil
	}
	if drop := g.bestScore.Mean() - s.Mean(); drop > g.SelfPlay.Guard.MaxDrop {
		return g.rollBack(fmt.Sprintf("held-out score %.3f is %.3f below the best", s.Mean(), drop))
	}
	return nil
}

func (g *guardian) rollBack(why string) error {
	g.lm.model.CopyFrom(g.best)
	g.rate /= 2
	g.log(Event{Phase: "self-play", Note: "rolled back, learning rate halved: " + why, Rate: g.rate})
	return g.restart()
}
