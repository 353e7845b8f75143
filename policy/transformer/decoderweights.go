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

// multiply sets y = x·Wᵀ, w being packed already, and adds what add holds.
func (d *Decoder) multiply(y, x []float32, w *matrix, add []float32) {
	o := &d.ops
	b := d.brain(w)
	if b == nil {
		o.multiply(y, x, d.panels(w), add)
		return
	}
	o.brain = kernel.BrainProduct{
		M: len(x) / w.in, N: w.out, K: w.in,
		A: x, ARow: w.in, B: b, C: y, CRow: w.out, Add: add, Parts: d.host.Workers(),
	}
	o.machine.Run(&o.brain)
}
