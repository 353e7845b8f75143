package memory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

func TestRecordKeepsBytes(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	for _, e := range []agent.Episode{ladleWon("won"), play("lost", ladle(), false, "go to cabinet 1")} {
		e.Context = agent.Context{Items: []agent.Item{{ID: "i", Kind: agent.KindSkill, Text: "advice", Tokens: 1}}}
		e.Steps[0].LogProbs = []float64{-0.1, -2.5e-17}
		e.Started, e.Elapsed = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), 7*time.Second
		want, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		record(t, s, e)
		if got, err := s.EpisodeJSON(t.Context(), e.ID); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %s, %v; want %s", e.ID, got, err, want)
		}
		if got, err := s.Episode(t.Context(), e.ID); err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%s: %+v, %v; want %+v", e.ID, got, err, e)
		}
	}
	yes := true
	if got, err := s.Episodes(t.Context(), EpisodeFilter{Success: &yes, Kind: ladle().Kind}); err != nil || len(got) != 1 || got[0].ID != "won" {
		t.Errorf("successes %+v, %v", got, err)
	}
	if got, err := s.Episodes(t.Context(), EpisodeFilter{MaxEpisodes: 1}); err != nil || len(got) != 1 || got[0].ID != "lost" {
		t.Errorf("latest %+v, %v", got, err)
	}
	no := false
	want := []EpisodeHead{{ID: "lost", Suite: ladle().Suite, Kind: ladle().Kind, Task: ladle().ID}}
	if got, err := s.EpisodeHeads(t.Context(), EpisodeFilter{Success: &no, Suite: ladle().Suite}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("heads %+v, %v; want %+v", got, err, want)
	}
}

func TestRecordTwice(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	won, lost := ladleWon("won"), play("lost", ladle(), false, "go to cabinet 1")
	record(t, s, won, lost)
	before := fmt.Sprint(recall(t, s, ladle(), 1000))
	record(t, s, won, lost, won)
	if after := fmt.Sprint(recall(t, s, ladle(), 1000)); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	lost.Trial++
	if err := s.Record(t.Context(), lost); !errors.Is(err, ErrConflict) {
		t.Errorf("other content: %v", err)
	}
	record(t, s, ladleWon("won-2"), ladleWon("won-3"))
	d, err := s.Demonstrations(t.Context(), DemonstrationFilter{Suite: "household"})
	if err != nil || len(d) != 1 || d[0].Seen != 3 || d[0].Episode.ID != "won" {
		t.Errorf("demonstrations %+v, %v", d, err)
	}
	want := []DemonstrationHead{{ID: "won", Suite: ladle().Suite, Kind: ladle().Kind, Task: ladle().ID, Steps: len(won.Steps), Seen: 3}}
	if got, err := s.DemonstrationHeads(t.Context(), DemonstrationFilter{Kind: ladle().Kind}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("heads %+v, %v; want %+v", got, err, want)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	record(t, s, ladleWon("won"))
	if err := s.Record(t.Context(), agent.Episode{}); !errors.Is(err, ErrNoID) {
		t.Errorf("no ID: %v", err)
	}
	bad := ladleWon("nan")
	bad.Steps[0].Reward = math.NaN()
	if err := s.Record(t.Context(), bad); err == nil {
		t.Error("recorded what JSON cannot hold")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Record(ended, ladleWon("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context ended: %v", err)
	}
	if _, err := s.Episode(t.Context(), "late"); !errors.Is(err, ErrNotFound) {
		t.Errorf("episode: %v", err)
	}
	if _, err := s.Lesson(t.Context(), "won"); !errors.Is(err, ErrNotFound) {
		t.Errorf("lesson: %v", err)
	}
	if _, err := s.Demonstration(t.Context(), "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("demonstration: %v", err)
	}
	if _, err := Open(dir, Options{Form: UniformVerbatim}); !errors.Is(err, ErrForm) {
		t.Errorf("another form: %v", err)
	}
	if _, err := Open(dir, Options{Form: "best"}); err == nil {
		t.Error("opened in an unknown form")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, recall := s.Recall(t.Context(), ladle(), 10)
	_, one := s.Episode(t.Context(), "won")
	_, list := s.Lessons(t.Context(), LessonFilter{})
	for _, err := range []error{s.Record(t.Context(), ladleWon("x")), recall, one, list, s.Check(t.Context())} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

func TestCheckFindsDamage(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		record(t, s, play(fmt.Sprint("e", i), ladle(), i%2 == 0, "go to cabinet 1", fmt.Sprint("open cabinet ", i)))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, fileName)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.LastIndex(b, []byte("You are in the middle"))
	copy(b[i:], "You are in the MIDDLE")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Check(t.Context()); !errors.Is(err, ErrCorrupt) {
		t.Errorf("check: %v", err)
	}
}

func TestTransientFailures(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		name    string
		outcome agent.Outcome
	}{
		{"tool", agent.Outcome{Cause: agent.CauseTool, Feedback: "tool failure: 429 too many requests"}},
		{"environment", agent.Outcome{Cause: agent.CauseEnvironment, Feedback: "gone"}},
		{"marked", agent.Outcome{Cause: agent.CausePolicy, Transient: true}},
		{"time-out", agent.Outcome{Cause: agent.CauseBudget, Feedback: "context deadline exceeded"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clock := now
			s := openStore(t, t.TempDir(), Options{Clock: func() time.Time { return clock }})
			record(t, s, play("real", ladle(), false, "go to countertop 1"))
			before := recall(t, s, ladle(), 1000)
			for i := range 3 {
				e := play(fmt.Sprint("outage-", i), ladle(), false, "go to cabinet 2", "go to cabinet 2", "go to cabinet 2")
				e.Outcome = tt.outcome
				record(t, s, e)
			}
			ls, err := s.Lessons(t.Context(), LessonFilter{})
			if err != nil {
				t.Fatal(err)
			}
			passing := 0
			for _, l := range ls {
				for _, id := range l.For {
					if strings.HasPrefix(id, "outage") && (l.Expires.IsZero() || l.Task == "") {
						t.Errorf("an outage made a rule: %+v", l)
					}
				}
				if !l.Expires.IsZero() {
					passing++
				}
			}
			if passing != 1 {
				t.Errorf("%d lessons with an expiry: %+v", passing, ls)
			}
			if during := recall(t, s, ladle(), 1000); len(during.Items) != len(before.Items)+1 {
				t.Errorf("during the outage:\n%s", during.Text())
			}
			clock = clock.Add(TransientLife)
			if after := recall(t, s, ladle(), 1000); !reflect.DeepEqual(after, before) {
				t.Errorf("after the outage:\n%s\nbefore:\n%s", after.Text(), before.Text())
			}
			e := play("again", ladle(), false, "go to cabinet 2")
			e.Outcome = tt.outcome
			record(t, s, e)
			if again := recall(t, s, ladle(), 1000); len(again.Items) != len(before.Items)+1 {
				t.Errorf("seen again:\n%s", again.Text())
			}
		})
	}
}

func TestContradiction(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	// The mug moved: what was empty in the failure holds it in the success.
	record(t, s, mugWon("won"), play("lost", mug(), false, "go to countertop 1", "go to diningtable 1", "go to drawer 1", "open drawer 1"))
	lost := play("lost-2", ladle(), false, "go to diningtable 1", "take ladle 1 from diningtable 1", "go to countertop 1", "move ladle 1 to countertop 1")
	record(t, s, lost)
	find := func(task, part string) agent.Lesson {
		ls, err := s.Lessons(t.Context(), LessonFilter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range ls {
			if l.Task == task && strings.Contains(l.Mistake, part) {
				return l
			}
		}
		t.Fatalf("no lesson with %q among %+v", part, ls)
		return agent.Lesson{}
	}
	about, rule := find("mug-1", "no mug"), find("", "before clean A with sinkbasin")
	if rule.Mistake != "move A to B before clean A with sinkbasin" {
		t.Errorf("mistake %q", rule.Mistake)
	}
	odd := play("odd", mug(), true, "go to diningtable 1", "take mug 1 from diningtable 1", "go to countertop 1", "move mug 1 to countertop 1")
	odd.Steps[1].Observation.Text = "On the diningtable 1, you see a mug 1."
	odd.Steps[2].Observation.Text = "You pick up the mug 1 from the diningtable 1."
	record(t, s, odd)
	if l := find("mug-1", "no mug"); fmt.Sprintf("%v %s", l.Against, l.State) != "[odd] retired" || !(l.Confidence < about.Confidence) {
		t.Errorf("about the task: %+v, before %+v", l, about)
	}
	if l := find("", "before clean"); fmt.Sprintf("%v %s", l.Against, l.State) != "[odd] candidate" || !(l.Confidence < rule.Confidence) {
		t.Errorf("about the kind: %+v, before %+v", l, rule)
	}
	if c := recall(t, s, mug(), 1000); strings.Contains(c.Text(), "no mug") || strings.Contains(c.Text(), "before clean") {
		t.Errorf("a contradicted lesson was recalled:\n%s", c.Text())
	}
	record(t, s, mugWon("won-2"))
	if l := find("", "before clean"); len(l.Against) != 1 {
		t.Errorf("a success that heeds the lesson is held against it: %+v", l)
	}
}

func TestNearDuplicatesMerge(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	record(t, s, mugWon("won"))
	goals := []string{"ladle", "spoon", "fork", "pan"}
	for i, thing := range goals {
		task := agent.Task{ID: thing, Suite: "household", Kind: "pick_clean_then_place", Goal: "put a clean " + thing + " in countertop"}
		record(t, s, play("lost-"+thing, task, false, "go to cabinet 2", "open cabinet 2"))
		ls, err := s.Lessons(t.Context(), LessonFilter{Kind: task.Kind})
		if err != nil {
			t.Fatal(err)
		}
		var rules []agent.Lesson
		for _, l := range ls {
			if l.Task == "" {
				rules = append(rules, l)
			}
		}
		want := agent.LessonActive
		if i == 0 {
			want = agent.LessonCandidate
		}
		if len(rules) != 1 || len(rules[0].For) != i+1 || rules[0].State != want {
			t.Fatalf("after %s: %+v", thing, rules)
		}
		if i == len(goals)-1 && !(rules[0].Confidence > 0.7 && rules[0].Confidence < 1) {
			t.Errorf("confidence %v after %d failures", rules[0].Confidence, i+1)
		}
	}
}

// TestConcurrentUse lets two stores of one folder, as two processes would have
// them, record failures of the same tasks: no evidence may get lost.
func TestConcurrentUse(t *testing.T) {
	dir := t.TempDir()
	stores := []*Store{openStore(t, dir, Options{NewID: ids("a")}), openStore(t, dir, Options{NewID: ids("b")})}
	var wg sync.WaitGroup
	for g := range 4 {
		s := stores[g%2]
		wg.Go(func() {
			for i := range 8 {
				task := ladle()
				task.ID = fmt.Sprint("task-", i%3)
				e := play(fmt.Sprint("e-", g, "-", i), task, i == 7, "go to cabinet 1", "go to countertop 1")
				if err := s.Record(context.Background(), e); err != nil {
					t.Error(err)
				}
				if _, err := s.Recall(context.Background(), task, 500); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	a, b := recall(t, stores[0], ladle(), 2000), recall(t, stores[1], ladle(), 2000)
	if !reflect.DeepEqual(a, b) {
		t.Errorf("two stores of one folder recall\n%s\nand\n%s", a.Text(), b.Text())
	}
	evidence := map[string]int{}
	ls, err := stores[0].Lessons(t.Context(), LessonFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range ls {
		for _, id := range l.For {
			if l.Task != "" {
				evidence[id]++
			}
		}
	}
	all, err := stores[1].Episodes(t.Context(), EpisodeFilter{})
	if err != nil || len(all) != 32 {
		t.Errorf("%d episodes, %v", len(all), err)
	}
	for _, e := range all {
		if n := evidence[e.ID]; !e.Outcome.Success && n != 1 {
			t.Errorf("episode %s is evidence for %d lessons about its task", e.ID, n)
		}
	}
	if d, err := stores[0].Demonstrations(t.Context(), DemonstrationFilter{}); err != nil || len(d) != 1 || d[0].Seen != 4 {
		t.Errorf("demonstrations %+v, %v", d, err)
	}
}

// listener is an Abstracter that keeps what it was given.
type listener struct{ got *[]string }

func (l listener) Abstract(_ context.Context, e agent.Episode, successes []agent.Episode) ([]agent.Lesson, error) {
	*l.got = nil
	for _, s := range successes {
		*l.got = append(*l.got, s.ID)
	}
	return nil, errors.New("no idea")
}

func TestAbstracterGetsTheNearestSuccesses(t *testing.T) {
	var got []string
	s := openStore(t, t.TempDir(), Options{Abstracter: listener{&got}})
	for i, thing := range []string{"pan", "plate", "ladle", "fork", "spatula", "cup", "bowl", "knife", "pot", "egg"} {
		e := ladleWon(fmt.Sprint("won-", i))
		e.Task.ID, e.Task.Goal = thing, "put a clean "+thing+" in countertop"
		record(t, s, e)
	}
	other := ladleWon("other kind")
	other.Task.Kind = "pick_and_place"
	record(t, s, other, play("lost", ladle(), false, "go to cabinet 1"))
	if len(got) != MaxSuccesses || got[0] != "won-2" || slices.Contains(got, "other kind") {
		t.Errorf("successes %v", got)
	}
	// An abstracter that fails is replaced by the default one.
	if c := recall(t, s, ladle(), 1000); len(c.Items) == 0 || !strings.HasPrefix(c.Items[0].Text, "When put a clean ladle in countertop: avoid ") {
		t.Errorf("context %+v", c)
	}
}

// ids counts from 1 with a prefix.
func ids(prefix string) func() string {
	var mu sync.Mutex
	n := 0
	return func() string { mu.Lock(); defer mu.Unlock(); n++; return fmt.Sprintf("%s-%04d", prefix, n) }
}
