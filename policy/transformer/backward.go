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
	p.ops.team.Do(p.backward)
	return nil
}

func (p *Pass) fitBackward(n int) {
	c := p.m.config
	q, kv := n*c.Heads*c.HeadDim, n*c.KVHeads*c.HeadDim
	p.dx, p.dn = resize(p.dx, n*c.Dim), resize(p.dn, n*c.Dim)
	p.do, p.dq, p.dk, p.dv = resize(p.do, q), resize(p.dq, q), resize(p.dk, kv), resize(p.dv, kv)
	p.dact = resize(p.dact, n*c.Hidden)
}

func (p *Pass) backward() {
	m, o := p.m, &p.ops
	clear(p.dx)
	p.backwardHead()
	for i := len(m.layers) - 1; i >= 0; i-- {
		if p.checkpoint && i < len(m.layers)-1 {
			p.forwardBlocks(i)
		}
		p.backwardFeed(i)
		p.backwardAttention(i)
	}
	o.scatter = kernel.Scatter{
		Index: p.head.batch.Tokens, Cols: m.config.Dim, In: p.dx, Table: p.grads[m.embed.index],
	}
	o.team.Run(&o.scatter)
}

// backwardFeed takes dx through the feed-forward block of layer i.
func (p *Pass) backwardFeed(i int) {
	l, a, o := &p.m.layers[i], p.layer(i), &p.ops
	o.applyBack(p.dact, p.dx, l.down, nil)
	o.gateGrad = kernel.GateGrad{G: a.gate, U: a.up, D: p.dact, Act: p.act}
	o.team.Run(&o.gateGrad)
	dgate, dup := a.gate, p.dact
	o.packRight(p.act, l.down.in)
	o.weightGrad(p.grads[l.down.index], p.dx, l.down)

	o.renormalise(p.normed, a.mid, l.norm2, a.inv2)
	o.packRight(p.normed, l.gate.in)
	o.weightGrad(p.grads[l.gate.index], dgate, l.gate)
	o.weightGrad(p.grads[l.up.index], dup, l.up)
	o.applyBack(p.dn, dgate, l.gate, nil)
	o.applyBack(p.dn, dup, l.up, p.dn)
	o.normBack(kernel.NormGrad{X: a.mid, DOut: p.dn, DX: p.dx, Weight: l.norm2.data, Inverse: a.inv2}, p.grads[l.norm2.index])
}

// backwardAttention takes dx through the attention block of layer i.
func (p *Pass) backwardAttention(i int) {
	c, l, a, o := p.m.config, &p.m.layers[i], p.layer(i), &p.ops
	o.applyBack(p.do, p.dx, l.o, nil)
	o.packRight(a.o, l.o.in)
	o.weightGrad(p.grads[l.o.index], p.dx, l.o)
	o.attentionGrad = kernel.AttentionGrad{
		Heads: p.heads(), Spans: p.spans, Q: a.q, K: a.k, V: a.v, Out: a.o, DOut: p.do,
		LogSum: a.logSum, DQ: p.dq, DK: p.dk, DV: p.dv,
	}
	o.team.Run(&o.attentionGrad)
	p.backwardHeads(i)

	o.renormalise(p.normed, p.x[i], l.norm1, a.inv1)
	o.packRight(p.normed, c.Dim)
	o.weightGrad(p.grads[l.q.index], p.dq, l.q)
	o.weightGrad(p.grads[l.k.index], p.dk, l.k)
	o.weightGrad(p.grads[l.v.index], p.dv, l.v)
	o.applyBack(p.dn, p.dq, l.q, nil)
	o.applyBack(p.dn, p.dk, l.k, p.dn)
	o.applyBack(p.dn, p.dv, l.v, p.dn)
	o.normBack(kernel.NormGrad{X: p.x[i], DOut: p.dn, DX: p.dx, Weight: l.norm1.data, Inverse: a.inv1}, p.grads[l.norm1.index])
}

// backwardHeads takes dq, dk and dv of layer i to before the rotation, the
// norms and the biases.
func (p *Pass) backwardHeads(i int) {
	c, l, a, o := p.m.config, &p.m.layers[i], p.layer(i), &p.ops
	o.turn(p.dq, c.Heads, p.rotary(p.angles.minus))
	o.turn(p.dk, c.KVHeads, p.rotary(p.angles.minus))
	if c.QKNorm { // do is free by now; it is as wide as dq, and no narrower than dk
		clear(p.do)
		o.normBack(kernel.NormGrad{X: a.rawQ, DOut: p.dq, DX: p.do, Weight: l.queryNorm.data, Inverse: a.invQ}, p.grads[l.queryNorm.index])
		p.do, p.dq = p.dq, p.do
		dk := p.do[:len(p.dk)]
		clear(dk)
		o.normBack(kernel.NormGrad{X: a.rawK, DOut: p.dk, DX: dk, Weight: l.keyNorm.data, Inverse: a.invK}, p.grads[l.keyNorm.index])
		copy(p.dk, dk)
	}
	o.offsetBack(p.grads, p.dq, l.queryBias)
	o.offsetBack(p.grads, p.dk, l.keyBias)
	o.offsetBack(p.grads, p.dv, l.valBias)
}
