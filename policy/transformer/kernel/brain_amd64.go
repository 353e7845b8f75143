package kernel

//go:noescape
func brainTileAVX512(t *brainTile)

//go:noescape
func brainTileAVX2(t *brainTile)

//go:noescape
func widenAVX2(dst *float32, src *uint16, rows int)

//go:noescape
func packBrainAVX2(dst *uint16, src *byte, row, n int)

// brainRows is the most rows that are multiplied by the numbers of B as they
// lie in memory, tile by tile. For more of them a block of B is widened first.
func (s Set) brainRows() int {
	switch s.level {
	case avx512:
		return 32
	case avx2:
		return 4
	}
	return 0
}

// brainRowsOf is the number of rows of the next brainTile when n are left.
func (s Set) brainRowsOf(n int) int {
	switch {
	case n >= 8 && s.level == avx512:
		return 8
	case n >= 4 && s.level == avx512:
		return 4
	case n >= 2:
		return 2
	}
	return 1
}

// brainTile computes t. Its slices hold all rows, of Width columns each.
func (s Set) brainTile(t *brainTile) {
	// The machine code does not check its bounds.
	last := (t.rows-1)*t.cRow + Width - 1
	_, _ = t.c[last], t.a[(t.rows-1)*t.aRow+t.inner-1]
	_ = t.b[t.inner*Width-1]
	if t.add != nil {
		_ = t.add[last]
	}
	if s.level == avx512 {
		brainTileAVX512(t)
	} else {
		brainTileAVX2(t)
	}
}

// widen sets dst to the numbers of rows of a panel, in the order of their
// columns.
func (s Set) widen(dst []float32, src []uint16) {
	if s.level == portable || len(src) < Width {
		widenPortable(dst, src)
		return
	}
	_ = dst[len(src)-1]
	widenAVX2(&dst[0], &src[0], len(src)/Width)
}

// packBrain writes the first rows of a whole panel from its columns, of n
// numbers each, and returns how many; the caller writes the others.
func (s Set) packBrain(dst []uint16, src []byte, n int) int {
	whole := s.whole(n)
	if whole == 0 {
		return 0
	}
	_, _ = dst[whole*Width-1], src[2*Width*n-1]
	for k := 0; k < whole; k += packBrainRows {
		rows := min(packBrainRows, whole-k)
		// The machine code takes 8 columns and those Width/2 after them.
		packBrainAVX2(&dst[k*Width], &src[2*k], 2*n, rows)
		packBrainAVX2(&dst[k*Width+16], &src[2*(8*n+k)], 2*n, rows)
	}
	return whole
}
