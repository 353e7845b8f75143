package transformer

import (
	"errors"
	"fmt"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// Backward adds to the gradients that of
// Σ dLogProb[i]·logProb[i] + dEntropy[i]·entropy[i] over the targets of the
// last Forward; dEntropy may be nil. It may be called once for each Forward,
// whose activations it overwrites; the weights must not have changed between.
func (p *Pass) Backward(dLogProb, dEntropy []float32) error {
	if p.batch == nil {
		return errors.New("transformer: Backward without a Forward before it")
	}
	n := len(p.batch.Targets)
	if len(dLogProb) != n || (dEntropy != nil && len(dEntropy) != n) {
		return fmt.Errorf("transformer: Backward: %d dLogProb and %d dEntropy for %d targets", len(dLogProb), len(dEntropy), n)
	}
	p.batch = nil
	p.fitBackward(len(p.head.batch.Tokens))
	p.head.dLogProb, p.head.dEntropy = dLogProb, dEntropy
	p.ops.machine.Do(p.bodies.backward)
	return nil
}

func (p *Pass) fitBackward(n int) {
	c := p.m.config
	q, kv := n*c.Heads*c.HeadDim, n*c.KVHeads*c.HeadDim
	most := min(n, rangeTokens)
	p.dx, p.dn, p.dact = resize(p.dx, n*c.Dim), resize(p.dn, most*c.Dim), resize(p.dact, most*c.Hidden)
	p.do, p.dq, p.dk, p.dv = resize(p.do, q), resize(p.dq, q), resize(p.dk, kv), resize(p.dv, kv)
}

func (p *Pass) backward() {
	m, o, h := p.m, &p.ops, &p.head
	for _, x := range [...][]float32{p.dx, p.dn, p.do, p.dq, p.dk, p.dv, p.dact, h.dnormed, h.dx} {
		o.keep(x)
	}
	o.clear(p.dx)
	p.backwardHead()
	for i := len(m.layers) - 1; i >= 0; i-- {
		if p.checkpoint && i < len(m.layers)-1 {
			p.forwardAgain(i)
		}
		p.backwardFeed(i)
		p.backwardAttention(i)
	}
	o.scatter = kernel.Scatter{
		Index: p.head.batch.Tokens, Cols: m.config.Dim, In: p.dx, Table: p.grads[m.embed.index],
	}
	o.machine.Run(&o.scatter)
}

// backwardFeed takes dx through the feed-forward block of layer i.
func (p *Pass) backwardFeed(i int) {
	c, l, a, o := p.m.config, &p.m.layers[i], p.layer(i), &p.ops
	o.packed(&o.weights[0], l.down, backward)
	o.packed(&o.weights[1], l.gate, backward)
	o.packed(&o.weights[2], l.up, backward)
	p.ranges(func(r tokenRange) {
		mid, dx, gate := r.of(a.mid, c.Dim), r.of(p.dx, c.Dim), r.of(a.gate, c.Hidden)
		normed, dn, act, dact := p.normed[:len(mid)], p.dn[:len(mid)], p.act[:len(gate)], p.dact[:len(gate)]
		o.multiply(dact, dx, &o.weights[0], nil)
		o.gateGrad = kernel.GateGrad{G: gate, U: r.of(a.up, c.Hidden), D: dact, Act: act}
		o.machine.Run(&o.gateGrad)
		dgate, dup := gate, dact
		o.packRight(act, l.down.in)
		o.weightGrad(p.grads[l.down.index], dx, l.down)

		o.renormalise(normed, mid, l.norm2, a.inv2[r.lo:r.hi])
		o.packRight(normed, l.gate.in)
		o.weightGrad(p.grads[l.gate.index], dgate, l.gate)
		o.weightGrad(p.grads[l.up.index], dup, l.up)
		o.multiply(dn, dgate, &o.weights[1], nil)
		o.multiply(dn, dup, &o.weights[2], dn)
		o.normBack(kernel.NormGrad{X: mid, DOut: dn, DX: dx, Weight: l.norm2.data, Inverse: a.inv2[r.lo:r.hi]}, p.grads[l.norm2.index])
	})
}

// backwardAttention takes dx through the attention block of layer i.
func (p *Pass) backwardAttention(i int) {
	c, l, a, o := p.m.config, &p.m.layers[i], p.layer(i), &p.ops
	queries, keys := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	o.packed(&o.weights[0], l.o, backward)
	p.ranges(func(r tokenRange) {
		o.multiply(r.of(p.do, queries), r.of(p.dx, c.Dim), &o.weights[0], nil)
		o.packRight(r.of(a.o, queries), l.o.in)
		o.weightGrad(p.grads[l.o.index], r.of(p.dx, c.Dim), l.o)
	})
	o.attentionGrad = kernel.AttentionGrad{
		Heads: p.heads(), Spans: p.spans, Q: a.q, K: a.k, V: a.v, Out: a.o, DOut: p.do,
		LogSum: a.logSum, DQ: p.dq, DK: p.dk, DV: p.dv,
	}
	o.machine.Run(&o.attentionGrad)
	p.backwardHeads(i)

	o.packed(&o.weights[0], l.q, backward)
	o.packed(&o.weights[1], l.k, backward)
	o.packed(&o.weights[2], l.v, backward)
	p.ranges(func(r tokenRange) {
		x, dq, dk, dv := r.of(p.x[i], c.Dim), r.of(p.dq, queries), r.of(p.dk, keys), r.of(p.dv, keys)
		normed, dn := p.normed[:len(x)], p.dn[:len(x)]
		o.renormalise(normed, x, l.norm1, a.inv1[r.lo:r.hi])
		o.packRight(normed, c.Dim)
		o.weightGrad(p.grads[l.q.index], dq, l.q)
		o.weightGrad(p.grads[l.k.index], dk, l.k)
		o.weightGrad(p.grads[l.v.index], dv, l.v)
		o.multiply(dn, dq, &o.weights[0], nil)
		o.multiply(dn, dk, &o.weights[1], dn)
		o.multiply(dn, dv, &o.weights[2], dn)
		o.normBack(kernel.NormGrad{X: x, DOut: dn, DX: r.of(p.dx, c.Dim), Weight: l.norm1.data, Inverse: a.inv1[r.lo:r.hi]}, p.grads[l.norm1.index])
	})
}

// backwardHeads takes dq, dk and dv of layer i to before the rotation, the
// norms and the biases.
func (p *Pass) backwardHeads(i int) {
	c, l, a, o := p.m.config, &p.m.layers[i], p.layer(i), &p.ops
	o.turn(p.dq, c.Heads, p.rotary(p.angles.minus))
	o.turn(p.dk, c.KVHeads, p.rotary(p.angles.minus))
	if c.QKNorm { // do is free by now; it is as wide as dq, and no narrower than dk
		o.clear(p.do)
		o.normBack(kernel.NormGrad{X: a.rawQ, DOut: p.dq, DX: p.do, Weight: l.queryNorm.data, Inverse: a.invQ}, p.grads[l.queryNorm.index])
		p.do, p.dq = p.dq, p.do
		dk := p.do[:len(p.dk)]
		o.clear(dk)
		o.normBack(kernel.NormGrad{X: a.rawK, DOut: p.dk, DX: dk, Weight: l.keyNorm.data, Inverse: a.invK}, p.grads[l.keyNorm.index])
		o.times(p.dk, dk, 1)
	}
	o.offsetBack(p.grads, p.dq, l.queryBias)
	o.offsetBack(p.grads, p.dk, l.keyBias)
	o.offsetBack(p.grads, p.dv, l.valBias)
}
