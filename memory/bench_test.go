package memory

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
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

// benchEpisode is a function of i.
func benchEpisode(i int, success bool) agent.Episode {
	r := rand.New(rand.NewPCG(7, uint64(i)))
	return play(fmt.Sprint("e", i), benchTask(r, i), success, "go to cabinet 1", "open cabinet 1", "go to countertop 1", "go to drawer 1")
}

// BenchmarkRecord is how many episodes a second are durable, from one recorder
// and from 16, beside how often the disk can sync the same bytes: both are
// measured in turns in one run, because disks have moods. The metric "of-syncs"
// is episodes a second by syncs a second; it can exceed 1 because recorders share
// syncs. Of mixed episodes a third are successes; what lessons of the others cost
// is the difference to successes alone.
func BenchmarkRecord(b *testing.B) {
	for _, mixed := range []bool{true, false} {
		for _, recorders := range []int{1, 16} {
			name := "successes"
			if mixed {
				name = "mixed"
			}
			b.Run(fmt.Sprint(name, "/recorders=", recorders), func(b *testing.B) {
				benchRecord(b, recorders, func(i int) agent.Episode { return benchEpisode(i, !mixed || i%3 == 0) })
			})
		}
	}
}

func benchRecord(b *testing.B, recorders int, episode func(i int) agent.Episode) {
	dir := b.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var next atomic.Int64
	var recording, syncing time.Duration
	episodes, syncs := 0, 0
	const turn = 16 * 8
	for b.Loop() {
		begin := time.Now()
		var wg sync.WaitGroup
		for range recorders {
			wg.Go(func() {
				for range turn / recorders {
					if err := s.Record(b.Context(), episode(int(next.Add(1)))); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
		recording += time.Since(begin)
		episodes += turn
		begin = time.Now()
		syncs += appendAndSync(b, filepath.Join(dir, "plain"))
		syncing += time.Since(begin)
	}
	perSecond, syncsPerSecond := float64(episodes)/recording.Seconds(), float64(syncs)/syncing.Seconds()
	b.ReportMetric(perSecond, "episodes/s")
	b.ReportMetric(syncsPerSecond, "syncs/s")
	b.ReportMetric(perSecond/syncsPerSecond, "of-syncs")
	b.ReportMetric(0, "ns/op") // a turn of both
}

// appendAndSync appends episodes to a plain file, with a sync after each, and
// returns how many.
func appendAndSync(b *testing.B, path string) int {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	const syncs = 32
	for i := range syncs {
		body, err := archive.EncodeEpisode(benchEpisode(i, true))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Write(body); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return syncs
}
