package policy

import (
	"context"
	"errors"
	"fmt"
)

// SelfPlay sets the last phase: the policy plays, and is pushed away from what
// failed. Every zero is a real setting: begin with [DefaultSelfPlay].
type SelfPlay struct {
	Iterations   int       // each plays Tasks tasks, retries the failed ones with memory, and updates once a Batch
	Tasks        int       // > 0
	Batch        int       // episodes an update, > 0
	Objective    Objective // one that needs no critic
	LearningRate float64   // > 0
	Guard        Guard
}

// DefaultSelfPlay returns the settings of the shipped policy.
func DefaultSelfPlay() SelfPlay {
	return SelfPlay{
		Iterations: 24, Tasks: 96, Batch: 48, Objective: DefaultBaselined(), LearningRate: 5e-5,
		Guard: Guard{Every: 4, MaxDrop: 0.05, MinEntropy: 0.01, MaxKL: 0.1},
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
	} {
		if !f.ok {
			return fmt.Errorf("policy: SelfPlay.%s is %v, must be %s", f.name, f.value, f.want)
		}
	}
	if s.Objective == nil || s.Objective.Spec().Critic {
		return errors.New("policy: SelfPlay.Objective must be there, and need no critic")
	}
	return s.Guard.validate("SelfPlay")
}

// score plays the held-out tasks, always with the same seeds: "first" is the
// share solved at the first try, without memory, "two" within two tries, the
// second with memory.
func (k *kitchen) score(ctx context.Context) (Score, error) {
	b := block{kitchen: k, phase: "held-out", form: k.Forms[0], player: k.lm, tasks: k.tasks.HeldOut, seed: hash("held-out")}
	own, _, err := b.play(ctx)
	if err != nil {
		return nil, err
	}
	n := len(k.tasks.HeldOut)
	return Score{"first": successes(own[:n]), "two": float64(len(won(own))) / float64(n)}, nil
}

// selfPlay pushes the policy away from its own failures, under the guard.
func (k *kitchen) selfPlay(ctx context.Context) error {
	r := Reinforcement{
		Phase: "self-play", Iterations: k.SelfPlay.Iterations,
		Objective: func(int) Objective { return k.SelfPlay.Objective },
		Trainer:   k.Trainer, Epochs: 1, Groups: k.SelfPlay.Batch, LearningRate: k.SelfPlay.LearningRate,
		Guard: k.SelfPlay.Guard, Log: k.log,
		Dir: k.keptIn("self-play"),
		Sample: func(ctx context.Context, _ *LM, iteration int) ([][]Trajectory, error) {
			return k.ownPlay(ctx, iteration)
		},
		Score: func(ctx context.Context, _ *LM) (Score, error) { return k.score(ctx) },
	}
	return r.Run(ctx, k.lm)
}

// ownPlay is what one iteration of self-play plays, each episode by itself.
func (k *kitchen) ownPlay(ctx context.Context, iteration int) ([][]Trajectory, error) {
	b := block{
		kitchen: k, phase: fmt.Sprintf("self-play-%d", iteration), form: k.Forms[0], player: k.lm,
		tasks: k.take(k.informedFrom(k.Rounds)+iteration*k.SelfPlay.Tasks, k.SelfPlay.Tasks), seed: k.rng("self-play", iteration).Uint64(),
	}
	own, _, err := b.play(ctx)
	if err != nil {
		return nil, err
	}
	ts, err := k.lm.Trajectories(own)
	if err != nil {
		return nil, err
	}
	groups := make([][]Trajectory, len(ts))
	for i, t := range ts {
		groups[i] = []Trajectory{t}
	}
	return groups, nil
}
