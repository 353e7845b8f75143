package policy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/dataset"
	"github.com/surefoot-ai/surefoot/policy/tokenizer"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Run cooks: it returns the trained policy, whose version is "recipe" until it
// is saved and loaded. log may be nil. It ends early with ctx's error. If Dir
// holds phases of the same recipe and tasks, it goes on after them, and an error
// wrapping ErrOtherRun says that they are of another.
func (r Recipe) Run(ctx context.Context, w World, tasks Tasks, log func(Event)) (*LM, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	if len(tasks.Train) == 0 || len(tasks.HeldOut) == 0 {
		return nil, fmt.Errorf("policy: %d tasks to train on and %d held out, need both", len(tasks.Train), len(tasks.HeldOut))
	}
	if log == nil {
		log = func(Event) {}
	}
	k := &kitchen{Recipe: r, world: w, tasks: tasks, log: log}
	if err := k.open(); err != nil {
		return nil, err
	}
	demos, err := k.coldStart(ctx)
	if err != nil {
		return nil, fmt.Errorf("cold start: %w", err)
	}
	if r.Rounds == 0 {
		if err := k.imitateOnce(ctx, "cold", plainly(demos), r.Cold); err != nil {
			return nil, fmt.Errorf("cold start: %w", err)
		}
	}
	var told []shown
	for round := range r.Rounds {
		more, err := k.practiseOnce(ctx, round)
		if err != nil {
			return nil, fmt.Errorf("informed round %d: %w", round, err)
		}
		told = append(told, more...)
		phase, imitate, plain := "cold", r.Cold, demos
		if round > 0 {
			phase, imitate = fmt.Sprintf("informed-%d", round), r.Informed
			plain = demos[:min(len(told), len(demos))] // keep the policy able to do without memory
		}
		if err := k.imitateOnce(ctx, phase, slices.Concat(told, plainly(plain)), imitate); err != nil {
			return nil, fmt.Errorf("informed round %d: %w", round, err)
		}
	}
	if err := k.selfPlay(ctx); err != nil {
		return nil, fmt.Errorf("self-play: %w", err)
	}
	return k.lm.WithTemperature(r.Finished)
}

// kitchen is a recipe being followed.
type kitchen struct {
	Recipe
	world World
	tasks Tasks
	log   func(Event)
	lm    *LM
}

func (k *kitchen) players() Players { return Players{k.world, k.Workers} }

// take returns n tasks to train on, from one on, around and around.
func (k *kitchen) take(from, n int) []agent.Task {
	out := make([]agent.Task, n)
	for i := range out {
		out[i] = k.tasks.Train[(from+i)%len(k.tasks.Train)]
	}
	return out
}

// informedFrom is where the tasks of informed round n begin; of the round after
// the last, those of self-play.
func (k *kitchen) informedFrom(n int) int {
	blocks := len(k.Forms)
	if k.Advice {
		blocks++ // without memory
	}
	return k.Cold.Tasks + n*blocks*k.Informed.Tasks
}

// open makes Dir, or finds that it is of this run.
func (k *kitchen) open() error {
	if k.Dir == "" {
		return nil
	}
	r := k.Recipe
	r.Workers, r.Trainer.Threads = 0, 0 // which do not change the result
	text, err := json.Marshal(struct {
		Recipe    Recipe
		Objective string
		Tasks     Tasks
	}{r, r.SelfPlay.Objective.Spec().Name, k.tasks})
	if err != nil {
		return err
	}
	hash := sha256.Sum256(text)
	want, name := hex.EncodeToString(hash[:]), filepath.Join(k.Dir, "recipe")
	if err := os.MkdirAll(k.Dir, 0o755); err != nil {
		return err
	}
	switch found, err := os.ReadFile(name); {
	case errors.Is(err, fs.ErrNotExist):
		return dataset.WriteFile(name, func(w io.Writer) error { _, err := io.WriteString(w, want); return err })
	case err != nil:
		return err
	case string(found) != want:
		return fmt.Errorf("%s: %w", k.Dir, ErrOtherRun)
	}
	return nil
}

// keptIn is a folder below Dir; empty without one.
func (k *kitchen) keptIn(name string) string {
	if k.Dir == "" {
		return ""
	}
	return filepath.Join(k.Dir, name)
}

// practiseOnce practises, or reads what came of it.
func (k *kitchen) practiseOnce(ctx context.Context, round int) ([]shown, error) {
	if k.Dir == "" {
		return k.practise(ctx, round)
	}
	name := filepath.Join(k.Dir, fmt.Sprintf("informed-%d.json.gz", round))
	if all, err := dataset.ReadLines[shown](name); !errors.Is(err, fs.ErrNotExist) {
		return all, err
	}
	all, err := k.practise(ctx, round)
	if err != nil {
		return nil, err
	}
	return all, dataset.WriteLines(name, all)
}

// imitateOnce imitates, or reads the model that came of it.
func (k *kitchen) imitateOnce(ctx context.Context, phase string, demos []shown, c Imitate) error {
	if k.Dir == "" {
		return k.imitate(ctx, phase, demos, c)
	}
	name := filepath.Join(k.Dir, phase+".safetensors")
	m, _, err := transformer.LoadFile(name)
	if err == nil {
		k.log(Event{Phase: phase, Note: "done before"})
		return k.lm.model.CopyFrom(m)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := k.imitate(ctx, phase, demos, c); err != nil {
		return err
	}
	return transformer.SaveFile(name, k.lm.model, transformer.F32, nil)
}

// rng returns the random source of one purpose.
func (k *kitchen) rng(purpose string, n int) *rand.Rand {
	return rand.New(rand.NewPCG(k.Seed, hash(purpose)+uint64(n)))
}

// coldStart makes the tokenizer and the model, and returns what the teacher did
// well.
func (k *kitchen) coldStart(ctx context.Context) ([]agent.Episode, error) {
	tasks := k.take(0, k.Cold.Tasks)
	teacher := k.world.Teacher(nil)
	rs := make([]Rollout, len(tasks))
	for i, t := range tasks {
		pass := uint64(i / len(k.tasks.Train)) // the same task again is played in another way
		rs[i] = Rollout{Policy: teacher, Task: t, Seed: k.Seed + pass, Steps: k.Steps}
	}
	demos, err := k.players().Play(ctx, "cold", rs)
	if err != nil {
		return nil, err
	}
	k.log(Event{Phase: "cold", Note: fmt.Sprintf("teacher won %.1f%% of %d games", 100*successes(demos), len(demos))})
	texts, err := k.contexts(ctx, demos)
	if err != nil {
		return nil, err
	}
	for _, e := range demos {
		var m *marker
		if k.Marks {
			m = newMarker(e.Task, e.Context)
		}
		texts = append(texts, transcript(e, m))
	}
	tok, err := tokenizer.Train(texts, k.VocabTokens, specials[:])
	if err != nil {
		return nil, err
	}
	c := k.Model
	c.Vocab = tok.Vocab()
	m, err := transformer.New(c, k.rng("model", 0))
	if err != nil {
		return nil, err
	}
	if k.lm, err = NewLM(m, tok, k.Temperature, "recipe"); err != nil {
		return nil, err
	}
	if k.Marks {
		k.lm = k.lm.WithMarks()
	}
	return won(demos), nil
}

// imitate makes the model imitate demos.
func (k *kitchen) imitate(ctx context.Context, phase string, demos []shown, c Imitate) error {
	var ts []Trajectory
	for _, e := range demos {
		t, err := e.trajectory(k.lm)
		if errors.Is(err, transformer.ErrTooLong) {
			continue // an actor would not get that far either
		} else if err != nil {
			return err
		}
		ts = append(ts, t)
	}
	return k.lm.finetune(ctx, ts, c, k.Trainer, k.rng(phase, 0), func(update, of int, s Stats, rate float64) {
		k.log(Event{Phase: phase, Update: update, Of: of, Stats: &s, Rate: rate})
	})
}
