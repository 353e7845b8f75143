package puzzle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Countdown asks to reach a target with + - * / from given numbers, each used
// exactly once, through positive whole results: "3 5 7>22:" is answered by
// "5*3=15,15+7=22". Every problem drawn has an answer, most have several.
type Countdown struct {
	numbers   int
	maxNumber int
	maxTarget int
}

// Countdown3 is Countdown with three numbers from 1 to 20 and targets up to 99.
func Countdown3() Countdown { return Countdown{numbers: 3, maxNumber: 20, maxTarget: 99} }

// Countdown4 is Countdown with four numbers from 1 to 20 and targets up to 99.
func Countdown4() Countdown { return Countdown{numbers: 4, maxNumber: 20, maxTarget: 99} }

// Draw implements Domain. Numbers are uniform, and so is the target among those
// that can be reached from them. A problem's level is the count of its numbers.
func (c Countdown) Draw(s Split, n int, rng *rand.Rand) []Problem {
	return draw(s, n, func() Problem { return c.next(rng) })
}

func (c Countdown) next(rng *rand.Rand) Problem {
	numbers := make([]int, c.numbers)
	for {
		for i := range numbers {
			numbers[i] = 1 + rng.IntN(c.maxNumber)
		}
		slices.Sort(numbers)
		targets := reachable(numbers, c.maxTarget)
		if len(targets) > 0 {
			return countdown(numbers, targets[rng.IntN(len(targets))])
		}
	}
}

func countdown(numbers []int, target int) Problem {
	id := fmt.Sprintf("%s>%d", strings.Trim(fmt.Sprint(numbers), "[]"), target)
	return Problem{
		Domain: fmt.Sprintf("countdown%d", len(numbers)), ID: id, Prompt: id + ":",
		Level: len(numbers), Numbers: numbers, Target: target,
	}
}

// Demonstrate implements Domain: each of Solutions is as likely. It returns ""
// if there is none, which no problem drawn is.
func (c Countdown) Demonstrate(p Problem, rng *rand.Rand) string {
	all := Solutions(p)
	if len(all) == 0 {
		return ""
	}
	return all[rng.IntN(len(all))]
}

// Check implements Domain. Operands may stand in either order.
func (c Countdown) Check(p Problem, answer string) Verdict {
	var room [8]int
	left := append(room[:0], p.Numbers...)
	step, offset := 0, 0
	for rest, more := answer, true; more; {
		var text string
		text, rest, more = strings.Cut(rest, ",")
		step++
		f := Fault{Step: step, Offset: offset}
		if left = perform(text, left, &f); f.Kind != None {
			return wrong(f)
		}
		offset += len(text) + 1
	}
	f := Fault{Step: step + 1, Offset: len(answer)}
	switch {
	case len(left) > 1:
		f.Kind = Incomplete
		return wrong(f)
	case len(left) == 0 || left[0] != p.Target:
		f.Kind = OffTarget
		f.Step, f.Offset = step, strings.LastIndexByte(answer, ',')+1
		return wrong(f)
	}
	return right()
}

// perform does the step of text, as "5*3=15", to the numbers left, in place,
// and returns what is left then; or it writes to f what is wrong.
func perform(text string, left []int, f *Fault) []int {
	a, rest, ok := number(text)
	if !ok || rest == "" {
		f.Kind = Malformed
		return left
	}
	op := rest[0]
	b, rest, ok := number(rest[1:])
	if !ok || rest == "" || rest[0] != '=' {
		f.Kind = Malformed
		return left
	}
	c, rest, ok := number(rest[1:])
	if !ok || rest != "" || strings.IndexByte("+-*/", op) < 0 {
		f.Kind = Malformed
		return left
	}
	for _, x := range [2]int{a, b} {
		i := slices.Index(left, x)
		if i < 0 {
			f.Kind, f.Value = Unavailable, x
			return left
		}
		left = slices.Delete(left, i, i+1)
	}
	switch r, ok := apply(a, op, b); {
	case !ok:
		f.Kind = Illegal
	case r != c:
		f.Kind, f.Value = Slip, r
	}
	return append(left, c)
}

// apply computes a op b; ok says whether that is a positive whole number.
func apply(a int, op byte, b int) (c int, ok bool) {
	switch op {
	case '+':
		c = a + b
	case '-':
		c = a - b
	case '*':
		c = a * b
	case '/':
		if b == 0 || a%b != 0 {
			return 0, false
		}
		c = a / b
	}
	return c, c > 0
}

// number reads the digits that text begins with: at most 7, and no leading
// zero but in "0".
func number(text string) (n int, rest string, ok bool) {
	i := 0
	for ; i < len(text) && '0' <= text[i] && text[i] <= '9'; i++ {
		if i == 7 {
			return 0, "", false
		}
		n = 10*n + int(text[i]-'0')
	}
	return n, text[i:], i == 1 || i > 1 && text[0] != '0'
}

// Solutions returns all right answers to a Countdown problem, sorted, with the
// larger operand first in every step. The same steps in another order count as
// another answer.
func Solutions(p Problem) []string {
	var out []string
	search(p.Numbers, nil, appendStep, func(result int, steps []byte) {
		if result == p.Target {
			out = append(out, string(steps))
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// reachable returns the targets up to limit that all numbers together reach,
// ascending.
func reachable(numbers []int, limit int) []int {
	var out []int
	search(numbers, nil, noStep, func(result int, _ []byte) {
		if result <= limit {
			out = append(out, result)
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// search calls found for every way of using up all numbers. The steps, which step
// adds to, are found's only until it returns.
func search(numbers []int, steps []byte, step func(steps []byte, abc [3]int, op byte) []byte, found func(result int, steps []byte)) {
	if len(numbers) == 1 {
		found(numbers[0], steps)
		return
	}
	for i := range numbers {
		for j := range i {
			a, b := max(numbers[i], numbers[j]), min(numbers[i], numbers[j])
			rest := slices.Delete(slices.Clone(numbers), i, i+1)
			rest = slices.Delete(rest, j, j+1)
			for _, op := range [...]byte{'+', '-', '*', '/'} {
				c, ok := apply(a, op, b)
				if !ok {
					continue
				}
				search(append(slices.Clone(rest), c), step(steps, [3]int{a, b, c}, op), step, found)
			}
		}
	}
}

// noStep writes nothing.
func noStep([]byte, [3]int, byte) []byte { return nil }

// appendStep writes a op b=c after steps, which it leaves as they are.
func appendStep(steps []byte, abc [3]int, op byte) []byte {
	out := slices.Clone(steps)
	if len(out) > 0 {
		out = append(out, ',')
	}
	out = append(strconv.AppendInt(out, int64(abc[0]), 10), op)
	out = append(strconv.AppendInt(out, int64(abc[1]), 10), '=')
	return strconv.AppendInt(out, int64(abc[2]), 10)
}
