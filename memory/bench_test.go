package memory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

var (
	things = []string{"ladle", "spoon", "mug", "pan", "egg", "apple", "book", "bowl", "keychain", "pillow", "soapbar", "cloth", "potato", "tomato", "fork", "vase", "candle", "pencil", "laptop", "watch"}
	spots  = []string{"countertop", "drawer", "cabinet", "shelf", "fridge", "diningtable", "desk", "sofa", "bed", "toilet", "sidetable", "garbagecan"}
	kinds  = []string{"put a %s in %s", "put a clean %s in %s", "put a hot %s in %s", "cool some %s and put it in %s", "look at %s under the %s", "put two %s in %s"}
)

func benchTask(r *rand.Rand, i int) agent.Task {
	k := i % len(kinds)
	return agent.Task{ID: fmt.Sprint("task-", i), Suite: "household", Kind: fmt.Sprint("kind_", k),
		Goal: fmt.Sprintf(kinds[k], things[r.IntN(len(things))], spots[r.IntN(len(spots))])}
}

// fill writes n items to the archive at once: half demonstrations of 12 steps,
// a third lessons about tasks, the rest lessons about kinds.
func fill(tb testing.TB, dir string, n int) {
	tb.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	var items []archive.Item
	for i := range n {
		task := benchTask(r, i)
		var it archive.Item
		if i%2 == 0 {
			var actions []string
			for range 12 {
				actions = append(actions, fmt.Sprintf("go to %s %d", spots[r.IntN(len(spots))], 1+r.IntN(9)))
			}
			it, err = verbatimItem(play(fmt.Sprintf("episode-%06d", i), task, true, actions...), agent.KindDemonstration)
		} else {
			l := agent.Lesson{ID: fmt.Sprintf("lesson-%06d", i), Suite: task.Suite, Kind: task.Kind, Trigger: task.Goal, State: agent.LessonActive, Confidence: r.Float64(),
				Mistake: fmt.Sprintf("%s %d, %s %d (no %s)", spots[r.IntN(len(spots))], r.IntN(9), spots[r.IntN(len(spots))], r.IntN(9), things[r.IntN(len(things))]), Remedy: "try " + spots[r.IntN(len(spots))], For: []string{"x"}}
			if i%3 != 0 {
				l.Task = task.ID
			}
			it, err = lessonItem(l)
		}
		if err != nil {
			tb.Fatal(err)
		}
		items = append(items, it)
	}
	if err := s.vectorize(tb.Context(), items); err != nil {
		tb.Fatal(err)
	}
	err = s.archive.Write(tb.Context(), func(tx *archive.Tx) error {
		for _, it := range items {
			if err := tx.PutItem(tb.Context(), &it); err != nil {
				return err
			}
			if err := tx.PutVector(tb.Context(), it.ID, s.o.Embedder.ID(), it.Vector); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkOpen10k(b *testing.B) {
	dir := b.TempDir()
	fill(b, dir, 10000)
	for b.Loop() {
		s, err := Open(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

func BenchmarkRecall10k(b *testing.B) {
	dir := b.TempDir()
	fill(b, dir, 10000)
	s, err := Open(dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(5, 6))
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		if _, err := s.Recall(b.Context(), benchTask(r, i), 800); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

func BenchmarkRecord(b *testing.B) {
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(7, 8))
	for i := 0; b.Loop(); i++ {
		if err := s.Record(b.Context(), play(fmt.Sprint("e", i), benchTask(r, i), i%3 == 0, "go to cabinet 1", "open cabinet 1", "go to countertop 1", "go to drawer 1")); err != nil {
			b.Fatal(err)
		}
	}
}
