package transformer

import "github.com/surefoot-ai/surefoot/policy/transformer/kernel"

// headState is the buffers of the final norm and the projection to the
// vocabulary, which run on target positions only.
type headState struct {
	batch    *Batch
	rows     []int32 // (targets): Target.Position
	tokens   []int32
	allowed  [][]int32
	x        []float32     // (targets, Dim): residual stream at the targets
	normed   []float32     // (targets, Dim)
	inv      []float32     // (targets)
	logits   []float32     // (chunk, Vocab)
	forward  kernel.Panels // the head, packed
	backward kernel.Panels
	chunk    int // targets projected at a time
	logProb  []float32
	entropy  []float32
	dnormed  []float32 // (targets, Dim)
	dx       []float32 // (targets, Dim)
	dLogProb []float32
	dEntropy []float32
}

// maxLogits bounds the memory of the logits: 2^22 floats are 16 MiB.
const maxLogits = 1 << 22

// logitRows is how many of n targets are projected at a time.
func logitRows(c Config, n int) int {
	return min(max(maxLogits/c.Vocab, 64), rangeTokens, max(n, 1))
}

func (h *headState) fit(c Config, b *Batch) {
	n := len(b.Targets)
	h.chunk = logitRows(c, n)
	h.rows, h.tokens, h.allowed = h.rows[:0], h.tokens[:0], h.allowed[:0]
	for _, t := range b.Targets {
		h.rows = append(h.rows, int32(t.Position))
		h.tokens = append(h.tokens, t.Token)
		h.allowed = append(h.allowed, t.Allowed)
	}
	h.x, h.normed, h.inv = resize(h.x, n*c.Dim), resize(h.normed, n*c.Dim), resize(h.inv, n)
	h.dx, h.dnormed = resize(h.dx, n*c.Dim), resize(h.dnormed, n*c.Dim)
	h.logits = resize(h.logits, h.chunk*c.Vocab)
	h.logProb, h.entropy = resize(h.logProb, n), resize(h.entropy, n)
}

// forwardHead scores the targets.
func (p *Pass) forwardHead() {
	m, o, h := p.m, &p.ops, &p.head
	if len(h.rows) == 0 {
		return
	}
	c := m.config
	o.gather = kernel.Gather{Index: h.rows, Cols: c.Dim, Table: p.x[c.Layers], Out: h.x}
	o.machine.Run(&o.gather)
	o.normalise(h.normed, h.x, m.norm, rms{h.inv, float32(c.NormEpsilon)})
	o.packed(&h.forward, m.head, forward)
	for lo := 0; lo < len(h.rows); lo += h.chunk {
		hi := min(lo+h.chunk, len(h.rows))
		p.project(lo, hi)
		o.softmax.LogProb, o.softmax.Entropy = h.logProb[lo:hi], h.entropy[lo:hi]
		o.machine.Run(&o.softmax)
	}
}

// project computes the logits of targets [lo,hi), and states the softmax over
// them.
func (p *Pass) project(lo, hi int) {
	o, h, c := &p.ops, &p.head, p.m.config
	logits := h.logits[:(hi-lo)*c.Vocab]
	o.multiply(logits, h.normed[lo*c.Dim:hi*c.Dim], &h.forward, nil)
	o.softmax = kernel.LogSoftmax{
		Rows: hi - lo, Vocab: c.Vocab, Logits: logits, Row: c.Vocab,
		Tokens: h.tokens[lo:hi], Allowed: h.allowed[lo:hi],
	}
}

// backwardHead computes dx from the targets. The logits are computed again:
// keeping those of every target would take targets × Vocab floats.
func (p *Pass) backwardHead() {
	m, o, h := p.m, &p.ops, &p.head
	if len(h.rows) == 0 {
		return
	}
	c := m.config
	o.packed(&h.backward, m.head, backward)
	for lo := 0; lo < len(h.rows); lo += h.chunk {
		hi := min(lo+h.chunk, len(h.rows))
		p.project(lo, hi)
		o.softmax.Grad, o.softmax.DLogProb = true, h.dLogProb[lo:hi]
		if h.dEntropy != nil {
			o.softmax.DEntropy = h.dEntropy[lo:hi]
		}
		o.machine.Run(&o.softmax)
		dlogits := o.softmax.Logits
		o.packRight(h.normed[lo*c.Dim:hi*c.Dim], c.Dim)
		o.weightGrad(p.grads[m.head.index], dlogits, m.head)
		o.multiply(h.dnormed[lo*c.Dim:hi*c.Dim], dlogits, &h.backward, nil)
	}
	o.clear(h.dx)
	o.normBack(kernel.NormGrad{X: h.x, DOut: h.dnormed, DX: h.dx, Weight: m.norm.data, Inverse: h.inv}, p.grads[m.norm.index])
	o.scatter = kernel.Scatter{Index: h.rows, Cols: c.Dim, In: h.dx, Table: p.dx}
	o.machine.Run(&o.scatter)
}
