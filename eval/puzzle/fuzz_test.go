package puzzle_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
)

// FuzzCheck holds what every verdict on any text is like, and that countdowns
// are judged as byCounts does.
func FuzzCheck(f *testing.F) {
	all := maps.Clone(domains)
	all["verse"] = puzzle.NewVerse(0.5)
	names := slices.Sorted(maps.Keys(all))
	for i, name := range names {
		rng := seeded(1)
		p := all[name].Draw(puzzle.Train, 1, rng)[0]
		answer := all[name].Demonstrate(p, rng)
		f.Add(byte(i), uint64(1), answer)
		f.Add(byte(i), uint64(1), answer[1:]+answer)
		f.Add(byte(i), uint64(1), strings.ReplaceAll(answer, "1", "٣"))
	}
	for _, text := range []string{"", ",,", "=", "1-1=0", "00", "9999999999999999999999", "12345678", "0/0=0", "the", " ", "\x00\xff"} {
		f.Add(byte(0), uint64(2), text)
	}
	f.Fuzz(func(t *testing.T, which byte, seed uint64, answer string) {
		d := all[names[int(which)%len(names)]]
		p := d.Draw(puzzle.Train, 1, seeded(seed))[0]
		v := d.Check(p, answer)
		critique := v.Fault.String()
		switch {
		case !(v.Score >= 0 && v.Score <= 1), v.Correct != (v.Score == 1), v.Score > 0 && !v.WellFormed:
			t.Errorf("%s%q: %+v", p.Prompt, answer, v)
		case v.Correct != (v.Fault == puzzle.Fault{}), v.Correct != (critique == ""), len(critique) > 12:
			t.Errorf("%s%q: %+v, critique %q", p.Prompt, answer, v, critique)
		case !v.Correct && (v.Fault.Step < 1 || v.Fault.Offset < 0 || v.Fault.Offset > len(answer)):
			t.Errorf("%s%q: fault out of the answer: %+v", p.Prompt, answer, v)
		}
		if _, ok := d.(puzzle.Countdown); ok && v.Correct != byCounts(p, answer) {
			t.Errorf("%s%q: %+v, by counts %v", p.Prompt, answer, v, !v.Correct)
		}
	})
}
