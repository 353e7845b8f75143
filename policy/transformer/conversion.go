package transformer

import (
	"encoding/binary"
	"math"
	"runtime/debug"
	"sync/atomic"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// conversion is a tensor's numbers made float32, as an operation that a team
// shares out. No other machine is asked to: src may be memory that cannot be
// read any more.
type conversion struct {
	dst   []float32
	src   []byte // len(dst) numbers
	dtype DType
	fault atomic.Bool // src could not be read
}

// conversionUnit is the numbers converted at a time: 256 KiB of float32.
const conversionUnit = 1 << 16

// Units is the number of chunks of elements.
func (o *conversion) Units() int { return (len(o.dst) + conversionUnit - 1) / conversionUnit }

// Run converts one chunk.
func (o *conversion) Run(_ *kernel.Worker, unit int) {
	lo := unit * conversionUnit
	hi := min(lo+conversionUnit, len(o.dst))
	width := o.dtype.bytes()
	if !readable(func() { o.dtype.convert(o.dst[lo:hi], o.src[lo*width:hi*width]) }) {
		o.fault.Store(true)
	}
}

// readable calls f and reports whether all memory it touched could be read:
// that of a mapped file that was cut off since, or lies on a disk that fails,
// cannot.
func readable(f func()) (ok bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, fault := r.(interface{ Addr() uintptr }); !fault {
			panic(r)
		}
		ok = false
	}()
	f()
	return true
}

// convert sets dst to the numbers in src.
func (d DType) convert(dst []float32, src []byte) {
	switch d {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case BF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
		}
	case F16:
		for i := range dst {
			dst[i] = fromHalf(binary.LittleEndian.Uint16(src[2*i:]))
		}
	}
}
