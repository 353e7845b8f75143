package policy

import (
	"math"
	"math/rand/v2"
	"testing"
)

// softmax is the probabilities of logits.
func softmax(logits []float64) []float64 {
	out, sum := make([]float64, len(logits)), 0.0
	for v, x := range logits {
		out[v] = math.Exp(x)
		sum += out[v]
	}
	for v := range out {
		out[v] /= sum
	}
	return out
}

// logitGradient is the derivative with respect to the logits of o's loss of
// one token y that was drawn from probs.
func logitGradient(o Objective, probs []float64, y int, reward float64) []float64 {
	lp := math.Log(probs[y])
	t := Trajectory{Reward: reward, Targets: []Target{{OldLogProb: lp}}}
	out := make([]float64, len(probs))
	a := o.Advantages([][]Trajectory{{t}})[0][0]
	if math.IsNaN(a[0]) {
		return out
	}
	s := []Scored{{t, a, []float64{lp}, []float64{0}}}
	o.Loss(s)
	for v, p := range probs {
		out[v] = -p * s[0].Gradients[0]
	}
	out[y] += s[0].Gradients[0]
	return out
}

// The loss that is coded pushes with 1-π; times the outer π it is the step of
// arXiv:2506.01347, eq. 7 and 8.
func TestLogitGradients(t *testing.T) {
	probs := []float64{0.01, 0.49, 0.2, 0.3}
	for y, p := range probs {
		psr, nsr := logitGradient(PSR(), probs, y, 1), logitGradient(NSR(), probs, y, -1)
		for v, q := range probs {
			up := -p * q // eq. 7, for the others
			if v == y {
				up = p * (1 - p)
			}
			if !(math.Abs(-p*psr[v]-up) <= 1e-12) || !(math.Abs(-p*nsr[v]+up) <= 1e-12) {
				t.Errorf("token %d of probability %v drawn: logit %d moves by %v and %v, want %v and its negative", y, p, v, -p*psr[v], -p*nsr[v], up)
			}
		}
		if !(math.Abs(nsr[y]-(1-p)) <= 1e-12) {
			t.Errorf("token of probability %v is pushed with %v, want %v", p, nsr[y], 1-p)
		}
	}
}

// expected is the mean gradient of NSR over draws from probs, of which wrong[v]
// fail, with each draw's gradient times its probability if damped.
func expected(probs, wrong []float64, outer float64) []float64 {
	out := make([]float64, len(probs))
	for y, p := range probs {
		for v, g := range logitGradient(NSR(), probs, y, -1) {
			out[v] += p * wrong[y] * g * math.Pow(p, outer)
		}
	}
	return out
}

// Tokens that fail equally often, as those before the mistake do, are not
// pushed by NSR in the mean. Damped by π they are: the likely ones down, until
// all are alike.
func TestDampingFlattensTheInnocent(t *testing.T) {
	wrong := []float64{0.5, 0.5, 0.5, 0.5}
	for outer, want := range []float64{0.9, 0.25} {
		logits := []float64{math.Log(27), 0, 0, 0} // 0.9
		for range 20000 {
			for v, g := range expected(softmax(logits), wrong, float64(outer)) {
				logits[v] -= g
			}
		}
		if p := softmax(logits)[0]; !(math.Abs(p-want) <= 1e-2) {
			t.Errorf("outer power %d of π: token of 0.9 ends at %v, want %v", outer, p, want)
		}
	}
	// A rare mistake is pushed with 1-π by NSR, and with π(1-π) if damped: 1%
	// of what it was, where a token of even odds keeps half.
	rare, even := []float64{0.01, 0.99}, []float64{0.5, 0.5}
	plain := logitGradient(NSR(), rare, 0, -1)[0] / logitGradient(NSR(), even, 0, -1)[0]
	damped := rare[0] / even[0] * plain
	if !(math.Abs(plain-1.98) <= 1e-9) || !(math.Abs(damped-0.0396) <= 1e-9) {
		t.Errorf("rare to even: %v, damped %v", plain, damped)
	}
}

// adam is Adam of one array. At infinite epsilon it would be gradient descent.
type adam struct {
	epsilon float64
	m, v    []float64
	steps   int
}

func (o *adam) step(w, g []float64, rate float64) {
	if o.m == nil {
		o.m, o.v = make([]float64, len(w)), make([]float64, len(w))
	}
	o.steps++
	for i, x := range g {
		o.m[i] = 0.9*o.m[i] + 0.1*x
		o.v[i] = 0.95*o.v[i] + 0.05*x*x
		m, v := o.m[i]/(1-math.Pow(0.9, float64(o.steps))), o.v[i]/(1-math.Pow(0.95, float64(o.steps)))
		w[i] -= rate * m / (math.Sqrt(v) + o.epsilon)
	}
}

// lesson is a linear softmax that answers questions of several tokens each,
// all of which must be right, with weights that all share.
type lesson struct {
	features [][]float64 // (questions·length, d)
	weights  []float64   // (V, d)
	answers  []int       // (questions·length)
	length   int
	tokens   int
}

func newLesson(rng *rand.Rand, length, d, tokens int) *lesson {
	l := &lesson{weights: make([]float64, tokens*d), length: length, tokens: tokens}
	for range 12 * length {
		f := make([]float64, d)
		for i := range f {
			f[i] = rng.NormFloat64() / math.Sqrt(float64(d))
		}
		l.features = append(l.features, f)
		l.answers = append(l.answers, rng.IntN(tokens))
	}
	return l
}

func (l *lesson) probs(q int) []float64 {
	d := len(l.features[q])
	logits := make([]float64, l.tokens)
	for v := range logits {
		for i, x := range l.features[q] {
			logits[v] += l.weights[v*d+i] * x
		}
	}
	return softmax(logits)
}

// accuracy is the mean probability of a right answer.
func (l *lesson) accuracy() float64 {
	sum := 0.0
	for q := 0; q < len(l.answers); q += l.length {
		p := 1.0
		for k := range l.length {
			p *= l.probs(q + k)[l.answers[q+k]]
		}
		sum += p
	}
	return sum / float64(len(l.answers)/l.length)
}

// spread adds weight times the gradient of token q's logits to that of the
// weights.
func (l *lesson) spread(gradient []float64, q int, weight float64, logits []float64) {
	f := l.features[q]
	for v, g := range logits {
		to := gradient[v*len(f):][:len(f)]
		for i, x := range f {
			to[i] += weight * g * x
		}
	}
}

// batch draws 4 answers to each question, and returns the mean gradient and
// the share of wrong ones. The gradient of a token is multiplied by its
// probability to the power of outer.
func (l *lesson) batch(o Objective, outer float64, rng *rand.Rand) (gradient []float64, failed float64) {
	gradient = make([]float64, len(l.weights))
	n := float64(4 * len(l.answers))
	drawn, probs := make([]int, l.length), make([][]float64, l.length)
	for q := 0; q < len(l.answers); q += l.length {
		for k := range l.length {
			probs[k] = l.probs(q + k)
		}
		for range 4 {
			reward := 1.0
			for k, p := range probs {
				y, u := 0, rng.Float64()
				for u -= p[0]; u > 0 && y < l.tokens-1; u -= p[y] {
					y++
				}
				drawn[k] = y
				if y != l.answers[q+k] {
					reward = -1
				}
			}
			if reward < 0 {
				failed += float64(l.length) / n
			}
			for k, y := range drawn {
				weight := math.Pow(probs[k][y], outer) / n
				l.spread(gradient, q+k, weight, logitGradient(o, probs[k], y, reward))
			}
		}
	}
	return gradient, failed
}

// warm imitates the right answers until 40% are given.
func (l *lesson) warm() {
	o := adam{epsilon: 1e-8}
	for l.accuracy() < 0.4 {
		g := make([]float64, len(l.weights))
		for q := range l.features {
			l.spread(g, q, 1/float64(len(l.answers)), logitGradient(PSR(), l.probs(q), l.answers[q], 1))
		}
		o.step(l.weights, g, 0.05)
	}
}

// Where 40% of the answers are right to begin with, and in the mean over three
// seeds: NSR ends below that at a rate that PSR bears, and above it at a tenth of
// that rate. It is so with Adam, with an epsilon above the gradients and with
// gradient descent: none of them is a cure but by smaller steps. A rate in
// proportion to the share of failures is not enough. Damped by π it is lost even
// at the smaller rate.
func TestWhatCollapses(t *testing.T) {
	for _, tt := range []struct {
		name          string
		o             Objective
		outer         float64 // power of the probability that a token's gradient is multiplied by
		epsilon, rate float64 // an epsilon of 1 is far above all gradients: gradient descent with momentum
		byFailures    float64 // power of the share of failures that the rate is multiplied by
		low, high     float64 // where it must end
	}{
		{"PSR, Adam", PSR(), 0, 1e-8, 1, 0, 0.5, 1},
		{"NSR, Adam", NSR(), 0, 1e-8, 1, 0, 0, 0.3},
		{"NSR, Adam, a tenth", NSR(), 0, 1e-8, 0.1, 0, 0.6, 1},
		{"NSR, Adam, rate by failures", NSR(), 0, 1e-8, 1, 1, 0, 0.4},
		{"PSR, epsilon", PSR(), 0, 0.01, 10, 0, 0.6, 1},
		{"NSR, epsilon", NSR(), 0, 0.01, 10, 0, 0, 0.3},
		{"NSR, epsilon, a tenth", NSR(), 0, 0.01, 1, 0, 0.6, 1},
		{"PSR, descent", PSR(), 0, 1, 1000, 0, 0.6, 1},
		{"NSR, descent", NSR(), 0, 1, 1000, 0, 0, 0.3},
		{"NSR, descent, a tenth", NSR(), 0, 1, 100, 0, 0.6, 1},
		{"damped, Adam, a tenth", NSR(), 1, 1e-8, 0.1, 0, 0, 0.1},
		{"damped, descent, a tenth", NSR(), 1, 1, 100, 0, 0, 0.1},
	} {
		var ends []float64
		for seed := range uint64(3) {
			rng := rand.New(rand.NewPCG(seed, 2))
			l := newLesson(rng, 5, 24, 16)
			l.warm()
			o := adam{epsilon: tt.epsilon}
			for range 100 {
				g, failed := l.batch(tt.o, tt.outer, rng)
				o.step(l.weights, g, tt.rate*math.Pow(failed, tt.byFailures))
			}
			ends = append(ends, l.accuracy())
		}
		a := meanOf(ends)
		t.Logf("%s: 0.40 → %.2f, seeds %.2f", tt.name, a, ends)
		if !(a >= tt.low && a <= tt.high) {
			t.Errorf("%s: ends at %.3f, seeds %.3f, want %v to %v", tt.name, a, ends, tt.low, tt.high)
		}
	}
}

// Adam's step is the same whatever the gradient's scale, be it that one answer
// in a thousand fails; gradient descent's is a thousandth, and so is nearly
// Adam's with an epsilon above the gradient.
func TestAdamForgetsHowOftenItFails(t *testing.T) {
	step := func(epsilon, scale float64) float64 {
		o, w := adam{epsilon: epsilon}, []float64{0}
		for range 200 {
			o.step(w, []float64{scale}, 1)
		}
		return -w[0]
	}
	for _, tt := range []struct{ epsilon, low, high float64 }{{1e-8, 0.99, 1}, {0.1, 0.01, 0.02}, {100, 0.001, 0.00102}} {
		if got := step(tt.epsilon, 1e-3) / step(tt.epsilon, 1); !(got >= tt.low && got <= tt.high) {
			t.Errorf("epsilon %v: a thousandth of the gradient makes %v of the step, want %v to %v", tt.epsilon, got, tt.low, tt.high)
		}
	}
}
