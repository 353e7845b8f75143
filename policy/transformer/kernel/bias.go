package kernel

// Bias adds Weight to every row of X.
type Bias struct {
	Rows, Cols int
	X          []float32 // (Rows, Cols)
	Weight     []float32
}

// Units is the number of blocks of rows.
func (o *Bias) Units() int { return units(o.Rows, normRows) }

// Run does one block of rows.
func (o *Bias) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, normRows, o.Rows)
	for i := lo; i < hi; i++ {
		w.set.addScale(o.X[i*o.Cols:(i+1)*o.Cols], o.Weight, 1)
	}
}

// BiasGrad adds the gradient of a [Bias]'s weights, the sum of the rows of
// DOut, to DWeight, rows in ascending order.
type BiasGrad struct {
	Rows, Cols    int
	DOut, DWeight []float32 // (Rows, Cols), (Cols)
}

// Units is the number of ranges of columns.
func (o *BiasGrad) Units() int { return units(o.Cols, columnUnit) }

// Run does one range of columns.
func (o *BiasGrad) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, columnUnit, o.Cols)
	for i := range o.Rows {
		w.set.addScale(o.DWeight[lo:hi], o.DOut[i*o.Cols+lo:i*o.Cols+hi], 1)
	}
}
