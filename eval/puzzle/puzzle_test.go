package puzzle_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
)

var facts = func() puzzle.Facts {
	f, err := puzzle.NewFacts(puzzle.DefaultFactsConfig())
	if err != nil {
		panic(err)
	}
	return f
}()

var domains = map[string]puzzle.Domain{
	"facts": facts, "facts-new": facts.Of(puzzle.New), "facts-read": facts.Of(puzzle.New).Read(3),

	"countdown3": puzzle.Countdown3(), "countdown4": puzzle.Countdown4(),
	"chains": puzzle.NewChains(), "chains-long": puzzle.LongChains(), "chains-wide": puzzle.WideChains(),
	"chains-short": puzzle.ShortChains(),
}

func seeded(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, 0)) }

func TestDomains(t *testing.T) {
	for name, d := range domains {
		t.Run(name, func(t *testing.T) {
			seen := map[string]puzzle.Split{}
			for seed, s := range []puzzle.Split{puzzle.Train, puzzle.Tune, puzzle.Test, puzzle.Train, puzzle.Test} {
				rng := seeded(uint64(seed))
				ps := d.Draw(s, 100, rng)
				if again := d.Draw(s, 100, seeded(uint64(seed))); !reflect.DeepEqual(ps, again) {
					t.Fatal("two draws of one seed differ")
				}
				own := map[string]bool{}
				for _, p := range ps {
					if own[p.ID] {
						t.Fatalf("%s drawn twice", p.ID)
					}
					own[p.ID] = true
					if of, ok := seen[p.ID]; ok && of != s {
						t.Fatalf("%s is in %s and in %s", p.ID, of, s)
					}
					seen[p.ID] = s
					checkProblem(t, d, p, rng)
				}
				if len(ps) == 0 {
					t.Fatalf("no problem in %s", s)
				}
			}
		})
	}
}

func checkProblem(t *testing.T, d puzzle.Domain, p puzzle.Problem, rng *rand.Rand) {
	t.Helper()
	if !strings.HasSuffix(p.Prompt, ":") || strings.Contains(p.Prompt, "\n") || p.Level < 1 {
		t.Fatalf("problem %+v", p)
	}
	answer := d.Demonstrate(p, rng)
	v := d.Check(p, answer)
	if v != (puzzle.Verdict{Correct: true, WellFormed: true, Score: 1}) {
		t.Fatalf("%s%s: %+v", p.Prompt, answer, v)
	}
	if len(answer) > 60 {
		t.Fatalf("%s%s: %d bytes", p.Prompt, answer, len(answer))
	}
	for _, bad := range []string{"", answer + "\n", answer + ",", " " + answer, answer + "=1", "," + answer} {
		if v := d.Check(p, bad); v.Correct || v.Score >= 1 || v.Fault.Kind == puzzle.None {
			t.Fatalf("%s%q: %+v", p.Prompt, bad, v)
		}
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back puzzle.Problem
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(p, back) {
		t.Fatalf("%+v became %+v (%v)", p, back, err)
	}
}
