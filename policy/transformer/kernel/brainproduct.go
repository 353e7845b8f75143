package kernel

import "fmt"

// BrainProduct is a [Product] whose right operand is bfloat16. Its elements are
// the same bits as those of a Product with the same numbers in float32: what
// is added up is the float32 of A times the exactly widened number of B.
type BrainProduct struct {
	M, N, K int
	A       []float32
	ARow    int // element (m,k) is A[m*ARow+k]
	B       *BrainPanels
	C       []float32
	CRow    int
	Add     []float32 // nil: zero; else laid out as C, and may be C

	// Parts is how many workers there are: each reads its own part of B from
	// beginning to end. Less than 1 counts as 1.
	Parts int
}

// Units is the number of ranges of columns.
func (o *BrainProduct) Units() int { return min(units(o.N, Width), max(o.Parts, 1)) }

// Run computes a range of columns of C.
func (o *BrainProduct) Run(w *Worker, unit int) {
	o.check()
	n, panels := o.Units(), units(o.N, Width)
	for j := unit * panels / n; j < (unit+1)*panels/n; j++ {
		if o.M <= w.set.brainRows() {
			o.direct(w, j)
		} else {
			o.widened(w, j)
		}
	}
}

func (o *BrainProduct) check() {
	ok := o.M > 0 && o.N > 0 && o.K > 0 && o.B.K == o.K && o.B.N >= o.N && len(o.B.Data) >= units(o.N, Width)*o.K*Width &&
		o.ARow >= o.K && len(o.A) >= (o.M-1)*o.ARow+o.K && o.CRow >= o.N && len(o.C) >= (o.M-1)*o.CRow+o.N &&
		(o.Add == nil || len(o.Add) >= (o.M-1)*o.CRow+o.N)
	if !ok {
		panic(fmt.Sprintf("kernel: internal error: bfloat16 product %d×%d×%d: A %d (%d), B %d×%d, C %d (%d), Add %d",
			o.M, o.N, o.K, len(o.A), o.ARow, o.B.K, o.B.N, len(o.C), o.CRow, len(o.Add)))
	}
}

// direct computes the columns of panel j for few rows, whole chains at once.
func (o *BrainProduct) direct(w *Worker, j int) {
	t := &w.brain
	*t = brainTile{b: o.B.panel(j), inner: o.K, aRow: o.ARow, cRow: o.CRow}
	cols := min(Width, o.N-j*Width)
	for i := 0; i < o.M; i += t.rows {
		t.rows = w.set.brainRowsOf(o.M - i)
		t.a = o.A[i*o.ARow:]
		at := i*o.CRow + j*Width
		t.c, t.add = o.C[at:], nil
		if o.Add != nil {
			t.add = o.Add[at:]
		}
		if cols == Width {
			w.set.brainTile(t)
		} else {
			w.brainEdge(t, cols)
		}
	}
}

// brainEdge computes a tile whose last columns lie outside C.
func (w *Worker) brainEdge(t *brainTile, cols int) {
	c, add := t.c, t.add
	e := w.edge[:]
	if add != nil {
		for i := range t.rows {
			copy(e[i*Width:i*Width+cols], add[i*t.cRow:])
		}
		t.add = e
	}
	row := t.cRow
	t.c, t.cRow = e, Width
	w.set.brainTile(t)
	for i := range t.rows {
		copy(c[i*row:i*row+cols], e[i*Width:])
	}
	t.cRow = row
}

// widened computes the columns of panel j for any number of rows, blockInner
// of the inner dimension at a time.
func (o *BrainProduct) widened(w *Worker, j int) {
	b, at := o.B.panel(j), j*Width
	p := Product{
		M: o.M, N: min(Width, o.N-at), B: &w.panels[0],
		A: o.A, ARow: o.ARow, ACol: 1, C: o.C[at:], CRow: o.CRow,
	}
	if o.Add != nil {
		p.Add = o.Add[at:]
	}
	for k := 0; k < o.K; k += blockInner {
		p.K = min(blockInner, o.K-k)
		p.A = o.A[k:]
		p.B.Reset(p.K, Width)
		w.set.widen(p.B.Data, b[k*Width:(k+p.K)*Width])
		w.product(&p, rect{0, p.M, 0, 1})
		p.Add = p.C
	}
}
