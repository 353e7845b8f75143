package kerneltest

import (
	"bytes"
	"unsafe"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// Hiding is a Machine with memory of its own, though it lets another one
// compute: it holds whoever uses it to the memory model of kernel.Machine.
// Operands move to it when an operation first states them, and with every Do
// after that. While they are there the host's copy is NaN, and what the host
// writes to it is lost: when Do returns every operand is what operations made
// of it, but those named by a kernel.Scratch, which never come back.
type Hiding struct {
	inner  kernel.Machine
	spans  []*span
	inside bool
}

// span is memory that belongs to the machine within Do.
type span struct {
	host, own, poison []byte // as long as each other; poison is NaN, as float32 and as float64
	scratch           bool
}

// NewHiding returns a Machine that computes by inner, which is used by no other.
func NewHiding(inner kernel.Machine) *Hiding { return &Hiding{inner: inner} }

// Do implements kernel.Machine.
func (h *Hiding) Do(body func()) {
	if h.inside {
		panic("kerneltest: internal error: Do within Do")
	}
	h.inside = true
	for _, s := range h.spans {
		if !s.scratch {
			s.take()
		}
	}
	defer func() {
		h.inside = false
		for _, s := range h.spans {
			if !s.scratch {
				copy(s.host, s.own)
			}
		}
	}()
	h.inner.Do(body)
}

// Run implements kernel.Machine.
func (h *Hiding) Run(op kernel.Op) {
	if !h.inside {
		h.Do(func() { h.Run(op) })
		return
	}
	op = clone(op)
	_, scratch := op.(*kernel.Scratch)
	for _, o := range operands(op) {
		b := o.memory()
		if len(b) == 0 {
			continue
		}
		if s := h.span(b); scratch && len(s.host) == len(b) { // of a part it may come back
			s.scratch = true
		}
		o.use(h.own(b))
	}
	h.inner.Run(op)
}

// take moves the host's numbers.
func (s *span) take() {
	copy(s.own, s.host)
	copy(s.host, s.poison)
}

// own is the machine's memory for b.
func (h *Hiding) own(b []byte) []byte {
	s := h.span(b)
	at := address(b) - address(s.host)
	return s.own[at : at+uintptr(len(b))]
}

// span is that of b. If it is new it becomes one with those that it overlaps.
func (h *Hiding) span(b []byte) *span {
	all := &span{host: b}
	var others, joined []*span
	for _, s := range h.spans {
		switch {
		case !overlap(s.host, b):
			others = append(others, s)
		case address(s.host) <= address(b) && end(b) <= end(s.host):
			return s
		default:
			joined = append(joined, s)
			all.host = join(all.host, s.host)
		}
	}
	for _, s := range joined { // their numbers are not the host's
		copy(all.host[address(s.host)-address(all.host):], s.own)
	}
	// Of whole words: numbers of 8 bytes lie at addresses that 8 divides.
	words := make([]uint64, (len(all.host)+7)/8)
	all.own = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(all.host))
	all.poison = bytes.Repeat([]byte{0xff}, len(all.host))
	all.take()
	h.spans = append(others, all)
	return all
}

func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

func end(b []byte) uintptr { return address(b) + uintptr(len(b)) }

func overlap(a, b []byte) bool { return address(a) < end(b) && address(b) < end(a) }

// join is the memory from the beginning of the first of a and b, which overlap,
// to the end of the last.
func join(a, b []byte) []byte {
	if address(b) < address(a) {
		a, b = b, a
	}
	return unsafe.Slice(unsafe.SliceData(a), max(end(a), end(b))-address(a))
}
