//go:build amd64 || arm64

package kernel

// What is here sees to bounds, and to what is left of a row after whole vectors.
// The methods named Lanes are machine code: they take n numbers, a positive
// multiple of 8, of a Set that is not portable, and all give the same bits.

// spread8 copies pieces of 8, at least one.
func (s Set) spread8(dst, src []float32, p spread) {
	if s.level == portable {
		spreadPortable(dst, src, 8, p)
		return
	}
	_, _ = dst[(p.n-1)*p.to+7], src[(p.n-1)*p.from+7]
	s.spread8Lanes(&dst[0], &src[0], p.n, p.from, p.to)
}

// spread32 copies pieces of 32, at least one.
func (s Set) spread32(dst, src []float32, p spread) {
	if s.level == portable {
		spreadPortable(dst, src, 32, p)
		return
	}
	_, _ = dst[(p.n-1)*p.to+31], src[(p.n-1)*p.from+31]
	s.spread32Lanes(&dst[0], &src[0], p.n, p.from, p.to)
}

// transpose8 writes 8 rows of src, row numbers apart, to 8 columns of a panel.
// It returns how many of their n numbers it did; the caller does the others.
func (s Set) transpose8(dst, src []float32, row, n int) int {
	if n = s.whole(n); n > 0 {
		_, _ = dst[(n-1)*Width+7], src[7*row+n-1]
		s.transpose8Lanes(&dst[0], &src[0], row, n)
	}
	return n
}

// whole is the part of a row that fills vectors of 8; none of it for portable.
// What is left over is done by the portable twin.
func (s Set) whole(n int) int {
	if s.level == portable {
		return 0
	}
	return n &^ 7
}

func (s Set) maxOf(x []float32) float32 {
	n := s.whole(len(x))
	if n == 0 {
		return maxPortable(x)
	}
	m := s.maxLanes(&x[0], n)
	for _, v := range x[n:] {
		m = max(m, v)
	}
	return m
}

func (s Set) expShift(x []float32, scale, shift float32) float32 {
	var sum float32
	n := s.whole(len(x))
	if n > 0 {
		sum = s.expShiftLanes(&x[0], n, scale, shift)
	}
	return sum + expShiftPortable(x[n:], scale, shift)
}

func (s Set) scaleBy(x []float32, f float32) {
	n := s.whole(len(x))
	if n > 0 {
		s.scaleByLanes(&x[0], n, f)
	}
	scaleByPortable(x[n:], f)
}

func (s Set) dot(x, y []float32) float32 {
	var sum float32
	y = y[:len(x)]
	n := s.whole(len(x))
	if n > 0 {
		sum = s.dotLanes(&x[0], &y[0], n)
	}
	return sum + dotPortable(x[n:], y[n:])
}

func (s Set) dot3(x, y, z []float32) float32 {
	var sum float32
	y, z = y[:len(x)], z[:len(x)]
	n := s.whole(len(x))
	if n > 0 {
		sum = s.dot3Lanes(&x[0], &y[0], &z[0], n)
	}
	return sum + dot3Portable(x[n:], y[n:], z[n:])
}

func (s Set) mulScale(out, x, y []float32, f float32) {
	out, y = out[:len(x)], y[:len(x)]
	n := s.whole(len(x))
	if n > 0 {
		s.mulScaleLanes(&out[0], &x[0], &y[0], n, f)
	}
	mulScalePortable(out[n:], x[n:], y[n:], f)
}

func (s Set) addMulScale(out, x, y []float32, f float32) {
	out, y = out[:len(x)], y[:len(x)]
	n := s.whole(len(x))
	if n > 0 {
		s.addMulScaleLanes(&out[0], &x[0], &y[0], n, f)
	}
	addMulScalePortable(out[n:], x[n:], y[n:], f)
}

func (s Set) addScale(out, x []float32, f float32) {
	out = out[:len(x)]
	n := s.whole(len(x))
	if n > 0 {
		s.addScaleLanes(&out[0], &x[0], n, f)
	}
	addScalePortable(out[n:], x[n:], f)
}

func (s Set) subScale(out, x []float32, sub, f float32) {
	out = out[:len(x)]
	n := s.whole(len(x))
	if n > 0 {
		s.subScaleLanes(&out[0], &x[0], n, sub, f)
	}
	subScalePortable(out[n:], x[n:], sub, f)
}

func (s Set) rotate(lo, hi, cos, sin []float32) {
	hi, cos, sin = hi[:len(lo)], cos[:len(lo)], sin[:len(lo)]
	n := s.whole(len(lo))
	if n > 0 {
		s.rotateLanes(&lo[0], &hi[0], &cos[0], &sin[0], n)
	}
	rotatePortable(lo[n:], hi[n:], cos[n:], sin[n:])
}

// gate runs over many rows at once, so an element's place among the last must
// not change its bits: what is left over goes through the same machine code.
func (s Set) gate(out, g, u []float32) {
	if s.level == portable {
		gatePortable(out, g, u)
		return
	}
	out, u = out[:len(g)], u[:len(g)]
	n := s.whole(len(g))
	if n > 0 {
		s.gateLanes(&out[0], &g[0], &u[0], n)
	}
	if n < len(g) {
		var gs, us [8]float32
		copy(gs[:], g[n:])
		copy(us[:], u[n:])
		s.gateLanes(&gs[0], &gs[0], &us[0], 8)
		copy(out[n:], gs[:])
	}
}

func (s Set) gateGrad(g, u, d, act []float32) {
	if s.level == portable {
		gateGradPortable(g, u, d, act)
		return
	}
	u, d, act = u[:len(g)], d[:len(g)], act[:len(g)]
	n := s.whole(len(g))
	if n > 0 {
		s.gateGradLanes(&g[0], &u[0], &d[0], &act[0], n)
	}
	if n < len(g) {
		var gs, us, ds, as [8]float32
		copy(gs[:], g[n:])
		copy(us[:], u[n:])
		copy(ds[:], d[n:])
		s.gateGradLanes(&gs[0], &us[0], &ds[0], &as[0], 8)
		copy(g[n:], gs[:])
		copy(d[n:], ds[:])
		copy(act[n:], as[:])
	}
}

func (s Set) adam(p, g, m, v []float32, c *AdamStep) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	n := s.whole(len(p))
	if n > 0 {
		s.adamLanes(&p[0], &g[0], &m[0], &v[0], n, c)
	}
	adamPortable(p[n:], g[n:], m[n:], v[n:], c)
}
