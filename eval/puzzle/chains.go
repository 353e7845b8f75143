package puzzle

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Chains asks for the running results of a sum worked strictly from left to
// right, each modulo 100: "7+5*3-4:" is answered by "12,36,32". A problem's
// level is its count of operations: every one more is one more chance of a
// slip.
type Chains struct {
	name       string
	min, max   int // level
	operations string
	maxOperand int
}

// NewChains is the domain "chains": + - * with operands from 1 to 9, levels 1
// to 8.
func NewChains() Chains {
	return Chains{name: "chains", min: 1, max: 8, operations: "+-*", maxOperand: 9}
}

// ShortChains is the domain "chains-short": as NewChains, but levels 1 to 3.
func ShortChains() Chains {
	return Chains{name: "chains-short", min: 1, max: 3, operations: "+-*", maxOperand: 9}
}

// LongChains is the domain "chains-long": as NewChains, but levels 9 to 12, out
// of the domain of who learned that.
func LongChains() Chains {
	return Chains{name: "chains-long", min: 9, max: 12, operations: "+-*", maxOperand: 9}
}

// WideChains is the domain "chains-wide": as NewChains, but + and - only, with
// operands of two digits from 10, and levels 1 to 6. No problem of it is one of
// NewChains.
func WideChains() Chains {
	return Chains{name: "chains-wide", min: 1, max: 6, operations: "+-", maxOperand: 99}
}

// Draw implements Domain. Levels are equally likely until the problems of the
// short ones run out.
func (c Chains) Draw(s Split, n int, rng *rand.Rand) []Problem {
	return draw(s, n, func() Problem { return c.next(rng) })
}

func (c Chains) next(rng *rand.Rand) Problem {
	least := 1
	if c.maxOperand > 9 {
		least = 10
	}
	operand := func() int { return least + rng.IntN(c.maxOperand-least+1) }
	level := c.min + rng.IntN(c.max-c.min+1)
	value := operand()
	id := strconv.AppendInt(nil, int64(value), 10)
	results := make([]int, level)
	for i := range results {
		op, b := c.operations[rng.IntN(len(c.operations))], operand()
		id = strconv.AppendInt(append(id, op), int64(b), 10)
		value = modulo(value, op, b)
		results[i] = value
	}
	return Problem{Domain: c.name, ID: string(id), Prompt: string(id) + ":", Level: level, Numbers: results}
}

// modulo computes a op b modulo 100, in [0,100).
func modulo(a int, op byte, b int) int {
	switch op {
	case '+':
		a += b
	case '-':
		a -= b
	case '*':
		a *= b
	}
	return (a%100 + 100) % 100
}

// Demonstrate implements Domain. There is one right answer.
func (c Chains) Demonstrate(p Problem, _ *rand.Rand) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(p.Numbers), "[]"), " ", ",")
}

// Check implements Domain: all results must be right.
func (c Chains) Check(p Problem, answer string) Verdict {
	step, offset := 0, 0
	for rest, more := answer, true; more; {
		var text string
		text, rest, more = strings.Cut(rest, ",")
		step++
		f := Fault{Step: step, Offset: offset}
		n, tail, ok := number(text)
		switch {
		case !ok || tail != "":
			f.Kind = Malformed
		case step > len(p.Numbers):
			f.Kind = Surplus
		case n != p.Numbers[step-1]:
			f.Kind, f.Value = Slip, p.Numbers[step-1]
		}
		if f.Kind != None {
			return wrong(f)
		}
		offset += len(text) + 1
	}
	if step < len(p.Numbers) {
		return wrong(Fault{Kind: Incomplete, Step: step + 1, Offset: len(answer)})
	}
	return right()
}
