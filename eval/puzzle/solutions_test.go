package puzzle_test

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
)

var stepForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,6})([-+*/])(0|[1-9][0-9]{0,6})=([1-9][0-9]{0,6})$`)

// byCounts judges an answer to a countdown by what it takes and gives in all:
// no step takes more of any number than was given until then, and in the end
// one number is left that is given and not taken, the target.
func byCounts(p puzzle.Problem, answer string) bool {
	given, taken := map[string]int{}, map[string]int{}
	for _, n := range p.Numbers {
		given[fmt.Sprint(n)]++
	}
	for _, text := range strings.Split(answer, ",") {
		m := stepForm.FindStringSubmatch(text)
		if m == nil {
			return false
		}
		taken[m[1]]++
		taken[m[3]]++
		if taken[m[1]] > given[m[1]] || taken[m[3]] > given[m[3]] || !holds(m[1], m[2], m[3], m[4]) {
			return false
		}
		given[m[4]]++
	}
	taken[fmt.Sprint(p.Target)]++
	for n := range taken {
		if given[n] == 0 {
			return false
		}
	}
	for n := range given {
		if taken[n] != given[n] {
			return false
		}
	}
	return true
}

// holds reports whether a op b = c in the rational numbers.
func holds(a, op, b, c string) bool {
	x, _ := new(big.Rat).SetString(a)
	y, _ := new(big.Rat).SetString(b)
	z, _ := new(big.Rat).SetString(c)
	switch op {
	case "+":
		x.Add(x, y)
	case "-":
		x.Sub(x, y)
	case "*":
		x.Mul(x, y)
	case "/":
		if y.Sign() == 0 {
			return false
		}
		x.Quo(x, y)
	}
	return x.Cmp(z) == 0
}

// postfix collects the steps of all expressions in postfix notation over
// numbers that are worth target, through positive whole numbers. An operation
// takes the larger operand first, wherever it stands.
func postfix(numbers, stack []float64, steps []string, target float64, found map[string]bool) {
	if len(numbers) == 0 && len(stack) == 1 && stack[0] == target {
		found[strings.Join(steps, ",")] = true
	}
	for i, n := range numbers {
		rest := slices.Delete(slices.Clone(numbers), i, i+1)
		postfix(rest, append(slices.Clone(stack), n), steps, target, found)
	}
	if len(stack) < 2 {
		return
	}
	top := stack[len(stack)-2:]
	a, b := max(top[0], top[1]), min(top[0], top[1])
	for op, c := range map[string]float64{"+": a + b, "-": a - b, "*": a * b, "/": a / b} {
		if c <= 0 || c != math.Trunc(c) {
			continue
		}
		step := fmt.Sprintf("%.0f%s%.0f=%.0f", a, op, b, c)
		postfix(numbers, append(slices.Clone(stack[:len(stack)-2]), c), append(slices.Clone(steps), step), target, found)
	}
}

func TestSolutions(t *testing.T) {
	for _, c := range []struct {
		domain puzzle.Countdown
		n      int
	}{{puzzle.Countdown3(), 200}, {puzzle.Countdown4(), 4}} {
		for _, p := range c.domain.Draw(puzzle.Train, c.n, seeded(3)) {
			var numbers []float64
			for _, n := range p.Numbers {
				numbers = append(numbers, float64(n))
			}
			want := map[string]bool{}
			postfix(numbers, nil, nil, float64(p.Target), want)
			got := puzzle.Solutions(p)
			if len(got) != len(want) || !slices.IsSorted(got) {
				t.Errorf("%s %d solutions, want %d: %q", p.Prompt, len(got), len(want), got)
			}
			for _, answer := range got {
				if !want[answer] || !byCounts(p, answer) || !c.domain.Check(p, answer).Correct {
					t.Errorf("%s%s is a solution: listed %v, by counts %v", p.Prompt, answer, want[answer], byCounts(p, answer))
				}
			}
		}
	}
}

// TestDemonstrateIsUniform compares what is drawn with even shares by χ².
func TestDemonstrateIsUniform(t *testing.T) {
	d := puzzle.Countdown3()
	p := puzzle.Problem{Numbers: []int{2, 4, 6}, Target: 12}
	all := puzzle.Solutions(p)
	if len(all) < 5 {
		t.Fatalf("%d solutions: %q", len(all), all)
	}
	const each = 300
	drawn, rng := map[string]int{}, seeded(4)
	for range each * len(all) {
		drawn[d.Demonstrate(p, rng)]++
	}
	var chi2 float64
	for _, answer := range all {
		chi2 += math.Pow(float64(drawn[answer]-each), 2) / each
	}
	// Mean k-1, variance 2(k-1): 5 standard deviations above.
	k := float64(len(all) - 1)
	if limit := k + 5*math.Sqrt(2*k); !(chi2 <= limit) || len(drawn) != len(all) {
		t.Errorf("χ² is %.1f, must be at most %.1f: %v", chi2, limit, drawn)
	}
}
