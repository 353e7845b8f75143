package puzzle_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
)

// TestFactsDoNotLeak holds that the corpus has no gap and no new fact, that a
// context answers, and that Train asks for no fact of another split.
func TestFactsDoNotLeak(t *testing.T) {
	corpus := facts.Corpus()
	rng := seeded(1)
	all := facts.Of(puzzle.Known, puzzle.Gap, puzzle.New)
	document := func(p puzzle.Problem) string { return p.Subject + " " + p.Object + " " + p.Answer }
	forms := map[puzzle.Form]int{}
	isNew := map[string]bool{} // by entity
	for _, s := range []puzzle.Split{puzzle.Train, puzzle.Tune, puzzle.Test} {
		for _, p := range all.Draw(s, 400, rng) {
			forms[p.Form]++
			if was, ok := isNew[p.Subject]; ok && was != (p.Source == puzzle.New) {
				t.Errorf("%s has both new and other facts", p.Subject)
			}
			isNew[p.Subject] = p.Source == puzzle.New
			context := strings.Split(all.Context(p, 4, rng), ";")
			if len(context) != 4 {
				t.Errorf("%s: %d documents", p.Prompt, len(context))
			}
			if p.Form == puzzle.TwoHop {
				link := slices.IndexFunc(context, func(d string) bool { return strings.HasPrefix(d, p.Subject+" boss ") })
				if link < 0 {
					t.Fatalf("%s: context %q lacks the boss", p.Prompt, context)
				}
				middle := strings.Fields(context[link])[2]
				if !slices.Contains(context, middle+" "+p.Object+" "+p.Answer) {
					t.Errorf("%s: context %q lacks the answer", p.Prompt, context)
				}
				if s == puzzle.Train && (puzzle.SplitOf(p.Subject+" boss") != s || puzzle.SplitOf(middle+" "+p.Object) != s) {
					t.Errorf("%s is in train, not all its facts are", p.Prompt)
				}
				continue
			}
			if !slices.Contains(context, document(p)) {
				t.Errorf("%s: context %q lacks the answer", p.Prompt, context)
			}
			if slices.Contains(corpus, document(p)) != (p.Source == puzzle.Known) {
				t.Errorf("%s is %s", p.Prompt, p.Source)
			}
			if p.Form == puzzle.Rephrase && s == puzzle.Train {
				t.Errorf("%s is in train", p.Prompt)
			}
		}
	}
	if len(forms) != 3 {
		t.Errorf("forms %v", forms)
	}
}

// A config that makes no world is named by its field.
func TestFactsConfig(t *testing.T) {
	for _, tt := range []struct {
		field string
		set   func(*puzzle.FactsConfig)
	}{
		{"Entities", func(c *puzzle.FactsConfig) { c.Entities = 1 }},
		{"Entities", func(c *puzzle.FactsConfig) { c.Entities = 401 }},
		{"New", func(c *puzzle.FactsConfig) { c.New = 1 }},
		{"New", func(c *puzzle.FactsConfig) { c.New = 401 }},
		{"GapShare", func(c *puzzle.FactsConfig) { c.GapShare = -0.1 }},
		{"GapShare", func(c *puzzle.FactsConfig) { c.GapShare = 1.1 }},
		{"GapShare", func(c *puzzle.FactsConfig) { c.GapShare = math.NaN() }},
	} {
		c := puzzle.DefaultFactsConfig()
		tt.set(&c)
		if _, err := puzzle.NewFacts(c); err == nil || !strings.Contains(err.Error(), "FactsConfig."+tt.field+" ") {
			t.Errorf("%+v: %v, want an error that names %s", c, err, tt.field)
		}
	}
	for _, n := range []int{2, 400} {
		if _, err := puzzle.NewFacts(puzzle.FactsConfig{Entities: n, New: n, GapShare: 1}); err != nil {
			t.Errorf("%d entities: %v", n, err)
		}
	}
}
