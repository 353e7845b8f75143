package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// toyRecipe cooks in about a second.
func toyRecipe() Recipe {
	r := DefaultRecipe()
	r.Model = toyModel()
	r.VocabTokens = 300
	r.Steps, r.ContextTokens = 6, 20
	r.Forms = []string{"notes"}
	r.Cold = Imitate{Tasks: 16, Epochs: 60, LearningRate: 1e-2, Batch: 4, Text: 0.1}
	r.Informed = Imitate{Tasks: 8, Epochs: 1, LearningRate: 1e-3, Batch: 4}
	r.Rounds = 2
	r.SelfPlay.Iterations, r.SelfPlay.Tasks, r.SelfPlay.Batch, r.SelfPlay.LearningRate = 4, 8, 4, 1e-3
	r.SelfPlay.Guard.Every = 2
	return r
}

func cook(t *testing.T, r Recipe, log func(Event)) []byte {
	t.Helper()
	l, err := r.Run(t.Context(), toy{}, Tasks{Train: toyTasks(0, 40), HeldOut: toyTasks(100, 8)}, log)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := l.Save(&b, json.RawMessage(`{"made":"here"}`)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRecipeLearnsAndIsReproducible(t *testing.T) {
	one := toyRecipe()
	one.Workers, one.Trainer.Threads = 1, 1
	var scores []Score
	a := cook(t, one, func(e Event) {
		if e.Score != nil {
			scores = append(scores, e.Score)
		}
	})
	many := toyRecipe()
	many.Workers, many.Trainer.Threads = 4, 2
	if b := cook(t, many, nil); !bytes.Equal(a, b) {
		t.Error("the policy depends on the number of workers or threads")
	}
	many.Seed++
	if b := cook(t, many, nil); bytes.Equal(a, b) {
		t.Error("the policy does not depend on the seed")
	}
	l, meta, err := Load(a)
	if err != nil {
		t.Fatal(err)
	}
	if l.Temperature() != many.Finished {
		t.Errorf("temperature %v, want %v", l.Temperature(), many.Finished)
	}
	if meta["lineage"] != `{"made":"here"}` {
		t.Errorf("lineage %s", meta["lineage"])
	}
	if got := successes(toyPlay(t, l, toyTasks(200, 32), 3, 2)); got < 0.9 {
		t.Errorf("the trained policy finds the door within 2 tries in %.0f%% of games", 100*got)
	}
	if got := successes(toyPlay(t, toyLM(t, 1), toyTasks(200, 32), 3, 2)); got > 0.8 {
		t.Errorf("an untrained one in %.0f%%: the test shows nothing", 100*got)
	}
	if len(scores) != 3 {
		t.Errorf("%d held-out scores, want one before and two during self-play", len(scores))
	}
}

// A recipe that is cut off anywhere goes on with the same bits, and not with what
// another recipe left.
func TestRecipeGoesOn(t *testing.T) {
	r := toyRecipe()
	r.Cold.Epochs, r.Advice = 10, true
	whole, events := cook(t, r, nil), 0
	r.Dir = filepath.Join(t.TempDir(), "kept")
	tasks := Tasks{Train: toyTasks(0, 40), HeldOut: toyTasks(100, 8)}
	for stop := 1; ; stop += 7 {
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		l, err := r.Run(ctx, toy{}, tasks, func(Event) {
			events++
			if seen++; seen == stop {
				cancel()
			}
		})
		cancel()
		if err == nil {
			var b bytes.Buffer
			if err := l.Save(&b, json.RawMessage(`{"made":"here"}`)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.Bytes(), whole) {
				t.Error("the policy that was cut off is another one")
			}
			if stop < 20 {
				t.Errorf("done after %d events: the test shows nothing", stop)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	r.Seed++
	if _, err := r.Run(t.Context(), toy{}, tasks, nil); !errors.Is(err, ErrOtherRun) {
		t.Errorf("with another seed: %v", err)
	}
}

// Without informed rounds the cold start still imitates, and nothing else does.
func TestRecipeWithoutRounds(t *testing.T) {
	r := toyRecipe()
	r.Rounds, r.Cold.Epochs, r.SelfPlay.Iterations = 0, 1, 0
	cold := 0
	cook(t, r, func(e Event) {
		if e.Phase == "cold" && e.Stats != nil {
			cold++
		}
		if strings.HasPrefix(e.Phase, "informed") {
			t.Errorf("phase %s", e.Phase)
		}
	})
	if cold != r.Cold.Tasks/r.Cold.Batch {
		t.Errorf("%d updates, want %d", cold, r.Cold.Tasks/r.Cold.Batch)
	}
}

// A push that is far too hard is taken back: what comes out is no worse on the
// held-out tasks than what went in.
func TestGuardRollsBack(t *testing.T) {
	r := toyRecipe()
	r.Cold.Epochs = 4 // weak, so that it fails
	r.SelfPlay.Objective = WReinforce(0.1)
	r.SelfPlay.LearningRate, r.SelfPlay.Guard.Every, r.SelfPlay.Guard.MaxDrop = 0.3, 1, 0.02
	r.SelfPlay.Guard.MaxKL, r.Finished = 1e9, r.Temperature
	var before, after Score
	rolled := false
	l, err := r.Run(t.Context(), toy{}, Tasks{Train: toyTasks(0, 40), HeldOut: toyTasks(100, 8)}, func(e Event) {
		if e.Score != nil && before == nil {
			before = e.Score
		}
		rolled = rolled || strings.HasPrefix(e.Note, "rolled back")
	})
	if err != nil {
		t.Fatal(err)
	}
	if !rolled {
		t.Error("nothing was rolled back: the test shows nothing")
	}
	k := &kitchen{Recipe: r, world: toy{}, tasks: Tasks{HeldOut: toyTasks(100, 8)}, lm: l, log: func(Event) {}}
	s, err := k.score(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after = s
	if after.Mean() < before.Mean() {
		t.Errorf("held-out score %.3f, before self-play %.3f", after.Mean(), before.Mean())
	}
}

func TestRecipeErrors(t *testing.T) {
	tasks := Tasks{Train: toyTasks(0, 4), HeldOut: toyTasks(10, 2)}
	for _, tt := range []struct {
		change func(*Recipe)
		want   string
	}{
		{func(r *Recipe) { r.Workers = 0 }, "Recipe.Workers is 0, must be at least 1"},
		{func(r *Recipe) { r.VocabTokens = 256 }, "Recipe.VocabTokens is 256, must be at least 258"},
		{func(r *Recipe) { r.Cold.LearningRate = math.NaN() }, "Recipe.Cold.LearningRate is NaN, must be > 0"},
		{func(r *Recipe) { r.Informed.Text = -1 }, "Recipe.Informed.Text is -1, must not be negative"},
		{func(r *Recipe) { r.Temperature = -1 }, "Recipe.Temperature is -1, must not be negative"},
		{func(r *Recipe) { r.Finished = math.NaN() }, "Recipe.Finished is NaN, must not be negative"},
		{func(r *Recipe) { r.Trainer.Beta2 = 1 }, "Config.Beta2 is 1, must be in [0,1)"},
		{func(r *Recipe) { r.SelfPlay.Guard.Every = 0 }, "SelfPlay.Guard.Every is 0, must be > 0"},
		{func(r *Recipe) { r.SelfPlay.Objective = DefaultPPO() }, "SelfPlay.Objective must be there, and need no critic"},
	} {
		r := toyRecipe()
		tt.change(&r)
		if _, err := r.Run(t.Context(), toy{}, tasks, nil); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
	if _, err := toyRecipe().Run(t.Context(), toy{}, Tasks{Train: tasks.Train}, nil); err == nil || !strings.Contains(err.Error(), "0 held out") {
		t.Errorf("no held-out tasks: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := toyRecipe().Run(ended, toy{}, tasks, nil); err == nil {
		t.Error("a cancelled run returned a policy")
	}
}

func TestLoadErrors(t *testing.T) {
	var b bytes.Buffer
	if err := toyLM(t, 1).Save(&b, nil); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	for _, tt := range []struct {
		name string
		data []byte
	}{
		{"empty", nil},
		{"torn", whole[:len(whole)-1]},
		{"no tokenizer", bytes.Replace(whole, []byte(`"tokenizer"`), []byte(`"tokenizes"`), 1)},
		{"bad temperature", bytes.Replace(whole, []byte(`"temperature":"1"`), []byte(`"temperature":"x"`), 1)},
	} {
		if _, _, err := Load(tt.data); err == nil {
			t.Errorf("%s: no error", tt.name)
		} else {
			t.Logf("%s: %v", tt.name, err)
		}
	}
	l, _, err := Load(whole)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Version()) != 12 {
		t.Errorf("version %q", l.Version())
	}
}

func FuzzLoad(f *testing.F) {
	var b bytes.Buffer
	if err := toyLM(f, 1).Save(&b, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:100])
	f.Fuzz(func(t *testing.T, data []byte) {
		Load(data) //nolint:errcheck // must not panic
	})
}
