package transformer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func tiny() Config {
	return Config{
		Vocab: 19, Dim: 20, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 6, Hidden: 27,
		MaxTokens: 64, RopeBase: 10000, NormEpsilon: 1e-5,
	}
}

// biased has biases, and a rotary frequency in each range of RopeLlama3: they
// are 1, 0.022 and 0.0005, and turn 6.4, 0.14 and 0.003 times in 40 tokens.
func biased() Config {
	c := tiny()
	c.QKVBias, c.RopeBase = true, 1e5
	c.RopeScaling = RopeScaling{Kind: RopeLlama3, Factor: 8, LowFactor: 0.05, HighFactor: 4, OriginalTokens: 40}
	return c
}

// lively is a model with weights large enough that every part matters.
func lively(t testing.TB, c Config, seed uint64) *Model {
	t.Helper()
	rng := newRand(seed)
	m, err := New(c, rng)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Parameters() {
		for i := range p.Data {
			if len(p.Shape) == 1 {
				p.Data[i] = float32(1 + 0.3*rng.NormFloat64())
			} else {
				p.Data[i] = float32(rng.NormFloat64() / math.Sqrt(float64(p.Shape[1])))
			}
		}
	}
	m.Changed()
	return m
}

// ragged is a batch of sequences of the given lengths with targets of every
// kind: whole vocabulary, restricted, a single candidate, two at one position.
func ragged(c Config, rng *rand.Rand, lengths ...int) *Batch {
	b := &Batch{Starts: []int{0}}
	for _, n := range lengths {
		for range n {
			b.Tokens = append(b.Tokens, int32(rng.IntN(c.Vocab)))
		}
		b.Starts = append(b.Starts, len(b.Tokens))
	}
	for i := range b.Tokens {
		switch i % 4 {
		case 0:
			b.Targets = append(b.Targets, Target{Position: i, Token: int32(rng.IntN(c.Vocab))})
		case 1:
			b.Targets = append(b.Targets, Target{Position: i, Token: 5, Allowed: []int32{2, 5, 11}})
		case 2:
			b.Targets = append(b.Targets,
				Target{Position: i, Token: 7, Allowed: []int32{7}},
				Target{Position: i, Token: 0, Allowed: []int32{0, 1}})
		}
	}
	return b
}

func coefficients(rng *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	return out
}

// TestGradient compares every kind of gradient with central differences on the
// float64 reference, for each Set of machine code.
func TestGradient(t *testing.T) {
	plain, tied, wide := tiny(), tiny(), tiny()
	tied.TiedHead = true
	wide.KVHeads, wide.HeadDim, wide.Dim, wide.Hidden = 4, 34, 33, 40
	single := tiny()
	single.Heads, single.KVHeads, single.HeadDim, single.Dim = 2, 1, 8, 72
	qwen2, qwen3, both := biased(), tiny(), biased()
	qwen3.QKNorm, qwen3.HeadDim, qwen3.TiedHead = true, 10, true
	qwen3.RopeScaling = RopeScaling{Kind: RopeLinear, Factor: 4}
	both.QKNorm, both.KVHeads = true, 1
	for _, set := range kernel.Available() {
		for _, tc := range []struct {
			name    string
			c       Config
			lengths []int
			entropy bool
		}{
			{"grouped", plain, []int{5, 1, 9}, true},
			{"tied", tied, []int{7, 4}, true},
			{"wide", wide, []int{6, 3}, false},
			{"one key head", single, []int{40, 2}, true},
			{"biases", qwen2, []int{8, 3}, true},
			{"norms of queries and keys", qwen3, []int{8, 3}, true},
			{"both", both, []int{8, 3}, false},
		} {
			t.Run(fmt.Sprintf("%v/%s", set, tc.name), func(t *testing.T) {
				t.Parallel()
				m := lively(t, tc.c, 3)
				m.set = set
				rng := newRand(4)
				b := ragged(tc.c, rng, tc.lengths...)
				g := coefficients(rng, len(b.Targets))
				var e []float32
				if tc.entropy {
					e = coefficients(rng, len(b.Targets))
				}
				checkGradient(t, m, b, g, e)
			})
		}
	}
}

func checkGradient(t *testing.T, m *Model, b *Batch, g, e []float32) {
	t.Helper()
	p := NewPass(m, 2)
	lp, h, err := p.Forward(b)
	if err != nil {
		t.Fatal(err)
	}
	ref := newReference(m)
	wantLP, wantH := ref.score(b)
	for i := range lp {
		near(t, fmt.Sprintf("logProb %d", i), float64(lp[i]), wantLP[i], 1e-4)
		near(t, fmt.Sprintf("entropy %d", i), float64(h[i]), wantH[i], 1e-4)
	}
	if err := p.Backward(g, e); err != nil {
		t.Fatal(err)
	}
	rng := newRand(5)
	for k, w := range m.Parameters() {
		norm, worst := 0.0, 0.0
		grad := p.Gradients()[k]
		for _, v := range grad {
			norm = max(norm, math.Abs(float64(v)))
		}
		for range 12 {
			i := rng.IntN(len(grad))
			want := ref.slope(func() float64 { return ref.objective(b, g, e) }, w.Name, i)
			diff := math.Abs(float64(grad[i])-want) / max(math.Abs(want), 0.1*norm)
			if worst = max(worst, diff); !(diff <= 1e-3) {
				t.Errorf("%s[%d]: analytic %v, difference %v", w.Name, i, grad[i], want)
			}
		}
		if norm == 0 {
			t.Errorf("%s: gradient is all zero", w.Name)
		}
	}
}
