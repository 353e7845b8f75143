//go:build !amd64

package kernel

func (s Set) brainRows() int { return 0 }

func (s Set) brainRowsOf(int) int { return 1 }

func (s Set) brainTile(*brainTile) { panic("kernel: internal error: no machine code for a brainTile") }

func (s Set) widen(dst []float32, src []uint16) { widenPortable(dst, src) }

func (s Set) packBrain([]uint16, []byte, int) int { return 0 }
