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

//go:noescape
func spread8AVX2(dst, src *float32, n, from, to int)

//go:noescape
func spread32AVX2(dst, src *float32, n, from, to int)

//go:noescape
func spread32AVX512(dst, src *float32, n, from, to int)

// spread8 copies pieces of 8, at least one.
func (s Set) spread8(dst, src []float32, p spread) {
	if s.level == portable {
		spreadPortable(dst, src, 8, p)
		return
	}
	_, _ = dst[(p.n-1)*p.to+7], src[(p.n-1)*p.from+7]
	spread8AVX2(&dst[0], &src[0], p.n, p.from, p.to)
}

// spread32 copies pieces of 32, at least one.
func (s Set) spread32(dst, src []float32, p spread) {
	if s.level == portable {
		spreadPortable(dst, src, 32, p)
		return
	}
	_, _ = dst[(p.n-1)*p.to+31], src[(p.n-1)*p.from+31]
	if s.level == avx512 {
		spread32AVX512(&dst[0], &src[0], p.n, p.from, p.to)
	} else {
		spread32AVX2(&dst[0], &src[0], p.n, p.from, p.to)
	}
}

//go:noescape
func transpose8AVX2(dst, src *float32, row, n int)

// transpose8 writes 8 rows of src, row numbers apart, to 8 columns of a panel.
// It returns how many of their n numbers it did; the caller does the others.
func (s Set) transpose8(dst, src []float32, row, n int) int {
	if n = s.whole(n); n > 0 {
		_, _ = dst[(n-1)*Width+7], src[7*row+n-1]
		transpose8AVX2(&dst[0], &src[0], row, n)
	}
	return n
}

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
