package kernel

import "math"

// The functions below are the portable row operations. The sums of the machine
// code run over lanes instead, so they differ in the last bits.
//

// maxPortable is the largest element of a non-empty x; NaN if there is one.
func maxPortable(x []float32) float32 {
	m := x[0]
	for _, v := range x {
		if v > m || v != v {
			m = v
		}
	}
	return m
}

// expShiftPortable sets x to exp(scale*x - shift) and returns its sum.
func expShiftPortable(x []float32, scale, shift float32) float32 {
	var sum float32
	for i, v := range x {
		e := exp(float32(v*scale) - shift)
		x[i] = e
		sum += e
	}
	return sum
}

func scaleByPortable(x []float32, f float32) {
	for i := range x {
		x[i] *= f
	}
}

func dotPortable(x, y []float32) float32 {
	var sum float32
	y = y[:len(x)]
	for i, v := range x {
		sum += float32(v * y[i])
	}
	return sum
}

func dot3Portable(x, y, z []float32) float32 {
	var sum float32
	y, z = y[:len(x)], z[:len(x)]
	for i, v := range x {
		sum += float32(v * y[i] * z[i])
	}
	return sum
}

// mulScalePortable sets out = f·x∘y.
func mulScalePortable(out, x, y []float32, f float32) {
	y, out = y[:len(x)], out[:len(x)]
	for i, v := range x {
		out[i] = v * f * y[i]
	}
}

// addMulScalePortable adds f·x∘y to out.
func addMulScalePortable(out, x, y []float32, f float32) {
	y, out = y[:len(x)], out[:len(x)]
	for i, v := range x {
		out[i] += float32(v * f * y[i])
	}
}

// addScalePortable adds f·x to out.
func addScalePortable(out, x []float32, f float32) {
	out = out[:len(x)]
	for i, v := range x {
		out[i] += float32(v * f)
	}
}

// subScalePortable sets out = f·x∘(out - sub).
func subScalePortable(out, x []float32, sub, f float32) {
	out = out[:len(x)]
	for i, v := range x {
		out[i] = v * f * (out[i] - sub)
	}
}

// rotatePortable turns each pair (lo,hi) by the angle of (cos,sin).
func rotatePortable(lo, hi, cos, sin []float32) {
	hi, cos, sin = hi[:len(lo)], cos[:len(lo)], sin[:len(lo)]
	for i, a := range lo {
		b := hi[i]
		lo[i] = float32(a*cos[i]) - float32(b*sin[i])
		hi[i] = float32(b*cos[i]) + float32(a*sin[i])
	}
}

// gatePortable sets out = silu(g)∘u.
func gatePortable(out, g, u []float32) {
	u, out = u[:len(g)], out[:len(g)]
	for i, v := range g {
		out[i] = v / (1 + exp(-v)) * u[i]
	}
}

// gateGradPortable takes d, the gradient of act = silu(g)∘u, and writes act,
// the gradient of u to d, and that of g to g.
func gateGradPortable(g, u, d, act []float32) {
	u, d, act = u[:len(g)], d[:len(g)], act[:len(g)]
	for i, v := range g {
		s := 1 / (1 + exp(-v))
		silu := v * s
		act[i] = silu * u[i]
		g[i] = d[i] * u[i] * (s + float32(silu*(1-s)))
		d[i] *= silu
	}
}

// spread says how to copy n pieces of a row to places of their own: from
// sources `from` apart to destinations `to` apart.
type spread struct{ n, from, to int }

func spreadPortable(dst, src []float32, width int, p spread) {
	for i := range p.n {
		copy(dst[i*p.to:i*p.to+width], src[i*p.from:])
	}
}

// AdamStep holds the constants of one AdamW update (Loshchilov and Hutter 2019,
// arXiv:1711.05101, algorithm 2), the same for every element.
type AdamStep struct {
	Beta1, Beta2 float32
	Rest1, Rest2 float32 // 1-Beta1, 1-Beta2
	Rate         float32 // learning rate / (1-Beta1^t)
	Correct2     float32 // 1/(1-Beta2^t)
	Epsilon      float32
	Decay        float32 // 1 - learning rate × weight decay
	GradScale    float32 // of clipping
}

func adamPortable(p, g, m, v []float32, c *AdamStep) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	for i, w := range p {
		d := g[i] * c.GradScale
		mi := float32(c.Beta1*m[i]) + float32(c.Rest1*d)
		vi := float32(c.Beta2*v[i]) + float32(c.Rest2*d*d)
		m[i], v[i] = mi, vi
		p[i] = float32(w*c.Decay) - c.Rate*mi/(float32(math.Sqrt(float64(vi*c.Correct2)))+c.Epsilon)
	}
}

// exp is e^x within 2 units in the last place of float32, 0 below -87.3 and
// +Inf above 88.37: x = n·ln2 + r, and a polynomial of degree 6 in r (Cephes expf).
func exp(x float32) float32 {
	if x != x {
		return x
	}
	if x < expLow {
		return 0
	}
	if x > expHigh {
		return float32(math.Inf(1))
	}
	n := float32(x*log2e) + roundMagic - roundMagic
	r := x - float32(n*ln2High) - float32(n*ln2Low)
	p := float32(expC5*r) + expC4
	p = float32(p*r) + expC3
	p = float32(p*r) + expC2
	p = float32(p*r) + expC1
	p = float32(p*r) + expC0
	e := float32(p*r*r) + r + 1
	return e * math.Float32frombits(uint32(int32(n)+127)<<23)
}

const (
	expLow     float32 = -87.33654
	expHigh    float32 = 88.37626
	log2e      float32 = 1.44269504088896341
	ln2High    float32 = 0.693359375
	ln2Low     float32 = -2.12194440e-4
	roundMagic float32 = 12582912 // 1.5·2^23: adding it rounds to an integer
	expC0      float32 = 5.0000001201e-1
	expC1      float32 = 1.6666665459e-1
	expC2      float32 = 4.1665795894e-2
	expC3      float32 = 8.3334519073e-3
	expC4      float32 = 1.3981999507e-3
	expC5      float32 = 1.9875691500e-4
)
