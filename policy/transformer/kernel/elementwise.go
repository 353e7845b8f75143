package kernel

// Gate is SwiGLU's inner part (Shazeer 2020, arXiv:2002.05202, eq. 6):
// Out = silu(G)∘U. Out may be G or U.
type Gate struct{ Out, G, U []float32 }

const elementUnit = 4096

// Units is the number of chunks of elements.
func (o *Gate) Units() int { return units(len(o.G), elementUnit) }

// Run does one chunk.
func (o *Gate) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, elementUnit, len(o.G))
	w.set.gate(o.Out[lo:hi], o.G[lo:hi], o.U[lo:hi])
}

// GateGrad takes D, the gradient of a [Gate]'s Out. It writes the gradient of
// G over G, that of U over D, and Out itself to Act.
type GateGrad struct{ G, U, D, Act []float32 }

// Units is the number of chunks of elements.
func (o *GateGrad) Units() int { return units(len(o.G), elementUnit) }

// Run does one chunk.
func (o *GateGrad) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, elementUnit, len(o.G))
	w.set.gateGrad(o.G[lo:hi], o.U[lo:hi], o.D[lo:hi], o.Act[lo:hi])
}

// Rotate is rotary position embedding (Su et al. 2021, arXiv:2104.09864, eq.
// 34), in place. The pairs are (i, i+HeadDim/2), as in Hugging Face's Llama.
type Rotate struct {
	Rows, Heads, HeadDim int
	X                    []float32 // (Rows, Heads*HeadDim)
	Positions            []int32   // (Rows)
	Cos, Sin             []float32 // (positions, HeadDim/2); for the inverse pass -sin
}

// Units is the number of blocks of rows.
func (o *Rotate) Units() int { return units(o.Rows, normRows) }

// Run turns one block of rows.
func (o *Rotate) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, normRows, o.Rows)
	half := o.HeadDim / 2
	for i := lo; i < hi; i++ {
		at := int(o.Positions[i]) * half
		cos, sin := o.Cos[at:at+half], o.Sin[at:at+half]
		for h := range o.Heads {
			x := o.X[(i*o.Heads+h)*o.HeadDim:]
			w.set.rotate(x[:half], x[half:2*half], cos, sin)
		}
	}
}

// Gather copies the rows of Table named by Index to Out.
type Gather struct {
	Index      []int32
	Cols       int
	Table, Out []float32
}

// Units is the number of blocks of rows.
func (o *Gather) Units() int { return units(len(o.Index), normRows) }

// Run copies one block of rows.
func (o *Gather) Run(_ *Worker, unit int) {
	lo, hi := chunk(unit, normRows, len(o.Index))
	for i := lo; i < hi; i++ {
		at := int(o.Index[i]) * o.Cols
		copy(o.Out[i*o.Cols:(i+1)*o.Cols], o.Table[at:at+o.Cols])
	}
}

// Scatter adds the rows of In to the rows of Table named by Index, in order:
// a row may be named more than once.
type Scatter struct {
	Index     []int32
	Cols      int
	In, Table []float32
}

// Units is the number of ranges of columns.
func (o *Scatter) Units() int { return units(o.Cols, columnUnit) }

// Run adds one range of columns.
func (o *Scatter) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, columnUnit, o.Cols)
	for i, row := range o.Index {
		at := int(row) * o.Cols
		w.set.addScale(o.Table[at+lo:at+hi], o.In[i*o.Cols+lo:i*o.Cols+hi], 1)
	}
}

// Zero sets X to 0.
type Zero struct{ X []float32 }

// Units is the number of chunks of elements.
func (o *Zero) Units() int { return units(len(o.X), 4*elementUnit) }

// Run does one chunk.
func (o *Zero) Run(_ *Worker, unit int) {
	lo, hi := chunk(unit, 4*elementUnit, len(o.X))
	clear(o.X[lo:hi])
}

// Scale sets Out = Factor·X. Out may be X.
type Scale struct {
	Out, X []float32
	Factor float32
}

// Units is the number of chunks of elements.
func (o *Scale) Units() int { return units(len(o.X), 4*elementUnit) }

// Run does one chunk.
func (o *Scale) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, 4*elementUnit, len(o.X))
	out := o.Out[lo:hi]
	copy(out, o.X[lo:hi])
	if o.Factor != 1 {
		w.set.scaleBy(out, o.Factor)
	}
}

// Adam updates one parameter array; see [AdamStep].
type Adam struct {
	P, G, M, V []float32
	Step       *AdamStep
}

// Units is the number of chunks of elements.
func (o *Adam) Units() int { return units(len(o.P), 4*elementUnit) }

// Run does one chunk.
func (o *Adam) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, 4*elementUnit, len(o.P))
	w.set.adam(o.P[lo:hi], o.G[lo:hi], o.M[lo:hi], o.V[lo:hi], o.Step)
}

// SumSquares sums the squares of X in float64. The sum is that of Parts, each
// of a part of X, and taken in order it is the same for any number of workers.
type SumSquares struct {
	X     []float32
	Parts []float64 // (Units)
}

// Units is the number of chunks of elements.
func (o *SumSquares) Units() int { return units(len(o.X), 4*elementUnit) }

// Run does one chunk.
func (o *SumSquares) Run(_ *Worker, unit int) {
	lo, hi := chunk(unit, 4*elementUnit, len(o.X))
	var a, b, c, d float64
	x := o.X[lo:hi]
	for len(x) >= 4 {
		x0, x1, x2, x3 := float64(x[0]), float64(x[1]), float64(x[2]), float64(x[3])
		a += x0 * x0
		b += x1 * x1
		c += x2 * x2
		d += x3 * x3
		x = x[4:]
	}
	for _, v := range x {
		a += float64(v) * float64(v)
	}
	o.Parts[unit] = a + b + c + d
}
