package kernel

// Set is a choice of machine code. The zero Set is [Portable].
type Set struct{ level level }

type level uint8

const (
	portable level = iota
	avx2
	avx512
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
	var all []Set
	for l := portable; l <= supported(); l++ {
		all = append(all, Set{l})
	}
	return all
}

// String is "portable", "avx2" or "avx512".
func (s Set) String() string {
	switch s.level {
	case avx2:
		return "avx2"
	case avx512:
		return "avx512"
	}
	return "portable"
}
