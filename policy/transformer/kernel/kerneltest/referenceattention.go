package kerneltest

import (
	"math"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// attention adds the keys and values of each span to its caches, or to some
// made for it, and attends to what is there.
func (r *Reference) attention(o *kernel.Attention) {
	h := o.Heads
	for i, s := range o.Spans {
		for kh := range h.Keys {
			keys, values := newMatrix(h.Dim, s.Rows), newMatrix(s.Rows, h.Dim)
			if o.KeyCache != nil {
				keys, values = r.of(o.KeyCache[i*h.Keys+kh]), r.of(o.ValueCache[i*h.Keys+kh])
			}
			for t := range s.Rows {
				at := ((s.Row+t)*h.Keys + kh) * h.Dim
				for d := range h.Dim {
					*keys.at(d, s.Start+t), *values.at(s.Start+t, d) = o.K[at+d], o.V[at+d]
				}
			}
			group := h.Queries / h.Keys
			for q := kh * group; q < (kh+1)*group; q++ {
				for t := range s.Rows {
					attend(o, query{s.Row + t, q, s.Start + t + 1}, keys, values)
				}
			}
		}
	}
}

// query is one head's query of a row, which sees the first positions.
type query struct{ row, head, seen int }

func attend(o *kernel.Attention, q query, keys, values *matrix) {
	h, at := o.Heads, q.row*o.Heads.Queries+q.head
	x := row(o.Q, at, h.Dim)
	scores := make([]float64, q.seen)
	top, sum := math.Inf(-1), 0.0
	for t := range scores {
		for d, v := range x {
			scores[t] += v * float64(*keys.at(d, t))
		}
		scores[t] /= math.Sqrt(float64(h.Dim))
		top = math.Max(top, scores[t])
	}
	for _, s := range scores {
		sum += math.Exp(s - top)
	}
	for d := range h.Dim {
		out := 0.0
		for t, s := range scores {
			out += math.Exp(s-top) / sum * float64(*values.at(t, d))
		}
		o.Out[at*h.Dim+d] = float32(out)
	}
	if o.LogSum != nil {
		o.LogSum[at] = float32(top + math.Log(sum))
	}
}

// attentionGrad follows the equations that kernel.AttentionGrad names: with P
// the probabilities, dV = Pᵀ·dO, dP = dO·Vᵀ, dS = P∘(dP - Σ dO∘O)/√Dim,
// dQ = dS·K, dK = dSᵀ·Q.
func attentionGrad(o *kernel.AttentionGrad) {
	h := o.Heads
	group, root := h.Queries/h.Keys, math.Sqrt(float64(h.Dim))
	for _, s := range o.Spans {
		for kh := range h.Keys {
			dk, dv := make([]float64, s.Rows*h.Dim), make([]float64, s.Rows*h.Dim)
			key := func(t int) int { return (s.Row+t)*h.Keys + kh }
			for q := kh * group; q < (kh+1)*group; q++ {
				for t := range s.Rows {
					at := (s.Row+t)*h.Queries + q
					x, out, dOut := row(o.Q, at, h.Dim), row(o.Out, at, h.Dim), row(o.DOut, at, h.Dim)
					dq := make([]float64, h.Dim)
					for u := range t + 1 {
						k, v := row(o.K, key(u), h.Dim), row(o.V, key(u), h.Dim)
						p := math.Exp(dot(x, k)/root - float64(o.LogSum[at]))
						ds := p * (dot(dOut, v) - dot(dOut, out)) / root
						for d := range h.Dim {
							dq[d] += ds * k[d]
							dk[u*h.Dim+d] += ds * x[d]
							dv[u*h.Dim+d] += p * dOut[d]
						}
					}
					put(o.DQ, at, dq)
				}
			}
			for t := range s.Rows {
				put(o.DK, key(t), dk[t*h.Dim:(t+1)*h.Dim])
				put(o.DV, key(t), dv[t*h.Dim:(t+1)*h.Dim])
			}
		}
	}
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// put writes row i of dst.
func put(dst []float32, i int, x []float64) {
	for j, v := range x {
		dst[i*len(x)+j] = float32(v)
	}
}
