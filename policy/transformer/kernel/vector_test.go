package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestVectors compares every row operation of every Set with float64, for all
// lengths to 41, and checks that nothing past the end is touched.
func TestVectors(t *testing.T) {
	for _, set := range Available() {
		t.Run(set.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(7, 8))
			for n := 1; n <= 41; n++ {
				for _, op := range rowOps() {
					op.check(t, set, rng, n)
				}
			}
		})
	}
}

// rowOp is one operation on four rows: run changes them, want is what element
// i of each should be, in float64; NaN: unchanged.
type rowOp struct {
	name string
	run  func(s Set, r [4][]float32)
	want func(a, b, c, d float64) [4]float64
}

func (o rowOp) check(t *testing.T, set Set, rng *rand.Rand, n int) {
	t.Helper()
	var rows, old [4][]float32
	for i := range rows {
		rows[i] = values(rng, n+1)
		rows[i][n] = sentinel
		old[i] = append([]float32(nil), rows[i]...)
	}
	cut := rows
	for i := range cut {
		cut[i] = rows[i][:n]
	}
	o.run(set, cut)
	for i := range n {
		want := o.want(float64(old[0][i]), float64(old[1][i]), float64(old[2][i]), float64(old[3][i]))
		for r, w := range want {
			if math.IsNaN(w) {
				w = float64(old[r][i])
			}
			checkNumber(t, fmt.Sprintf("%s of %d, row %d, element %d", o.name, n, r, i), rows[r][i], w, 2e-6*(1+math.Abs(w)))
		}
	}
	for r := range rows {
		if rows[r][n] != sentinel {
			t.Fatalf("%s of %d wrote past the end of row %d", o.name, n, r)
		}
	}
}

func rowOps() []rowOp {
	keep := math.NaN()
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	return []rowOp{
		{"expShift", func(s Set, r [4][]float32) { s.expShift(r[0], 0.5, 0.25) },
			func(a, b, c, d float64) [4]float64 { return [4]float64{math.Exp(a*0.5 - 0.25), keep, keep, keep} }},
		{"scaleBy", func(s Set, r [4][]float32) { s.scaleBy(r[0], 3) },
			func(a, b, c, d float64) [4]float64 { return [4]float64{3 * a, keep, keep, keep} }},
		{"mulScale", func(s Set, r [4][]float32) { s.mulScale(r[0], r[1], r[2], 3) },
			func(a, b, c, d float64) [4]float64 { return [4]float64{3 * b * c, keep, keep, keep} }},
		{"addMulScale", func(s Set, r [4][]float32) { s.addMulScale(r[0], r[1], r[2], 3) },
			func(a, b, c, d float64) [4]float64 { return [4]float64{a + 3*b*c, keep, keep, keep} }},
		{"addScale", func(s Set, r [4][]float32) { s.addScale(r[0], r[1], 3) },
			func(a, b, c, d float64) [4]float64 { return [4]float64{a + 3*b, keep, keep, keep} }},
		{"subScale", func(s Set, r [4][]float32) { s.subScale(r[0], r[1], 0.5, 3) },
			func(a, b, c, d float64) [4]float64 { return [4]float64{3 * b * (a - 0.5), keep, keep, keep} }},
		{"rotate", func(s Set, r [4][]float32) { s.rotate(r[0], r[1], r[2], r[3]) },
			func(a, b, c, d float64) [4]float64 { return [4]float64{a*c - b*d, b*c + a*d, keep, keep} }},
		{"gate", func(s Set, r [4][]float32) { s.gate(r[0], r[1], r[2]) },
			func(a, b, c, d float64) [4]float64 { return [4]float64{b * sigmoid(b) * c, keep, keep, keep} }},
		{"gateGrad", func(s Set, r [4][]float32) { s.gateGrad(r[0], r[1], r[2], r[3]) },
			func(g, u, d, act float64) [4]float64 {
				sg := sigmoid(g)
				return [4]float64{d * u * (sg + g*sg*(1-sg)), keep, d * g * sg, g * sg * u}
			}},
	}
}

func TestSums(t *testing.T) {
	for _, set := range Available() {
		rng := rand.New(rand.NewPCG(9, 10))
		for n := 1; n <= 70; n++ {
			x, y, z := values(rng, n), values(rng, n), values(rng, n)
			var dot, dot3, exps float64
			top := math.Inf(-1)
			for i := range x {
				dot += float64(x[i]) * float64(y[i])
				dot3 += float64(x[i]) * float64(y[i]) * float64(z[i])
				exps += math.Exp(2*float64(x[i]) - 1)
				top = max(top, float64(x[i]))
			}
			what := fmt.Sprintf("%v of %d: ", set, n)
			checkNumber(t, what+"dot", set.dot(x, y), dot, 1e-5*float64(n))
			checkNumber(t, what+"dot3", set.dot3(x, y, z), dot3, 1e-5*float64(n))
			checkNumber(t, what+"max", set.maxOf(x), top, 0)
			checkNumber(t, what+"exp", set.expShift(x, 2, 1), exps, 1e-5*exps)
		}
	}
}

// TestExp: 2 units in the last place, and the limits.
func TestExp(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, set := range Available() {
		x := make([]float32, 0, 20016)
		for i := range 20000 {
			x = append(x, float32(i)*175.0/20000-87)
		}
		for _, v := range []float64{-inf, inf, nan, -1000, 1000, 0, -88, 89, 88.5, -87.5, 1e-30, -1e-30, 3e38, -3e38, 1, -1} {
			x = append(x, float32(v))
		}
		got := append([]float32(nil), x...)
		set.expShift(got, 1, 0)
		for i, v := range x {
			want := math.Exp(float64(v))
			switch {
			case v < expLow:
				want = 0
			case v > expHigh:
				want = inf
			}
			checkNumber(t, fmt.Sprintf("%v: exp(%v)", set, v), got[i], want, 2.4e-7*want)
		}
	}
}

func TestGateLimits(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, set := range Available() {
		g := []float32{-1e30, 1e30, -100, 100, 0, inf, float32(math.NaN()), 1}
		u := []float32{2, 2, 2, 2, 2, 2, 2, 2}
		out := make([]float32, 8)
		set.gate(out, g, u)
		for i, want := range []float64{0, 2e30, 0, 200, 0, math.Inf(1), math.NaN(), 2 / (1 + math.Exp(-1))} {
			checkNumber(t, fmt.Sprintf("%v: gate(%v)", set, g[i]), out[i], want, 1e-6*math.Abs(want))
		}
	}
}

// TestAdam compares one update with the equations in float64.
func TestAdam(t *testing.T) {
	c := &AdamStep{
		Beta1: 0.9, Rest1: 0.1, Beta2: 0.99, Rest2: 0.01, Rate: 0.02, Correct2: 3,
		Epsilon: 1e-3, Decay: 0.999, GradScale: 0.5,
	}
	for _, set := range Available() {
		rng := rand.New(rand.NewPCG(11, 12))
		for n := 1; n < 30; n++ {
			p, g, m, v := values(rng, n), values(rng, n), values(rng, n), values(rng, n)
			for i := range v {
				v[i] *= v[i]
			}
			was := [4][]float32{}
			for i, s := range [][]float32{p, g, m, v} {
				was[i] = append([]float32(nil), s...)
			}
			op := &Adam{P: p, G: g, M: m, V: v, Step: c}
			NewTeam(set, 1).Run(op)
			for i := range p {
				d := float64(was[1][i]) * 0.5
				mi := 0.9*float64(was[2][i]) + 0.1*d
				vi := 0.99*float64(was[3][i]) + 0.01*d*d
				what := fmt.Sprintf("%v of %d, element %d: ", set, n, i)
				checkNumber(t, what+"mean", m[i], mi, 1e-6)
				checkNumber(t, what+"square", v[i], vi, 1e-6)
				checkNumber(t, what+"weight", p[i], 0.999*float64(was[0][i])-0.02*mi/(math.Sqrt(3*vi)+1e-3), 1e-6)
			}
		}
	}
}

// TestLogSoftmax: logits far apart neither overflow nor lose the answer, a
// candidate of -Inf has no part in the entropy.
func TestLogSoftmax(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, set := range Available() {
		o := &LogSoftmax{
			Rows: 4, Vocab: 5, Row: 6,
			Logits: []float32{
				1e4, 1e4, -1e4, -1e4, -1e4, sentinel,
				-1e4, 0, 0, 0, 1e4, sentinel,
				-inf, 0, 0, -inf, -inf, sentinel,
				1, 2, 3, 4, 5, sentinel,
			},
			Tokens:  []int32{1, 2, 2, 3},
			Allowed: [][]int32{nil, {1, 2, 3}, nil, {3}},
			LogProb: make([]float32, 4), Entropy: make([]float32, 4),
		}
		NewTeam(set, 1).Run(o)
		for i, n := range []float64{2, 3, 2, 1} {
			what := fmt.Sprintf("%v, row %d: ", set, i)
			checkNumber(t, what+"log-probability", o.LogProb[i], -math.Log(n), 1e-3)
			checkNumber(t, what+"entropy", o.Entropy[i], math.Log(n), 1e-3)
		}
	}
}

func TestSets(t *testing.T) {
	all := Available()
	if all[0] != Portable() || all[len(all)-1] != Best() {
		t.Errorf("available: %v, best %v", all, Best())
	}
	if (Set{}) != Portable() || NewTeam(Best(), 1).Set() != Best() {
		t.Error("the zero Set is not Portable, or a Team forgot its Set")
	}
	names := map[string]bool{}
	for _, s := range all {
		names[s.String()] = true
	}
	if len(names) != len(all) {
		t.Errorf("names: %v", names)
	}
}
