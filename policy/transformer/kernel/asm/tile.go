package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tile writes one size of tile, c = add + a·b: one chain of fused multiply-adds
// for each element, k ascending. The registers from 0 on hold the tile.
type tile struct {
	operands
	width
	rows    int
	columns []reg.Register // a row of b, in the order of c's columns
	spread  []reg.Register // numbers of a, in turn
	group   int            // rows of a that are reached from one register
	loadB   func()         // fills columns
	bytesB  int            // of a row of b's panel
	stepA   operand.Op     // from one number of a row of a to the next, in bytes
	addFrom reg.Register   // bytes into add; nil: none
}

// row is the i-th row of the tile.
func (t tile) row(i int) []reg.Register {
	return t.registers(i*len(t.columns), len(t.columns))
}

// left is the number of a in row i.
func (t tile) left(i int) operand.Mem {
	if i >= t.group {
		return t.aRow.from(at(t.aLater, 0), i-t.group)
	}
	return t.aRow.from(at(t.a, 0), i)
}

// start sets the tile to what is added to, and jumps to the label if that is
// nothing.
func (t tile) start(label string) {
	for i := range t.rows {
		for _, r := range t.row(i) {
			t.zero(r)
		}
	}
	t.ifNothingToAdd(label)
	if t.addFrom != nil {
		t.ADDQ(t.addFrom, t.add)
	}
	for i := range t.rows {
		for j, r := range t.row(i) {
			t.VMOVUPS(at(t.add, j*int(t.width)), r)
		}
		t.ADDQ(t.cRow, t.add)
	}
}

// loop is the label of multiply.
func (t tile) loop() string { return fmt.Sprint("loop", t.rows) }

// multiply adds all steps along k.
func (t tile) multiply() {
	t.Label(t.loop())
	t.loadB()
	t.step()
	t.countDown(t.inner, t.loop())
}

// step adds one step along k and moves on.
func (t tile) step() {
	for i := range t.rows {
		a := t.spread[i%len(t.spread)]
		t.VBROADCASTSS(t.left(i), a)
		for j, r := range t.row(i) {
			t.VFMADD231PS(t.columns[j], a, r)
		}
	}
	t.ADDQ(t.stepA, t.a)
	if t.rows > t.group {
		t.ADDQ(t.stepA, t.aLater)
	}
	t.ADDQ(imm(t.bytesB), t.b)
}

// finish stores the tile.
func (t tile) finish() {
	for i := range t.rows {
		for j, r := range t.row(i) {
			t.VMOVUPS(r, at(t.c, j*int(t.width)))
		}
		t.ADDQ(t.cRow, t.c)
	}
}

// whole is a function's last part for tiles of so many rows.
func (t tile) whole() {
	t.Label(fmt.Sprint("rows", t.rows))
	if t.rows > t.group {
		t.LEAQ(at(t.a, 0).Idx(t.aRow.one, uint8(t.group)), t.aLater)
	}
	t.start(t.loop())
	t.multiply()
	t.finish()
	t.end()
}
