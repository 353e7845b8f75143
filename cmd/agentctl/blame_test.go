package main

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/importer/importertest"
	"github.com/surefoot-ai/surefoot/eval/household"
	"github.com/surefoot-ai/surefoot/memory"
)

func TestEndLoop(t *testing.T) {
	for _, tt := range []struct {
		keys          string
		first, second int
		ok            bool
	}{
		{"a b c", 0, 0, false},
		{"a b b", 1, 2, true},
		{"a b c b c", 1, 3, true},
		{"a c b c b c", 1, 3, true},
		{"b c b c d", 0, 0, false},
		{"", 0, 0, false},
	} {
		first, second, ok := endLoop(strings.Fields(tt.keys))
		if first != tt.first || second != tt.second || ok != tt.ok {
			t.Errorf("%q: loop at %d, again at %d, %v; want %d, %d, %v", tt.keys, first, second, ok, tt.first, tt.second, tt.ok)
		}
	}
}

func TestFinders(t *testing.T) {
	got := finders([]blamedGame{{at: 2, length: 4, steps: []int{1, 2}, lost: 2}, {at: 0, length: 4, steps: []int{3}, lost: -1}})
	want := []found{
		{"first step blamed", 0, .5, .5}, // 1 of 2, and 3 of 0
		{"random step", .25, (3./4 + 2./4) / 2, .25},
		{"last step", 0, .5, 0},
		{"any step blamed", .5, .5, .5},
		{"as many random steps", (2./4 + 1./4) / 2, (1 + 2./4) / 2, (1 - 1./6) / 2},
		{"step it was lost at", .5, .5, 0},
	}
	for i, f := range got {
		w := want[i]
		if f.Name != w.Name || !(math.Abs(f.Exact-w.Exact)+math.Abs(f.Within-w.Within)+math.Abs(f.Before-w.Before) < 1e-9) {
			t.Errorf("%+v, want %+v", f, w)
		}
	}
}

// TestMeasureBlame replays a game in which the walkthrough is put off, by a step
// without effect done again and again, until it cannot be won any more.
func TestMeasureBlame(t *testing.T) {
	g, err := household.Generate(1, household.DefaultGenerateOptions())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	data, err := g.Encode()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, g.Task().ID+".tw-pddl")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	env := household.NewEnvironment(g, household.Old)
	best, _ := env.Distance()
	const wasted = 3
	e := agent.Episode{ID: "failure", Task: g.Task(), Outcome: agent.Outcome{Cause: agent.CauseBudget, Truncated: true}}
	if e.Final, err = env.Reset(t.Context(), g.Task()); err != nil {
		t.Fatal(err)
	}
	for range best + wasted {
		r, err := env.Step(t.Context(), "dance 1")
		if err != nil {
			t.Fatal(err)
		}
		e.Steps = append(e.Steps, agent.Step{Observation: e.Final, Action: "dance 1"})
		e.Final = r.Observation
	}
	s := blameStore(t, e)
	b, err := measureBlame(t.Context(), s, []agent.Episode{e}, map[string]string{g.Task().ID: path})
	if err != nil {
		t.Fatal(err)
	}
	if b.Games != 1 || b.Replayed != 1 || b.Named != 1 || b.Targets[0].Blamed != 1 || b.Targets[1].Games != 1 {
		t.Errorf("blame %+v", b)
	}
	r, err := replay(t.Context(), g, e)
	if err != nil || r.unwinnable != wasted || r.loop != 0 || r.again != 1 {
		t.Errorf("replayed %+v, %v; want unwinnable after step %d", r, err, wasted)
	}
	e.Final.Text = "The end."
	if r, err := replay(t.Context(), g, e); err != nil || r.same {
		t.Errorf("another observation: %+v, %v", r, err)
	}
}

func blameStore(t *testing.T, es ...agent.Episode) *memory.Store {
	t.Helper()
	s, err := memory.Open(t.TempDir(), memory.Options{HoldOut: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Check(context.Background()); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	for _, e := range es {
		if err := s.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestRecordedLessons holds what the counts of a real file must add up to.
func TestRecordedLessons(t *testing.T) {
	es := importertest.Episodes(t, "gpt-4o-airline.json.gz")[:40]
	var r lessonsReport
	if err := r.measure(t.Context(), blameStore(t, es...), lessonsOptions{context: 100, samples: 5, seed: 1}); err != nil {
		t.Fatal(err)
	}
	if r.Episodes != len(es) || r.Failures == 0 || r.Lessons != r.Active+r.Candidates+r.Retired+r.Quarantined || len(r.Samples) != 5 ||
		!(r.RecallTokens > 0 && r.RecallTokens <= 100 && r.TraceTokens > r.RecallTokens) {
		t.Errorf("report %+v", r)
	}
}
