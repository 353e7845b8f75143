package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
)

// strips writes a function that computes one row of so many strips of 16
// columns, two a panel: the chains of one panel alone would wait for each other.
// It is given how many there may be, the most first.
func (c code) strips(w width, most ...int) {
	o := c.product("strips"+w.String(), "tile")
	o.Comment("Panels of b are R8 bytes apart: there is but one row of a.")
	o.distance("bNext", o.aRow.one)
	o.triple(o.aRow)
	o.MOVQ(o.field("strips"), o.spare)
	for _, n := range most[1:] {
		o.CMPQ(o.spare, imm(n))
		o.JEQ(operand.LabelRef(fmt.Sprint("strips", n)))
	}
	for _, n := range most {
		o.Label(fmt.Sprint("strips", n))
		row{o, w, n * 64 / int(w)}.write()
	}
}

// row is a number of vectors of one row of a product.
type row struct {
	operands
	width
	vectors int
}

func (r row) write() {
	acc, a := r.registers(0, r.vectors), r.register(r.vectors)
	loop := fmt.Sprint("loop", r.vectors)
	for _, v := range acc {
		r.zero(v)
	}
	r.ifNothingToAdd(loop)
	for j, v := range acc {
		r.VMOVUPS(at(r.add, j*int(r.width)), v)
	}
	r.Label(loop)
	r.VBROADCASTSS(at(r.a, 0), a)
	for j, v := range acc {
		r.VFMADD231PS(r.right(j), a, v)
	}
	r.ADDQ(r.aCol, r.a)
	r.ADDQ(imm(panelBytes), r.b)
	r.countDown(r.inner, loop)
	for j, v := range acc {
		r.VMOVUPS(v, at(r.c, j*int(r.width)))
	}
	r.end()
}

// right is the j-th vector of a row of b.
func (r row) right(j int) operand.Mem {
	from := j * int(r.width)
	return r.aRow.from(at(r.b, from%panelBytes), from/panelBytes)
}
