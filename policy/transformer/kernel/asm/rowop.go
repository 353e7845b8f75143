package main

import (
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowOp writes a function on rows of n numbers, n a positive multiple of 8. What
// it computes is stated at its portable twin in vector.go.
type rowOp struct {
	name    string        // without that of the vectors
	rows    []string      // parameters that point to rows
	scalars []string      // parameters that are numbers, or fields of strct
	strct   string        // what parameter c points to; "": there is none
	keep    []constant    // in registers, if there are enough
	before  func(vectors) // nil: nothing
	body    func(vectors) // does one vector of each row
	after   func(vectors) // nil: nothing
}

// vectors is what the parts of a rowOp are written with.
type vectors struct {
	code
	width
	rows      []operand.Mem
	scalars   []reg.Register // in all lanes
	constants []operand.Mem
	kept      []constant // in the registers from 16 on
}

// vector returns a new register.
func (v vectors) vector() reg.VecVirtual {
	if v.width == zmm {
		return v.ZMM()
	}
	return v.YMM()
}

// write writes the function for one width. That for 64 bytes does what is left
// over with vectors of 32.
func (o rowOp) write(v vectors) {
	v.begin(o.name+v.String(), "What it computes is stated at "+o.name+"Portable in vector.go.")
	var pointers []reg.Register
	for _, p := range o.rows {
		r := v.param(p)
		pointers = append(pointers, r)
		v.rows = append(v.rows, at(r, 0))
	}
	n := v.param("n")
	o.loadScalars(&v)
	if o.before != nil {
		o.before(v)
	}
	if v.width == zmm {
		o.wide(v, pointers, n)
	} else {
		v.Label("loop")
		o.body(v)
		v.next(pointers)
		v.SUBQ(imm(8), n)
		v.JNZ(operand.LabelRef("loop"))
	}
	if o.after != nil {
		o.after(v)
	}
	v.end()
}

func (o rowOp) loadScalars(v *vectors) {
	var strct reg.Register
	if o.strct != "" {
		strct = v.param("c")
	}
	for _, s := range o.scalars {
		var m operand.Mem
		if o.strct != "" {
			m = field(o.strct, s, strct)
		} else {
			m = v.address(v.Param(s))
		}
		r := v.vector()
		v.VBROADCASTSS(m, r)
		v.scalars = append(v.scalars, r)
	}
}

// wide does 16 numbers at a time, and 8 that may be left.
func (o rowOp) wide(v vectors, pointers []reg.Register, n reg.Register) {
	v.SUBQ(imm(16), n)
	v.JLT(operand.LabelRef("rest"))
	for _, k := range o.keep {
		v.VBROADCASTSS(v.constants[k], v.keep(k))
	}
	v.kept = o.keep

	v.Label("loop")
	o.body(v)
	v.next(pointers)
	v.SUBQ(imm(16), n)
	v.JGE(operand.LabelRef("loop"))

	v.Label("rest")
	v.Comment("8 numbers may be left.")
	v.ADDQ(imm(16), n)
	v.JZ(operand.LabelRef("done"))
	o.body(v.half())
	v.Label("done")
}

// next moves pointers on by one vector.
func (v vectors) next(pointers []reg.Register) {
	for _, p := range pointers {
		v.ADDQ(imm(int(v.width)), p)
	}
}

// half is v with the lower halves of its vectors.
func (v vectors) half() vectors {
	v.width, v.kept = ymm, nil
	v.scalars = slices.Clone(v.scalars)
	for i, s := range v.scalars {
		v.scalars[i] = s.(reg.VecVirtual).AsY()
	}
	return v
}
