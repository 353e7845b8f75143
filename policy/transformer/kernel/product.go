package kernel

import "fmt"

const (
	tileRows   = 8   // most rows of a tile
	blockInner = 256 // inner dimension of a block: 256 rows of a panel are 32 KiB, in the L1 cache
	blockRows  = 128 // rows of a block: 128×256 floats are 128 KiB, in the L2 cache
	unitRows   = 128 // rows of a unit
)

// Product is C = A·B + Add, with A an M×K matrix, B the first K rows and first
// N columns of some Panels, C an M×N matrix. Each element starts from Add's (or
// zero) and adds A[m,k]·B[k,n] for k ascending.
type Product struct {
	M, N, K    int
	A          []float32
	ARow, ACol int // element (m,k) is A[m*ARow+k*ACol]
	B          *Panels
	C          []float32
	CRow       int
	Add        []float32 // nil: zero; else laid out as C, and may be C
}

// columnUnits is the number of column ranges a product is cut into: few rows
// leave nothing else to share out.
func (o *Product) columnUnits() int {
	if o.M > 2*unitRows {
		return 1
	}
	return max(1, min(units(o.N, Width), 8))
}

// rowsPerUnit halves the units of short products, so that two workers share
// them evenly.
func (o *Product) rowsPerUnit() int {
	if o.M <= 2*unitRows {
		return max(o.M, 1)
	}
	return unitRows
}

// Units is the number of row ranges times the number of column ranges.
func (o *Product) Units() int { return units(o.M, o.rowsPerUnit()) * o.columnUnits() }

// Run computes one block of C.
func (o *Product) Run(w *Worker, unit int) {
	cu := o.columnUnits()
	m0, m1 := chunk(unit/cu, o.rowsPerUnit(), o.M)
	panels := units(o.N, Width)
	j := unit % cu
	w.product(o, rect{m0, m1, j * panels / cu, (j + 1) * panels / cu})
}

// rect is rows [m0,m1) and panels [j0,j1).
type rect struct{ m0, m1, j0, j1 int }

func (o *Product) check() {
	ok := o.M > 0 && o.N > 0 && o.K > 0 && o.B.K >= o.K && units(o.B.N, Width) >= units(o.N, Width) &&
		len(o.A) > (o.M-1)*o.ARow+(o.K-1)*o.ACol && len(o.C) >= (o.M-1)*o.CRow+o.N &&
		(o.Add == nil || len(o.Add) >= (o.M-1)*o.CRow+o.N) && o.ARow > 0 && o.ACol > 0 && (o.ARow == 1 || o.ACol == 1) && o.CRow >= o.N
	if !ok {
		panic(fmt.Sprintf("kernel: internal error: product %d×%d×%d: A %d (%d,%d), B %d×%d, C %d (%d), Add %d",
			o.M, o.N, o.K, len(o.A), o.ARow, o.ACol, o.B.K, o.B.N, len(o.C), o.CRow, len(o.Add)))
	}
}

// product computes the part r of C.
func (w *Worker) product(o *Product, r rect) {
	o.check()
	for i0 := r.m0; i0 < r.m1; i0 += blockRows {
		i1 := min(i0+blockRows, r.m1)
		for k0 := 0; k0 < o.K; k0 += blockInner {
			w.block(o, rect{i0, i1, r.j0, r.j1}, k0)
		}
	}
}

// block adds the inner range from k0 to the part r of C.
func (w *Worker) block(o *Product, r rect, k0 int) {
	t := &w.tile
	t.inner = min(blockInner, o.K-k0)
	t.aRow, t.aCol, t.cRow = o.ARow, o.ACol, o.CRow
	a, group := o.A[r.m0*o.ARow+k0*o.ACol:], 1
	if o.ACol != 1 && r.j1-r.j0 > 1 {
		a, group = w.packLeft(a, r.m1-r.m0), w.set.rows()
	}
	add := o.Add
	if k0 > 0 {
		add = o.C
	}
	for j := r.j0; j < r.j1; j++ {
		t.b = o.B.panel(j)[k0*Width : (k0+t.inner)*Width]
		cols := min(Width, o.N-j*Width)
		for i := r.m0; i < r.m1; i += t.rows {
			t.rows = w.set.rowsOf(r.m1 - i)
			m := i - r.m0
			if group > 1 {
				t.a = a[m/group*w.groupFloats()+m%group:]
			} else {
				t.a = a[m*t.aRow:]
			}
			at := i*o.CRow + j*Width
			t.c, t.add = o.C[at:], nil
			if add != nil {
				t.add = add[at:]
			}
			w.store(cols)
		}
	}
}

// groupGap keeps groups of rows from all falling on the same lines of the cache.
const groupGap = 16

// groupFloats is the distance between packed groups of rows.
func (w *Worker) groupFloats() int { return w.tile.inner*w.set.rows() + groupGap }

// packLeft copies a block of a left operand whose rows lie next to each other
// (ARow 1) to groups of g rows: element (m,k) to k*g + m%g of group m/g.
func (w *Worker) packLeft(a []float32, rows int) []float32 {
	t, g, step := &w.tile, w.set.rows(), w.groupFloats()
	// A group is copied 8 wide; what is too much of it is overwritten by the
	// next k, or falls into the gap.
	whole := max(0, (rows-tileRows)/g+1)
	if rows < tileRows {
		whole = 0
	}
	for k := range t.inner {
		src := a[k*t.aCol:]
		if whole > 0 {
			w.set.spread8(w.pack[k*g:], src, spread{whole, g, step})
		}
		for m := whole * g; m < rows; m += g {
			at := m/g*step + k*g
			copy(w.pack[at:at+g], src[m:min(m+g, rows)])
		}
	}
	t.aRow, t.aCol = 1, g
	return w.pack
}

// store computes the tile, whose last columns may lie outside C.
func (w *Worker) store(cols int) {
	t := &w.tile
	if cols == Width {
		w.set.tile(t)
		return
	}
	c, add, row := t.c, t.add, t.cRow
	e := w.edge[:]
	if add != nil {
		for i := range t.rows {
			copy(e[i*Width:i*Width+cols], add[i*row:])
		}
		t.add = e
	}
	t.c, t.cRow = e, Width
	w.set.tile(t)
	for i := range t.rows {
		copy(c[i*row:i*row+cols], e[i*Width:])
	}
	t.cRow = row
}
