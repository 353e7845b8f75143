package puzzle

import "strconv"

// Fault is the first thing wrong with an answer. It names the place and the
// kind, and never the whole answer: Value is the right result of the one step
// that was worked out wrongly, which in an arithmetic chain of that length is
// also its last result.
type Fault struct {
	Kind   Kind
	Step   int // from 1: the step, result or word it is in; one past the last if something is missing
	Offset int // bytes into the answer where that step begins
	Value  int // Slip: the right result; Unavailable: the number
}

// Kind is a kind of fault. Its byte is what String writes.
type Kind byte

// The kinds of faults.
const (
	None        Kind = 0
	Malformed   Kind = '?' // the step cannot be read
	Slip        Kind = '=' // the result of the step is wrong
	Unavailable Kind = 'x' // the number is not, or no longer, there to use
	Illegal     Kind = '/' // the result is no positive whole number
	Incomplete  Kind = '#' // something is missing: numbers not used, results not given, words not written
	Surplus     Kind = '+' // the answer goes on after its end
	OffTarget   Kind = '>' // all numbers are used, but the target is not reached
	WrongFact   Kind = '~' // a possible answer, but not the right one
	WrongSort   Kind = '!' // no possible answer to this question
	Plain       Kind = '.' // the word is a common one
	Repeated    Kind = '"' // the word stands in the line already
)

// String is the critique in a few bytes: the step, the kind, and the value if
// the kind has one, as in "!2=15": step 2 is wrong, 15 is right. It is empty
// for the zero Fault.
func (f Fault) String() string {
	if f.Kind == None {
		return ""
	}
	b := strconv.AppendInt([]byte{'!'}, int64(f.Step), 10)
	b = append(b, byte(f.Kind))
	if f.Kind == Slip || f.Kind == Unavailable {
		b = strconv.AppendInt(b, int64(f.Value), 10)
	}
	return string(b)
}
