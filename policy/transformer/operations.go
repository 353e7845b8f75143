package transformer

import "github.com/surefoot-ai/surefoot/policy/transformer/kernel"

// operations runs them on a machine. It holds the operands of each kind, kept
// from one use to the next so that running one allocates nothing.
//
// Between the beginning of machine.Do and its end nothing in this package reads
// or writes operands but by operations: they belong to the machine.
type operations struct {
	machine        kernel.Machine
	product        kernel.Product
	products       [3]kernel.Product // of one left operand
	brains         [3]kernel.BrainProduct
	pack           kernel.Pack
	norm           kernel.Norm
	normGrad       kernel.NormGrad
	normWeightGrad kernel.NormWeightGrad
	bias           kernel.Bias
	biasGrad       kernel.BiasGrad
	gate           kernel.Gate
	gateGrad       kernel.GateGrad
	rotate         kernel.Rotate
	gather         kernel.Gather
	scatter        kernel.Scatter
	attention      kernel.Attention
	attentionGrad  kernel.AttentionGrad
	softmax        kernel.LogSoftmax
	scratch        kernel.Scratch
	zero           kernel.Zero
	scale          kernel.Scale
	weights        [3]kernel.Panels // matrices, packed for the products at hand
	right          kernel.Panels    // packed right operand of a weight gradient
}

// multiply sets y = x·B, and adds what add holds, which may be y or nil.
func (o *operations) multiply(y, x []float32, b *kernel.Panels, add []float32) {
	o.product = kernel.Product{
		M: len(x) / b.K, N: b.N, K: b.K,
		A: x, ARow: b.K, ACol: 1, B: b, C: y, CRow: b.N, Add: add,
	}
	o.machine.Run(&o.product)
}

// packed packs w for a direction, forward y = x·Wᵀ or backward dx = dy·W, into
// dst, which it returns.
func (o *operations) packed(dst *kernel.Panels, w *matrix, d direction) *kernel.Panels {
	o.pack = kernel.Pack{Dst: dst, Src: w.data, Row: w.in}
	if d == forward {
		o.pack.Transposed = true
		dst.Reset(w.in, w.out)
	} else {
		dst.Reset(w.out, w.in)
	}
	o.machine.Run(&o.pack)
	return dst
}

// packRight packs x, rows of the given width, for weightGrad.
func (o *operations) packRight(x []float32, width int) {
	o.right.Reset(len(x)/width, width)
	o.pack = kernel.Pack{Dst: &o.right, Src: x, Row: width}
	o.machine.Run(&o.pack)
}

// weightGrad adds dyᵀ·x to grad, x being what packRight last packed.
func (o *operations) weightGrad(grad, dy []float32, w *matrix) {
	o.product = kernel.Product{
		M: w.out, N: w.in, K: o.right.K,
		A: dy, ARow: 1, ACol: w.out, B: &o.right, C: grad, CRow: w.in, Add: grad,
	}
	o.machine.Run(&o.product)
}

// keep says that nothing but operations will ever read or write x.
func (o *operations) keep(x []float32) {
	o.scratch.X = x[:cap(x)]
	o.machine.Run(&o.scratch)
}

// clear sets x to 0.
func (o *operations) clear(x []float32) {
	o.zero.X = x
	o.machine.Run(&o.zero)
}

// times sets out = factor·x; out may be x.
func (o *operations) times(out, x []float32, factor float32) {
	o.scale = kernel.Scale{Out: out, X: x, Factor: factor}
	o.machine.Run(&o.scale)
}

// normalise sets out to x normalised, and inverse to 1/rms of each row.
func (o *operations) normalise(out, x []float32, g *vector, r rms) {
	o.norm = kernel.Norm{
		Rows: len(x) / len(g.data), Cols: len(g.data), X: x, Out: out,
		Weight: g.data, Epsilon: r.epsilon, Inverse: r.inverse,
	}
	o.machine.Run(&o.norm)
}

// direction is that of a pass through the model.
type direction uint8

const (
	forward direction = iota
	backward
)

// rms is the inverse root mean squares of rows, and what was added under the root.
type rms struct {
	inverse []float32
	epsilon float32
}

// renormalise sets out as normalise did, from the inverse it left.
func (o *operations) renormalise(out, x []float32, g *vector, inverse []float32) {
	o.norm = kernel.Norm{
		Rows: len(x) / len(g.data), Cols: len(g.data), X: x, Out: out,
		Weight: g.data, Inverse: inverse, Known: true,
	}
	o.machine.Run(&o.norm)
}

// normBack adds the gradient of a norm to dx and dweight.
func (o *operations) normBack(g kernel.NormGrad, dweight []float32) {
	g.Cols = len(g.Weight)
	g.Rows = len(g.X) / g.Cols
	o.normGrad = g
	o.normWeightGrad = kernel.NormWeightGrad{
		Rows: g.Rows, Cols: g.Cols, X: g.X, DOut: g.DOut, Inverse: g.Inverse, DWeight: dweight,
	}
	o.machine.Run(&o.normWeightGrad)
	o.machine.Run(&o.normGrad)
}

// offset adds b, unless it is nil, to the rows of x.
func (o *operations) offset(x []float32, b *vector) {
	if b == nil {
		return
	}
	o.bias = kernel.Bias{Rows: len(x) / len(b.data), Cols: len(b.data), X: x, Weight: b.data}
	o.machine.Run(&o.bias)
}

// offsetBack adds the gradient of b, unless it is nil, to that in grads.
func (o *operations) offsetBack(grads [][]float32, dx []float32, b *vector) {
	if b == nil {
		return
	}
	o.biasGrad = kernel.BiasGrad{Rows: len(dx) / len(b.data), Cols: len(b.data), DOut: dx, DWeight: grads[b.index]}
	o.machine.Run(&o.biasGrad)
}

// turn applies rotary positions to x, rows of heads; sin is negated to undo it.
func (o *operations) turn(x []float32, heads int, r rotary) {
	o.rotate = kernel.Rotate{
		Rows: len(r.positions), Heads: heads, HeadDim: r.headDim,
		X: x, Positions: r.positions, Cos: r.cos, Sin: r.sin,
	}
	o.machine.Run(&o.rotate)
}

// rotary is the table and the positions of rows.
type rotary struct {
	positions []int32
	headDim   int
	cos, sin  []float32
}

// resize returns s with length n; its contents are undefined.
func resize(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
