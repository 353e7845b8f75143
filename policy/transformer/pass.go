package transformer

import (
	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// Pass runs batches forward and backward through a model. It owns the
// activations, the gradients and all buffers, and reuses them: after the
// largest batch has been seen, a step allocates nothing. [Config.TrainingBytes]
// says how much memory that is.
type Pass struct {
	m          *Model
	ops        operations
	checkpoint bool // keep x only, and compute a layer's activations again

	batch     *Batch // of the last Forward; nil before and after an error
	spans     []kernel.Span
	positions []int32
	angles    *angles
	x         [][]float32 // (Layers+1)(tokens, Dim): residual stream before each layer, and after the last
	acts      []activations
	normed    []float32 // (rangeTokens, Dim)
	act       []float32 // (rangeTokens, Hidden)
	head      headState

	grads [][]float32 // as Parameters
	dx    []float32   // (tokens, Dim)
	dn    []float32   // (rangeTokens, Dim)
	do    []float32   // (tokens, Heads*HeadDim)
	dq    []float32   // (tokens, Heads*HeadDim)
	dk    []float32   // (tokens, KVHeads*HeadDim)
	dv    []float32
	dact  []float32 // (rangeTokens, Hidden)

	squares squares
	bodies  struct{ forward, backward, squares func() } // of machine.Do, made once
}

// activations is what one layer's backward pass needs from its forward pass.
type activations struct {
	inv1, inv2 []float32 // (tokens): 1/rms before attention and feed-forward
	q, k, v    []float32 // rotated; (tokens, Heads*HeadDim), (tokens, KVHeads*HeadDim) twice
	o          []float32 // (tokens, Heads*HeadDim)
	logSum     []float32 // (tokens, Heads)

	// With Config.QKNorm: q and k before it, and 1/rms of each head of them.
	rawQ, rawK []float32 // (tokens, Heads*HeadDim), (tokens, KVHeads*HeadDim)
	invQ, invK []float32 // (tokens, Heads), (tokens, KVHeads)

	mid      []float32 // (tokens, Dim): residual stream between the two blocks
	gate, up []float32 // (tokens, Hidden); gate is overwritten by the backward pass
}

// NewPass returns a Pass over m that uses the given number of goroutines, at
// least one. Results do not depend on it.
func NewPass(m *Model, threads int) *Pass {
	return newPass(m, kernel.NewTeam(m.set, threads), m.config.Layers)
}

// NewCheckpointedPass returns a Pass that keeps only the input of each layer,
// and computes what else the backward pass needs of it a second time (Chen et
// al. 2016, arXiv:1604.06174, section 4.1): a third more work for the memory of
// one layer's activations instead of all. Results are the same bits.
func NewCheckpointedPass(m *Model, threads int) *Pass {
	return NewCheckpointedPassOn(m, kernel.NewTeam(m.set, threads))
}

// NewPassOn returns a Pass over m that computes on a machine, which nobody else
// uses while a method of the Pass runs. An optimiser's step with it runs there,
// too. Different machines differ in the last bits.
func NewPassOn(m *Model, machine kernel.Machine) *Pass {
	return newPass(m, machine, m.config.Layers)
}

// NewCheckpointedPassOn is [NewCheckpointedPass] on a machine, as [NewPassOn].
func NewCheckpointedPassOn(m *Model, machine kernel.Machine) *Pass {
	p := newPass(m, machine, 1)
	p.checkpoint = true
	return p
}

// newPass returns a Pass that keeps so many layers' activations.
func newPass(m *Model, machine kernel.Machine, layers int) *Pass {
	p := &Pass{m: m, x: make([][]float32, m.config.Layers+1), acts: make([]activations, layers)}
	p.ops.machine = machine
	p.bodies.forward, p.bodies.backward, p.bodies.squares = p.forward, p.backward, p.sumSquares
	for _, w := range m.params {
		p.grads = append(p.grads, make([]float32, len(w.Data)))
	}
	return p
}

// Forward scores b's targets: for each the natural log of its token's
// probability, and the entropy in nats of the distribution it was scored
// under. The slices are p's until the next Forward, and b must not change
// before Backward. An invalid batch is an error, ErrTooLong if a sequence
// exceeds MaxTokens.
func (p *Pass) Forward(b *Batch) (logProb, entropy []float32, err error) {
	p.batch = nil
	if err := b.validate(p.m.config); err != nil {
		return nil, nil, err
	}
	p.fit(b)
	p.ops.machine.Do(p.bodies.forward)
	p.batch = b
	return p.head.logProb, p.head.entropy, nil
}

// fit sizes the buffers of the forward pass.
func (p *Pass) fit(b *Batch) {
	c, n := p.m.config, len(b.Tokens)
	p.head.batch = b
	p.spans = b.spans(p.spans)
	p.positions = p.positions[:0]
	longest := 0
	for _, s := range p.spans {
		longest = max(longest, s.Rows)
		for i := range s.Rows {
			p.positions = append(p.positions, int32(i))
		}
	}
	p.angles = p.m.rotaries(longest)
	q, kv := n*c.Heads*c.HeadDim, n*c.KVHeads*c.HeadDim
	for i := range p.x {
		p.x[i] = resize(p.x[i], n*c.Dim)
	}
	for i := range p.acts {
		a := &p.acts[i]
		a.inv1, a.inv2 = resize(a.inv1, n), resize(a.inv2, n)
		a.q, a.k, a.v, a.o = resize(a.q, q), resize(a.k, kv), resize(a.v, kv), resize(a.o, q)
		a.logSum, a.mid = resize(a.logSum, n*c.Heads), resize(a.mid, n*c.Dim)
		a.gate, a.up = resize(a.gate, n*c.Hidden), resize(a.up, n*c.Hidden)
		if c.QKNorm {
			a.rawQ, a.rawK = resize(a.rawQ, q), resize(a.rawK, kv)
			a.invQ, a.invK = resize(a.invQ, n*c.Heads), resize(a.invK, n*c.KVHeads)
		}
	}
	most := min(n, rangeTokens)
	p.normed, p.act = resize(p.normed, most*c.Dim), resize(p.act, most*c.Hidden)
	p.head.fit(c, b)
}

func (p *Pass) rotary(sin []float32) rotary {
	return rotary{p.positions, p.m.config.HeadDim, p.angles.cos, sin}
}

func (p *Pass) heads() kernel.Heads {
	c := p.m.config
	return kernel.Heads{Queries: c.Heads, Keys: c.KVHeads, Dim: c.HeadDim}
}

func (p *Pass) forward() {
	m, o := p.m, &p.ops
	p.keep()
	o.gather = kernel.Gather{Index: p.head.batch.Tokens, Cols: m.config.Dim, Table: m.embed.data, Out: p.x[0]}
	o.machine.Run(&o.gather)
	for i := range m.layers {
		p.forwardLayer(i)
	}
	p.forwardHead()
}

// keep says which buffers of the forward pass are of no use to the host.
func (p *Pass) keep() {
	for _, x := range p.x {
		p.ops.keep(x)
	}
	for i := range p.acts {
		a := &p.acts[i]
		for _, x := range [...][]float32{a.inv1, a.inv2, a.q, a.k, a.v, a.o, a.logSum, a.rawQ, a.rawK, a.invQ, a.invK, a.mid, a.gate, a.up} {
			p.ops.keep(x)
		}
	}
	h := &p.head
	for _, x := range [...][]float32{p.normed, p.act, h.x, h.normed, h.inv, h.logits} {
		p.ops.keep(x)
	}
}

// layer is where layer i's activations are.
func (p *Pass) layer(i int) *activations {
	if p.checkpoint {
		return &p.acts[0]
	}
	return &p.acts[i]
}

// rangeTokens is how many tokens are taken through several operations in a row,
// so that what one writes is still in the caches when the next one reads it.
const rangeTokens = 512

// tokenRange is tokens [lo,hi) of a batch.
type tokenRange struct{ lo, hi int }

// of is the range's rows of x, which has a row of the given width a token.
func (r tokenRange) of(x []float32, width int) []float32 { return x[r.lo*width : r.hi*width] }

// ranges calls f with one range of the batch's tokens after the other.
func (p *Pass) ranges(f func(r tokenRange)) {
	n := len(p.head.batch.Tokens)
	for lo := 0; lo < n; lo += rangeTokens {
		f(tokenRange{lo, min(lo+rangeTokens, n)})
	}
}

// forwardLayer takes x[i] to x[i+1].
func (p *Pass) forwardLayer(i int) {
	c, l, a, o := p.m.config, &p.m.layers[i], p.layer(i), &p.ops
	p.forwardAttention(i)
	o.packed(&o.weights[0], l.gate, forward)
	o.packed(&o.weights[1], l.up, forward)
	o.packed(&o.weights[2], l.down, forward)
	p.ranges(func(r tokenRange) {
		act := p.forwardGate(i, r)
		o.multiply(r.of(p.x[i+1], c.Dim), act, &o.weights[2], r.of(a.mid, c.Dim))
	})
}

// forwardAgain computes the activations of layer i from x[i].
func (p *Pass) forwardAgain(i int) {
	l, o := &p.m.layers[i], &p.ops
	p.forwardAttention(i)
	o.packed(&o.weights[0], l.gate, forward)
	o.packed(&o.weights[1], l.up, forward)
	p.ranges(func(r tokenRange) { p.forwardGate(i, r) })
}

// forwardAttention takes x[i] to the stream after layer i's attention.
func (p *Pass) forwardAttention(i int) {
	c, l, a, o := p.m.config, &p.m.layers[i], p.layer(i), &p.ops
	queries, keys := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	q, k := a.q, a.k
	if c.QKNorm {
		q, k = a.rawQ, a.rawK
	}
	o.packed(&o.weights[0], l.q, forward)
	o.packed(&o.weights[1], l.k, forward)
	o.packed(&o.weights[2], l.v, forward)
	p.ranges(func(r tokenRange) {
		x := r.of(p.x[i], c.Dim)
		normed := p.normed[:len(x)]
		o.normalise(normed, x, l.norm1, rms{a.inv1[r.lo:r.hi], float32(c.NormEpsilon)})
		o.multiply(r.of(q, queries), normed, &o.weights[0], nil)
		o.multiply(r.of(k, keys), normed, &o.weights[1], nil)
		o.multiply(r.of(a.v, keys), normed, &o.weights[2], nil)
	})
	o.offset(q, l.queryBias)
	o.offset(k, l.keyBias)
	o.offset(a.v, l.valBias)
	if c.QKNorm {
		o.normalise(a.q, q, l.queryNorm, rms{a.invQ, float32(c.NormEpsilon)})
		o.normalise(a.k, k, l.keyNorm, rms{a.invK, float32(c.NormEpsilon)})
	}
	o.turn(a.q, c.Heads, p.rotary(p.angles.sin))
	o.turn(a.k, c.KVHeads, p.rotary(p.angles.sin))
	o.attention = kernel.Attention{
		Heads: p.heads(), Spans: p.spans, Q: a.q, K: a.k, V: a.v, Out: a.o, LogSum: a.logSum,
	}
	o.machine.Run(&o.attention)
	o.multiply(a.mid, a.o, o.packed(&o.weights[0], l.o, forward), p.x[i])
}

// forwardGate computes the inner part of layer i's feed-forward block, whose
// packed weights are there, and returns its activation.
func (p *Pass) forwardGate(i int, r tokenRange) []float32 {
	c, l, a, o := p.m.config, &p.m.layers[i], p.layer(i), &p.ops
	mid, gate, up := r.of(a.mid, c.Dim), r.of(a.gate, c.Hidden), r.of(a.up, c.Hidden)
	normed, act := p.normed[:len(mid)], p.act[:len(gate)]
	o.normalise(normed, mid, l.norm2, rms{a.inv2[r.lo:r.hi], float32(c.NormEpsilon)})
	o.multiply(gate, normed, &o.weights[0], nil)
	o.multiply(up, normed, &o.weights[1], nil)
	o.gate = kernel.Gate{Out: act, G: gate, U: up}
	o.machine.Run(&o.gate)
	return act
}

// ZeroGrad sets all gradients to zero.
func (p *Pass) ZeroGrad() {
	for _, g := range p.grads {
		clear(g)
	}
}

// Gradients returns the accumulated gradients in the order of Parameters. They
// are p's own memory.
func (p *Pass) Gradients() [][]float32 { return p.grads }
