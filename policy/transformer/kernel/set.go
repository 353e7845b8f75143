package kernel

import "runtime"

// Set is a choice of machine code. The zero Set is [Portable].
type Set struct{ level level }

type level uint8

// Those of one architecture follow each other, slowest first.
const (
	portable level = iota
	avx2           // amd64
	avx512         // amd64, has avx2 too
	neon           // arm64
)

// Portable is plain Go, and runs everywhere.
func Portable() Set { return Set{portable} }

// Best is the fastest Set that this processor and its operating system support.
func Best() Set {
	all := Available()
	return all[len(all)-1]
}

// Available lists the Sets this machine supports, slowest first.
func Available() []Set {
	all := []Set{Portable()}
	first := avx2
	if runtime.GOARCH == "arm64" {
		first = neon
	}
	for l := first; l <= supported(); l++ {
		all = append(all, Set{l})
	}
	return all
}

// String is "portable", "avx2", "avx512" or "neon".
func (s Set) String() string {
	switch s.level {
	case avx2:
		return "avx2"
	case avx512:
		return "avx512"
	case neon:
		return "neon"
	}
	return "portable"
}
