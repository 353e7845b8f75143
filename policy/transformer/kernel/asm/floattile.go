package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const panelBytes = 128 // of a row of a panel of float32

// tiles writes the products of float32.
func tiles(c code) {
	tileAVX512(c)
	c.strips(zmm, 8, 4, 3, 2, 1)
	fetch(c)
	tileAVX2(c)
	c.strips(ymm, 4, 2)
}

// floatTile is a tile whose b is float32, as many columns of it as fill two
// vectors.
func floatTile(o operands, w width, rows int) tile {
	t := tile{operands: o, width: w, rows: rows, group: 4, bytesB: panelBytes, stepA: o.aCol}
	if w == zmm {
		t.columns, t.spread = w.registers(16, 2), w.registers(18, 8)
	} else {
		t.columns, t.spread = w.registers(12, 2), w.registers(14, 2)
	}
	if rows == 6 {
		t.group = 3
	}
	t.loadB = func() {
		for j, r := range t.columns {
			o.VMOVUPS(at(o.b, j*int(w)), r)
		}
	}
	return t
}

// tileAVX512 writes tiles of 32 columns.
func tileAVX512(c code) {
	o := c.product("tileAVX512", "tile")
	o.MOVQ(o.field("rows"), o.spare)
	o.CMPQ(o.spare, imm(4))
	o.JGT(operand.LabelRef("rows8"))
	o.JEQ(operand.LabelRef("rows4"))
	floatTile(o, zmm, 2).whole()
	floatTile(o, zmm, 4).whole()
	below(floatTile(o, zmm, 8))
}

// below writes a number of tiles of 32 columns below each other.
func below(t tile) {
	from, left := t.AllocLocal(8), t.AllocLocal(8)
	fetch := reg.R15
	t.Label("rows8")
	t.MOVQ(t.field("times"), t.spare)
	t.MOVQ(t.spare, left)
	t.MOVQ(t.field("fetch"), fetch)

	t.Label("again")
	t.LEAQ(at(t.a, 0).Idx(t.aRow.one, 4), t.aLater)
	t.MOVQ(t.a, from)
	t.fetchC()
	t.start("begin8")
	t.Label("begin8")
	t.TESTQ(fetch, fetch)
	t.JZ(operand.LabelRef(t.loop()))

	t.Label("fetch8")
	t.Comment("The first tile of a panel also fetches the next panel.")
	t.loadB()
	t.PREFETCHT1(at(fetch, 0))
	t.PREFETCHT1(at(fetch, 64))
	t.ADDQ(imm(panelBytes), fetch)
	t.step()
	t.countDown(t.inner, "fetch8")
	t.XORQ(fetch, fetch)
	t.JMP(operand.LabelRef("store8"))

	t.multiply()

	t.Label("store8")
	t.finish()
	t.DECQ(left)
	t.JZ(operand.LabelRef("done"))
	t.distance("aNext", t.a)
	t.ADDQ(from, t.a)
	t.MOVQ(t.field("b"), t.b)
	t.MOVQ(t.field("inner"), t.inner)
	t.JMP(operand.LabelRef("again"))

	t.Label("done")
	t.end()
}

// fetchC asks for the 8 rows of c, which are needed after the loop.
func (t tile) fetchC() {
	t.Comment("The rows of c are needed after the loop: fetch them during it.")
	rows, later := stride{t.cRow, reg.R14}, t.spare
	t.triple(rows)
	t.LEAQ(at(t.c, 0).Idx(t.cRow, 4), later)
	for _, base := range []reg.Register{t.c, later} {
		for i := range 4 {
			t.PREFETCHT0(rows.from(at(base, 0), i))
			t.PREFETCHT0(rows.from(at(base, 64), i))
		}
	}
}

// tileAVX2 writes tiles of 16 columns, the left half of the columns and then,
// with o.spare at 64 instead of 0, the right half.
func tileAVX2(c code) {
	o := c.product("tileAVX2", "tile")
	rows := reg.R14
	o.MOVQ(o.field("rows"), rows)
	o.XORQ(o.spare, o.spare)
	o.CMPQ(rows, imm(4))
	o.JGT(operand.LabelRef("rows6"))
	o.JEQ(operand.LabelRef("rows4"))
	halves(floatTile(o, ymm, 2))
	halves(floatTile(o, ymm, 4))
	halvesBelow(floatTile(o, ymm, 6))
	o.Label("done")
	o.end()
}

// halves writes the two halves of one tile.
func halves(t tile) {
	half := fmt.Sprint("rows", t.rows)
	t.addFrom = t.spare
	t.Label(half)
	t.start(t.loop())
	t.multiply()
	t.finish()
	t.TESTQ(t.spare, t.spare)
	t.JNZ(operand.LabelRef("done"))
	t.again()
	t.ADDQ(imm(64), t.b)
	t.ADDQ(imm(64), t.c)
	t.MOVQ(operand.U32(64), t.spare)
	t.JMP(operand.LabelRef(half))
}

// halvesBelow writes the two halves of a number of tiles below each other.
func halvesBelow(t tile) {
	cAt, aAt, left := t.AllocLocal(8), t.AllocLocal(8), t.AllocLocal(8)
	t.addFrom = t.spare
	t.Label("rows6")
	t.MOVQ(t.field("times"), reg.R11)
	t.MOVQ(reg.R11, left)
	t.MOVQ(operand.U32(0), aAt)
	t.MOVQ(operand.U32(0), cAt)

	t.Label("half")
	t.LEAQ(at(t.a, 0).Idx(t.aRow.three, 1), t.aLater)
	t.start(t.loop())
	t.multiply()
	t.finish()
	t.XORQ(imm(64), t.spare)
	t.JNZ(operand.LabelRef("next"))
	t.DECQ(left)
	t.JZ(operand.LabelRef("done"))
	t.distance("aNext", reg.R11)
	t.ADDQ(reg.R11, aAt)
	t.LEAQ(at(t.cRow, 0).Idx(t.cRow, 2), reg.R11)
	t.ADDQ(reg.R11, reg.R11)
	t.ADDQ(reg.R11, cAt)

	t.Label("next")
	t.again()
	t.ADDQ(aAt, t.a)
	t.ADDQ(t.spare, t.b)
	t.ADDQ(t.spare, t.c)
	t.ADDQ(cAt, t.c)
	t.TESTQ(t.add, t.add)
	t.JZ(operand.LabelRef("half"))
	t.ADDQ(cAt, t.add)
	t.JMP(operand.LabelRef("half"))
}

// fetch writes a function that asks for memory, line by line.
func fetch(c code) {
	c.begin("fetchAVX2", "Fetches n lines of the cache, at least one.")
	p, n := c.param("p"), c.param("n")
	c.Label("loop")
	c.PREFETCHT0(at(p, 0))
	c.ADDQ(imm(64), p)
	c.countDown(n, "loop")
	c.RET()
}
