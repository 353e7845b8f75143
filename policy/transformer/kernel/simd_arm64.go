package kernel

// supported is neon: every arm64 processor has it.
func supported() level { return neon }

//go:noescape
func tileNEON(t *tile)

//go:noescape
func stripsNEON(t *tile)

// compute computes t. Its slices hold all rows, of Width columns each or of
// as many strips, a number that atOnce gave.
func (s Set) compute(t *tile) {
	t.check()
	switch {
	case s.level == portable:
		tilePortable(t)
	case t.rows > 1:
		tileNEON(t)
	default:
		stripsNEON(t)
	}
}

// atOnce is how many of so many strips a row takes next; it may be one more.
func (s Set) atOnce(strips int) int {
	if s.level == neon && strips >= 4 {
		return 4
	}
	return 2
}

// fetch asks for memory that is needed soon: left to the processor.
func (s Set) fetch([]float32) {}
