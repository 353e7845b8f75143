// Package kerneltest holds implementations of kernel.Machine to its contract,
// and has two of them: [Reference], of plain loops, and [Hiding], which shows
// that who uses a Machine keeps to its memory model.
package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// Run tests the implementation of which open returns one. Each operation is
// compared with a [Reference] on random shapes, from the empty ones on, within a
// tolerance relative to the largest number of the operand, or to 1 if there is
// none larger. Besides values it holds that
//
//   - nothing is written but what the operation says;
//   - the same operands give the same bits again;
//   - a row, or a sequence of attention, has the same bits without the others;
//   - memory is the operands' or the machine's as the contract says.
func Run(t *testing.T, open func() kernel.Machine) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			m := open()
			for i := range c.trials {
				c.check(t, m, uint64(i))
			}
		})
	}
	t.Run("memory", func(t *testing.T) { testMemory(t, open()) })
	t.Run("statement", func(t *testing.T) { testStatement(t, open()) })
	t.Run("scratch", func(t *testing.T) { testScratch(t, open()) })
	t.Run("repacked", func(t *testing.T) { testRepacked(t, open()) })
}

// testCase is programs of one kind: operations that use each other's results.
type testCase struct {
	name      string
	tolerance float64
	trials    int
	build     func(rng *rand.Rand) []kernel.Op // the same program for the same numbers
}

func (c testCase) program(trial uint64) []kernel.Op {
	return c.build(rand.New(rand.NewPCG(trial, uint64(len(c.name)))))
}

func (c testCase) check(t *testing.T, m kernel.Machine, trial uint64) {
	t.Helper()
	got, again, want := c.program(trial), c.program(trial), c.program(trial)
	runAll(m, got)
	runAll(m, again)
	runAll(NewReference(), want)
	for i, op := range got {
		x, y, z := operands(op), operands(again[i]), operands(want[i])
		for j, o := range x {
			what := fmt.Sprintf("program %d, operation %d, %T.%s", trial, i, op, o.name)
			o.extend()
			y[j].extend()
			z[j].extend()
			sameBits(t, what+", once more", o.floats(), y[j].floats())
			switch {
			case o.name == "Parts": // only their sum is stated
				near(t, what, []float64{sum(o.floats())}, []float64{sum(z[j].floats())}, c.tolerance)
			case slices.ContainsFunc(x, o.changedBy):
				near(t, what, o.floats(), z[j].floats(), c.tolerance)
			default:
				sameBits(t, what+", which is only read", o.floats(), z[j].floats())
			}
		}
	}
	c.checkRows(t, m, trial)
}

// checkRows runs the program once more, the last operation for a part of the
// rows only, and holds that these come to the same bits.
func (c testCase) checkRows(t *testing.T, m kernel.Machine, trial uint64) {
	t.Helper()
	all, some := c.program(trial), c.program(trial)
	last := len(all) - 1
	n := rows(all[last])
	if n < 2 {
		return
	}
	runAll(m, all)
	rng := rand.New(rand.NewPCG(trial, 1))
	lo := rng.IntN(n)
	hi := lo + 1 + rng.IntN(n-lo)
	whole := clone(all[last])
	restrict(whole, lo, hi)
	restrict(some[last], lo, hi)
	runAll(m, some)
	for j, o := range operands(some[last]) {
		if o.written {
			what := fmt.Sprintf("program %d, %T.%s, rows [%d,%d) of %d", trial, some[last], o.name, lo, hi, n)
			sameBits(t, what, o.floats(), operands(whole)[j].floats())
		}
	}
}

func runAll(m kernel.Machine, ops []kernel.Op) {
	m.Do(func() {
		for _, op := range ops {
			m.Run(op)
		}
	})
}

func sum(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}

// near compares numbers; NaN and infinities exactly.
func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	top := 1.0
	for _, v := range want {
		if v-v == 0 {
			top = max(top, math.Abs(v))
		}
	}
	for i, w := range want {
		g := got[i]
		if w-w != 0 {
			if g != w && (g == g || w == w) {
				t.Fatalf("%s[%d] is %v, want %v", what, i, g, w)
			}
		} else if !(math.Abs(g-w) <= tolerance*top) {
			t.Fatalf("%s[%d] is %v, want %v within %v", what, i, g, w, tolerance*top)
		}
	}
}

func sameBits(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i, w := range want {
		if g := got[i]; math.Float64bits(g) != math.Float64bits(w) && (g == g || w == w) {
			t.Fatalf("%s: element %d is %v, want %v to the bit", what, i, g, w)
		}
	}
}
