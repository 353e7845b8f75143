package main

import (
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// maxOf is the largest number; if there is a NaN, either that or another.
func maxOf(c code) rowOp {
	top := c.YMM()
	return rowOp{
		name: "max", rows: []string{"x"},
		before: func(v vectors) { v.VMOVUPS(v.rows[0], top) },
		body:   func(v vectors) { v.VMAXPS(v.rows[0], top, top) },
		after:  func(v vectors) { v.foldReturn(top, v.VMAXPS, v.VMAXSS) },
	}
}

func dot(c code) rowOp {
	sum := c.YMM()
	return rowOp{
		name: "dot", rows: []string{"x", "y"},
		before: func(v vectors) { v.zero(sum) },
		body: func(v vectors) {
			r := v.vector()
			v.VMOVUPS(v.rows[0], r)
			v.VFMADD231PS(v.rows[1], r, sum)
		},
		after: func(v vectors) { v.foldReturn(sum, v.VADDPS, v.VADDSS) },
	}
}

func dot3(c code) rowOp {
	sum := c.YMM()
	return rowOp{
		name: "dot3", rows: []string{"x", "y", "z"},
		before: func(v vectors) { v.zero(sum) },
		body: func(v vectors) {
			r := v.vector()
			v.VMOVUPS(v.rows[0], r)
			v.VMULPS(v.rows[1], r, r)
			v.VFMADD231PS(v.rows[2], r, sum)
		},
		after: func(v vectors) { v.foldReturn(sum, v.VADDPS, v.VADDSS) },
	}
}

// expShift adds the 8 lanes of each half of a vector, the lower first, to the
// same 8 sums: both widths give the same bits.
func expShift(c code) rowOp {
	sum := c.YMM()
	return rowOp{
		name: "expShift", rows: []string{"x"}, scalars: []string{"scale", "shift"}, keep: upTo(bias),
		before: func(v vectors) { v.zero(sum) },
		body: func(v vectors) {
			x := v.vector()
			v.VMOVUPS(v.rows[0], x)
			v.VFMSUB213PS(v.scalars[1], v.scalars[0], x)
			v.exp(x)
			v.VMOVUPS(x, v.rows[0])
			v.VADDPS(x.AsY(), sum, sum)
			if v.width == zmm {
				upper := v.YMM()
				v.VEXTRACTF64X4(imm(1), x, upper)
				v.VADDPS(upper, sum, sum)
			}
		},
		after: func(v vectors) { v.foldReturn(sum, v.VADDPS, v.VADDSS) },
	}
}

// foldReturn returns what the 8 lanes of y come to: i and i+4, those with i+2,
// and those with i+1. all and lowest do that for all lanes or the lowest.
func (v vectors) foldReturn(y reg.VecVirtual, all, lowest func(...operand.Op)) {
	x, other := y.AsX(), v.XMM()
	v.Comment("The lanes are put together in a fixed order.")
	v.VEXTRACTF128(imm(1), y, other)
	all(other, x, x)
	v.VMOVHLPS(x, x, other)
	all(other, x, x)
	v.VMOVSHDUP(x, other)
	lowest(other, x, x)
	v.VMOVSS(x, v.address(v.ReturnIndex(0)))
}

// address is where a number that is passed or returned lies.
func (v vectors) address(c gotypes.Component) operand.Mem {
	b, err := c.Resolve()
	if err != nil {
		panic("asm: internal error: " + err.Error()) // the parameter is none
	}
	return b.Addr
}
