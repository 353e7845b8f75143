package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// turn makes the 8 rows of 8 words in the registers from 0 on the 8 columns in
// those from 8 on: first pairs of rows are interleaved, then pairs of pairs,
// then the halves of the vectors are put together.
func (c code) turn() {
	c.Comment("The rows in Y0 to Y7 become the columns in Y8 to Y15.")
	y := ymm.registers(0, 16)
	for i := 0; i < 8; i += 2 {
		c.VPUNPCKLDQ(y[i+1], y[i], y[i+8])
		c.VPUNPCKHDQ(y[i+1], y[i], y[i+9])
	}
	for i := 0; i < 8; i += 4 {
		for j := range 2 {
			c.VPUNPCKLQDQ(y[i+j+10], y[i+j+8], y[i+2*j])
			c.VPUNPCKHQDQ(y[i+j+10], y[i+j+8], y[i+2*j+1])
		}
	}
	for i := range 4 {
		c.VPERM2I128(imm(0x20), y[i+4], y[i], y[i+8])
	}
	for i := range 4 {
		c.VPERM2I128(imm(0x31), y[i+4], y[i], y[i+12])
	}
}

// columns are 8 columns of a panel, each of them a row of numbers in memory.
type columns struct {
	first, fifth reg.Register // where their next numbers are
	apart        stride
}

// columns starts with the first of columns that are so far apart.
func (c code) columns(first reg.Register, apart stride) columns {
	s := columns{first, c.GP64(), apart}
	c.LEAQ(at(first, 0).Idx(apart.one, 4), s.fifth)
	return s
}

// numbers are where the next numbers of each column are.
func (s columns) numbers() []operand.Mem {
	var out []operand.Mem
	for _, r := range []reg.Register{s.first, s.fifth} {
		for i := range 4 {
			out = append(out, s.apart.from(at(r, 0), i))
		}
	}
	return out
}

// next moves on by so many bytes.
func (c code) next(s columns, bytes int) {
	c.ADDQ(imm(bytes), s.first)
	c.ADDQ(imm(bytes), s.fifth)
}

// storeTurned stores what turn has made to 8 rows of a panel, and moves on.
func (c code) storeTurned(dst reg.Register, rowBytes int) {
	for i, r := range ymm.registers(8, 8) {
		c.VMOVUPS(r, at(dst, i*rowBytes))
	}
	c.ADDQ(imm(8*rowBytes), dst)
}

// transpose8 writes a function that turns 8 rows of float32 to columns.
func transpose8(c code) {
	c.begin("transpose8AVX2", "Eight rows of n numbers to 8 columns of a panel.")
	dst, src, row, n := c.param("dst"), c.param("src"), c.param("row"), c.param("n")
	c.SHLQ(imm(2), row)
	apart := stride{row, c.GP64()}
	c.triple(apart)
	s := c.columns(src, apart)
	c.Label("loop")
	for i, m := range s.numbers() {
		c.VMOVUPS(m, ymm.register(i))
	}
	c.turn()
	c.storeTurned(dst, panelBytes)
	c.next(s, 32)
	c.SUBQ(imm(8), n)
	c.JNZ(operand.LabelRef("loop"))
	c.end()
}

// packBrain writes a function that turns 16 rows of bfloat16, 8 numbers of each
// at a time: the 8 rows from src and those 16 after them are zipped to 8 rows
// of words, the earlier row below, which are then turned. A row of dst is twice
// as long as what is written of it.
func packBrain(c code) {
	c.begin("packBrainAVX2", "16 rows of n numbers, 8 and those 16 after them, to columns of a panel, each two to 32-bit words.")
	dst, src, row, n := c.param("dst"), c.param("src"), c.param("row"), c.param("n")
	apart, second := stride{row, c.GP64()}, c.GP64()
	c.triple(apart)
	c.MOVQ(row, second)
	c.SHLQ(imm(4), second)
	c.ADDQ(src, second)
	left, right := c.columns(src, apart), c.columns(second, apart)
	c.Label("loop")
	below := left.numbers()
	for i, above := range right.numbers() {
		y := ymm.register(i)
		c.VPMOVZXWD(below[i], y)
		c.VPMOVZXWD(above, reg.Y15)
		c.VPSLLD(imm(16), reg.Y15, reg.Y15)
		c.VPOR(reg.Y15, y, y)
	}
	c.turn()
	c.storeTurned(dst, brainPanelBytes)
	c.next(left, 16)
	c.next(right, 16)
	c.SUBQ(imm(8), n)
	c.JNZ(operand.LabelRef("loop"))
	c.end()
}
