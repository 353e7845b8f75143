package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
)

// BrainPanels is [Panels] of bfloat16 numbers, which are the upper halves of
// float32: a K×N matrix in panels of [Width] columns, each K rows of Width
// numbers, row after row. In a row of a panel column i is followed by column
// i+Width/2, so that a 32-bit word holds one of the left half below one of the
// right. The columns past N in the last panel are zero.
type BrainPanels struct {
	K, N int
	Data []uint16 // element (k,n) is at ((n/Width)*K+k)*Width + brainColumn(n%Width)
}

// NewBrainPanels returns a K×N matrix of zeros.
func NewBrainPanels(k, n int) *BrainPanels {
	return &BrainPanels{K: k, N: n, Data: make([]uint16, units(n, Width)*k*Width)}
}

// panel is the j-th panel, K*Width numbers.
func (p *BrainPanels) panel(j int) []uint16 {
	n := p.K * Width
	return p.Data[j*n : (j+1)*n]
}

// brainColumn is where column c of a panel is in a row of it.
func brainColumn(c int) int { return c%(Width/2)*2 + c/(Width/2) }

// fromBrain is the float32 of a bfloat16, exactly.
func fromBrain(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }

// PackBrain fills Dst from Src, its transpose: N rows of K bfloat16 numbers,
// little-endian, one row after the other. Src may be memory that cannot be
// read, such as that of a mapped file that was cut off: who expects that calls
// Run under runtime/debug.SetPanicOnFault.
type PackBrain struct {
	Dst *BrainPanels
	Src []byte
}

// packBrainRows is how many rows of a panel are written at a time: they and
// what they are made of, 32 KiB together, stay in the L1 cache.
const packBrainRows = 256

// Units is the number of panels.
func (o *PackBrain) Units() int { return units(o.Dst.N, Width) }

// Run fills one panel.
func (o *PackBrain) Run(w *Worker, unit int) {
	p := o.Dst
	if len(o.Src) != 2*p.K*p.N || len(p.Data) < o.Units()*p.K*Width {
		panic(fmt.Sprintf("kernel: internal error: pack %d bytes to %d×%d", len(o.Src), p.K, p.N))
	}
	dst := p.panel(unit)
	lo, hi := chunk(unit, Width, p.N)
	src := o.Src[2*lo*p.K : 2*hi*p.K]
	done := 0
	if hi-lo == Width {
		done = w.set.packBrain(dst, src, p.K)
	} else {
		clear(dst)
	}
	for c := range hi - lo {
		at := done*Width + brainColumn(c)
		for k := done; k < p.K; k++ {
			dst[at] = binary.LittleEndian.Uint16(src[2*(c*p.K+k):])
			at += Width
		}
	}
}

// widenPortable sets dst to the numbers of rows of a panel, in the order of
// their columns.
func widenPortable(dst []float32, src []uint16) {
	for len(src) > 0 {
		d, s := dst[:Width], src[:Width]
		for i := range Width / 2 {
			d[i], d[i+Width/2] = fromBrain(s[2*i]), fromBrain(s[2*i+1])
		}
		dst, src = dst[Width:], src[Width:]
	}
}
