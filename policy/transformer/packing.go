package transformer

import (
	"sync/atomic"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// packing is a matrix's tensor made what a decoder multiplies by, as an
// operation that a team shares out, as conversion.
type packing struct {
	dst   *matrix
	src   []byte // out*in numbers
	dtype DType
	fault atomic.Bool // src could not be read
}

// pack reads the tensor of a matrix.
func (w *weights) pack(dst *matrix, tensor string, team *kernel.Team) error {
	b, dtype := w.bytes(tensor)
	o := &packing{dst: dst, src: b, dtype: dtype}
	if dtype == BF16 {
		dst.brain = kernel.NewBrainPanels(dst.in, dst.out)
	} else {
		dst.panels.Reset(dst.in, dst.out)
	}
	if team.Run(o); o.fault.Load() {
		return w.unreadable(tensor)
	}
	return nil
}

// Units is the number of panels.
func (o *packing) Units() int { return (o.dst.out + kernel.Width - 1) / kernel.Width }

// Run packs one panel.
func (o *packing) Run(w *kernel.Worker, unit int) {
	run := o.widen
	if o.dtype == BF16 {
		run = (&kernel.PackBrain{Dst: o.dst.brain, Src: o.src}).Run
	}
	if !readable(func() { run(w, unit) }) {
		o.fault.Store(true)
	}
}

// widen packs one panel as float32.
func (o *packing) widen(w *kernel.Worker, unit int) {
	n, size := o.dst.in, o.dtype.bytes()
	lo := unit * kernel.Width
	hi := min(lo+kernel.Width, o.dst.out)
	rows := make([]float32, (hi-lo)*n)
	o.dtype.convert(rows, o.src[lo*n*size:hi*n*size])
	panel := kernel.Panels{K: n, N: hi - lo, Data: o.dst.panels.Data[lo*n : (lo+kernel.Width)*n]}
	(&kernel.Pack{Dst: &panel, Src: rows, Row: n, Transposed: true}).Run(w, 0)
}
