package kernel

// The machine code for rows takes n numbers, a positive multiple of 8. That for
// AVX-512 gives the same bits as that for AVX2.

//go:noescape
func maxAVX2(x *float32, n int) float32

//go:noescape
func expShiftAVX2(x *float32, n int, scale, shift float32) float32

//go:noescape
func expShiftAVX512(x *float32, n int, scale, shift float32) float32

//go:noescape
func scaleByAVX2(x *float32, n int, f float32)

//go:noescape
func scaleByAVX512(x *float32, n int, f float32)

//go:noescape
func dotAVX2(x, y *float32, n int) float32

//go:noescape
func dot3AVX2(x, y, z *float32, n int) float32

//go:noescape
func mulScaleAVX2(out, x, y *float32, n int, f float32)

//go:noescape
func mulScaleAVX512(out, x, y *float32, n int, f float32)

//go:noescape
func addMulScaleAVX2(out, x, y *float32, n int, f float32)

//go:noescape
func addMulScaleAVX512(out, x, y *float32, n int, f float32)

//go:noescape
func addScaleAVX2(out, x *float32, n int, f float32)

//go:noescape
func addScaleAVX512(out, x *float32, n int, f float32)

//go:noescape
func subScaleAVX2(out, x *float32, n int, sub, f float32)

//go:noescape
func subScaleAVX512(out, x *float32, n int, sub, f float32)

//go:noescape
func rotateAVX2(lo, hi, cos, sin *float32, n int)

//go:noescape
func rotateAVX512(lo, hi, cos, sin *float32, n int)

//go:noescape
func gateAVX2(out, x, u *float32, n int)

//go:noescape
func gateAVX512(out, x, u *float32, n int)

//go:noescape
func gateGradAVX2(x, u, d, act *float32, n int)

//go:noescape
func gateGradAVX512(x, u, d, act *float32, n int)

//go:noescape
func adamAVX2(p, grad, m, v *float32, n int, c *AdamStep)

//go:noescape
func adamAVX512(p, grad, m, v *float32, n int, c *AdamStep)

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
	switch {
	case n > 0 && s.level == avx512:
		sum = expShiftAVX512(&x[0], n, scale, shift)
	case n > 0:
		sum = expShiftAVX2(&x[0], n, scale, shift)
	}
	return sum + expShiftPortable(x[n:], scale, shift)
}

func (s Set) scaleBy(x []float32, f float32) {
	n := s.whole(len(x))
	switch {
	case n > 0 && s.level == avx512:
		scaleByAVX512(&x[0], n, f)
	case n > 0:
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
	switch {
	case n > 0 && s.level == avx512:
		mulScaleAVX512(&out[0], &x[0], &y[0], n, f)
	case n > 0:
		mulScaleAVX2(&out[0], &x[0], &y[0], n, f)
	}
	mulScalePortable(out[n:], x[n:], y[n:], f)
}

func (s Set) addMulScale(out, x, y []float32, f float32) {
	out, y = out[:len(x)], y[:len(x)]
	n := s.whole(len(x))
	switch {
	case n > 0 && s.level == avx512:
		addMulScaleAVX512(&out[0], &x[0], &y[0], n, f)
	case n > 0:
		addMulScaleAVX2(&out[0], &x[0], &y[0], n, f)
	}
	addMulScalePortable(out[n:], x[n:], y[n:], f)
}

func (s Set) addScale(out, x []float32, f float32) {
	out = out[:len(x)]
	n := s.whole(len(x))
	switch {
	case n > 0 && s.level == avx512:
		addScaleAVX512(&out[0], &x[0], n, f)
	case n > 0:
		addScaleAVX2(&out[0], &x[0], n, f)
	}
	addScalePortable(out[n:], x[n:], f)
}

func (s Set) subScale(out, x []float32, sub, f float32) {
	out = out[:len(x)]
	n := s.whole(len(x))
	switch {
	case n > 0 && s.level == avx512:
		subScaleAVX512(&out[0], &x[0], n, sub, f)
	case n > 0:
		subScaleAVX2(&out[0], &x[0], n, sub, f)
	}
	subScalePortable(out[n:], x[n:], sub, f)
}

func (s Set) rotate(lo, hi, cos, sin []float32) {
	hi, cos, sin = hi[:len(lo)], cos[:len(lo)], sin[:len(lo)]
	n := s.whole(len(lo))
	switch {
	case n > 0 && s.level == avx512:
		rotateAVX512(&lo[0], &hi[0], &cos[0], &sin[0], n)
	case n > 0:
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
	switch {
	case n > 0 && s.level == avx512:
		gateAVX512(&out[0], &g[0], &u[0], n)
	case n > 0:
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
	switch {
	case n > 0 && s.level == avx512:
		gateGradAVX512(&g[0], &u[0], &d[0], &act[0], n)
	case n > 0:
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
	switch {
	case n > 0 && s.level == avx512:
		adamAVX512(&p[0], &g[0], &m[0], &v[0], n, c)
	case n > 0:
		adamAVX2(&p[0], &g[0], &m[0], &v[0], n, c)
	}
	adamPortable(p[n:], g[n:], m[n:], v[n:], c)
}
