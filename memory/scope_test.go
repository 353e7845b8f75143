package memory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// scopes are names that are easily taken for one another.
func scopes() []string {
	return []string{"", " ", "a", "A", "a ", "a\x00", "a\x00b", "a/b", "a\" \"b", `"a"`, "a' OR '1'='1", "a%", "*", "а", "é", "e\u0301", "household", "\u2028", "{}", "null"}
}

// TestScopesDoNotInterfere records the episodes of many scopes, which have the
// same suite, kinds and tasks, into one store, and those of each scope into one of
// its own: each scope recalls and has learned in the first what it does in the
// second.
func TestScopesDoNotInterfere(t *testing.T) {
	for _, form := range []Form{Asymmetric, UniformVerbatim, UniformAbstract} {
		t.Run(string(form), func(t *testing.T) {
			r := source(t)
			o := Options{Form: form, HoldOut: -1}
			dir := t.TempDir()
			all := openStore(t, dir, o)
			own := map[string]*Store{}
			for _, scope := range scopes() {
				own[scope] = openStore(t, t.TempDir(), o)
			}
			tasks := map[string]agent.Task{}
			for i := range 10 * len(own) {
				e := randomEpisode(r, fmt.Sprint("e", i))
				e.Task.Scope = scopes()[r.IntN(len(own))]
				tasks[e.Task.ID] = e.Task
				record(t, all, e)
				record(t, own[e.Task.Scope], e)
			}
			for _, s := range []*Store{all, openStore(t, dir, o)} {
				for _, scope := range scopes() {
					sameInScope(t, s, own[scope], scope, tasks)
				}
			}
			if err := all.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// sameInScope holds what a scope sees of one store against another store.
func sameInScope(t *testing.T, s, own *Store, scope string, tasks map[string]agent.Task) {
	t.Helper()
	for _, task := range tasks {
		task.Scope = scope
		got, want := recall(t, s, task, 400), recall(t, own, task, 400)
		if got.Text() != want.Text() {
			t.Fatalf("scope %q, task %s: recalled\n%s\nwant\n%s", scope, task.ID, got.Text(), want.Text())
		}
		x, err := s.Explain(t.Context(), task, 400)
		if err != nil {
			t.Fatal(err)
		}
		y, err := own.Explain(t.Context(), task, 400)
		if err != nil {
			t.Fatal(err)
		}
		if len(x.Candidates) != len(y.Candidates) {
			t.Fatalf("scope %q, task %s: %d candidates, want %d", scope, task.ID, len(x.Candidates), len(y.Candidates))
		}
		for i, c := range x.Candidates {
			if d := y.Candidates[i]; c.Score != d.Score || c.BM25 != d.BM25 || c.Kind != d.Kind || c.Tier != d.Tier {
				t.Fatalf("scope %q, task %s: candidate %+v, want %+v", scope, task.ID, c, d)
			}
		}
	}
	learned := func(s *Store) string {
		lessons, err := s.Lessons(t.Context(), LessonFilter{Scope: &scope})
		if err != nil {
			t.Fatal(err)
		}
		var b []string
		for _, l := range lessons {
			b = append(b, fmt.Sprint(l.Scope, l.Task, RenderLesson(l), l.For, l.Against, l.State, l.Confidence))
		}
		slices.Sort(b)
		demos, err := s.Demonstrations(t.Context(), DemonstrationFilter{Scope: &scope})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range demos {
			b = append(b, fmt.Sprint(d.Episode.ID, d.Seen))
		}
		episodes, err := s.EpisodeHeads(t.Context(), EpisodeFilter{Scope: &scope})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(append(b, fmt.Sprint(episodes)), "\n")
	}
	if got, want := learned(s), learned(own); got != want {
		t.Fatalf("scope %q has learned\n%s\nwant\n%s", scope, got, want)
	}
}

// TestScopeOfRecalled says that an episode cannot count for or against an item of
// another scope that it claims was recalled.
func TestScopeOfRecalled(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	record(t, s, ladleWon("won"))
	e := ladleWon("other")
	e.Task.Scope = "other"
	e.Context = agent.Context{HoldOut: 0.05, Items: []agent.Item{{ID: "won", Kind: agent.KindDemonstration, Text: "x"}}}
	record(t, s, e)
	if got, err := s.Effects(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("effects %+v, %v", got, err)
	}
	e.ID, e.Task.Scope = "same", ""
	record(t, s, e)
	if got, err := s.Effects(t.Context()); err != nil || len(got) != 1 || got[0].ID != "won" {
		t.Errorf("effects %+v, %v", got, err)
	}
}

func TestScopeNotUTF8(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	e := ladleWon("e")
	e.Task.Scope = "a\xff"
	if err := s.Record(t.Context(), e); !errors.Is(err, ErrScope) {
		t.Errorf("Record: %v", err)
	}
	if _, err := s.Recall(t.Context(), e.Task, 100); !errors.Is(err, ErrScope) {
		t.Errorf("Recall: %v", err)
	}
	if _, err := s.Explain(t.Context(), e.Task, 100); !errors.Is(err, ErrScope) {
		t.Errorf("Explain: %v", err)
	}
}

// FuzzActionsKey says that two scopes never have a key in common.
func FuzzActionsKey(f *testing.F) {
	f.Add("", "a", "scope 1:a")
	f.Fuzz(func(t *testing.T, a, b, action string) {
		e := play("e", ladle(), true, action)
		e.Task.Scope = a
		one := actionsKey(e, agent.KindDemonstration)
		e.Task.Scope = b
		if (one == actionsKey(e, agent.KindDemonstration)) != (a == b) {
			t.Errorf("scopes %q and %q: same key", a, b)
		}
	})
}

// A lesson of another scope that an episode happens to say word for word is not
// recalled text there.
func TestScopeOfQuotes(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	lost := play("lost", mug(), false, "go to cabinet 1", "open cabinet 1")
	record(t, s, lost)
	ls, err := s.Lessons(t.Context(), LessonFilter{})
	if err != nil || len(ls) == 0 {
		t.Fatalf("%d lessons, %v", len(ls), err)
	}
	e := play("e", ladle(), false, RenderLesson(ls[0]))
	if got := s.unrecalled(e); len(got.Steps) != 0 {
		t.Errorf("in its scope: %+v", got.Steps)
	}
	e.Task.Scope = "other"
	if got := s.unrecalled(e); len(got.Steps) != 1 || got.Steps[0].Action != e.Steps[0].Action {
		t.Errorf("in another scope: %+v", got.Steps)
	}
}
