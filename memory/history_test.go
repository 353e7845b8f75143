package memory

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// view is all that a store shows: items with their vectors, as they are on the
// disk and as they are in memory, and what is recalled, with the reasons.
type view struct {
	Items   []archive.Item
	Lessons []agent.Lesson
	Effects []MeasuredEffect
	Recalls []Explanation
	Texts   []string
}

func viewOf(t *testing.T, s *Store) view {
	t.Helper()
	var v view
	var err error
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	v.Items, err = allItems(t, s)
	fail(err)
	v.Lessons, err = s.Lessons(t.Context(), LessonFilter{})
	fail(err)
	v.Effects, err = s.Effects(t.Context())
	fail(err)
	for i := range 3 {
		task := agent.Task{ID: fmt.Sprint("t", i), Suite: "household", Kind: fmt.Sprint("k", i%2), Goal: "put a clean ladle in countertop"}
		x, err := s.Explain(t.Context(), task, 500)
		fail(err)
		v.Recalls = append(v.Recalls, x)
		v.Texts = append(v.Texts, recall(t, s, task, 500).Text())
	}
	return v
}

// TestRollbackIsThePast records and rolls back at random: after each rollback the
// store, another one that is open, and one that is opened anew show what the
// store had shown then.
func TestRollbackIsThePast(t *testing.T) {
	r := source(t)
	dir := t.TempDir()
	newID := ids("lesson")
	open := func() *Store { return openStore(t, dir, Options{NewID: newID}) }
	s, other := open(), open()
	present := func() int64 {
		_, last, err := s.History(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return last
	}
	past := map[int64]view{present(): viewOf(t, s)}
	rolled := 0
	for i := range 60 {
		if r.IntN(5) > 0 {
			e := randomEpisode(r, fmt.Sprint("e", i))
			e.Context = recall(t, s, e.Task, 300)
			e.Context.HoldOut = 0.1 // so that it is counted
			record(t, s, e)
			past[present()] = viewOf(t, s)
			continue
		}
		before, to := present(), r.Int64N(present()+1)
		want := past[to]
		got, err := s.Rollback(t.Context(), to)
		if err != nil || got.To != to || got.Generation != present() {
			t.Fatalf("%+v, %v", got, err)
		}
		if got.Generation > before {
			rolled++
		}
		fresh := open()
		for name, store := range map[string]*Store{"the same": s, "another": other, "a new": fresh} {
			if have := viewOf(t, store); !reflect.DeepEqual(have, want) {
				t.Fatalf("%s store, back from %d to %d:\n%+v\nwant\n%+v", name, before, to, have, want)
			}
		}
		if err := fresh.Close(); err != nil {
			t.Fatal(err)
		}
		past[present()] = want
	}
	if rolled < 3 {
		t.Errorf("%d rollbacks", rolled)
	}
	if es, err := s.Episodes(t.Context(), EpisodeFilter{}); err != nil || len(es)+rolled != int(present()) {
		t.Errorf("%d episodes and %d rollbacks in %d commits, %v", len(es), rolled, present(), err)
	}
}

// TestLogAndDiff reads what happened.
func TestLogAndDiff(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	s := openStore(t, t.TempDir(), Options{Clock: func() time.Time { now = now.Add(time.Minute); return now }})
	lost := func(id string) agent.Episode {
		return play(id, mug(), false, "go to cabinet 2", "open cabinet 2", "go to cabinet 2", "go to cabinet 2")
	}
	record(t, s, lost("lost"), ladleWon("won"), lost("lost again"), ladleWon("won again"))
	_, last, err := s.History(t.Context())
	if err != nil || last != 4 {
		t.Fatal(last, err)
	}
	if _, err := s.Rollback(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	log, err := s.Log(t.Context(), 0)
	if err != nil || len(log) != 5 {
		t.Fatalf("%+v, %v", log, err)
	}
	var text []string
	for _, c := range log {
		for _, ch := range c.Changes {
			if ch.Kind == agent.KindDemonstration || ch.ID == "lesson-0001" {
				text = append(text, fmt.Sprintf("%d %s %s %s %s", c.Generation, ch.Kind, ch.ID, ch.Change, ch.State))
			}
		}
	}
	want := []string{
		"5 demonstration won removed ", "5 lesson lesson-0001 changed ",
		"4 demonstration won seen again ",
		"3 lesson lesson-0001 supported ",
		"2 demonstration won new ",
		"1 lesson lesson-0001 new active",
	}
	if !reflect.DeepEqual(text, want) {
		t.Errorf("log\n%s\nwant\n%s", strings.Join(text, "\n"), strings.Join(want, "\n"))
	}
	if log[0].RolledBackTo == nil || *log[0].RolledBackTo != 1 || !reflect.DeepEqual(log[2].Recorded, []RecordedEpisode{{"lost again", false}}) {
		t.Errorf("%+v", log)
	}
	if few, err := s.Log(t.Context(), 2); err != nil || len(few) != 2 || few[0].Generation != 5 {
		t.Errorf("%+v, %v", few, err)
	}
	if gen, err := s.PointAt(t.Context(), log[2].Time.Add(time.Second)); gen != 3 || err != nil {
		t.Errorf("generation %d, %v", gen, err)
	}
	ds, err := s.Diff(t.Context(), 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for _, d := range ds {
		for _, f := range d.Fields {
			fields[d.ID+" "+string(d.Change)+" "+f.Name] = f.From + " → " + f.To
		}
	}
	for name, want := range map[string]string{
		"lesson-0001 changed for": "lost → lost lost again",
		"won new seen":            " → 2",
		"won new about":           " → task ladle-1",
	} {
		if fields[name] != want {
			t.Errorf("%s: %q, want %q", name, fields[name], want)
		}
	}
	if ds, err := s.Diff(t.Context(), 1, 5); err != nil || len(ds) != 0 {
		t.Errorf("after the rollback: %+v, %v", ds, err)
	}
	if _, err := s.Rollback(t.Context(), 9); !errors.Is(err, ErrNotFound) {
		t.Errorf("to the future: %v", err)
	}
	if r, err := s.Rollback(t.Context(), 5); err != nil || r.Generation != 5 {
		t.Errorf("to the present: %+v, %v", r, err)
	}
}

// TestRollbackBesideOthers rolls back again and again while others record and
// recall through stores of their own: nobody fails, and no episode is lost.
func TestRollbackBesideOthers(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{NewID: ids("a")})
	record(t, s, mugWon("first"))
	var wg sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for n := range 2 {
		other := openStore(t, dir, Options{NewID: ids(fmt.Sprint("b", n))})
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(n), 1))
			for i := range 25 {
				e := randomEpisode(r, fmt.Sprint(n, "-", i))
				c, err := other.Recall(t.Context(), e.Task, 500)
				if err != nil {
					t.Errorf("recall: %v", err)
				}
				e.Context = c
				e.Context.HoldOut = 0.1
				if err := other.Record(t.Context(), e); err != nil {
					t.Errorf("record: %v", err)
				}
			}
			if n == 0 {
				stop()
			}
		})
	}
	r := rand.New(rand.NewPCG(9, 9))
	for n := 0; ctx.Err() == nil; n++ {
		_, last, err := s.History(t.Context())
		if err == nil {
			_, err = s.Rollback(t.Context(), max(0, last-r.Int64N(6)))
		}
		if err != nil {
			t.Error(err)
			break
		}
	}
	wg.Wait()
	if es, err := s.Episodes(t.Context(), EpisodeFilter{}); err != nil || len(es) != 51 {
		t.Errorf("%d episodes, %v", len(es), err)
	}
}

// What is gone because another store has rolled back is no damage.
func TestGoneByRollback(t *testing.T) {
	dir := t.TempDir()
	s, other := openStore(t, dir, Options{}), openStore(t, dir, Options{})
	record(t, s, mugWon("a"))
	if c := recall(t, other, mug(), 500); len(c.Items) != 1 {
		t.Fatalf("%+v", c)
	}
	if _, err := s.Rollback(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := other.lookup(t.Context(), "a"); !errors.Is(err, errStale) {
		t.Errorf("looked up: %v", err)
	}
	if c := recall(t, other, mug(), 500); len(c.Items) != 0 {
		t.Errorf("%+v", c)
	}
	if _, err := other.lookup(t.Context(), "a"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("looked up by a store that knows: %v", err)
	}
}

// What is forgotten cannot be gone back to.
func TestForgottenHistory(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	record(t, s, mugWon("a"), ladleWon("b"), mugWon("c"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Compact(t.Context(), dir, CompactOptions{KeepCommits: 1}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Compact(t.Context(), dir, CompactOptions{KeepCommits: -1}); err == nil {
		t.Error("a negative number is taken")
	}
	s = openStore(t, dir, Options{})
	if first, last, err := s.History(t.Context()); first != 2 || last != 4 || err != nil {
		t.Errorf("%d to %d, %v", first, last, err)
	}
	if _, err := s.Rollback(t.Context(), 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("to what is forgotten: %v", err)
	}
	if _, err := s.Rollback(t.Context(), 2); err != nil {
		t.Error(err)
	}
	if d, err := s.Demonstration(t.Context(), "a"); err != nil || d.Seen != 1 {
		t.Errorf("%+v, %v", d.Seen, err)
	}
}
