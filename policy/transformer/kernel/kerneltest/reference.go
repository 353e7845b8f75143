package kerneltest

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"weak"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// Reference is a Machine of plain loops in float64; what they come to is
// rounded to float32 once, at the end. It keeps what is in panels in memory of
// its own, by the panels' address, and takes their Data away: who reads that
// panics.
type Reference struct {
	mu     sync.Mutex // guards the maps: panels that the host let go of leave them in a goroutine of the runtime
	panels map[weak.Pointer[kernel.Panels]]*matrix
	brains map[weak.Pointer[kernel.BrainPanels]]*matrix
}

// NewReference returns a Reference with nothing in its memory.
func NewReference() *Reference {
	return &Reference{
		panels: make(map[weak.Pointer[kernel.Panels]]*matrix),
		brains: make(map[weak.Pointer[kernel.BrainPanels]]*matrix),
	}
}

// matrix is what is in panels.
type matrix struct {
	k, n int
	data []float32 // (k, n)
}

func newMatrix(k, n int) *matrix { return &matrix{k, n, make([]float32, k*n)} }

func (m *matrix) at(k, n int) *float32 { return &m.data[k*m.n+n] }

// Do implements kernel.Machine.
func (r *Reference) Do(body func()) { body() }

// Run implements kernel.Machine.
func (r *Reference) Run(op kernel.Op) {
	switch o := op.(type) {
	case *kernel.Pack:
		r.pack(o)
	case *kernel.PackBrain:
		r.packBrain(o)
	case *kernel.CopyPanels:
		r.copyPanels(o)
	case *kernel.Product:
		multiply(o, r.of(o.B))
	case *kernel.BrainProduct:
		multiply(&kernel.Product{M: o.M, N: o.N, K: o.K, A: o.A, ARow: o.ARow, ACol: 1, C: o.C, CRow: o.CRow, Add: o.Add}, r.ofBrain(o.B))
	case *kernel.Scratch: // the host's memory is what it computes in
	case *kernel.Attention:
		r.attention(o)
	case *kernel.AttentionGrad:
		attentionGrad(o)
	default:
		runRows(op)
	}
}

// runRows runs the operations that know no panels.
func runRows(op kernel.Op) {
	switch o := op.(type) {
	case *kernel.Bias:
		bias(o)
	case *kernel.BiasGrad:
		biasGrad(o)
	case *kernel.Norm:
		norm(o)
	case *kernel.NormGrad:
		normGrad(o)
	case *kernel.NormWeightGrad:
		normWeightGrad(o)
	case *kernel.Gate:
		gate(o)
	case *kernel.GateGrad:
		gateGrad(o)
	case *kernel.Rotate:
		rotate(o)
	case *kernel.Gather:
		gather(o)
	case *kernel.Scatter:
		scatter(o)
	case *kernel.LogSoftmax:
		logSoftmax(o)
	case *kernel.Zero:
		clear(o.X)
	case *kernel.Scale:
		for i, v := range o.X {
			o.Out[i] = float32(float64(o.Factor) * float64(v))
		}
	case *kernel.SumSquares:
		sumSquares(o)
	case *kernel.Adam:
		adam(o)
	default:
		panic(fmt.Sprintf("kerneltest: internal error: unknown operation %T", op))
	}
}

// of is what is in p, zeros if nothing was written to it yet.
func (r *Reference) of(p *kernel.Panels) *matrix {
	m := load(r, r.panels, p)
	if m == nil || m.k != p.K || m.n != p.N {
		m = newMatrix(p.K, p.N)
		r.store(p, m)
	}
	return m
}

func (r *Reference) store(p *kernel.Panels, m *matrix) {
	p.Data = nil
	keep(r, r.panels, p, m)
}

func (r *Reference) ofBrain(p *kernel.BrainPanels) *matrix { return load(r, r.brains, p) }

func load[P any](r *Reference, all map[weak.Pointer[P]]*matrix, p *P) *matrix {
	r.mu.Lock()
	defer r.mu.Unlock()
	return all[weak.Make(p)]
}

// keep puts m into the memory for p, for as long as the host has p.
func keep[P any](r *Reference, all map[weak.Pointer[P]]*matrix, p *P, m *matrix) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := weak.Make(p)
	if all[key] == nil {
		runtime.AddCleanup(p, func(key weak.Pointer[P]) {
			r.mu.Lock()
			defer r.mu.Unlock()
			delete(all, key)
		}, key)
	}
	all[key] = m
}

func (r *Reference) pack(o *kernel.Pack) {
	m := newMatrix(o.Dst.K, o.Dst.N)
	for k := range m.k {
		for n := range m.n {
			if o.Transposed {
				*m.at(k, n) = o.Src[n*o.Row+k]
			} else {
				*m.at(k, n) = o.Src[k*o.Row+n]
			}
		}
	}
	r.store(o.Dst, m)
}

func (r *Reference) packBrain(o *kernel.PackBrain) {
	m := newMatrix(o.Dst.K, o.Dst.N)
	for i := range m.data {
		b := o.Src[2*i:]
		*m.at(i%m.k, i/m.k) = math.Float32frombits(uint32(b[1])<<24 | uint32(b[0])<<16)
	}
	o.Dst.Data = nil
	keep(r, r.brains, o.Dst, m)
}

func (r *Reference) copyPanels(o *kernel.CopyPanels) {
	dst, src := r.of(o.Dst), r.of(o.Src)
	for k := range o.Rows {
		for n := range o.Cols {
			*dst.at(k, n) = *src.at(k, n)
		}
	}
}

func multiply(o *kernel.Product, b *matrix) {
	for m := range o.M {
		for n := range o.N {
			at, sum := m*o.CRow+n, 0.0
			if o.Add != nil {
				sum = float64(o.Add[at])
			}
			for k := range o.K {
				sum += float64(o.A[m*o.ARow+k*o.ACol]) * float64(*b.at(k, n))
			}
			o.C[at] = float32(sum)
		}
	}
}
