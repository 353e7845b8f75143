package main

import (
	"math"
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// constant is a number that the row operations need.
type constant int

const (
	expHigh constant = iota // exp is innormal there
	expLow                  // and 0 below
	log2e
	ln2High
	ln2Low
	expC5
	expC4
	expC3
	expC2
	expC1
	expC0
	one
	bias // of an exponent
	sign // bit
)

// constants writes the constants and returns where they are. They are those of
// file vector.go, but for the bounds, which lie just outside of that file's.
func constants(c code) []operand.Mem {
	var all []operand.Mem
	for _, k := range []struct {
		name  string
		value float32
	}{
		expHigh: {"expHigh", 89},
		expLow:  {"expLow", -87.33655},
		log2e:   {"log2e", math.Log2E},
		ln2High: {"ln2High", 0.693359375},
		ln2Low:  {"ln2Low", -2.12194440e-4},
		expC5:   {"expC5", 1.9875691500e-4},
		expC4:   {"expC4", 1.3981999507e-3},
		expC3:   {"expC3", 8.3334519073e-3},
		expC2:   {"expC2", 4.1665795894e-2},
		expC1:   {"expC1", 1.6666665459e-1},
		expC0:   {"expC0", 5.0000001201e-1},
		one:     {"one", 1},
		bias:    {"bias", math.Float32frombits(127)},
		sign:    {"sign", math.Float32frombits(1 << 31)},
	} {
		all = append(all, c.ConstData(k.name, operand.U32(math.Float32bits(k.value))))
	}
	return all
}

// upTo are all constants up to the last given.
func upTo(last constant) []constant {
	var all []constant
	for k := range last + 1 {
		all = append(all, k)
	}
	return all
}

// keep is the register that keeps a constant.
func (v vectors) keep(k constant) reg.Register { return v.register(16 + int(k)) }

// constant returns a register with k in all lanes, which must not be changed.
func (v vectors) constant(k constant) reg.Register {
	if slices.Contains(v.kept, k) {
		return v.keep(k)
	}
	return v.changeable(k)
}

// changeable returns a new register with k in all lanes.
func (v vectors) changeable(k constant) reg.Register {
	r := v.vector()
	if slices.Contains(v.kept, k) {
		v.VMOVAPS(v.keep(k), r)
	} else {
		v.VBROADCASTSS(v.constants[k], r)
	}
	return r
}

// exp replaces x by its exponential: as in vector.go, and in the same way for
// every x.
func (v vectors) exp(x reg.Register) {
	v.VMINPS(x, v.constant(expHigh), x)
	normal := v.notLess(x, v.constant(expLow))
	n := v.vector()
	v.VMULPS(v.constant(log2e), x, n)
	v.round(n)
	v.VFNMADD231PS(v.constant(ln2High), n, x)
	v.VFNMADD231PS(v.constant(ln2Low), n, x)
	p := v.changeable(expC5)
	for k := expC4; k <= expC0; k++ {
		v.VFMADD213PS(v.constant(k), x, p)
	}
	x2 := v.vector()
	v.VMULPS(x, x, x2)
	v.VFMADD213PS(x, x2, p)
	v.VADDPS(v.constant(one), p, p)
	v.VCVTPS2DQ(n, n)
	v.VPADDD(v.constant(bias), n, n)
	v.VPSLLD(imm(23), n, n)
	if v.width == zmm {
		v.VMULPS_Z(n, p, normal, x)
	} else {
		v.VMULPS(n, p, x)
		v.VANDPS(x, normal, x)
	}
}

// notLess returns a new mask of the lanes in which x is at least low, or NaN.
func (v vectors) notLess(x, low reg.Register) reg.Register {
	var mask reg.Register = v.YMM()
	if v.width == zmm {
		mask = v.K()
	}
	v.VCMPPS(imm(5), low, x, mask)
	return mask
}

// round rounds to whole numbers, halves to even ones.
func (v vectors) round(x reg.Register) {
	if v.width == zmm {
		v.VRNDSCALEPS(imm(0), x, x)
	} else {
		v.VROUNDPS(imm(0), x, x)
	}
}

// sigmoid returns 1/(1+exp(-x)) in a new register.
func (v vectors) sigmoid(x reg.Register) reg.Register {
	y := v.vector()
	if v.width == zmm {
		v.VPXORD(v.constant(sign), x, y)
	} else {
		v.VXORPS(v.constant(sign), x, y)
	}
	v.exp(y)
	v.VADDPS(v.constant(one), y, y)
	v.VDIVPS(y, v.constant(one), y)
	return y
}
