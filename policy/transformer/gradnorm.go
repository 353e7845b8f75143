package transformer

import (
	"math"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// squares is the sums of squares of arrays.
type squares struct {
	op     kernel.SumSquares
	arrays [][]float32
	parts  []float64 // of one array after the other
}

// GradNorm is the Euclidean norm of all gradients together; NaN or +Inf if one
// of them is not finite.
func (p *Pass) GradNorm() float64 { return p.norm(p.grads) }

// norm is the Euclidean norm of arrays together.
func (p *Pass) norm(arrays [][]float32) float64 {
	s := &p.squares
	s.arrays = arrays
	n := 0
	for _, x := range arrays {
		n += s.count(x)
	}
	if cap(s.parts) < n {
		s.parts = make([]float64, n)
	}
	p.ops.machine.Do(p.bodies.squares)
	total, at := 0.0, 0
	for _, x := range arrays {
		sum := 0.0
		for _, v := range s.parts[at : at+s.count(x)] {
			sum += v
		}
		total += sum
		at += s.count(x)
	}
	s.arrays = nil
	return math.Sqrt(total)
}

// count is how many parts the sum of x comes in.
func (s *squares) count(x []float32) int {
	s.op.X = x
	return s.op.Units()
}

// sumSquares computes the parts.
func (p *Pass) sumSquares() {
	s, at := &p.squares, 0
	for _, x := range s.arrays {
		n := s.count(x)
		s.op.Parts = s.parts[at : at+n]
		p.ops.machine.Run(&s.op)
		at += n
	}
}
