package methods

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/eval/report"
)

// quickLab is a lab in dir that does as little as there is.
func quickLab(dir string) *Lab {
	l := &Lab{Dir: dir, Seeds: []uint64{1, 2}, Workers: 2, Scale: Quick()}
	l.Scale.BaseUpdates, l.Scale.BaseRate = 200, 1e-2
	return l
}

// An interrupted experiment goes on where it was, with the same result, and
// one that is finished does nothing again.
func TestExperimentGoesOn(t *testing.T) {
	whole, err := quickLab(t.TempDir()).NSR(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := whole.Validate(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cut := quickLab(dir)
	cut.Workers = 1
	finished := 0
	cut.Progress = func(string) {
		if finished++; finished == 5 {
			cancel()
		}
	}
	if _, err := cut.NSR(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	again := quickLab(dir)
	var did []string
	again.Progress = func(what string) { did = append(did, what) }
	got, err := again.NSR(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, whole) {
		t.Error("another result than without the interruption")
	}
	// Two bases, three learning rates of seven methods, and seven under two seeds.
	if want := 2 + 3*7 + 7*2 - 5; len(did) != want {
		t.Errorf("did %d pieces of work after the interruption, want %d: %v", len(did), want, did)
	}
	did = nil
	if _, err := again.NSR(t.Context()); err != nil || len(did) != 0 {
		t.Errorf("did again %v: %v", did, err)
	}
}

// Work that is damaged is named.
func TestDamagedWork(t *testing.T) {
	dir := t.TempDir()
	l := quickLab(dir)
	if _, err := Once(l, "a/b", func() (int, error) { return 7, nil }); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "a", "b.json")
	if err := os.WriteFile(name, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Once(l, "a/b", func() (int, error) { return 8, nil }); err == nil || !strings.Contains(err.Error(), "b.json") {
		t.Errorf("damaged: %v", err)
	}
	broken := errors.New("broken")
	if _, err := Once(l, "c", func() (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if v, err := Once(l, "c", func() (int, error) { return 9, nil }); err != nil || v != 9 {
		t.Errorf("%d, %v: what failed was kept", v, err)
	}
}

// A claim holds if all its parts do, and fails if one does.
func TestDecide(t *testing.T) {
	above := comparison{"above", []float64{3, 4, 5}, []float64{1, 2, 3.1}, 0, percent}
	below := comparison{"below", above.b, above.a, 0, percent}
	unclear := comparison{"unclear", []float64{1, 2, 3}, []float64{3, 2, 1}, 0, plain}
	alone := comparison{"alone", []float64{1}, []float64{0}, 0, percent}
	for _, tt := range []struct {
		parts []comparison
		want  report.Verdict
	}{
		{[]comparison{above}, report.Holds},
		{[]comparison{above, unclear}, report.NotDecided},
		{[]comparison{unclear, above}, report.NotDecided},
		{[]comparison{above, below, unclear}, report.DoesNotHold},
		{[]comparison{alone}, report.NotDecided},
	} {
		var s report.Study
		if err := decide(&s, tt.parts); err != nil {
			t.Fatal(err)
		}
		if s.Verdict != tt.want || len(s.Summary) != len(tt.parts) {
			t.Errorf("%v: %s, %q", tt.parts, s.Verdict, s.Summary)
		}
	}
}

// The experiment of calibrated rewards, at the smallest scale.
func TestCalibratedRewards(t *testing.T) {
	s, err := quickLab(t.TempDir()).RLCR(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if len(s.Tables) != 5 || len(s.Summary) != 6 {
		t.Errorf("%d tables, %d sentences", len(s.Tables), len(s.Summary))
	}
}

// An answer that does not say how sure it is is wrong, and worth nothing.
func TestStatedDomain(t *testing.T) {
	d := puzzle.NewChains()
	p := d.Draw(puzzle.Test, 1, rand.New(rand.NewPCG(1, 1)))[0]
	right := d.Demonstrate(p, nil)
	m := calibrators(d)
	for _, tt := range []struct {
		text       string
		correct    bool
		rlvr, rlcr float64
	}{
		{right + " ?10", true, 1, 1}, {right + " ?0", true, 1, 0}, {right, false, 0, 0},
		{"x ?0", false, 0, 0}, {"x ?10", false, 0, -1}, {right + " ?11", false, 0, 0},
	} {
		if got := (stated{d}).Check(p, tt.text).Correct; got != tt.correct {
			t.Errorf("%q: %v", tt.text, got)
		}
		if a, b := m[0].worth(p, tt.text), m[1].worth(p, tt.text); a != tt.rlvr || b != tt.rlcr {
			t.Errorf("%q: rewards %v and %v, want %v and %v", tt.text, a, b, tt.rlvr, tt.rlcr)
		}
	}
}

// Shares and tokens are those of each seed.
func TestHouseholdBySeed(t *testing.T) {
	r := &report.Result{Seeds: []uint64{4, 9}, Tasks: 2, Samples: []report.Sample{
		{Condition: "c", Seed: 4, Trial: 0, Success: true, ContextTokens: 99},
		{Condition: "c", Seed: 4, Trial: 0}, {Condition: "c", Seed: 4, Trial: 1, ContextTokens: 10},
		{Condition: "c", Seed: 4, Trial: 2, ContextTokens: 30, Success: true},
		{Condition: "d", Seed: 9, Trial: 1, ContextTokens: 50, Success: true},
	}}
	for tries, want := range map[int]float64{1: 0.5, 2: 0.5, 3: 1} {
		if got := solvedBy(r, "c", tries); got[0] != want || got[1] != 0 {
			t.Errorf("within %d tries %v, want %v and 0", tries, got, want)
		}
	}
	if got := retryContext(r, "c"); got[0] != 20 || got[1] != 0 {
		t.Errorf("context %v, want 20 and 0", got)
	}
}

// A base model learns to answer in the form that is asked for.
func TestBaseLearns(t *testing.T) {
	l := quickLab(t.TempDir())
	d := puzzle.Countdown3()
	lm, err := l.base(t.Context(), "countdown3", d, 1)
	if err != nil {
		t.Fatal(err)
	}
	groups, err := l.sample(t.Context(), lm, train{domain: d, seed: 1}, 5)
	if err != nil {
		t.Fatal(err)
	}
	if len(groups) != l.Scale.Prompts || len(groups[0]) != l.Scale.Samples {
		t.Fatalf("%d groups of %d", len(groups), len(groups[0]))
	}
	steps := 0
	for _, g := range groups {
		for _, a := range g {
			if text := lm.Text(a); strings.Contains(text, "=") && strings.Contains(text, ",") {
				steps++
			}
			if a.Reward != 1 && a.Reward != -1 {
				t.Errorf("reward %v", a.Reward)
			}
		}
	}
	if steps < l.Scale.Prompts*l.Scale.Samples/2 {
		t.Errorf("%d answers in steps", steps)
	}
}

func TestSpend(t *testing.T) {
	l := &Lab{Dir: t.TempDir()}
	for i, want := range []float64{1.5, 2} {
		got, err := l.Spend("nsr", []time.Duration{1500 * time.Millisecond, 500 * time.Millisecond}[i])
		if err != nil || got != want {
			t.Errorf("spent %v, %v; want %v", got, err, want)
		}
	}
	if got, err := l.Spend("rlcr", time.Second); err != nil || got != 1 {
		t.Errorf("another method: %v, %v", got, err)
	}
}
