package puzzle_test

import (
	"testing"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
)

func TestFaults(t *testing.T) {
	three := puzzle.Problem{Numbers: []int{3, 5, 7}, Target: 22}
	chain := puzzle.Problem{Prompt: "7+5*3-4:", Numbers: []int{12, 36, 32}}
	for _, c := range []struct {
		domain puzzle.Domain
		p      puzzle.Problem
		answer string
		fault  string
		offset int
	}{
		{puzzle.Countdown3(), three, "5*3=15,15+7=22", "", 0},
		{puzzle.Countdown3(), three, "3*5=15,7+15=22", "", 0},
		{puzzle.Countdown3(), three, "5*3=16,16+7=23", "!1=15", 0},
		{puzzle.Countdown3(), three, "5*3=15,15+7=23", "!2=22", 7},
		{puzzle.Countdown3(), three, "5*3=15,15+3=18", "!2x3", 7},
		{puzzle.Countdown3(), three, "5*5=25,25-3=22", "!1x5", 0},
		{puzzle.Countdown3(), three, "5*3=15", "!2#", 6},
		{puzzle.Countdown3(), three, "5*3=15,15-7=8", "!2>", 7},
		{puzzle.Countdown3(), three, "7/3=2,2+5=7", "!1/", 0},
		{puzzle.Countdown3(), three, "3-7=4,4+5=9", "!1/", 0},
		{puzzle.Countdown3(), three, "5*3=15,15+7=22,22+1=23", "!3x1", 15},
		{puzzle.Countdown3(), three, "5*3=15,15^7=22", "!2?", 7},
		{puzzle.Countdown3(), three, "5*3=10000000", "!1?", 0},
		{puzzle.Countdown3(), three, "", "!1?", 0},
		{puzzle.NewChains(), chain, "12,36,32", "", 0},
		{puzzle.NewChains(), chain, "12,35,31", "!2=36", 3},
		{puzzle.NewChains(), chain, "12,36", "!3#", 5},
		{puzzle.NewChains(), chain, "12,36,32,1", "!4+", 9},
		{puzzle.NewChains(), chain, "12,036,32", "!2?", 3},
	} {
		v := c.domain.Check(c.p, c.answer)
		if v.Fault.String() != c.fault || v.Fault.Offset != c.offset || v.Correct != (c.fault == "") {
			t.Errorf("%q: %+v %q, want %q at %d", c.answer, v, v.Fault, c.fault, c.offset)
		}
	}
}
