package puzzle_test

import (
	"testing"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
)

func TestVerse(t *testing.T) {
	d := puzzle.NewVerse(0.1)
	p := puzzle.Problem{Domain: "verse", ID: "fox tower", Prompt: "fox tower:", Level: 1, Subject: "fox", Object: "tower"}
	for _, c := range []struct {
		answer string
		want   puzzle.Verdict
		fault  string
	}{
		{"the grim fox kicks the dusty tower", puzzle.Verdict{Correct: true, WellFormed: true, Score: 1}, ""},
		{"the grim fox kicks the grim tower", puzzle.Verdict{WellFormed: true, Score: 2. / 3}, "!6\""},
		{"the big fox kicks the grim tower", puzzle.Verdict{WellFormed: true, Score: 2. / 3}, "!2."},
		{"the big fox saw the old tower", puzzle.Verdict{WellFormed: true}, "!2."},
		{"the grim fox kicks the qwxyz tower", puzzle.Verdict{}, "!6?"},
		{"the grim fox kicks the dusty fox", puzzle.Verdict{}, "!7?"},
		{"the grim fox kicks", puzzle.Verdict{}, "!5#"},
		{"the grim fox kicks the dusty tower ", puzzle.Verdict{}, "!8+"},
	} {
		got := d.Check(p, c.answer)
		fault := got.Fault.String()
		if got.Fault = (puzzle.Fault{}); got != c.want || fault != c.fault {
			t.Errorf("%s: %+v %s, want %+v %s", c.answer, got, fault, c.want, c.fault)
		}
	}
	rng := seeded(1)
	for _, p := range d.Draw(puzzle.Test, 50, rng) {
		answer := d.Demonstrate(p, rng)
		if v := d.Check(p, answer); !v.WellFormed || len(answer) > 60 {
			t.Errorf("%s%s: %+v", p.Prompt, answer, v)
		}
	}
}
