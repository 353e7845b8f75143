package puzzle_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
)

// An error that is planted at a step is found at that step, whatever follows.
func TestPlantedErrors(t *testing.T) {
	rng := seeded(7)
	for _, name := range []string{"chains", "chains-long", "chains-wide", "countdown3", "countdown4"} {
		d, ok := domains[name]
		if !ok {
			t.Fatalf("no domain %s among %v", name, domains)
		}
		for _, p := range d.Draw(puzzle.Train, 200, rng) {
			steps := strings.Split(d.Demonstrate(p, rng), ",")
			k := rng.IntN(len(steps))
			offset := len(strings.Join(steps[:k], ","))
			if k > 0 {
				offset++
			}
			left, result := "", steps[k]
			if at := strings.IndexByte(steps[k], '='); at >= 0 {
				left, result = steps[k][:at+1], steps[k][at+1:]
			}
			right, err := strconv.Atoi(result)
			if err != nil {
				t.Fatal(err)
			}
			planted := append([]string(nil), steps...)
			planted[k] = left + strconv.Itoa((right+1+rng.IntN(97))%100)
			if planted[k] == steps[k] {
				continue
			}
			answer := strings.Join(planted, ",")
			want := puzzle.Fault{Kind: puzzle.Slip, Step: k + 1, Offset: offset, Value: right}
			if got := d.Check(p, answer); got.Correct || got.Fault != want {
				t.Errorf("%s%s: %+v, want %+v", p.Prompt, answer, got, want)
			}
			if got := d.Check(p, strings.Join(steps[:k], ",")).Fault; k > 0 && (got.Kind != puzzle.Incomplete || got.Step != k+1) {
				t.Errorf("%s%s: %+v, want step %d to be missing", p.Prompt, strings.Join(steps[:k], ","), got, k+1)
			}
			if got := d.Check(p, strings.Join(append(steps, steps[0]), ",")).Fault; got.Step != len(steps)+1 {
				t.Errorf("%s: %+v of an answer that goes on", p.Prompt, got)
			}
		}
	}
}
