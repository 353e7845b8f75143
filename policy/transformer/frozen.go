package transformer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// Frozen is a model's weights for decoding only. Matrices stay as wide as they
// are in the files: decoding reads every one of them once for each call of
// [Decoder.Append], and with few sequences that is what takes the time, so
// bfloat16 is up to twice as fast as a [Model]. Nothing is rounded: the results
// are those of the Model with the same weights, bit for bit.
//
// It may be used by several goroutines, each with a Decoder of its own.
type Frozen struct {
	model *Model // has no numbers but those of the parts that are ready

	mu    sync.RWMutex // held to read files; written to, to make a part ready and to close
	files *weights     // nil once closed
	parts []frozenPart // the layers, and what comes after the last
}

// frozenPart says what of a part is ready: it is never written to again.
type frozenPart struct{ vectors, matrices atomic.Bool }

// OpenFrozen opens the folder of a language model, and checks and returns what
// [LoadFolder] does. It reads no numbers: each layer's are read when a Decoder
// first gets to it, and packed for decoding, which takes as many bytes again as
// the tensors have in the files, or twice as many for F16, which is decoded as
// float32. The embedding is never read as a whole unless it is the head too.
//
// Until Close the files must not be written to. One that was cut off is an
// error, which wraps ErrFormat, of the Append that needs what is missing.
func OpenFrozen(dir string) (*Frozen, map[string]json.RawMessage, error) {
	c, unchanged, w, err := openFolder(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("model folder %s: %w", dir, err)
	}
	f, err := newFrozen(c, w)
	if err != nil {
		w.close() // which cannot be of more interest
		return nil, nil, fmt.Errorf("model folder %s: %w", dir, err)
	}
	return f, unchanged, nil
}

// Freeze returns m's weights, rounded to the nearest bfloat16, for decoding. It
// does not follow m's changes. It is an error, which names the weight, if a
// finite one is too large.
func (m *Model) Freeze() (*Frozen, error) {
	var b bytes.Buffer
	if err := writeTensors(&b, m.params, BF16, nil); err != nil {
		return nil, err
	}
	t, err := parse(b.Bytes())
	if err != nil {
		return nil, err
	}
	f, err := newFrozen(m.config, ofMemory(t))
	if err == nil {
		f.model.set = m.set
	}
	return f, err
}

// newFrozen returns the model of a config with tensors that match it.
func newFrozen(c Config, w *weights) (*Frozen, error) {
	m, err := shell(c, (*Parameter).isVector)
	if err != nil {
		return nil, err
	}
	return &Frozen{model: m, files: w, parts: make([]frozenPart, c.Layers+1)}, nil
}

// Config returns the model's shape.
func (f *Frozen) Config() Config { return f.model.config }

// NewDecoder returns a decoder over f that uses at most the given number of
// goroutines, at least one. Results do not depend on it.
func (f *Frozen) NewDecoder(threads int) *Decoder {
	d := f.model.NewDecoder(threads)
	d.frozen = f
	return d
}

// NewDecoderOn returns a decoder over f that computes on a machine, as
// [Model.NewDecoderOn] does. Unless that is a Team, its first use reads all of
// the files, and packs them on the machine.
func (f *Frozen) NewDecoderOn(machine kernel.Machine) *Decoder {
	d := f.model.NewDecoderOn(machine)
	d.frozen = f
	return d
}

// NewCache returns an empty cache, as the function [NewCache] does.
func (f *Frozen) NewCache(capacity int) *Cache { return NewCache(f.model, capacity) }

// NewPrefixCache returns an empty one for sequences of f, as the function
// [NewPrefixCache] does.
func (f *Frozen) NewPrefixCache() *PrefixCache { return NewPrefixCache(f.model) }

// Close gives the files back. Decoders return an error, which wraps
// fs.ErrClosed, from then on.
func (f *Frozen) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.files == nil {
		return nil
	}
	err := f.files.close()
	f.files = nil
	return err
}

// errClosed is what using a Frozen after Close gives.
func errClosed() error { return fmt.Errorf("transformer: frozen model: %w", fs.ErrClosed) }

// embed sets the rows of x to the embeddings of tokens.
func (f *Frozen) embed(x []float32, tokens []int32) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.files == nil {
		return errClosed()
	}
	b, dtype := f.files.bytes(embedTensor)
	n := f.model.config.Dim
	row := n * dtype.bytes()
	if !readable(func() {
		for i, t := range tokens {
			dtype.convert(x[i*n:(i+1)*n], b[int(t)*row:(int(t)+1)*row])
		}
	}) {
		return f.files.unreadable(embedTensor)
	}
	return nil
}

// need makes a part ready for Teams.
func (f *Frozen) need(part int, team *kernel.Team) error {
	p := &f.parts[part]
	if p.matrices.Load() {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.matrices.Load() { // by another goroutine
		return nil
	}
	if err := f.needVectors(part, team); err != nil {
		return err
	}
	var all []error
	team.Do(func() {
		for _, w := range f.matrices(part) {
			all = append(all, f.files.pack(w, f.model.params[w.index].Name, team))
		}
	})
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	p.matrices.Store(true)
	return nil
}

// needVectors makes the vectors of a part ready. The caller holds mu.
func (f *Frozen) needVectors(part int, team *kernel.Team) error {
	if f.files == nil {
		return errClosed()
	}
	if f.parts[part].vectors.Load() {
		return nil
	}
	m := f.model
	vectors := m.params[m.norm.index : m.norm.index+1]
	if part < len(m.layers) {
		l := m.layers[part]
		vectors = m.params[l.norm1.index:l.down.index]
	}
	for _, p := range vectors {
		if !p.isVector() {
			continue
		}
		if err := f.files.convert(p.Data, p.Name, team); err != nil {
			return err
		}
	}
	f.parts[part].vectors.Store(true)
	return nil
}

// matrices lists those of a part.
func (f *Frozen) matrices(part int) []*matrix {
	m := f.model
	if part == len(m.layers) {
		return m.matrices[len(m.matrices)-1:]
	}
	l := m.layers[part]
	return []*matrix{l.q, l.k, l.v, l.o, l.gate, l.up, l.down}
}

// ofMemory is tensors that are in no file.
func ofMemory(t *tensors) *weights {
	s := &shard{name: "memory", t: t, unmap: func() error { return nil }}
	w := &weights{source: s.name, shards: []*shard{s}, of: make(map[string]*shard)}
	for tensor := range t.info {
		w.of[tensor] = s
	}
	return w
}
