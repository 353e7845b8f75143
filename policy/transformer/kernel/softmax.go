package kernel

import "math"

// LogSoftmax scores one token a row under the softmax of the row's logits,
// restricted to the row's candidates.
type LogSoftmax struct {
	Rows, Vocab int
	Logits      []float32 // (Rows, Row)
	Row         int       // distance between rows of Logits, at least Vocab
	Tokens      []int32   // (Rows)
	Allowed     [][]int32 // (Rows); nil: all Vocab tokens
	LogProb     []float32 // (Rows), out; natural log
	Entropy     []float32 // (Rows), out; nats, of the restricted distribution

	// Grad replaces the logits by the gradient of
	// Σ DLogProb·LogProb + DEntropy·Entropy; LogProb and Entropy are not written.
	Grad               bool
	DLogProb, DEntropy []float32 // (Rows); DEntropy may be nil
}

const softmaxRows = 16

// Units is the number of blocks of rows.
func (o *LogSoftmax) Units() int { return units(o.Rows, softmaxRows) }

// Run does one block of rows.
func (o *LogSoftmax) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, softmaxRows, o.Rows)
	for i := lo; i < hi; i++ {
		o.score(w, i)
	}
}

// score does row i. With z the logits of the candidates, L = log Σ exp z and
// p = exp(z-L): log-probability z_y - L, entropy H = -Σ p(z-L), and the
// gradients 1[a=y] - p_a and -p_a(z_a - L + H).
func (o *LogSoftmax) score(w *Worker, i int) {
	logits := o.Logits[i*o.Row : i*o.Row+o.Vocab]
	z := logits
	allowed := o.Allowed[i]
	if allowed != nil {
		w.row = grow(w.row, 2*o.Vocab)
		z = w.row[:len(allowed)]
		for j, a := range allowed {
			z[j] = logits[a]
		}
	}
	w.row = grow(w.row, 2*o.Vocab)
	p := w.row[o.Vocab : o.Vocab+len(z)]
	copy(p, z)
	top := w.set.maxOf(p)
	sum := w.set.expShift(p, 1, top)
	logSum := top + float32(math.Log(float64(sum)))
	inv := 1 / sum
	y := logits[o.Tokens[i]] - logSum
	if !o.Grad {
		o.LogProb[i], o.Entropy[i] = y, inv*entropySum(p, z, logSum)
		return
	}
	g, e := o.DLogProb[i], float32(0)
	if o.DEntropy != nil {
		e = o.DEntropy[i]
	}
	if e == 0 {
		w.set.scaleBy(p, -g)
		w.set.scaleBy(p, inv)
		copy(z, p)
	} else {
		h := float32(inv * entropySum(p, z, logSum))
		for j, q := range p {
			d := float32(-g * q * inv)
			if q != 0 { // else z may be -Inf
				d -= float32(e * q * inv * (z[j] - logSum + h))
			}
			z[j] = d
		}
	}
	if allowed != nil {
		clear(logits)
		for j, a := range allowed {
			logits[a] = z[j]
		}
	}
	logits[o.Tokens[i]] += g
}

// entropySum is -Σ p(z-logSum), in which 0·(-Inf) is 0.
func entropySum(p, z []float32, logSum float32) float32 {
	var h float32
	for j, q := range p {
		if q != 0 {
			h -= float32(q * (z[j] - logSum))
		}
	}
	return h
}
