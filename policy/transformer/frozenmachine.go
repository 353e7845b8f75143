package transformer

import "github.com/surefoot-ai/surefoot/policy/transformer/kernel"

// load makes all of a Frozen ready for a decoder on a machine that is no Team,
// and the embeddings of what is to be read: all that is read from files is,
// before the operands become the machine's.
func (d *Decoder) load() error {
	f, n, at := d.frozen, d.m.config.Dim, 0
	for _, t := range d.read {
		at += len(t)
	}
	d.embedded, at = resize(d.embedded, at*n), 0
	for _, t := range d.read {
		if err := f.embed(d.embedded[at:at+len(t)*n], t); err != nil {
			return err
		}
		at += len(t) * n
	}
	d.embeddedAt = 0
	if d.own.version == d.m.version {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for part := range f.parts {
		if err := f.needVectors(part, d.host); err != nil {
			return err
		}
		for _, w := range f.matrices(part) {
			if err := d.loadMatrix(w); err != nil {
				return err
			}
		}
	}
	d.own.version = d.m.version
	return nil
}

// loadMatrix packs a matrix on the machine. The bytes are copied before: a file
// that was cut off is found out here, not in the machine.
func (d *Decoder) loadMatrix(w *matrix) error {
	files, tensor := d.frozen.files, d.m.params[w.index].Name
	b, dtype := files.bytes(tensor)
	if dtype == BF16 {
		src := make([]byte, len(b))
		if !readable(func() { copy(src, b) }) {
			return files.unreadable(tensor)
		}
		dst := kernel.NewBrainPanels(w.in, w.out)
		d.ops.machine.Run(&kernel.PackBrain{Dst: dst, Src: src})
		d.own.brains[w.place] = dst
		return nil
	}
	src := make([]float32, w.in*w.out)
	if err := files.convert(src, tensor, d.host); err != nil {
		return err
	}
	all := *w
	all.data = src
	d.ops.packed(d.panels(w), &all, forward)
	return nil
}

// embedLoaded sets x to the embeddings of the gathered tokens.
func (d *Decoder) embedLoaded() {
	next := d.embeddedAt + len(d.x)
	d.ops.times(d.x, d.embedded[d.embeddedAt:next], 1)
	d.embeddedAt = next
}
