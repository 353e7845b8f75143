package kernel

// brainTile is a block of at most tileRows×Width elements of a product with
// bfloat16 numbers: c = add + a·b. The machine code reads the fields by their
// offsets.
type brainTile struct {
	c, add     []float32 // element (i,j) at [i*cRow+j]; add nil: zero
	a          []float32 // element (i,k) at [i*aRow+k]
	b          []uint16  // one panel of BrainPanels, inner*Width
	rows       int       // as brainRowsOf says: 1, 2, 4 or tileRows
	inner      int
	aRow, cRow int
}
