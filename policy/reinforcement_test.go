package policy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// toyRun is a run of l on four doors; it ends with errStop before iteration
// stop, as a killed process would.
func toyRun(t *testing.T, o Objective, dir string, stop int) Reinforcement {
	c := DefaultConfig()
	c.Threads = 1
	r := Reinforcement{
		Phase: "toy", Iterations: 8, Objective: func(int) Objective { return o }, Trainer: c,
		Epochs: 2, Groups: 1, LearningRate: 3e-3, Dir: dir,
		Guard: Guard{Every: 3, MaxDrop: 1, MaxKL: 100},
		Sample: func(_ context.Context, l *LM, iteration int) ([][]Trajectory, error) {
			if iteration == stop {
				return nil, errStop
			}
			var groups [][]Trajectory
			for i := range 2 {
				task := toyTasks(i, 1)[0]
				es := toyPlay(t, l, append(toyTasks(i, 1), task, task, task), uint64(1000*iteration+10*i), 1)
				groups = append(groups, toyTrajectories(t, l, es))
			}
			return groups, nil
		},
		Score: func(_ context.Context, l *LM) (Score, error) {
			return Score{"first": successes(toyPlay(t, l, toyTasks(50, 16), 9, 1))}, nil
		},
	}
	if o.Spec().Critic {
		r.Critic = &CriticConfig{Low: -1, High: 1, LearningRate: 3e-3, Clip: 0.2, Trainer: c}
	}
	return r
}

var errStop = errors.New("stopped")

func sameWeights(a, b *LM) bool {
	for i, p := range a.model.Parameters() {
		for j, v := range b.model.Parameters()[i].Data {
			if p.Data[j] != v {
				return false
			}
		}
	}
	return true
}

// A run that was cut off, wherever, goes on with the same bits.
func TestResumedRun(t *testing.T) {
	for _, o := range []Objective{WReinforce(0.1), DefaultPPO()} {
		whole := toyLM(t, 1)
		if err := toyRun(t, o, "", -1).Run(t.Context(), whole); err != nil {
			t.Fatal(err)
		}
		if sameWeights(whole, toyLM(t, 1)) {
			t.Fatalf("%s: nothing was learned: the test shows nothing", o.Spec().Name)
		}
		for stop := range 8 {
			dir := t.TempDir()
			if err := toyRun(t, o, dir, stop).Run(t.Context(), toyLM(t, 1)); !errors.Is(err, errStop) {
				t.Fatal(err)
			}
			again := toyLM(t, 1)
			began := -1
			r := toyRun(t, o, dir, -1)
			sample := r.Sample
			r.Sample = func(ctx context.Context, l *LM, iteration int) ([][]Trajectory, error) {
				if began < 0 {
					began = iteration
				}
				return sample(ctx, l, iteration)
			}
			if err := r.Run(t.Context(), again); err != nil {
				t.Fatal(err)
			}
			if want := stop / 3 * 3; began != want {
				t.Errorf("%s: stopped at %d, went on at %d, want %d", o.Spec().Name, stop, began, want)
			}
			if !sameWeights(whole, again) {
				t.Errorf("%s: stopped at %d, another policy", o.Spec().Name, stop)
			}
		}
	}
}

// What is kept is imitated, in a run that was cut off, too: here by a policy that
// learns from nothing else.
func TestKeptIsImitated(t *testing.T) {
	teacher, err := (Players{toy{}, 1}).Play(t.Context(), "kept", []Rollout{
		{Policy: key{}, Task: toyTasks(0, 1)[0]}, {Policy: key{}, Task: toyTasks(1, 1)[0]},
		{Policy: key{}, Task: toyTasks(2, 1)[0]}, {Policy: key{}, Task: toyTasks(3, 1)[0]},
	})
	if err != nil {
		t.Fatal(err)
	}
	run := func(dir string, stop int) Reinforcement {
		r := toyRun(t, Reinforce{Method: "nothing"}, dir, stop)
		r.Imitate = Imitate{Epochs: 15, LearningRate: 1e-2, Batch: 2}
		r.Kept = func(_ context.Context, l *LM, _ int) ([]Trajectory, error) {
			return toyTrajectories(t, l, teacher), nil
		}
		return r
	}
	whole := toyLM(t, 1)
	score := toyRun(t, NSR(), "", -1).Score
	before, err := score(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := run("", -1).Run(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	if after, err := score(t.Context(), whole); err != nil || !(after["first"] > before["first"]+0.5) {
		t.Errorf("from %v to %v (%v), want half of the tasks more", before, after, err)
	}
	dir, again := t.TempDir(), toyLM(t, 1)
	if err := run(dir, 5).Run(t.Context(), toyLM(t, 1)); !errors.Is(err, errStop) {
		t.Fatal(err)
	}
	if err := run(dir, -1).Run(t.Context(), again); err != nil || !sameWeights(whole, again) {
		t.Errorf("cut off (%v), it ends with another policy", err)
	}
	other := run(dir, -1)
	other.Imitate.Batch = 3
	if err := other.Run(t.Context(), toyLM(t, 1)); !errors.Is(err, ErrOtherRun) {
		t.Errorf("other settings of Imitate: %v, want ErrOtherRun", err)
	}
	other = run("", -1)
	other.Imitate.Batch = 0
	if err := other.Run(t.Context(), toyLM(t, 1)); err == nil || !strings.Contains(err.Error(), "Reinforcement.Imitate.Batch is 0, must be at least 1") {
		t.Errorf("a batch of none: %v", err)
	}
}

// Whatever a crash leaves while a state is written, there is a whole one.
func TestStateAfterCrash(t *testing.T) {
	whole := toyLM(t, 1)
	if err := toyRun(t, NSR(), "", -1).Run(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	for name, crash := range map[string]func(dir string) error{
		"half of a new one": func(dir string) error {
			if err := os.Mkdir(filepath.Join(dir, stateNew), 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, stateNew, "first.safetensors"), []byte("half"), 0o644)
		},
		"between the renames": func(dir string) error {
			return os.Rename(filepath.Join(dir, stateDir), filepath.Join(dir, stateNew))
		},
		"the old one left": func(dir string) error {
			return os.CopyFS(filepath.Join(dir, stateOld), os.DirFS(filepath.Join(dir, stateDir)))
		},
	} {
		dir := t.TempDir()
		if err := toyRun(t, NSR(), dir, 5).Run(t.Context(), toyLM(t, 1)); !errors.Is(err, errStop) {
			t.Fatal(err)
		}
		if err := crash(dir); err != nil {
			t.Fatal(err)
		}
		again := toyLM(t, 1)
		if err := toyRun(t, NSR(), dir, -1).Run(t.Context(), again); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !sameWeights(whole, again) {
			t.Errorf("%s: another policy", name)
		}
	}
	// What was found after a crash is what the run goes on with: one from the
	// beginning would have ended with the same weights.
	dir := t.TempDir()
	if err := toyRun(t, NSR(), dir, 5).Run(t.Context(), toyLM(t, 1)); !errors.Is(err, errStop) {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, stateDir), filepath.Join(dir, stateNew)); err != nil {
		t.Fatal(err)
	}
	if err := toyRun(t, NSR(), dir, 0).Run(t.Context(), toyLM(t, 1)); err != nil {
		t.Errorf("began anew: %v", err)
	}
	// Damage and other settings are named, and nothing is overwritten.
	dir = t.TempDir()
	if err := toyRun(t, NSR(), dir, 5).Run(t.Context(), toyLM(t, 1)); !errors.Is(err, errStop) {
		t.Fatal(err)
	}
	if err := toyRun(t, PSR(), dir, -1).Run(t.Context(), toyLM(t, 1)); !errors.Is(err, ErrOtherRun) {
		t.Errorf("another objective: %v", err)
	}
	damaged := filepath.Join(dir, stateDir, "second.safetensors")
	if err := os.Truncate(damaged, 100); err != nil {
		t.Fatal(err)
	}
	if err := toyRun(t, NSR(), dir, -1).Run(t.Context(), toyLM(t, 1)); err == nil || !strings.Contains(err.Error(), "second.safetensors") {
		t.Errorf("a damaged file: %v", err)
	}
}

// Each guard fires, is logged, and what it took back is taken back.
func TestGuards(t *testing.T) {
	for _, tt := range []struct {
		name  string
		guard Guard
		note  string
	}{
		{"entropy", Guard{Every: 1, MaxDrop: 1, MaxKL: 100, MinEntropy: 10}, "rolled back, learning rate halved: entropy"},
		{"gradient", Guard{Every: 1, MaxDrop: 1, MaxKL: 100, MaxGradNorm: 1e-9}, "rolled back, learning rate halved: gradient norm"},
		{"drift", Guard{Every: 1, MaxDrop: 1, MaxKL: 100, MaxDrift: 1e-9}, "rolled back, learning rate halved: KL"},
	} {
		l := toyLM(t, 1)
		r := toyRun(t, NSR(), "", -1)
		r.Guard = tt.guard
		r.Iterations = 4
		fired := 0
		rate := 0.0
		r.Log = func(e Event) {
			if strings.HasPrefix(e.Note, tt.note) {
				fired++
				rate = e.Rate
			}
		}
		if err := r.Run(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if fired == 0 || !(rate < r.LearningRate) {
			t.Errorf("%s: fired %d times, learning rate %v", tt.name, fired, rate)
		}
		if tt.name != "drift" && !sameWeights(l, toyLM(t, 1)) {
			t.Errorf("%s: the policy has changed though every update was taken back", tt.name)
		}
	}
	r := toyRun(t, NSR(), "", -1)
	r.Guard.MaxKL = 1e-12
	updates, skipped := 0, 0
	r.Log = func(e Event) {
		if e.Stats != nil {
			updates++
		}
		if strings.Contains(e.Note, "the rest of the iteration is skipped") {
			skipped++
		}
	}
	if err := r.Run(t.Context(), toyLM(t, 1)); err != nil {
		t.Fatal(err)
	}
	if skipped == 0 || updates >= 4*r.Iterations {
		t.Errorf("%d updates, %d iterations cut short", updates, skipped)
	}
}

func TestReinforcementErrors(t *testing.T) {
	for _, tt := range []struct {
		change func(*Reinforcement)
		want   string
	}{
		{func(r *Reinforcement) { r.Score = nil }, "Objective, Sample and Score must be there"},
		{func(r *Reinforcement) { r.Iterations = -1 }, "Reinforcement.Iterations is -1, must be ≥ 0"},
		{func(r *Reinforcement) { r.Groups = 0 }, "Reinforcement.Epochs and Groups are 2 and 0, must be > 0"},
		{func(r *Reinforcement) { r.LearningRate = 0 }, "Reinforcement.LearningRate is 0, must be > 0"},
		{func(r *Reinforcement) { r.Guard.MaxDrift = -1 }, "Reinforcement.Guard.MaxDrift is -1, must be ≥ 0"},
		{func(r *Reinforcement) { r.Trainer.BatchTokens = 0 }, "Config.BatchTokens is 0, must be > 0"},
		{func(r *Reinforcement) { r.Critic = &CriticConfig{} }, "CriticConfig.Low and High are 0 and 0"},
	} {
		r := toyRun(t, NSR(), "", -1)
		tt.change(&r)
		if err := r.Run(t.Context(), toyLM(t, 1)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
	failing := toyRun(t, NSR(), "", -1)
	failing.Score = func(context.Context, *LM) (Score, error) {
		return nil, fmt.Errorf("scoring: %w", transformer.ErrTooLong)
	}
	if err := failing.Run(t.Context(), toyLM(t, 1)); !errors.Is(err, transformer.ErrTooLong) {
		t.Errorf("a score that fails: %v", err)
	}
}
