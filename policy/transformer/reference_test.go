package transformer

import (
	"math"
	"testing"
)

// reference is a decoder in float64, written straight from the equations, one
// token and one number at a time. It shares no code with the package.
type reference struct {
	c Config
	w map[string][]float64
}

func newReference(m *Model) *reference {
	r := &reference{c: m.Config(), w: make(map[string][]float64)}
	for _, p := range m.Parameters() {
		v := make([]float64, len(p.Data))
		for i, x := range p.Data {
			v[i] = float64(x)
		}
		r.w[p.Name] = v
	}
	return r
}

func refMul(w, x []float64, out int) []float64 {
	y := make([]float64, out)
	for i := range y {
		for j, v := range x {
			y[i] += w[i*len(x)+j] * v
		}
	}
	return y
}

func refNorm(x, g []float64, eps float64) []float64 {
	ss := 0.0
	for _, v := range x {
		ss += v * v
	}
	inv := 1 / math.Sqrt(ss/float64(len(x))+eps)
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v * inv * g[i]
	}
	return y
}

// frequency follows the model code of Llama 3.1, by wavelengths.
func (r *reference) frequency(f float64) float64 {
	s := r.c.RopeScaling
	wave := 2 * math.Pi / f
	switch low, high := float64(s.OriginalTokens)/s.LowFactor, float64(s.OriginalTokens)/s.HighFactor; {
	case s.Kind == "linear":
		return f / s.Factor
	case s.Kind == "", wave < high:
		return f
	case wave > low:
		return f / s.Factor
	}
	smooth := (float64(s.OriginalTokens)/wave - s.LowFactor) / (s.HighFactor - s.LowFactor)
	return (1-smooth)*f/s.Factor + smooth*f
}

func (r *reference) plus(x []float64, bias string) {
	for i, v := range r.w[bias] {
		x[i] += v
	}
}

// headNorm normalises each head of x; it does nothing without QKNorm.
func (r *reference) headNorm(x []float64, g string) {
	d := r.c.HeadDim
	for h := 0; h < len(x) && r.c.QKNorm; h += d {
		copy(x[h:h+d], refNorm(x[h:h+d], r.w[g], r.c.NormEpsilon))
	}
}

func (r *reference) rope(x []float64, pos int) {
	d := r.c.HeadDim
	for h := 0; h < len(x); h += d {
		for i := range d / 2 {
			a := float64(pos) * r.frequency(math.Pow(r.c.RopeBase, -2*float64(i)/float64(d)))
			lo, hi := x[h+i], x[h+i+d/2]
			x[h+i] = lo*math.Cos(a) - hi*math.Sin(a)
			x[h+i+d/2] = hi*math.Cos(a) + lo*math.Sin(a)
		}
	}
}

// logits returns the logits after each token of one sequence.
func (r *reference) logits(tokens []int32) [][]float64 {
	c := r.c
	x := make([][]float64, len(tokens))
	for t, token := range tokens {
		x[t] = append([]float64(nil), r.w["model.embed_tokens.weight"][int(token)*c.Dim:(int(token)+1)*c.Dim]...)
	}
	for l := range c.Layers {
		p := "model.layers." + string(rune('0'+l)) + "."
		w := func(n string) []float64 { return r.w[p+n+".weight"] }
		var ks, vs [][]float64
		for t := range x {
			n := refNorm(x[t], w("input_layernorm"), c.NormEpsilon)
			q := refMul(w("self_attn.q_proj"), n, c.Heads*c.HeadDim)
			k := refMul(w("self_attn.k_proj"), n, c.KVHeads*c.HeadDim)
			v := refMul(w("self_attn.v_proj"), n, c.KVHeads*c.HeadDim)
			r.plus(q, p+"self_attn.q_proj.bias")
			r.plus(k, p+"self_attn.k_proj.bias")
			r.plus(v, p+"self_attn.v_proj.bias")
			vs = append(vs, v)
			r.headNorm(q, p+"self_attn.q_norm.weight")
			r.headNorm(k, p+"self_attn.k_norm.weight")
			r.rope(q, t)
			r.rope(k, t)
			ks = append(ks, k)
			o := refMul(w("self_attn.o_proj"), r.attend(q, ks, vs), c.Dim)
			for i := range x[t] {
				x[t][i] += o[i]
			}
		}
		for t := range x {
			n := refNorm(x[t], w("post_attention_layernorm"), c.NormEpsilon)
			g, u := refMul(w("mlp.gate_proj"), n, c.Hidden), refMul(w("mlp.up_proj"), n, c.Hidden)
			for i := range g {
				g[i] = g[i] / (1 + math.Exp(-g[i])) * u[i]
			}
			for i, v := range refMul(w("mlp.down_proj"), g, c.Dim) {
				x[t][i] += v
			}
		}
	}
	head := r.w["lm_head.weight"]
	if c.TiedHead {
		head = r.w["model.embed_tokens.weight"]
	}
	out := make([][]float64, len(x))
	for t := range x {
		out[t] = refMul(head, refNorm(x[t], r.w["model.norm.weight"], c.NormEpsilon), c.Vocab)
	}
	return out
}

func (r *reference) attend(q []float64, ks, vs [][]float64) []float64 {
	c := r.c
	out := make([]float64, len(q))
	for h := range c.Heads {
		kv := h / (c.Heads / c.KVHeads) * c.HeadDim
		p := make([]float64, len(ks))
		sum := 0.0
		for j := range ks {
			for i := range c.HeadDim {
				p[j] += q[h*c.HeadDim+i] * ks[j][kv+i]
			}
			p[j] = math.Exp(p[j] / math.Sqrt(float64(c.HeadDim)))
			sum += p[j]
		}
		for j := range ks {
			for i := range c.HeadDim {
				out[h*c.HeadDim+i] += p[j] / sum * vs[j][kv+i]
			}
		}
	}
	return out
}

// score returns the log-probability and the entropy of each target.
func (r *reference) score(b *Batch) (logProb, entropy []float64) {
	var logits [][]float64
	for i := range b.Starts[1:] {
		logits = append(logits, r.logits(b.Tokens[b.Starts[i]:b.Starts[i+1]])...)
	}
	for _, t := range b.Targets {
		allowed := t.Allowed
		if allowed == nil {
			for v := range r.c.Vocab {
				allowed = append(allowed, int32(v))
			}
		}
		z, sum, h := logits[t.Position], 0.0, 0.0
		for _, a := range allowed {
			sum += math.Exp(z[a])
		}
		for _, a := range allowed {
			lp := z[a] - math.Log(sum)
			h -= math.Exp(lp) * lp
		}
		logProb = append(logProb, z[t.Token]-math.Log(sum))
		entropy = append(entropy, h)
	}
	return logProb, entropy
}

// objective is Σ g·logProb + e·entropy.
func (r *reference) objective(b *Batch, g, e []float32) float64 {
	lp, h := r.score(b)
	sum := 0.0
	for i := range lp {
		sum += float64(g[i]) * lp[i]
		if e != nil {
			sum += float64(e[i]) * h[i]
		}
	}
	return sum
}

// slope is the central difference of the objective by one weight.
func (r *reference) slope(f func() float64, name string, i int) float64 {
	const h = 1e-4
	w := r.w[name]
	was := w[i]
	w[i] = was + h
	up := f()
	w[i] = was - h
	down := f()
	w[i] = was
	return (up - down) / (2 * h)
}

func near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %v, want %v within %v", what, got, want, tol)
	}
}
