package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
	"github.com/surefoot-ai/surefoot/memory/embed"
)

// plain is an Abstracter that looks at nothing but the failure.
type plain struct{}

func (plain) Abstract(_ context.Context, e agent.Episode, _ []agent.Episode) ([]agent.Lesson, error) {
	last := string(e.Steps[len(e.Steps)-1].Action)
	return []agent.Lesson{
		{Task: e.Task.ID, Trigger: e.Task.Goal, Mistake: last, Remedy: "look", Cause: agent.CausePolicy, Confidence: 0.5},
		{Trigger: e.Task.Goal, Mistake: last, Remedy: "look", Cause: agent.CausePolicy, Confidence: 0.5},
	}, nil
}

// recordings are es as Record queues them.
func recordings(t *testing.T, s *Store, es ...agent.Episode) []*recording {
	t.Helper()
	var out []*recording
	for _, e := range es {
		body, err := archive.EncodeEpisode(e)
		if err != nil {
			t.Fatal(err)
		}
		lessons, err := s.learn(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, &recording{ctx: t.Context(), episode: e, learned: e, body: body, lessons: lessons, done: make(chan struct{})})
	}
	return out
}

// TestGroupIsLikeOneByOne compares a memory whose episodes came in groups with
// one whose episodes came one by one: all items are equal, in content and order.
func TestGroupIsLikeOneByOne(t *testing.T) {
	for _, form := range []Form{Asymmetric, UniformVerbatim, UniformAbstract} {
		r := rand.New(rand.NewPCG(11, 12))
		one := openStore(t, t.TempDir(), Options{Form: form, Abstracter: plain{}})
		all := openStore(t, t.TempDir(), Options{Form: form, Abstracter: plain{}})
		for i := range 5 {
			var es []agent.Episode
			for j := range 2 + 4*i {
				es = append(es, randomEpisode(r, fmt.Sprint("e", i, "-", j)))
			}
			record(t, one, es...)
			group := recordings(t, all, es...)
			all.commitGroup(group)
			for _, g := range group {
				if g.err != nil {
					t.Fatal(g.err)
				}
			}
			want, err := allItems(t, one)
			if err != nil {
				t.Fatal(err)
			}
			got, err := allItems(t, all)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%s, group %d: items\n%+v, %v; one by one\n%+v", form, i, got, err, want)
			}
		}
		if g, err := all.archive.Generation(t.Context()); g != 5 || err != nil {
			t.Errorf("%d writes for 5 groups, %v", g, err)
		}
		for range 3 {
			task := randomEpisode(r, "").Task
			if a, b := recall(t, one, task, 500), recall(t, all, task, 500); !reflect.DeepEqual(a, b) {
				t.Errorf("recalled\n%s\nand\n%s", a.Text(), b.Text())
			}
		}
	}
}

func TestMembersOfAGroupFailAlone(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{Abstracter: plain{}, NewID: ids("taken")})
	other := ladleWon("conflict")
	other.Trial = 7
	record(t, s, other, ladleWon("known"), play("lost", mug(), false, "go to cabinet 1")) // makes lessons taken-0001 and taken-0002
	late := mugWon("late")
	group := recordings(t, s, ladleWon("first"), ladleWon("conflict"), ladleWon("known"), late, mugWon("taken-0001"), mugWon("last"))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	group[3].ctx = ended
	s.commitGroup(append([]*recording{}, group...))
	for i, want := range []error{nil, ErrConflict, nil, context.Canceled, ErrConflict, nil} {
		<-group[i].done
		if err := group[i].err; !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", group[i].episode.ID, err, want)
		}
	}
	all, err := s.EpisodeHeads(t.Context(), EpisodeFilter{})
	var got []string
	for _, h := range all {
		got = append(got, h.ID)
	}
	if fmt.Sprint(got) != "[conflict known lost first last]" || err != nil {
		t.Errorf("episodes %s, %v", got, err)
	}
}

// gate is an Embedder that says that it was asked and waits until it is opened.
type gate struct {
	embed.Hashed
	asked, open chan struct{}
}

func (g gate) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	select {
	case g.asked <- struct{}{}:
		select {
		case <-g.open:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	default:
	}
	return g.Hashed.Embed(ctx, texts)
}

func (s *Store) queued() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.waiting)
}

// await waits for so many recordings in the queue.
func await(t *testing.T, s *Store, n int) {
	t.Helper()
	for range 2000 {
		if s.queued() == n {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%d recordings wait, want %d", s.queued(), n)
}

// TestWaitingRecordersShareACommit lets one recorder hold the lead until 15
// others wait, of which one gives up and two have the same episode.
func TestWaitingRecordersShareACommit(t *testing.T) {
	g := gate{asked: make(chan struct{}, 1), open: make(chan struct{})}
	s := openStore(t, t.TempDir(), Options{Embedder: g, Abstracter: plain{}})
	var wg sync.WaitGroup
	run := func(ctx context.Context, e agent.Episode, want error) {
		wg.Go(func() {
			if err := s.Record(ctx, e); !errors.Is(err, want) || (want == nil) != (err == nil) {
				t.Errorf("%s: %v, want %v", e.ID, err, want)
			}
		})
	}
	run(t.Context(), ladleWon("first"), nil)
	<-g.asked
	ended, cancel := context.WithCancel(t.Context())
	run(ended, mugWon("gave-up"), context.Canceled)
	await(t, s, 1)
	cancel()
	await(t, s, 0)
	for i := range 14 {
		run(t.Context(), mugWon(fmt.Sprint("e", i)), nil)
	}
	run(t.Context(), mugWon("e0"), nil)
	await(t, s, 15)
	close(g.open)
	wg.Wait()
	if gen, err := s.archive.Generation(t.Context()); gen != 2 || err != nil {
		t.Errorf("%d commits, want 2, %v", gen, err)
	}
	if all, err := s.EpisodeHeads(t.Context(), EpisodeFilter{}); len(all) != 15 || err != nil {
		t.Errorf("%d episodes, %v", len(all), err)
	}
	if d, err := s.Demonstration(t.Context(), "first"); d.Seen != 1 || err != nil {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestContextsOfAGroup ends the contexts of one, then of all of a group while
// it is planned: one alone does not end the others' recording, nor its own.
func TestContextsOfAGroup(t *testing.T) {
	for _, ends := range []int{1, 3} {
		g := gate{asked: make(chan struct{}, 1), open: make(chan struct{})}
		s := openStore(t, t.TempDir(), Options{Embedder: g})
		group := recordings(t, s, mugWon("a"), mugWon("b"), ladleWon("c"))
		var cancels []context.CancelFunc
		for _, r := range group {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r.ctx, cancels = ctx, append(cancels, cancel)
		}
		var wg sync.WaitGroup
		wg.Go(func() { s.commitGroup(append([]*recording{}, group...)) })
		<-g.asked
		for _, cancel := range cancels[:ends] {
			cancel()
		}
		if ends == 1 {
			close(g.open)
		}
		wg.Wait()
		want, n := error(nil), 3
		if ends == 3 {
			want, n = context.Canceled, 0
		}
		for _, r := range group {
			<-r.done
			if !errors.Is(r.err, want) || (want == nil) != (r.err == nil) {
				t.Errorf("%d contexts ended: %s: %v, want %v", ends, r.episode.ID, r.err, want)
			}
		}
		if all, err := s.EpisodeHeads(t.Context(), EpisodeFilter{}); len(all) != n || err != nil {
			t.Errorf("%d contexts ended: %d episodes, %v", ends, len(all), err)
		}
	}
}

// allItems are the items of a store, as they are in its archive.
func allItems(t testing.TB, s *Store) (out []archive.Item, err error) {
	t.Helper()
	err = archive.Items(t.Context(), s.archive, 0, s.o.Embedder.ID(), func(it archive.Item) (archive.Item, error) {
		it.Body = bytes.Clone(it.Body)
		return it, nil
	}, func(some []archive.Item) error {
		for _, it := range some {
			it.Vector = slices.Clone(it.Vector)
			out = append(out, it)
		}
		return nil
	})
	return out, err
}
