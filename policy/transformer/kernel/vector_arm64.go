package kernel

//go:noescape
func maxNEON(x *float32, n int) float32

//go:noescape
func expShiftNEON(x *float32, n int, scale, shift float32) float32

//go:noescape
func scaleByNEON(x *float32, n int, f float32)

//go:noescape
func dotNEON(x, y *float32, n int) float32

//go:noescape
func dot3NEON(x, y, z *float32, n int) float32

//go:noescape
func mulScaleNEON(out, x, y *float32, n int, f float32)

//go:noescape
func addMulScaleNEON(out, x, y *float32, n int, f float32)

//go:noescape
func addScaleNEON(out, x *float32, n int, f float32)

//go:noescape
func subScaleNEON(out, x *float32, n int, sub, f float32)

//go:noescape
func rotateNEON(lo, hi, cos, sin *float32, n int)

//go:noescape
func gateNEON(out, x, u *float32, n int)

//go:noescape
func gateGradNEON(x, u, d, act *float32, n int)

//go:noescape
func adamNEON(p, grad, m, v *float32, n int, c *AdamStep)

//go:noescape
func spread8NEON(dst, src *float32, n, from, to int)

//go:noescape
func spread32NEON(dst, src *float32, n, from, to int)

//go:noescape
func transpose8NEON(dst, src *float32, row, n int)

func (Set) maxLanes(x *float32, n int) float32 { return maxNEON(x, n) }

func (Set) expShiftLanes(x *float32, n int, scale, shift float32) float32 {
	return expShiftNEON(x, n, scale, shift)
}

func (Set) scaleByLanes(x *float32, n int, f float32) { scaleByNEON(x, n, f) }

func (Set) dotLanes(x, y *float32, n int) float32 { return dotNEON(x, y, n) }

func (Set) dot3Lanes(x, y, z *float32, n int) float32 { return dot3NEON(x, y, z, n) }

func (Set) mulScaleLanes(out, x, y *float32, n int, f float32) { mulScaleNEON(out, x, y, n, f) }

func (Set) addMulScaleLanes(out, x, y *float32, n int, f float32) { addMulScaleNEON(out, x, y, n, f) }

func (Set) addScaleLanes(out, x *float32, n int, f float32) { addScaleNEON(out, x, n, f) }

func (Set) subScaleLanes(out, x *float32, n int, sub, f float32) { subScaleNEON(out, x, n, sub, f) }

func (Set) rotateLanes(lo, hi, cos, sin *float32, n int) { rotateNEON(lo, hi, cos, sin, n) }

func (Set) gateLanes(out, x, u *float32, n int) { gateNEON(out, x, u, n) }

func (Set) gateGradLanes(x, u, d, act *float32, n int) { gateGradNEON(x, u, d, act, n) }

func (Set) adamLanes(p, grad, m, v *float32, n int, c *AdamStep) { adamNEON(p, grad, m, v, n, c) }

func (Set) spread8Lanes(dst, src *float32, n, from, to int) { spread8NEON(dst, src, n, from, to) }

func (Set) spread32Lanes(dst, src *float32, n, from, to int) { spread32NEON(dst, src, n, from, to) }

func (Set) transpose8Lanes(dst, src *float32, row, n int) { transpose8NEON(dst, src, row, n) }
