package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// operands are the registers of a function that computes a part of a product,
// which its one argument describes. Distances are in bytes.
type operands struct {
	code
	strct  string       // name of the argument's type
	arg    reg.Register // points to it
	a      reg.Register // its row 0, moving along k
	aLater reg.Register // its row 3 or 4, moving along k
	aRow   stride       // of rows of a
	aCol   reg.Register // distance of columns of a; nil: they lie next to each other
	b      reg.Register // moving along k
	c      reg.Register // moving along its rows at the end
	cRow   reg.Register // distance of rows of c
	add    reg.Register // moving along its rows at the beginning; 0: nothing to add
	inner  reg.Register // steps along k that are left
	spare  reg.Register
}

// product starts a function that computes a part of a product, and loads what
// its argument, a struct of the given name, says.
func (c code) product(name, strct string) operands {
	o := operands{
		code: c, strct: strct,
		arg: reg.RDI, a: reg.RSI, aLater: reg.R11, aRow: stride{reg.R8, reg.R10},
		b: reg.RBX, c: reg.RDX, cRow: reg.R12, add: reg.R13, inner: reg.RCX, spare: reg.RAX,
	}
	if strct == "tile" {
		o.aCol = reg.R9
	}
	o.begin(name,
		"The part of a product that the argument describes: c[i][j] = add[i][j] + Σ_k a[i][k]·b[k][j],",
		"one chain of fused multiply-adds for each element, k ascending. Distances are in bytes:",
		o.legend())
	o.Load(o.Param("t"), o.arg)
	o.again()
	o.distance("aRow", o.aRow.one)
	if o.aCol != nil {
		o.distance("aCol", o.aCol)
	}
	o.distance("cRow", o.cRow)
	o.triple(o.aRow)
	return o
}

// legend says what is where.
func (o operands) legend() string {
	columns := ""
	if o.aCol != nil {
		columns = o.aCol.Asm() + " its columns, "
	}
	return fmt.Sprintf("%s argument, %s a, %s its rows, %s three of them, %s%s b, %s steps left, %s c, %s its rows, %s add.",
		o.arg.Asm(), o.a.Asm(), o.aRow.one.Asm(), o.aRow.three.Asm(), columns, o.b.Asm(), o.inner.Asm(), o.c.Asm(), o.cRow.Asm(), o.add.Asm())
}

// field is a field of the argument; of a slice, its pointer.
func (o operands) field(name string) operand.Mem { return field(o.strct, name, o.arg) }

// again puts all that moves to where it begins.
func (o operands) again() {
	o.MOVQ(o.field("a"), o.a)
	o.MOVQ(o.field("b"), o.b)
	o.MOVQ(o.field("c"), o.c)
	o.MOVQ(o.field("add"), o.add)
	o.MOVQ(o.field("inner"), o.inner)
}

// distance loads a distance in bytes from a field that counts float32.
func (o operands) distance(name string, r reg.Register) {
	o.MOVQ(o.field(name), r)
	o.SHLQ(imm(2), r)
}

// ifNothingToAdd jumps over what loads from o.add.
func (o operands) ifNothingToAdd(label string) {
	o.TESTQ(o.add, o.add)
	o.JZ(operand.LabelRef(label))
}
