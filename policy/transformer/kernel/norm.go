package kernel

import "math"

// Norm is RMS normalisation of rows (Zhang and Sennrich 2019, arXiv:1910.07467,
// eq. 4): Out = X·Weight/rms(X), rms over Width columns with Epsilon under the root.
type Norm struct {
	Rows, Cols int
	X, Out     []float32 // (Rows, Cols)
	Weight     []float32
	Epsilon    float32
	Inverse    []float32 // out, or in if Known: 1/rms of each row
	Known      bool
}

const normRows = 16

// Units is the number of blocks of rows.
func (o *Norm) Units() int { return units(o.Rows, normRows) }

// Run normalises one block of rows.
func (o *Norm) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, normRows, o.Rows)
	for i := lo; i < hi; i++ {
		x := o.X[i*o.Cols : (i+1)*o.Cols]
		if !o.Known {
			mean := w.set.dot(x, x) / float32(o.Cols)
			o.Inverse[i] = 1 / float32(math.Sqrt(float64(mean+o.Epsilon)))
		}
		w.set.mulScale(o.Out[i*o.Cols:(i+1)*o.Cols], x, o.Weight, o.Inverse[i])
	}
}

// NormGrad adds the gradient of a [Norm] to DX, given DOut.
type NormGrad struct {
	Rows, Cols  int
	X, DOut, DX []float32 // (Rows, Cols)
	Weight      []float32
	Inverse     []float32
}

// Units is the number of blocks of rows.
func (o *NormGrad) Units() int { return units(o.Rows, normRows) }

// Run does one block of rows: with r the inverse rms and s = Σ w·x·dy,
// dx += r·w∘dy - x·s·r³/Cols.
func (o *NormGrad) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, normRows, o.Rows)
	for i := lo; i < hi; i++ {
		x, dy, dx := o.X[i*o.Cols:(i+1)*o.Cols], o.DOut[i*o.Cols:(i+1)*o.Cols], o.DX[i*o.Cols:(i+1)*o.Cols]
		r := o.Inverse[i]
		s := w.set.dot3(x, dy, o.Weight)
		w.set.addMulScale(dx, dy, o.Weight, r)
		w.set.addScale(dx, x, -s*r*r*r/float32(o.Cols))
	}
}

// NormWeightGrad adds the gradient of a [Norm]'s weights to DWeight, rows in
// ascending order.
type NormWeightGrad struct {
	Rows, Cols int
	X, DOut    []float32 // (Rows, Cols)
	Inverse    []float32
	DWeight    []float32
}

const columnUnit = 64

// Units is the number of ranges of columns.
func (o *NormWeightGrad) Units() int { return units(o.Cols, columnUnit) }

// Run does one range of columns.
func (o *NormWeightGrad) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, columnUnit, o.Cols)
	for i := range o.Rows {
		a, b := i*o.Cols+lo, i*o.Cols+hi
		w.set.addMulScale(o.DWeight[lo:hi], o.X[a:b], o.DOut[a:b], o.Inverse[i])
	}
}
