package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// code is the file being written.
type code struct{ *build.Context }

// begin starts a function that package kernel declares. The lines of doc become
// its first comment.
func (c code) begin(name string, doc ...string) {
	c.Implement(name)
	c.Attributes(attr.NOSPLIT)
	if len(doc) > 0 {
		c.Comment(doc...)
	}
}

// end returns from a function that has used vectors.
func (c code) end() {
	c.VZEROUPPER()
	c.RET()
}

// param returns a new register with the value of a parameter.
func (c code) param(name string) reg.Register { return c.Load(c.Param(name), c.GP64()) }

// countDown closes a loop that runs as often as n says, at least once.
func (c code) countDown(n operand.Op, loop string) {
	c.DECQ(n)
	c.JNZ(operand.LabelRef(loop))
}

// zero sets a vector to zeros.
func (c code) zero(r reg.Register) {
	if r.Size() == uint(zmm) {
		c.VPXORD(r, r, r)
	} else {
		c.VXORPS(r, r, r)
	}
}

const floatBytes = 4

// at is the memory so many bytes after where r points.
func at(r reg.Register, offset int) operand.Mem { return operand.Mem{Base: r, Disp: offset} }

// field is a field of the named struct that r points to.
func field(strct, name string, r reg.Register) operand.Mem {
	return operand.Mem{Symbol: operand.Symbol{Name: strct + "_" + name}, Base: r}
}

// imm is a non-negative number as an operand.
func imm(n int) operand.Op {
	if n < 1<<8 {
		return operand.U8(n)
	}
	return operand.U32(n)
}

// width is the bytes of a vector.
type width int

const (
	ymm width = 32
	zmm width = 64
)

// String is the end of the names of functions with such vectors.
func (w width) String() string {
	if w == zmm {
		return "AVX512"
	}
	return "AVX2"
}

// register is the i-th register for such vectors.
func (w width) register(i int) reg.Register {
	spec := reg.S256
	if w == zmm {
		spec = reg.S512
	}
	return reg.LookupPhysical(reg.KindVector, reg.Index(i), spec)
}

// registers are n registers from the i-th.
func (w width) registers(i, n int) []reg.Register {
	var out []reg.Register
	for j := range n {
		out = append(out, w.register(i+j))
	}
	return out
}

// supported holds that f needs no more of the processor than its name says: of
// AVX-512 only the foundation, which is all that package kernel looks for.
// Among the rest is the use of registers from 16 on for less than 512 bits,
// which is not in f.ISA.
func supported(f *ir.Function) error {
	wide := strings.HasSuffix(f.Name, zmm.String())
	for _, isa := range f.ISA {
		if strings.HasPrefix(isa, "AVX512") && (!wide || isa != "AVX512F") {
			return fmt.Errorf("%s needs %s", f.Name, isa)
		}
	}
	for _, i := range f.Instructions() {
		if slices.ContainsFunc(i.Registers(), func(r reg.Register) bool {
			return r.Kind() == reg.KindVector && r.Size() < uint(zmm) && reg.ToPhysical(r).PhysicalIndex() >= 16
		}) {
			return fmt.Errorf("%s needs AVX512VL for %s", f.Name, i.Opcode)
		}
	}
	return nil
}
