package kernel

import "golang.org/x/sys/cpu"

// supported is the best level of the processor. The flags of package cpu
// already take into account whether the operating system saves the registers.
func supported() level {
	switch {
	case !cpu.X86.HasAVX2 || !cpu.X86.HasFMA:
		return portable
	case !cpu.X86.HasAVX512F:
		return avx2
	}
	return avx512
}

//go:noescape
func tileAVX512(t *tile)

//go:noescape
func stripsAVX512(t *tile)

//go:noescape
func tileAVX2(t *tile)

//go:noescape
func stripsAVX2(t *tile)

//go:noescape
func fetchAVX2(p *float32, n int)

//go:noescape
func maxAVX2(x *float32, n int) float32

//go:noescape
func expShiftAVX2(x *float32, n int, scale, shift float32) float32

//go:noescape
func scaleByAVX2(x *float32, n int, f float32)

//go:noescape
func dotAVX2(x, y *float32, n int) float32

//go:noescape
func dot3AVX2(x, y, z *float32, n int) float32

//go:noescape
func mulScaleAVX2(out, x, y *float32, n int, f float32)

//go:noescape
func addMulScaleAVX2(out, x, y *float32, n int, f float32)

//go:noescape
func addScaleAVX2(out, x *float32, n int, f float32)

//go:noescape
func subScaleAVX2(out, x *float32, n int, sub, f float32)

//go:noescape
func rotateAVX2(lo, hi, cos, sin *float32, n int)

//go:noescape
func gateAVX2(out, x, u *float32, n int)

//go:noescape
func gateGradAVX2(x, u, d, act *float32, n int)

//go:noescape
func adamAVX2(p, grad, m, v *float32, n int, c *AdamStep)

//go:noescape
func spread8AVX2(dst, src *float32, n, from, to int)

//go:noescape
func spread32AVX2(dst, src *float32, n, from, to int)

// spread8 copies pieces of 8, at least one.
func (s Set) spread8(dst, src []float32, p spread) {
	if s.level == portable {
		spreadPortable(dst, src, 8, p)
		return
	}
	_, _ = dst[(p.n-1)*p.to+7], src[(p.n-1)*p.from+7]
	spread8AVX2(&dst[0], &src[0], p.n, p.from, p.to)
}

// spread32 copies pieces of 32, at least one.
func (s Set) spread32(dst, src []float32, p spread) {
	if s.level == portable {
		spreadPortable(dst, src, 32, p)
		return
	}
	_, _ = dst[(p.n-1)*p.to+31], src[(p.n-1)*p.from+31]
	spread32AVX2(&dst[0], &src[0], p.n, p.from, p.to)
}

//go:noescape
func transpose8AVX2(dst, src *float32, row, n int)

// transpose8 writes 8 rows of src, row numbers apart, to 8 columns of a panel.
// It returns how many of their n numbers it did; the caller does the others.
func (s Set) transpose8(dst, src []float32, row, n int) int {
	if n = s.whole(n); n > 0 {
		_, _ = dst[(n-1)*Width+7], src[7*row+n-1]
		transpose8AVX2(&dst[0], &src[0], row, n)
	}
	return n
}

// compute computes t. Its slices hold all rows, of Width columns each or of
// as many strips, a number that atOnce gave.
func (s Set) compute(t *tile) {
	t.check()
	switch {
	case s.level == portable:
		tilePortable(t)
	case s.level == avx2 && t.rows > 1:
		tileAVX2(t)
	case s.level == avx2:
		stripsAVX2(t)
	case t.rows > 1:
		tileAVX512(t)
	default:
		stripsAVX512(t)
	}
}

// atOnce is how many of so many strips a row takes next; it may be one more.
func (s Set) atOnce(strips int) int {
	switch {
	case s.level == avx512 && strips >= 8:
		return 8
	case s.level == avx512:
		return min(strips, 4)
	case s.level == avx2 && strips >= 4:
		return 4
	}
	return 2
}

// fetch asks for memory that is needed soon.
func (s Set) fetch(x []float32) {
	if s.level != portable && len(x) > 0 {
		fetchAVX2(&x[0], (len(x)+15)/16)
	}
}

// check sees to what the machine code does not: that all is within bounds.
func (t *tile) check() {
	width, lastB := Width, t.inner*Width-1
	if t.rows == 1 {
		width = t.strips * strip
		lastB = (t.strips-1)/2*t.bNext + (t.inner-1)*Width + (t.strips-1)%2*strip + strip - 1
	}
	last := (t.rows*t.times-1)*t.cRow + width - 1
	_, _, _ = t.c[last], t.a[(t.times-1)*t.aNext+(t.rows-1)*t.aRow+(t.inner-1)*t.aCol], t.b[lastB]
	if t.add != nil {
		_ = t.add[last]
	}
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
	m := maxAVX2(&x[0], n)
	for _, v := range x[n:] {
		m = max(m, v)
	}
	return m
}

func (s Set) expShift(x []float32, scale, shift float32) float32 {
	var sum float32
	n := s.whole(len(x))
	if n > 0 {
		sum = expShiftAVX2(&x[0], n, scale, shift)
	}
	return sum + expShiftPortable(x[n:], scale, shift)
}

func (s Set) scaleBy(x []float32, f float32) {
	n := s.whole(len(x))
	if n > 0 {
		scaleByAVX2(&x[0], n, f)
	}
	scaleByPortable(x[n:], f)
}

func (s Set) dot(x, y []float32) float32 {
	var sum float32
	y = y[:len(x)]
	n := s.whole(len(x))
	if n > 0 {
		sum = dotAVX2(&x[0], &y[0], n)
	}
	return sum + dotPortable(x[n:], y[n:])
}

func (s Set) dot3(x, y, z []float32) float32 {
	var sum float32
	y, z = y[:len(x)], z[:len(x)]
	n := s.whole(len(x))
	if n > 0 {
		sum = dot3AVX2(&x[0], &y[0], &z[0], n)
	}
	return sum + dot3Portable(x[n:], y[n:], z[n:])
}

func (s Set) mulScale(out, x, y []float32, f float32) {
	out, y = out[:len(x)], y[:len(x)]
	n := s.whole(len(x))
	if n > 0 {
		mulScaleAVX2(&out[0], &x[0], &y[0], n, f)
	}
	mulScalePortable(out[n:], x[n:], y[n:], f)
}

func (s Set) addMulScale(out, x, y []float32, f float32) {
	out, y = out[:len(x)], y[:len(x)]
	n := s.whole(len(x))
	if n > 0 {
		addMulScaleAVX2(&out[0], &x[0], &y[0], n, f)
	}
	addMulScalePortable(out[n:], x[n:], y[n:], f)
}

func (s Set) addScale(out, x []float32, f float32) {
	out = out[:len(x)]
	n := s.whole(len(x))
	if n > 0 {
		addScaleAVX2(&out[0], &x[0], n, f)
	}
	addScalePortable(out[n:], x[n:], f)
}

func (s Set) subScale(out, x []float32, sub, f float32) {
	out = out[:len(x)]
	n := s.whole(len(x))
	if n > 0 {
		subScaleAVX2(&out[0], &x[0], n, sub, f)
	}
	subScalePortable(out[n:], x[n:], sub, f)
}

func (s Set) rotate(lo, hi, cos, sin []float32) {
	hi, cos, sin = hi[:len(lo)], cos[:len(lo)], sin[:len(lo)]
	n := s.whole(len(lo))
	if n > 0 {
		rotateAVX2(&lo[0], &hi[0], &cos[0], &sin[0], n)
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
		gateAVX2(&out[0], &g[0], &u[0], n)
	}
	if n < len(g) {
		var gs, us [8]float32
		copy(gs[:], g[n:])
		copy(us[:], u[n:])
		gateAVX2(&gs[0], &gs[0], &us[0], 8)
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
		gateGradAVX2(&g[0], &u[0], &d[0], &act[0], n)
	}
	if n < len(g) {
		var gs, us, ds, as [8]float32
		copy(gs[:], g[n:])
		copy(us[:], u[n:])
		copy(ds[:], d[n:])
		gateGradAVX2(&gs[0], &us[0], &ds[0], &as[0], 8)
		copy(g[n:], gs[:])
		copy(d[n:], ds[:])
		copy(act[n:], as[:])
	}
}

func (s Set) adam(p, g, m, v []float32, c *AdamStep) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	n := s.whole(len(p))
	if n > 0 {
		adamAVX2(&p[0], &g[0], &m[0], &v[0], n, c)
	}
	adamPortable(p[n:], g[n:], m[n:], v[n:], c)
}
