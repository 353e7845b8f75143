package peak

import "golang.org/x/sys/cpu"

const (
	turns  = 4096 // of a loop of multiply-adds: about 20 µs
	chains = 12   // of AVX2: 16 registers hold them and two operands
	wide   = 24   // chains of AVX-512
)

//go:noescape
func multiplyAddsAVX2(turns int)

//go:noescape
func multiplyAddsAVX512(turns int)

//go:noescape
func readAVX2(p *byte, n int)

// multiplyAdds returns a function and the operations of one call, or nil.
func multiplyAdds(bits int) (run func(), operations float64) {
	switch {
	case bits == 256 && cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return func() { multiplyAddsAVX2(turns) }, 2 * 8 * chains * turns
	case bits == 512 && cpu.X86.HasAVX512F:
		return func() { multiplyAddsAVX512(turns) }, 2 * 16 * wide * turns
	}
	return nil, 0
}

// reader returns a function that reads n bytes from p, n a positive multiple of
// readStep, or nil.
func reader() func(p *byte, n int) {
	if !cpu.X86.HasAVX2 {
		return nil
	}
	return readAVX2
}
