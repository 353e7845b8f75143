package kernel

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

//go:noescape
func spread8AVX2(dst, src *float32, n, from, to int)

//go:noescape
func spread32AVX2(dst, src *float32, n, from, to int)

//go:noescape
func spread32AVX512(dst, src *float32, n, from, to int)

//go:noescape
func transpose8AVX2(dst, src *float32, row, n int)

func (Set) maxLanes(x *float32, n int) float32 { return maxAVX2(x, n) }

func (s Set) expShiftLanes(x *float32, n int, scale, shift float32) float32 {
	if s.level == avx512 {
		return expShiftAVX512(x, n, scale, shift)
	}
	return expShiftAVX2(x, n, scale, shift)
}

func (s Set) scaleByLanes(x *float32, n int, f float32) {
	if s.level == avx512 {
		scaleByAVX512(x, n, f)
	} else {
		scaleByAVX2(x, n, f)
	}
}

func (Set) dotLanes(x, y *float32, n int) float32 { return dotAVX2(x, y, n) }

func (Set) dot3Lanes(x, y, z *float32, n int) float32 { return dot3AVX2(x, y, z, n) }

func (s Set) mulScaleLanes(out, x, y *float32, n int, f float32) {
	if s.level == avx512 {
		mulScaleAVX512(out, x, y, n, f)
	} else {
		mulScaleAVX2(out, x, y, n, f)
	}
}

func (s Set) addMulScaleLanes(out, x, y *float32, n int, f float32) {
	if s.level == avx512 {
		addMulScaleAVX512(out, x, y, n, f)
	} else {
		addMulScaleAVX2(out, x, y, n, f)
	}
}

func (s Set) addScaleLanes(out, x *float32, n int, f float32) {
	if s.level == avx512 {
		addScaleAVX512(out, x, n, f)
	} else {
		addScaleAVX2(out, x, n, f)
	}
}

func (s Set) subScaleLanes(out, x *float32, n int, sub, f float32) {
	if s.level == avx512 {
		subScaleAVX512(out, x, n, sub, f)
	} else {
		subScaleAVX2(out, x, n, sub, f)
	}
}

func (s Set) rotateLanes(lo, hi, cos, sin *float32, n int) {
	if s.level == avx512 {
		rotateAVX512(lo, hi, cos, sin, n)
	} else {
		rotateAVX2(lo, hi, cos, sin, n)
	}
}

func (s Set) gateLanes(out, x, u *float32, n int) {
	if s.level == avx512 {
		gateAVX512(out, x, u, n)
	} else {
		gateAVX2(out, x, u, n)
	}
}

func (s Set) gateGradLanes(x, u, d, act *float32, n int) {
	if s.level == avx512 {
		gateGradAVX512(x, u, d, act, n)
	} else {
		gateGradAVX2(x, u, d, act, n)
	}
}

func (s Set) adamLanes(p, grad, m, v *float32, n int, c *AdamStep) {
	if s.level == avx512 {
		adamAVX512(p, grad, m, v, n, c)
	} else {
		adamAVX2(p, grad, m, v, n, c)
	}
}

func (Set) spread8Lanes(dst, src *float32, n, from, to int) { spread8AVX2(dst, src, n, from, to) }

func (s Set) spread32Lanes(dst, src *float32, n, from, to int) {
	if s.level == avx512 {
		spread32AVX512(dst, src, n, from, to)
	} else {
		spread32AVX2(dst, src, n, from, to)
	}
}

func (Set) transpose8Lanes(dst, src *float32, row, n int) { transpose8AVX2(dst, src, row, n) }
