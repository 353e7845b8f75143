package kernel

import "golang.org/x/sys/cpu"

// supported is the best level of the processor. The flags of package cpu
// already take into account whether the operating system saves the registers.
func supported() level {
	switch {
	case !cpu.X86.HasAVX2 || !cpu.X86.HasFMA:
		return portable
	case !cpu.X86.HasAVX512F:
		return avx2
	}
	return avx512
}

//go:noescape
func tileAVX512(t *tile)

//go:noescape
func stripsAVX512(t *tile)

//go:noescape
func tileAVX2(t *tile)

//go:noescape
func stripsAVX2(t *tile)

//go:noescape
func fetchAVX2(p *float32, n int)

// compute computes t. Its slices hold all rows, of Width columns each or of
// as many strips, a number that atOnce gave.
func (s Set) compute(t *tile) {
	t.check()
	switch {
	case s.level == portable:
		tilePortable(t)
	case s.level == avx2 && t.rows > 1:
		tileAVX2(t)
	case s.level == avx2:
		stripsAVX2(t)
	case t.rows > 1:
		tileAVX512(t)
	default:
		stripsAVX512(t)
	}
}

// atOnce is how many of so many strips a row takes next; it may be one more.
func (s Set) atOnce(strips int) int {
	switch {
	case s.level == avx512 && strips >= 8:
		return 8
	case s.level == avx512:
		return min(strips, 4)
	case s.level == avx2 && strips >= 4:
		return 4
	}
	return 2
}

// fetch asks for memory that is needed soon.
func (s Set) fetch(x []float32) {
	if s.level != portable && len(x) > 0 {
		fetchAVX2(&x[0], (len(x)+15)/16)
	}
}
