package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/reg"
)

// vectorOps writes the row operations. Those whose result is no sum over lanes
// are there for both widths; in the sums of expShift 16 lanes are added to 8.
func vectorOps(c code) {
	v := vectors{code: c, width: ymm, constants: constants(c)}
	for _, o := range []rowOp{maxOf(c), dot(c), dot3(c)} {
		o.write(v)
	}
	wide := v
	wide.width = zmm
	for _, o := range []rowOp{
		expShift(c), scaleBy(), mulScale(), addMulScale(), addScale(), subScale(), rotate(), gate(), gateGrad(), adam(),
	} {
		o.write(v)
		o.write(wide)
	}
	spread(c, ymm, 8)
	spread(c, ymm, 32)
	spread(c, zmm, 32)
	transpose8(c)
}

func scaleBy() rowOp {
	return rowOp{name: "scaleBy", rows: []string{"x"}, scalars: []string{"f"}, body: func(v vectors) {
		x, y := v.rows[0], v.vector()
		v.VMULPS(x, v.scalars[0], y)
		v.VMOVUPS(y, x)
	}}
}

func mulScale() rowOp {
	return rowOp{name: "mulScale", rows: []string{"out", "x", "y"}, scalars: []string{"f"}, body: func(v vectors) {
		out, x, y := v.rows[0], v.rows[1], v.rows[2]
		r := v.vector()
		v.VMULPS(x, v.scalars[0], r)
		v.VMULPS(y, r, r)
		v.VMOVUPS(r, out)
	}}
}

func addMulScale() rowOp {
	return rowOp{name: "addMulScale", rows: []string{"out", "x", "y"}, scalars: []string{"f"}, body: func(v vectors) {
		out, x, y := v.rows[0], v.rows[1], v.rows[2]
		r, sum := v.vector(), v.vector()
		v.VMULPS(x, v.scalars[0], r)
		v.VMOVUPS(out, sum)
		v.VFMADD231PS(y, r, sum)
		v.VMOVUPS(sum, out)
	}}
}

func addScale() rowOp {
	return rowOp{name: "addScale", rows: []string{"out", "x"}, scalars: []string{"f"}, body: func(v vectors) {
		out, x, sum := v.rows[0], v.rows[1], v.vector()
		v.VMOVUPS(out, sum)
		v.VFMADD231PS(x, v.scalars[0], sum)
		v.VMOVUPS(sum, out)
	}}
}

func subScale() rowOp {
	return rowOp{name: "subScale", rows: []string{"out", "x"}, scalars: []string{"sub", "f"}, body: func(v vectors) {
		out, x := v.rows[0], v.rows[1]
		d, r := v.vector(), v.vector()
		v.VMOVUPS(out, d)
		v.VSUBPS(v.scalars[0], d, d)
		v.VMULPS(x, v.scalars[1], r)
		v.VMULPS(d, r, r)
		v.VMOVUPS(r, out)
	}}
}

func rotate() rowOp {
	return rowOp{name: "rotate", rows: []string{"lo", "hi", "cos", "sin"}, body: func(v vectors) {
		var r []reg.Register
		for _, m := range v.rows {
			r = append(r, v.vector())
			v.VMOVUPS(m, r[len(r)-1])
		}
		lo, hi, cos, sin := r[0], r[1], r[2], r[3]
		newLo, newHi := v.vector(), v.vector()
		v.VMULPS(sin, hi, newLo)
		v.VFMSUB231PS(cos, lo, newLo)
		v.VMULPS(sin, lo, newHi)
		v.VFMADD231PS(cos, hi, newHi)
		v.VMOVUPS(newLo, v.rows[0])
		v.VMOVUPS(newHi, v.rows[1])
	}}
}

func gate() rowOp {
	return rowOp{name: "gate", rows: []string{"out", "x", "u"}, keep: upTo(sign), body: func(v vectors) {
		out, u := v.rows[0], v.rows[2]
		x := v.vector()
		v.VMOVUPS(v.rows[1], x)
		s := v.sigmoid(x)
		v.VMULPS(x, s, s)
		v.VMULPS(u, s, s)
		v.VMOVUPS(s, out)
	}}
}

func gateGrad() rowOp {
	return rowOp{name: "gateGrad", rows: []string{"x", "u", "d", "act"}, keep: upTo(sign), body: func(v vectors) {
		gradX, gradU, act := v.rows[0], v.rows[2], v.rows[3]
		x, u, d := v.vector(), v.vector(), v.vector()
		v.VMOVUPS(v.rows[0], x)
		s := v.sigmoid(x)
		silu, r := v.vector(), v.vector()
		v.VMULPS(x, s, silu)
		v.VMOVUPS(v.rows[1], u)
		v.VMOVUPS(v.rows[2], d)
		v.VMULPS(u, silu, r)
		v.VMOVUPS(r, act)
		v.VMULPS(silu, d, r)
		v.VMOVUPS(r, gradU)
		v.Comment("The derivative of silu is s + silu·(1-s).")
		v.VSUBPS(s, v.constant(one), r)
		v.VFMADD231PS(r, silu, s)
		v.VMULPS(u, d, d)
		v.VMULPS(s, d, d)
		v.VMOVUPS(d, gradX)
	}}
}

func adam() rowOp {
	scalars := []string{"Beta1", "Rest1", "Beta2", "Rest2", "Rate", "Correct2", "Epsilon", "Decay", "GradScale"}
	return rowOp{name: "adam", rows: []string{"p", "grad", "m", "v"}, scalars: scalars, strct: "AdamStep", body: func(v vectors) {
		p, grad, mean, square := v.rows[0], v.rows[1], v.rows[2], v.rows[3]
		beta1, rest1, beta2, rest2 := v.scalars[0], v.scalars[1], v.scalars[2], v.scalars[3]
		rate, correct2, epsilon, decay, gradScale := v.scalars[4], v.scalars[5], v.scalars[6], v.scalars[7], v.scalars[8]
		d, m, s := v.vector(), v.vector(), v.vector()
		v.VMULPS(grad, gradScale, d)
		v.VMULPS(rest1, d, m)
		v.VFMADD231PS(mean, beta1, m)
		v.VMOVUPS(m, mean)
		v.VMULPS(d, d, s)
		v.VMULPS(rest2, s, s)
		v.VFMADD231PS(square, beta2, s)
		v.VMOVUPS(s, square)
		v.VMULPS(correct2, s, s)
		v.VSQRTPS(s, s)
		v.VADDPS(epsilon, s, s)
		v.VMULPS(rate, m, m)
		v.VDIVPS(s, m, m)
		v.VMULPS(p, decay, d)
		v.VSUBPS(m, d, d)
		v.VMOVUPS(d, p)
	}}
}

// spread writes a function that copies n pieces of so many numbers, from
// sources so far apart to destinations so far apart.
func spread(c code, w width, numbers int) {
	c.begin(fmt.Sprintf("spread%d%v", numbers, w), fmt.Sprintf("Copies n pieces of %d numbers, the distances from and to apart.", numbers))
	dst, src, n, from, to := c.param("dst"), c.param("src"), c.param("n"), c.param("from"), c.param("to")
	c.SHLQ(imm(2), from)
	c.SHLQ(imm(2), to)
	c.Label("loop")
	piece := w.registers(0, numbers*floatBytes/int(w))
	for i, r := range piece {
		c.VMOVUPS(at(src, i*int(w)), r)
	}
	for i, r := range piece {
		c.VMOVUPS(r, at(dst, i*int(w)))
	}
	c.ADDQ(from, src)
	c.ADDQ(to, dst)
	c.countDown(n, "loop")
	c.end()
}
