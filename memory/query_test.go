package memory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// commit records episodes in one group.
func commit(t *testing.T, s *Store, es ...agent.Episode) {
	t.Helper()
	group := recordings(t, s, es...)
	s.commitGroup(slices.Clone(group))
	for _, w := range group {
		if <-w.done; w.err != nil {
			t.Fatal(w.err)
		}
	}
}

// TestFiltersAreExact compares what is considered with what the filters say of each
// item, in a store of more items than are ever candidates.
func TestFiltersAreExact(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	r := rand.New(rand.NewPCG(7, 8))
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var es []agent.Episode
	for i := range 6 * MaxCandidates {
		e := mugWon(fmt.Sprintf("e%03d", i))
		e.Task.ID, e.Started = e.ID, day.AddDate(0, 0, r.IntN(20))
		for _, tag := range []string{"eu", "beta", "eu "} {
			if r.IntN(3) == 0 {
				e.Task.Tags = append(e.Task.Tags, tag)
			}
		}
		es = append(es, e)
	}
	commit(t, s, es...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir, Options{})
	some := 0
	for range 20 {
		q := Query{Task: mug(), MaxTokens: 1 << 20, Tags: [][]string{nil, {"eu"}, {"eu "}, {"beta", "eu"}, {"EU"}}[r.IntN(5)]}
		q.Task.ID = ""
		if r.IntN(2) == 0 {
			q.Since = day.AddDate(0, 0, r.IntN(20))
		}
		if r.IntN(2) == 0 {
			if q.Until = day.AddDate(0, 0, r.IntN(20)); !q.Since.Before(q.Until) {
				q.Until = q.Since.AddDate(0, 0, 1+r.IntN(5))
			}
		}
		want := 0
		lets := func(e agent.Episode) bool {
			for _, tag := range q.Tags {
				if !slices.Contains(e.Task.Tags, tag) {
					return false
				}
			}
			return !e.Started.Before(q.Since) && (q.Until.IsZero() || e.Started.Before(q.Until))
		}
		for _, e := range es {
			if lets(e) {
				want++
			}
		}
		c, x, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, cand := range x.Candidates {
			if i := slices.IndexFunc(es, func(e agent.Episode) bool { return e.ID == cand.ID }); !lets(es[i]) {
				t.Errorf("%+v lets %+v through", q, es[i].Task)
			}
		}
		if n := len(x.Candidates); n < min(want, MaxCandidates) || n > want {
			t.Errorf("%+v: %d candidates of %d items", q, n, want)
		}
		if len(c.Items) != min(want, MaxDemonstrations) {
			t.Errorf("%+v: %d items recalled of %d", q, len(c.Items), want)
		}
		if want > 0 && want < MaxCandidates {
			some++
		}
	}
	if some == 0 {
		t.Error("no filter left few")
	}
}

// Lessons that may not be recalled do not stand in the way of the one that may,
// however many are nearer; and each state can be asked for.
func TestStatesOfLessons(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	record(t, s, mugWon("won"))
	var items []archive.Item
	put := func(id, trigger string, state agent.LessonState) {
		it, err := lessonItem(agent.Lesson{ID: id, Suite: "household", Kind: mug().Kind, Trigger: trigger, Mistake: "haste", Remedy: "care", Cause: agent.CausePolicy,
			For: []string{"won"}, Confidence: 0.5, State: state, Override: agent.Override{State: state, By: "the test"}})
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, it)
	}
	for i := range 2 * MaxCandidates {
		put(fmt.Sprintf("retired-%02d", i), mug().Goal, agent.LessonRetired)
		put(fmt.Sprintf("quarantined-%02d", i), mug().Goal, agent.LessonQuarantined)
	}
	put("active", "wash something mug in countertop", agent.LessonActive)
	if err := s.vectorize(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	if err := s.archive.Write(t.Context(), func(tx *archive.Tx) error { return s.putItems(t.Context(), tx, items) }); err != nil {
		t.Fatal(err)
	}
	task := mug()
	task.ID = ""
	if c := recall(t, s, task, 1000); len(c.Items) != 2 || c.Items[0].ID != "active" {
		t.Errorf("recalled %+v", c.Items)
	}
	for _, tt := range []struct {
		q      Query
		packed []string
		least  int // candidates
	}{
		{Query{States: []agent.LessonState{agent.LessonRetired}}, []string{"won"}, 1 + MaxCandidates},
		{Query{States: []agent.LessonState{agent.LessonActive}}, []string{"active", "won"}, 2},
		{Query{Kinds: []agent.ItemKind{agent.KindLesson}, States: []agent.LessonState{agent.LessonQuarantined}}, nil, MaxCandidates},
		{Query{Kinds: []agent.ItemKind{agent.KindDemonstration}}, []string{"won"}, 1},
		{Query{Kinds: []agent.ItemKind{agent.KindRawFailure}}, nil, 0},
		{Query{Tiers: []Tier{TierSuite}}, nil, 0},
		{Query{Tiers: []Tier{TierTask}}, nil, 0},
	} {
		tt.q.Task, tt.q.MaxTokens = task, 1000
		c, x, err := s.Search(t.Context(), tt.q)
		if err != nil {
			t.Fatal(err)
		}
		var packed []string
		for _, it := range c.Items {
			packed = append(packed, it.ID)
		}
		if !slices.Equal(packed, tt.packed) || len(x.Candidates) < tt.least {
			t.Errorf("%+v: packed %v of %d candidates", tt.q, packed, len(x.Candidates))
		}
	}
}

// Lessons of another kind stand in where memory knows nothing of the task's, and not
// beside a demonstration of it.
func TestOtherKindsStandIn(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	other := play("lost", ladle(), false, "go to cabinet 1", "go to cabinet 1")
	other.Task.Kind = "another_kind"
	record(t, s, other)
	task := mug()
	task.ID = ""
	if c := recall(t, s, task, 1000); len(c.Items) == 0 || c.Items[0].Kind != agent.KindLesson {
		t.Errorf("where the kind has nothing %+v is recalled, want a lesson of the other", c.Items)
	}
	record(t, s, mugWon("won"))
	if c := recall(t, s, task, 1000); len(c.Items) != 1 || c.Items[0].ID != "won" {
		t.Errorf("where it has a demonstration %+v is recalled, want that alone", c.Items)
	}
	c, _, err := s.Search(t.Context(), Query{Task: task, MaxTokens: 1000, Kinds: []agent.ItemKind{agent.KindLesson}})
	if err != nil || len(c.Items) == 0 {
		t.Errorf("if lessons alone are asked for %+v are recalled (%v)", c.Items, err)
	}
}

// Tags of all episodes that an item stands for are its own.
func TestTagsAddUp(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	for i, tag := range []string{"b", "a", "b"} {
		won, lost := mugWon(fmt.Sprint("won-", i)), play(fmt.Sprint("lost-", i), ladle(), false, "go to cabinet 1")
		won.Task.Tags, lost.Task.Tags = []string{tag}, []string{tag}
		record(t, s, won, lost)
	}
	ls, err := s.Lessons(t.Context(), LessonFilter{Task: ladle().ID})
	if err != nil || len(ls) != 1 || !slices.Equal(ls[0].Tags, []string{"a", "b"}) {
		t.Errorf("lessons %+v, %v", ls, err)
	}
	for _, task := range []agent.Task{mug(), ladle()} {
		c, _, err := s.Search(t.Context(), Query{Task: task, MaxTokens: 1000, Tags: []string{"a", "b"}})
		if err != nil || len(c.Items) == 0 {
			t.Errorf("%+v, %v", c, err)
		}
	}
}

func TestBadQueries(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	day := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	for want, q := range map[string]Query{
		"Kinds":  {Kinds: []agent.ItemKind{"poem"}},
		"Tiers":  {Tiers: []Tier{"far"}},
		"States": {States: []agent.LessonState{"lost"}},
		"Until":  {Since: day, Until: day},
	} {
		if _, _, err := s.Search(t.Context(), q); err == nil || !strings.Contains(err.Error(), "Query."+want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
