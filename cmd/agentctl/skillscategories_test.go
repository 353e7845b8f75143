package main

import (
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/household"
	"github.com/surefoot-ai/surefoot/skills"
)

// TestDiscoveredCategories holds the categories that are discovered in 300
// generated games against the kinds that these were drawn from, and that nobody
// is told: games that were played, and as many others of which only the goal is
// known.
func TestDiscoveredCategories(t *testing.T) {
	o := household.DefaultGenerateOptions()
	o.Split = "categories"
	var games, known []*household.Game
	for i := range 800 {
		g, err := household.Generate(uint64(i), o)
		if err != nil {
			t.Fatal(err)
		}
		if i < 600 {
			games = append(games, g)
		} else {
			known = append(known, g)
		}
	}
	expert := household.NewExpert(household.Count(known), household.ExpertOptions{})
	var won []agent.Episode
	for i, g := range games[:300] {
		e, err := agent.Run(t.Context(), g.Task(), agent.RunOptions{Policy: expert, Environment: household.NewEnvironment(g, household.Current), Seed: uint64(i)})
		if err != nil {
			t.Fatal(err)
		}
		if e.Task.Kind = ""; e.Outcome.Success {
			won = append(won, e)
		}
	}
	for _, tt := range []struct {
		name    string
		learned int // successes that categories are discovered from
		games   []*household.Game
		floor   float64
	}{
		{"played", len(won), games[:300], 0.95},
		{"not played", len(won), games[300:], 0.95},
		{"not played, few known", 30, games[300:], 0.8},
	} {
		c := skills.Discover(won[:tt.learned])
		counts := map[[2]string]int{}
		for _, g := range tt.games {
			task := g.Task()
			kind := task.Kind
			task.Kind = ""
			counts[[2]string{c.Of(task), kind}]++
		}
		index, purity := agreement(counts)
		t.Logf("%s: adjusted Rand index %.3f, purity %.3f: %v", tt.name, index, purity, counts)
		if !(index >= tt.floor && purity >= tt.floor) {
			t.Errorf("%s: adjusted Rand index %.3f, purity %.3f, must be at least %v", tt.name, index, purity, tt.floor)
		}
	}
}

// agreement is how far two ways to sort the same things agree, of which counts
// holds how many are in each pair of sorts: the index of Hubert and Arabie
// 1985, eq. 5, which is 1 for the same sorts and 0 on average for drawn ones;
// and the share of things whose second sort is the most frequent one in their
// first.
func agreement(counts map[[2]string]int) (index, purity float64) {
	pairs := func(n int) float64 { return float64(n*(n-1)) / 2 }
	var first, second, most = map[string]int{}, map[string]int{}, map[string]int{}
	n, both := 0, 0.0
	for k, c := range counts {
		first[k[0]] += c
		second[k[1]] += c
		most[k[0]] = max(most[k[0]], c)
		n += c
		both += pairs(c)
	}
	a, b, pure := 0.0, 0.0, 0
	for _, c := range first {
		a += pairs(c)
	}
	for _, c := range second {
		b += pairs(c)
	}
	for _, c := range most {
		pure += c
	}
	chance := a * b / pairs(n)
	return (both - chance) / ((a+b)/2 - chance), float64(pure) / float64(n)
}

func TestAgreement(t *testing.T) {
	for _, tt := range []struct {
		counts        map[[2]string]int
		index, purity float64
	}{
		{map[[2]string]int{{"x", "a"}: 5, {"y", "b"}: 7}, 1, 1},
		{map[[2]string]int{{"x", "a"}: 1, {"x", "b"}: 1, {"y", "a"}: 1, {"y", "b"}: 1}, -0.5, 0.5},
		{map[[2]string]int{{"x", "a"}: 2, {"x", "b"}: 1, {"y", "b"}: 3}, 12.0 / 37, 5.0 / 6}, // 4 pairs in both, 6 in the first, 7 in the second
	} {
		index, purity := agreement(tt.counts)
		if d := index - tt.index; !(d*d < 1e-18) || purity != tt.purity {
			t.Errorf("%v: %v, %v, want %v, %v", tt.counts, index, purity, tt.index, tt.purity)
		}
	}
}
