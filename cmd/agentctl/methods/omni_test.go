package methods

import (
	"math/rand/v2"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
)

// The experiment of orders, at the smallest scale.
func TestOrders(t *testing.T) {
	l := quickLab(t.TempDir())
	l.Scale.BaseUpdates = 20
	s, err := l.Omni(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if len(s.Tables) != 4 || len(s.Figures) != 2 || len(s.Summary) != 6 {
		t.Errorf("%d tables, %d figures, %q", len(s.Tables), len(s.Figures), s.Summary)
	}
	var did []string
	l.Progress = func(what string) { did = append(did, what) }
	if _, err := l.Omni(t.Context()); err != nil || len(did) != 0 {
		t.Errorf("did again %v: %v", did, err)
	}
}

// A mixture has as many problems of each task, and judges each by its own.
func TestMixture(t *testing.T) {
	all := tasks()
	m, rng := mixture(all), rand.New(rand.NewPCG(1, 1))
	problems := m.Draw(puzzle.Tune, 42, rng)
	count := map[string]int{}
	for _, p := range problems {
		count[p.Domain]++
		right := m.Demonstrate(p, rng)
		v := m.Check(p, right)
		if want := v.Score; m.reward(p, right) != want || !v.WellFormed || want != 1 && p.Domain != "verse" {
			t.Errorf("%s %q: reward %v, %+v", p.Prompt, right, m.reward(p, right), v)
		}
		if m.reward(p, "0?") != 0 {
			t.Errorf("%s: an answer out of form has reward %v", p.Prompt, m.reward(p, "0?"))
		}
	}
	for i, want := range []int{14, 14, 14} {
		if count[m[i].name] != want {
			t.Errorf("%d problems of %s, want %d", count[m[i].name], m[i].name, want)
		}
	}
	verse := puzzle.Problem{Domain: "verse", Subject: "fox", Object: "owl"}
	if got := m.reward(verse, "the vivid fox saw the shy owl"); got != 2./3 {
		t.Errorf("two words of three paid for: %v", got)
	}
}

// Entropy is to fall in tasks of structure and to rise in the open-ended one,
// and the best order to be ahead.
func TestPartsOfTheClaim(t *testing.T) {
	all := tasks()
	at := func(score, entropy float64) []standing {
		s := standing{}
		for range all {
			s.Test = append(s.Test, Tally{Reward: score, Entropy: entropy})
		}
		return []standing{s, s}
	}
	f := courses{mixture: all, scale: mergeScales()[1], bases: at(0.1, 1), joint: at(0.3, 1)}
	f.orders = []followed{{standings: at(0.4, 1)}, {standings: at(0.2, 1)}}
	f.merged = [][]standing{at(0, 1), at(0.15, 1), at(0, 1)}
	for _, task := range all {
		after := 0.5
		if task.judged {
			after = 1.5
		}
		f.single = append(f.single, at(0.2, after))
	}
	want := []float64{0.1, 0.2, 0.25, 0.5, 0.5, 0.5}
	parts := f.parts()
	if len(parts) != len(want) {
		t.Fatalf("%d parts, want %d", len(parts), len(want))
	}
	for i, p := range parts {
		if got := p.a[1] - p.b[1]; !(got > want[i]-1e-9 && got < want[i]+1e-9) {
			t.Errorf("%s: %v, want %v", p.what, got, want[i])
		}
	}
}
