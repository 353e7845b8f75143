package kerneltest

import (
	"math"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// row is row i of x in float64.
func row(x []float32, i, cols int) []float64 {
	out := make([]float64, cols)
	for j, v := range x[i*cols : (i+1)*cols] {
		out[j] = float64(v)
	}
	return out
}

// add adds v to *x, rounding once.
func add(x *float32, v float64) { *x = float32(float64(*x) + v) }

func bias(o *kernel.Bias) {
	for i := range o.Rows {
		for j, w := range o.Weight {
			add(&o.X[i*o.Cols+j], float64(w))
		}
	}
}

func biasGrad(o *kernel.BiasGrad) {
	for j := range o.Cols {
		sum := 0.0
		for i := range o.Rows {
			sum += float64(o.DOut[i*o.Cols+j])
		}
		add(&o.DWeight[j], sum)
	}
}

func norm(o *kernel.Norm) {
	for i := range o.Rows {
		x := row(o.X, i, o.Cols)
		if !o.Known {
			sum := 0.0
			for _, v := range x {
				sum += v * v
			}
			o.Inverse[i] = float32(1 / math.Sqrt(sum/float64(o.Cols)+float64(o.Epsilon)))
		}
		for j, v := range x {
			o.Out[i*o.Cols+j] = float32(v * float64(o.Inverse[i]) * float64(o.Weight[j]))
		}
	}
}

func normGrad(o *kernel.NormGrad) {
	for i := range o.Rows {
		x, dy, r, s := row(o.X, i, o.Cols), row(o.DOut, i, o.Cols), float64(o.Inverse[i]), 0.0
		for j, v := range x {
			s += v * dy[j] * float64(o.Weight[j])
		}
		for j, v := range x {
			add(&o.DX[i*o.Cols+j], r*float64(o.Weight[j])*dy[j]-v*s*r*r*r/float64(o.Cols))
		}
	}
}

func normWeightGrad(o *kernel.NormWeightGrad) {
	for j := range o.Cols {
		sum := 0.0
		for i := range o.Rows {
			sum += float64(o.X[i*o.Cols+j]) * float64(o.DOut[i*o.Cols+j]) * float64(o.Inverse[i])
		}
		add(&o.DWeight[j], sum)
	}
}

func gate(o *kernel.Gate) {
	for i, v := range o.G {
		g := float64(v)
		o.Out[i] = float32(g / (1 + math.Exp(-g)) * float64(o.U[i]))
	}
}

func gateGrad(o *kernel.GateGrad) {
	for i, v := range o.G {
		g, u, d := float64(v), float64(o.U[i]), float64(o.D[i])
		s := 1 / (1 + math.Exp(-g))
		o.Act[i] = float32(g * s * u)
		o.G[i] = float32(d * u * (s + g*s*(1-s)))
		o.D[i] = float32(d * g * s)
	}
}

func rotate(o *kernel.Rotate) {
	half := o.HeadDim / 2
	for i := range o.Rows * o.Heads {
		x, at := o.X[i*o.HeadDim:], int(o.Positions[i/o.Heads])*half
		for j := range half {
			lo, hi := float64(x[j]), float64(x[j+half])
			cos, sin := float64(o.Cos[at+j]), float64(o.Sin[at+j])
			x[j], x[j+half] = float32(lo*cos-hi*sin), float32(hi*cos+lo*sin)
		}
	}
}

func gather(o *kernel.Gather) {
	for i, at := range o.Index {
		copy(o.Out[i*o.Cols:(i+1)*o.Cols], o.Table[int(at)*o.Cols:])
	}
}

func scatter(o *kernel.Scatter) {
	for i, at := range o.Index {
		for j := range o.Cols {
			add(&o.Table[int(at)*o.Cols+j], float64(o.In[i*o.Cols+j]))
		}
	}
}

// logSoftmax follows the equations that kernel.LogSoftmax gives.
func logSoftmax(o *kernel.LogSoftmax) {
	for i := range o.Rows {
		logits, allowed := o.Logits[i*o.Row:i*o.Row+o.Vocab], o.Allowed[i]
		if allowed == nil {
			for a := range o.Vocab {
				allowed = append(allowed, int32(a))
			}
		}
		top, sum, h := math.Inf(-1), 0.0, 0.0
		for _, a := range allowed {
			top = math.Max(top, float64(logits[a]))
		}
		for _, a := range allowed {
			sum += math.Exp(float64(logits[a]) - top)
		}
		logProb := func(a int32) float64 { return float64(logits[a]) - top - math.Log(sum) }
		for _, a := range allowed {
			if p := math.Exp(logProb(a)); p > 0 {
				h -= p * logProb(a)
			}
		}
		if !o.Grad {
			o.LogProb[i], o.Entropy[i] = float32(logProb(o.Tokens[i])), float32(h)
			continue
		}
		grad := make([]float64, o.Vocab)
		for _, a := range allowed {
			p := math.Exp(logProb(a))
			grad[a] = -float64(o.DLogProb[i]) * p
			if o.DEntropy != nil && p > 0 {
				grad[a] -= float64(o.DEntropy[i]) * p * (logProb(a) + h)
			}
		}
		grad[o.Tokens[i]] += float64(o.DLogProb[i])
		for a, v := range grad {
			logits[a] = float32(v)
		}
	}
}

func sumSquares(o *kernel.SumSquares) {
	clear(o.Parts)
	for _, v := range o.X {
		o.Parts[0] += float64(v) * float64(v)
	}
}

// adam follows the algorithm that kernel.AdamStep names.
func adam(o *kernel.Adam) {
	s := o.Step
	for i := range o.P {
		d := float64(o.G[i]) * float64(s.GradScale)
		m := float64(s.Beta1)*float64(o.M[i]) + float64(s.Rest1)*d
		v := float64(s.Beta2)*float64(o.V[i]) + float64(s.Rest2)*d*d
		o.M[i], o.V[i] = float32(m), float32(v)
		o.P[i] = float32(float64(o.P[i])*float64(s.Decay) - float64(s.Rate)*m/(math.Sqrt(v*float64(s.Correct2))+float64(s.Epsilon)))
	}
}
