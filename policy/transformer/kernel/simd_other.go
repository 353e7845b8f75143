//go:build !amd64 && !arm64

package kernel

func supported() level { return portable }

func (s Set) compute(t *tile) {
	t.check()
	tilePortable(t)
}

func (s Set) atOnce(int) int { return 2 }

func (s Set) fetch([]float32) {}

func (s Set) maxOf(x []float32) float32 { return maxPortable(x) }

func (s Set) expShift(x []float32, scale, shift float32) float32 {
	return expShiftPortable(x, scale, shift)
}

func (s Set) scaleBy(x []float32, f float32) { scaleByPortable(x, f) }

func (s Set) dot(x, y []float32) float32 { return dotPortable(x, y) }

func (s Set) dot3(x, y, z []float32) float32 { return dot3Portable(x, y, z) }

func (s Set) mulScale(out, x, y []float32, f float32) { mulScalePortable(out, x, y, f) }

func (s Set) addMulScale(out, x, y []float32, f float32) { addMulScalePortable(out, x, y, f) }

func (s Set) addScale(out, x []float32, f float32) { addScalePortable(out, x, f) }

func (s Set) subScale(out, x []float32, sub, f float32) { subScalePortable(out, x, sub, f) }

func (s Set) rotate(lo, hi, cos, sin []float32) { rotatePortable(lo, hi, cos, sin) }

func (s Set) gate(out, g, u []float32) { gatePortable(out, g, u) }

func (s Set) gateGrad(g, u, d, act []float32) { gateGradPortable(g, u, d, act) }

func (s Set) adam(p, g, m, v []float32, c *AdamStep) { adamPortable(p, g, m, v, c) }

func (s Set) transpose8(_, _ []float32, _, _ int) int { return 0 }

func (s Set) spread8(dst, src []float32, p spread) { spreadPortable(dst, src, 8, p) }

func (s Set) spread32(dst, src []float32, p spread) { spreadPortable(dst, src, 32, p) }
