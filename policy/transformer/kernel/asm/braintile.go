package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	brainPanelBytes = 64   // of a row of a panel of bfloat16
	brainAhead      = 2048 // bytes: how far ahead of the loop memory is fetched
)

// brains writes the products of bfloat16, and what packs and unpacks it. A
// number's 16 bits are the upper half of a float32 whose lower half is zero. A
// 32-bit word of a panel holds a number of the panel's left half below one of
// its right half.
func brains(c code) {
	brainTileAVX512(c)
	brainTileAVX2(c)
	widen(c)
	packBrain(c)
}

// brainTile is a tile whose b is bfloat16, all 32 columns of it.
func brainTile(o operands, w width, rows int) tile {
	t := tile{operands: o, width: w, rows: rows, group: 4, bytesB: brainPanelBytes, stepA: imm(4)}
	if w == zmm {
		t.columns, t.spread = w.registers(16, 2), w.registers(18, 8)
		t.loadB = func() { o.widenAVX512(o.b) }
	} else {
		t.columns, t.spread = brainColumns(), w.registers(14, 1)
		t.loadB = func() { o.widenAVX2(o.b) }
	}
	return t
}

// brainTileAVX512 writes tiles of up to 8 rows.
func brainTileAVX512(c code) {
	o := c.product("brainTileAVX512", "brainTile")
	o.highHalves(zmm)
	o.MOVQ(o.field("rows"), o.spare)
	o.CMPQ(o.spare, imm(4))
	o.JGT(operand.LabelRef("rows8"))
	o.JEQ(operand.LabelRef("rows4"))
	o.CMPQ(o.spare, imm(2))
	o.JEQ(operand.LabelRef("rows2"))
	for _, rows := range []int{1, 2, 4, 8} {
		brainTile(o, zmm, rows).whole()
	}
}

// brainTileAVX2 writes tiles of 1 and 2 rows.
func brainTileAVX2(c code) {
	o := c.product("brainTileAVX2", "brainTile")
	o.highHalves(ymm)
	o.CMPQ(o.field("rows"), imm(2))
	o.JEQ(operand.LabelRef("rows2"))
	brainTile(o, ymm, 1).whole()
	brainTile(o, ymm, 2).whole()
}

// highHalves sets the mask of the widening functions.
func (c code) highHalves(w width) {
	c.Comment("The upper halves of all words.")
	if w == zmm {
		c.VPTERNLOGD(imm(0xff), reg.Z31, reg.Z31, reg.Z31)
		c.VPSLLD(imm(16), reg.Z31, reg.Z31)
	} else {
		c.VPCMPEQD(reg.Y15, reg.Y15, reg.Y15)
		c.VPSLLD(imm(16), reg.Y15, reg.Y15)
	}
}

// widenAVX512 makes a row of a panel, where b points, two vectors of float32,
// Z16 and Z17.
func (c code) widenAVX512(b reg.Register) {
	c.PREFETCHT0(at(b, brainAhead))
	c.VPSLLD(imm(16), at(b, 0), reg.Z16)
	c.VPANDD(at(b, 0), reg.Z31, reg.Z17)
}

// widenAVX2 makes a row of a panel the four vectors of float32 that
// brainColumns lists.
func (c code) widenAVX2(b reg.Register) {
	c.PREFETCHT0(at(b, brainAhead))
	c.VMOVDQU(at(b, 0), reg.Y11)
	c.VMOVDQU(at(b, 32), reg.Y13)
	c.VPSLLD(imm(16), reg.Y11, reg.Y10)
	c.VPSLLD(imm(16), reg.Y13, reg.Y12)
	c.VPAND(reg.Y15, reg.Y11, reg.Y11)
	c.VPAND(reg.Y15, reg.Y13, reg.Y13)
}

func brainColumns() []reg.Register { return []reg.Register{reg.Y10, reg.Y12, reg.Y11, reg.Y13} }

// widen writes a function that makes a panel of bfloat16 one of float32.
func widen(c code) {
	c.begin("widenAVX2", "Rows of a panel of bfloat16 to rows of float32.")
	dst, src, rows := c.param("dst"), c.param("src"), c.param("rows")
	c.highHalves(ymm)
	c.Label("loop")
	c.widenAVX2(src)
	for j, r := range brainColumns() {
		c.VMOVUPS(r, at(dst, j*int(ymm)))
	}
	c.ADDQ(imm(brainPanelBytes), src)
	c.ADDQ(imm(panelBytes), dst)
	c.countDown(rows, "loop")
	c.end()
}
