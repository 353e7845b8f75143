package transformer

import "github.com/surefoot-ai/surefoot/policy/transformer/kernel"

// ownPanels is a model's matrices packed by a machine whose panels no Team can
// read.
type ownPanels struct {
	panels  []kernel.Panels       // as Model.matrices
	brains  []*kernel.BrainPanels // in place of panels where not nil: see Frozen
	version uint64                // of the weights they hold
}

// panels is where matrix w is packed.
func (d *Decoder) panels(w *matrix) *kernel.Panels {
	if d.own != nil {
		return &d.own.panels[w.place]
	}
	return &w.panels
}

// brain is where matrix w is packed as bfloat16; nil if it is not.
func (d *Decoder) brain(w *matrix) *kernel.BrainPanels {
	if d.own != nil {
		return d.own.brains[w.place]
	}
	return w.brain
}

// prepare packs the matrices, each once and for all Teams, if they changed since.
func (d *Decoder) prepare() {
	m, o := d.m, &d.ops
	m.mu.Lock()
	defer m.mu.Unlock()
	version := &m.packed
	if d.own != nil {
		version = &d.own.version
	}
	if *version == m.version {
		return
	}
	for _, w := range m.matrices {
		o.packed(d.panels(w), w, forward)
	}
	*version = m.version
}

// application is one y = x·Wᵀ + add, W being packed already.
type application struct {
	y   []float32
	w   *matrix
	add []float32 // may be y, or nil
}

// multiply applies at most 3 matrices to x, a Team without waiting in between.
func (d *Decoder) multiply(x []float32, all ...application) {
	var ops [3]kernel.Op
	for i, a := range all {
		w, o := a.w, &d.ops
		b := d.brain(w)
		if b == nil {
			o.products[i] = kernel.Product{
				M: len(x) / w.in, N: w.out, K: w.in,
				A: x, ARow: w.in, ACol: 1, B: d.panels(w), C: a.y, CRow: w.out, Add: a.add,
			}
			ops[i] = &o.products[i]
			continue
		}
		o.brains[i] = kernel.BrainProduct{
			M: len(x) / w.in, N: w.out, K: w.in,
			A: x, ARow: w.in, B: b, C: a.y, CRow: w.out, Add: a.add, Parts: d.host.Workers(),
		}
		ops[i] = &o.brains[i]
	}
	if d.own == nil { // the machine is host
		d.host.RunTogether(ops[:len(all)]...)
		return
	}
	for _, op := range ops[:len(all)] {
		d.ops.machine.Run(op)
	}
}
