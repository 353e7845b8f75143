package kernel

// strip is the number of columns of half a panel.
const strip = Width / 2

// tile is a block of a product, c = add + a·b: at most tileRows × Width
// elements, or as many such blocks below each other as times says; or, of one
// row, a number of strips. The machine code reads the fields by their offsets.
type tile struct {
	c, add     []float32 // element (i,j) at [i*cRow+j]; add nil: zero
	a          []float32 // element (i,k) at [i*aRow+k*aCol] of each tile
	b          []float32 // one panel, inner*Width; of one row, as many panels as the strips lie in
	fetch      []float32 // the panel that comes next; nil: unknown
	rows       int
	inner      int
	aRow, aCol int
	cRow       int
	times      int // tiles of the most rows, below each other; 1 for those of fewer
	aNext      int // from one tile's a to the next one's
	strips     int // of one row
	bNext      int // of one row: from one panel to the next
}

// rows is the most rows of a tile.
func (s Set) rows() int {
	switch s.level {
	case avx512:
		return tileRows
	case avx2:
		return 6
	}
	return 4
}

// rowsOf is the number of rows of the next tiles when n are left, at least two,
// and how many of them follow each other.
func (s Set) rowsOf(n int) (rows, times int) {
	if full := s.rows(); n >= full {
		return full, n / full
	}
	if n >= 4 {
		return 4, 1
	}
	return 2, 1
}

// tilePortable computes t in plain Go, eight columns at a time in registers.
func tilePortable(t *tile) {
	for i := range t.rows * t.times {
		for j := 0; j < Width; j += 8 {
			var c [8]float32
			if t.add != nil {
				c = *(*[8]float32)(t.add[i*t.cRow+j:])
			}
			c0, c1, c2, c3, c4, c5, c6, c7 := c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
			at := i/t.rows*t.aNext + i%t.rows*t.aRow
			for k := range t.inner {
				x := t.a[at]
				at += t.aCol
				b := (*[8]float32)(t.b[k*Width+j:])
				c0 += float32(x * b[0])
				c1 += float32(x * b[1])
				c2 += float32(x * b[2])
				c3 += float32(x * b[3])
				c4 += float32(x * b[4])
				c5 += float32(x * b[5])
				c6 += float32(x * b[6])
				c7 += float32(x * b[7])
			}
			*(*[8]float32)(t.c[i*t.cRow+j:]) = [8]float32{c0, c1, c2, c3, c4, c5, c6, c7}
		}
	}
}

// check sees to what the machine code does not: that all is within bounds.
func (t *tile) check() {
	width, lastB := Width, t.inner*Width-1
	if t.rows == 1 {
		width = t.strips * strip
		lastB = (t.strips-1)/2*t.bNext + (t.inner-1)*Width + (t.strips-1)%2*strip + strip - 1
	}
	last := (t.rows*t.times-1)*t.cRow + width - 1
	_, _, _ = t.c[last], t.a[(t.times-1)*t.aNext+(t.rows-1)*t.aRow+(t.inner-1)*t.aCol], t.b[lastB]
	if t.add != nil {
		_ = t.add[last]
	}
}
