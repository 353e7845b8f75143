package kernel

// Width is the number of columns of a panel.
const Width = 32

// Panels is the right operand of a product, a K×N matrix packed for speed:
// columns in panels of [Width], each panel K rows of Width floats, row after
// row. The columns past N in the last panel are zero.
type Panels struct {
	K, N int
	Data []float32 // element (k,n) is at ((n/Width)*K+k)*Width + n%Width
}

// NewPanels returns a K×N matrix of zeros.
func NewPanels(k, n int) *Panels {
	return &Panels{K: k, N: n, Data: make([]float32, units(n, Width)*k*Width)}
}

// Reset makes p a K×N matrix of undefined contents, keeping its memory if it
// is large enough.
func (p *Panels) Reset(k, n int) {
	p.K, p.N = k, n
	p.Data = grow(p.Data, units(n, Width)*k*Width)
}

// panel is the j-th panel, K*Width floats.
func (p *Panels) panel(j int) []float32 {
	n := p.K * Width
	return p.Data[j*n : (j+1)*n]
}

// Pack fills Dst from a row-major matrix. The caller has Reset Dst to its shape.
type Pack struct {
	Dst        *Panels
	Src        []float32
	Row        int  // distance between rows of Src
	Transposed bool // Src is N×K instead of K×N
}

const (
	packRows   = 64
	packPanels = 4 // written at a time: more may fall on the same lines of the cache
)

// Units is the number of panels, or of blocks of rows if not Transposed: each
// reads its part of Src from left to right.
func (o *Pack) Units() int {
	if o.Transposed {
		return units(o.Dst.N, Width)
	}
	return units(o.Dst.K, packRows)
}

// Run fills one panel, or one block of rows of all panels.
func (o *Pack) Run(w *Worker, unit int) {
	if o.Transposed {
		o.transpose(w, unit)
		return
	}
	p := o.Dst
	lo, hi := chunk(unit, packRows, p.K)
	whole := p.N / Width
	for j := 0; j < whole; j += packPanels {
		n := min(packPanels, whole-j)
		for k := lo; k < hi; k++ {
			w.set.spread32(p.Data[(j*p.K+k)*Width:], o.Src[k*o.Row+j*Width:], spread{n, Width, p.K * Width})
		}
	}
	if whole*Width == p.N {
		return
	}
	for k := lo; k < hi; k++ {
		dst := p.Data[(whole*p.K+k)*Width:][:Width]
		clear(dst[copy(dst, o.Src[k*o.Row+whole*Width:k*o.Row+p.N]):])
	}
}

// transpose fills one panel from rows of Src.
func (o *Pack) transpose(w *Worker, unit int) {
	p := o.Dst
	dst := p.panel(unit)
	lo, hi := chunk(unit, Width, p.N)
	if hi-lo < Width {
		clear(dst)
	}
	c := lo
	for ; c+8 <= hi; c += 8 {
		done := w.set.transpose8(dst[c-lo:], o.Src[c*o.Row:], o.Row, p.K)
		for i := c; i < c+8 && done < p.K; i++ {
			scatter(dst[done*Width:], i-lo, o.Src[i*o.Row+done:i*o.Row+p.K])
		}
	}
	for ; c < hi; c++ {
		scatter(dst, c-lo, o.Src[c*o.Row:c*o.Row+p.K])
	}
}

// scatter writes column c of a panel.
func scatter(panel []float32, c int, column []float32) {
	panel = panel[:len(column)*Width]
	for i := c; i < len(panel); i += Width {
		panel[i] = column[i/Width]
	}
}

// setColumn writes column n: len(column) = K.
func (p *Panels) setColumn(n int, column []float32) {
	scatter(p.panel(n/Width), n%Width, column[:p.K])
}

// setRow writes row k: len(row) = N.
func (p *Panels) setRow(k int, row []float32) {
	for j := 0; j*Width < p.N; j++ {
		lo, hi := chunk(j, Width, p.N)
		copy(p.Data[(j*p.K+k)*Width:], row[lo:hi])
	}
}

// CopyPanels copies the first Rows rows and Cols columns of Src to Dst, which
// may have other shapes. In these rows the columns past Cols up to the next
// multiple of [Width] get undefined contents; all else keeps its own.
type CopyPanels struct {
	Dst, Src   *Panels
	Rows, Cols int
}

// Units is the number of panels.
func (o *CopyPanels) Units() int { return units(o.Cols, Width) }

// Run copies the rows of one panel.
func (o *CopyPanels) Run(_ *Worker, unit int) {
	n := o.Rows * Width
	copy(o.Dst.panel(unit)[:n], o.Src.panel(unit)[:n])
}
