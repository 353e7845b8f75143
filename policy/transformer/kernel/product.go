package kernel

import "fmt"

const (
	tileRows   = 8   // most rows of a tile
	blockInner = 256 // inner dimension of a block: 256 rows of a panel are 32 KiB, in the L1 cache
	blockRows  = 192 // rows of a block: 192×256 floats are 192 KiB, in the L2 cache
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

// grid is how a product is cut into units: rows of each, and the number of
// column ranges, which are of whole groups of panels.
func (o *Product) grid() (rows, columns, group int) {
	switch {
	case o.M*o.N*o.K < sharedWork:
		return o.M, 1, 1
	case o.ARow == 1 && o.ACol != 1 && o.M > unitRows: // A is packed: in as few pieces as do
		n := (units(o.M, blockRows) + 1) &^ 1
		return units(units(o.M, n), tileRows) * tileRows, 1, 1
	case o.M > 2*unitRows:
		return unitRows, 1, 1
	case o.M < minRows:
		group = wideGroup
	default:
		group = 1
	}
	// Few rows leave nothing but columns to share out.
	return o.M, max(1, min(units(o.N, Width*group), maxColumns)), group
}

const (
	unitRows   = 128     // rows of a unit
	sharedWork = 1 << 16 // multiply-adds worth sharing out: a microsecond's
	minRows    = 4       // fewer are done several panels at a time
	wideGroup  = 4       // panels: a multiple of every Set's
	maxColumns = 16      // column ranges
)

// Units is the number of row ranges times the number of column ranges.
func (o *Product) Units() int {
	rows, columns, _ := o.grid()
	return units(o.M, rows) * columns
}

// Run computes one block of C.
func (o *Product) Run(w *Worker, unit int) {
	rows, columns, group := o.grid()
	m0, m1 := chunk(unit/columns, rows, o.M)
	panels := units(o.N, Width)
	groups := units(panels, group)
	j := unit % columns
	w.product(o, rect{m0, m1, j * groups / columns * group, min((j+1)*groups/columns*group, panels)})
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
	t.aNext = w.set.rows() * o.ARow
	if o.ACol != 1 && r.j1-r.j0 > 1 {
		a, group = w.packLeft(a, r.m1-r.m0), w.set.rows()
		t.aNext = w.groupFloats()
	}
	n := r.m1 - r.m0
	one := n % w.set.rows() & 1 // a last row by itself
	for j := r.j0; j < r.j1; j++ {
		t.b = o.B.panel(j)[k0*Width : (k0+t.inner)*Width]
		t.fetch = nil
		if (j+1)*Width < o.N {
			t.fetch = o.B.panel(j + 1)[k0*Width:]
		}
		for m := 0; m < n-one; m += t.rows * t.times {
			t.rows, t.times = w.set.rowsOf(n - m)
			t.left(a, m, group)
			w.place(o, k0, (r.m0+m)*o.CRow+j*Width)
			w.store(min(Width, o.N-j*Width))
		}
	}
	if one == 1 {
		t.left(a, n-1, group)
		w.lastRow(o, r, k0)
	}
}

// left states where the left operand of row m of a block is.
func (t *tile) left(a []float32, m, group int) {
	if group > 1 {
		t.a = a[m/group*t.aNext+m%group:]
	} else {
		t.a = a[m*t.aRow:]
	}
}

// lastRow adds the inner range from k0 to the last row of the part r of C.
func (w *Worker) lastRow(o *Product, r rect, k0 int) {
	t := &w.tile
	t.rows, t.times, t.bNext = 1, 1, o.B.K*Width
	end := min(r.j1*Width, o.N)
	for col := r.j0 * Width; col < end; {
		t.strips = w.set.atOnce(units(end-col, strip))
		t.b = o.B.Data[(col/Width*o.B.K+k0)*Width:]
		w.place(o, k0, (r.m1-1)*o.CRow+col)
		w.store(min(t.strips*strip, end-col))
		col += t.strips * strip
	}
}

// rowTimes sets c to the row a times the first len(a) rows and len(c) columns of
// b: a Product of one row, without the words.
func (w *Worker) rowTimes(c, a []float32, b *Panels) {
	t := &w.tile
	t.rows, t.times, t.inner, t.aRow, t.aCol, t.bNext = 1, 1, len(a), 0, 1, b.K*Width
	for col := 0; col < len(c); col += t.strips * strip {
		t.strips = w.set.atOnce(units(len(c)-col, strip))
		t.a, t.b, t.c, t.add = a, b.Data[col/Width*t.bNext:], c[col:], nil
		w.store(min(t.strips*strip, len(c)-col))
	}
}

// place states where a tile's result goes, and what it is added to.
func (w *Worker) place(o *Product, k0, at int) {
	t := &w.tile
	t.c, t.add = o.C[at:], nil
	if k0 > 0 {
		t.add = t.c
	} else if o.Add != nil {
		t.add = o.Add[at:]
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

// store computes the tiles, whose last columns may lie outside C.
func (w *Worker) store(cols int) {
	t := &w.tile
	width := Width
	if t.rows == 1 {
		width = t.strips * strip
	}
	if cols == width {
		w.set.compute(t)
		return
	}
	a, c, add, row, times := t.a, t.c, t.add, t.cRow, t.times
	e := w.edge[:]
	t.times = 1
	for n := range times {
		t.a = a[n*t.aNext:]
		from := n * t.rows * row
		if t.c, t.add, t.cRow = e, nil, width; add != nil {
			for i := range t.rows {
				copy(e[i*width:i*width+cols], add[from+i*row:])
			}
			t.add = e
		}
		w.set.compute(t)
		for i := range t.rows {
			copy(c[from+i*row:from+i*row+cols], e[i*width:])
		}
	}
	t.times, t.cRow = times, row
}
