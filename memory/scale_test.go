package memory

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// scaleGroup is how many items fill writes at a time.
const scaleGroup = 2000

// fill writes n items to the archive and the episode of each, as Record would have
// left them: half demonstrations of 12 steps, a third lessons about tasks, the rest
// lessons about kinds, of which there are so many.
func fill(tb testing.TB, dir string, n, kinds int) {
	tb.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	ctx := tb.Context()
	for from := 0; from < n; from += scaleGroup {
		var items []archive.Item
		var episodes []agent.Episode
		for i := from; i < min(n, from+scaleGroup); i++ {
			it, e, err := scaleItem(r, i, kinds)
			if err != nil {
				tb.Fatal(err)
			}
			items, episodes = append(items, it), append(episodes, e)
		}
		if err := s.vectorize(ctx, items); err != nil {
			tb.Fatal(err)
		}
		err = s.archive.Write(ctx, func(tx *archive.Tx) error {
			for _, e := range episodes {
				body, err := archive.EncodeEpisode(e)
				if err != nil {
					return err
				}
				if _, err := tx.PutEpisode(ctx, e, body); err != nil {
					return err
				}
			}
			return s.putItems(ctx, tx, items)
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
}

// scaleItem is item i, and the episode that it comes from.
func scaleItem(r *rand.Rand, i, kinds int) (archive.Item, agent.Episode, error) {
	task := benchTask(r, i)
	task.Kind = fmt.Sprint("kind_", i/6%kinds) // so that each has all classes
	var actions []string
	for range 12 {
		actions = append(actions, fmt.Sprintf("go to %s %d", spots[r.IntN(len(spots))], 1+r.IntN(9)))
	}
	e := play(fmt.Sprintf("episode-%07d", i), task, i%2 == 0, actions...)
	if i%2 == 0 {
		it, err := verbatimItem(e, agent.KindDemonstration)
		return it, e, err
	}
	l := agent.Lesson{
		ID: fmt.Sprintf("lesson-%07d", i), Suite: task.Suite, Kind: task.Kind, Trigger: task.Goal, State: agent.LessonActive, Confidence: r.Float64(),
		Mistake: fmt.Sprintf("%s %d, %s %d (no %s)", spots[r.IntN(len(spots))], r.IntN(9), spots[r.IntN(len(spots))], r.IntN(9), things[r.IntN(len(things))]),
		Remedy:  "try " + spots[r.IntN(len(spots))], For: []string{e.ID},
	}
	if i%3 != 0 {
		l.Task = task.ID
	}
	it, err := lessonItem(l)
	return it, e, err
}

// BenchmarkScale is the cost of a memory of so many items: of opening it, of
// Recall end to end, of Record from 16 recorders of whose episodes a third are
// successes, and in bytes. With one kind every search goes through all
// demonstrations and all lessons about kinds. BenchmarkScale of package index
// measures plain chromem-go; "make bench-memory" runs both.
func BenchmarkScale(b *testing.B) {
	for _, size := range []scale{
		{"1k", 1000, 1, 5, 300, 512}, {"10k", 10_000, 1, 5, 300, 512}, {"100k", 100_000, 1, 5, 300, 512}, {"1M", 1_000_000, 1, 1, 60, 64},
		{"10k", 10_000, 6, 5, 300, 512}, {"100k", 100_000, 6, 5, 300, 512},
	} {
		b.Run(fmt.Sprintf("items=%s/kinds=%d", size.name, size.kinds), func(b *testing.B) {
			dir := b.TempDir()
			fill(b, dir, size.items, size.kinds)
			for b.Loop() {
				size.measure(b, dir)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// scale is a size of memory, and how often what is done with it.
type scale struct {
	name                                  string
	items, kinds, opens, recalls, records int
}

func (size scale) measure(b *testing.B, dir string) {
	file, log, err := archive.Sizes(filepath.Join(dir, fileName))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(file+log)/float64(size.items), "file-B/item")
	before := heapBytes()
	var s *Store
	b.ReportMetric(milliseconds(median(size.opens, func() {
		if s != nil {
			s.Close()
		}
		if s, err = Open(dir, Options{}); err != nil {
			b.Fatal(err)
		}
	})), "open-ms")
	defer s.Close()
	b.ReportMetric(float64(heapBytes()-before)/float64(size.items), "heap-B/item")
	r := rand.New(rand.NewPCG(5, 6))
	var took []time.Duration
	for i := range size.recalls {
		task := benchTask(r, size.items+i)
		task.Kind = fmt.Sprint("kind_", i%size.kinds)
		begin := time.Now()
		if _, err := s.Recall(b.Context(), task, 800); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(milliseconds(took[len(took)/2]), "recall-p50-ms")
	b.ReportMetric(milliseconds(took[len(took)*99/100]), "recall-p99-ms")
	b.ReportMetric(size.record(b, s), "record/s")
}

// record is how many episodes a second 16 recorders record, a third of them
// successes.
func (size scale) record(b *testing.B, s *Store) float64 {
	const recorders = 16
	var wg sync.WaitGroup
	var next atomic.Int64
	begin := time.Now()
	for range recorders {
		wg.Go(func() {
			for range size.records / recorders {
				i := int(next.Add(1))
				e := benchEpisode(size.items+i, i%3 == 0)
				e.Task.Kind = fmt.Sprint("kind_", i%size.kinds)
				if err := s.Record(b.Context(), e); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return float64(size.records) / time.Since(begin).Seconds()
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// median is the median of how long f takes.
func median(times int, f func()) time.Duration {
	var took []time.Duration
	for range times {
		begin := time.Now()
		f()
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// heapBytes is what is in use after a collection.
func heapBytes() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestCostDoesNotGrow holds what keeps a large memory fast by counting, which no
// busy machine changes: Recall allocates about as often among many items as among
// few, and the length of a demonstration costs nothing when a store opens.
func TestCostDoesNotGrow(t *testing.T) {
	allocations := func(items int) float64 {
		dir := t.TempDir()
		fill(t, dir, items, 1)
		s := openStore(t, dir, Options{})
		task := agent.Task{ID: "new", Suite: "household", Kind: "kind_0", Goal: "put a clean mug in fridge"}
		return testing.AllocsPerRun(5, func() { recall(t, s, task, 800) })
	}
	if few, many := allocations(300), allocations(3000); many > 1.5*few {
		t.Errorf("Recall allocates %v times among 300 items, %v times among 3000", few, many)
	}
	brief := func(steps int) float64 {
		it, err := verbatimItem(play("e", ladle(), true, slices.Repeat([]string{"go to cabinet 1"}, steps)...), agent.KindDemonstration)
		if err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(20, func() {
			if b, err := decodeBrief(it.Body); err != nil || b.steps != steps {
				t.Errorf("%+v, %v", b, err)
			}
		})
	}
	if short, long := brief(2), brief(500); long > short {
		t.Errorf("decodeBrief allocates %v times for 2 steps, %v times for 500", short, long)
	}
}
