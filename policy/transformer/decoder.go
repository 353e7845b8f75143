package transformer

import (
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// decoderRows is the most tokens taken through the layers at a time.
const decoderRows = 256

// sharedWork is the fewest multiply-adds worth waking other goroutines for: some
// milliseconds, where waking them takes up to a tenth of one.
const sharedWork = 1e8

// Decoder runs sequences forward. It owns scratch memory only: the sequences
// live in their caches.
type Decoder struct {
	m      *Model
	frozen *Frozen // whose model m is; nil if m has all numbers
	ops    operations
	own    *ownPanels   // nil: the model's own, which are for Teams
	host   *kernel.Team // shares out what is no operation, such as drawing; the machine too, unless it is another
	body   func()       // of machine.Do, made once

	// Of a Frozen on another machine than a Team, the embeddings of the tokens to
	// be read, and how far they have been used.
	embedded   []float32
	embeddedAt int

	read      [][]int32 // tokens
	err       error     // of reading them
	caches    []*Cache
	pieces    []piece
	spans     []kernel.Span
	tokens    []int32
	positions []int32
	angles    *angles
	keys      []*kernel.Panels
	values    []*kernel.Panels

	x, normed  []float32   // (rows, Dim)
	q, o       []float32   // (rows, Heads*HeadDim)
	k, v       []float32   // (rows, KVHeads*HeadDim)
	gate, up   []float32   // (rows, Hidden)
	inv        []float32   // (rows), or with Config.QKNorm (rows, Heads)
	last       []int32     // rows whose logits are wanted
	lastOf     []int       // the sequence each belongs to
	logitsData []float32   // (sequences, Vocab)
	logits     [][]float32 // (sequences)
	one        [1]*Cache
	oneTokens  [1][]int32
	drawers    [maxDrawers]drawer
}

// piece is the tokens of one sequence that go through the layers together.
type piece struct {
	sequence, row, rows, start int
	last                       bool // ends with the sequence's last token
}

// NewDecoder returns a decoder over m that uses at most the given number of
// goroutines, at least one. Results do not depend on it.
func (m *Model) NewDecoder(threads int) *Decoder {
	return m.NewDecoderOn(kernel.NewTeam(m.set, threads))
}

// NewDecoderOn returns a decoder over m that computes on a machine, which nobody
// else uses while one of its methods runs. A cache belongs to the machine that
// it is first used on: another machine's decoder refuses it. Different machines
// differ in the last bits.
func (m *Model) NewDecoderOn(machine kernel.Machine) *Decoder {
	d := &Decoder{m: m}
	d.ops.machine = machine
	d.body = func() { d.err = d.run() }
	if team, ok := machine.(*kernel.Team); ok {
		d.host = team
	} else {
		d.host = kernel.NewTeam(m.set, 1)
		n := len(m.matrices)
		d.own = &ownPanels{panels: make([]kernel.Panels, n), brains: make([]*kernel.BrainPanels, n)}
	}
	return d
}

// foreign is the machine, if it is another than a Team.
func (d *Decoder) foreign() kernel.Machine {
	if d.own == nil {
		return nil
	}
	return d.ops.machine
}

// Do calls body with d's goroutines awake, so that they share out every call of
// d in it. Without it a call wakes them only if it has some milliseconds' work.
// While body does something else they keep their processors busy for some
// microseconds, then sleep. On another machine than a Team it only calls body.
func (d *Decoder) Do(body func()) { d.host.Do(body) }

// Append adds tokens[i], at least one, to caches[i], all different, and returns
// the logits after the last token of each: d's own memory until the next call.
// An error leaves all caches as they were: ErrTooLong if one is full,
// ErrMismatch if one is of a model of another shape, or of another machine.
func (d *Decoder) Append(caches []*Cache, tokens [][]int32) (logits [][]float32, err error) {
	if err := d.validate(caches, tokens); err != nil {
		return nil, err
	}
	vocab := d.m.config.Vocab
	d.logitsData = resize(d.logitsData, len(caches)*vocab)
	d.logits = d.logits[:0]
	for i := range caches {
		d.logits = append(d.logits, d.logitsData[i*vocab:(i+1)*vocab])
	}
	total, longest := 0, 0
	for i, t := range tokens {
		total += len(t)
		longest = max(longest, caches[i].length+len(t))
	}
	d.angles = d.m.rotaries(longest)
	d.caches, d.read = caches, tokens
	defer func() { d.caches, d.read = nil, nil }()
	if d.frozen != nil && d.own != nil {
		if err := d.load(); err != nil {
			return nil, err
		}
	}
	for _, c := range caches {
		c.machine, c.used = d.foreign(), true
	}
	if d.own == nil && int64(total)*d.m.config.ParameterCount() < sharedWork {
		d.body()
	} else {
		d.ops.machine.Do(d.body)
	}
	if d.err != nil {
		return nil, d.err
	}
	for i, c := range caches {
		c.length += len(tokens[i])
	}
	return d.logits, nil
}

func (d *Decoder) validate(caches []*Cache, tokens [][]int32) error {
	if len(caches) != len(tokens) {
		return fmt.Errorf("transformer: %d caches for %d sequences", len(caches), len(tokens))
	}
	for i, c := range caches {
		if c.config != d.m.config {
			return fmt.Errorf("%w: cache %d is of %+v, model of %+v", ErrMismatch, i, c.config, d.m.config)
		}
		if c.used && c.machine != d.foreign() {
			return fmt.Errorf("%w: cache %d is of another machine", ErrMismatch, i)
		}
		if len(tokens[i]) == 0 {
			return fmt.Errorf("transformer: sequence %d: no tokens to append", i)
		}
		if c.length+len(tokens[i]) > c.capacity {
			return fmt.Errorf("sequence %d: %d tokens after %d, capacity %d: %w", i, len(tokens[i]), c.length, c.capacity, ErrTooLong)
		}
		if err := validTokens(tokens[i], d.m.config.Vocab); err != nil {
			return fmt.Errorf("transformer: sequence %d: %w", i, err)
		}
		if slices.Contains(caches[:i], c) {
			return fmt.Errorf("transformer: sequence %d: its cache is used twice", i)
		}
	}
	return nil
}

// run takes all tokens through the model, decoderRows at a time.
func (d *Decoder) run() error {
	if d.frozen == nil {
		d.prepare()
	}
	d.begin()
	for i, t := range d.read {
		start := d.caches[i].length
		for at := 0; at < len(t); {
			n := min(len(t)-at, decoderRows-len(d.tokens))
			d.pieces = append(d.pieces, piece{i, len(d.tokens), n, start + at, at+n == len(t)})
			for j := range n {
				d.tokens = append(d.tokens, t[at+j])
				d.positions = append(d.positions, int32(start+at+j))
			}
			if at += n; len(d.tokens) == decoderRows {
				if err := d.flush(); err != nil {
					return err
				}
			}
		}
	}
	if len(d.tokens) > 0 {
		return d.flush()
	}
	return nil
}

func (d *Decoder) begin() {
	d.pieces, d.tokens, d.positions = d.pieces[:0], d.tokens[:0], d.positions[:0]
}

// flush takes the gathered pieces through all layers.
func (d *Decoder) flush() error {
	m, c, n := d.m, d.m.config, len(d.tokens)
	d.spans, d.last, d.lastOf = d.spans[:0], d.last[:0], d.lastOf[:0]
	for _, p := range d.pieces {
		d.spans = append(d.spans, kernel.Span{Row: p.row, Rows: p.rows, Start: p.start})
		if p.last {
			d.last = append(d.last, int32(p.row+p.rows-1))
			d.lastOf = append(d.lastOf, p.sequence)
		}
	}
	q, kv := n*c.Heads*c.HeadDim, n*c.KVHeads*c.HeadDim
	d.x, d.normed, d.inv = resize(d.x, n*c.Dim), resize(d.normed, n*c.Dim), resize(d.inv, n)
	if c.QKNorm {
		d.inv = resize(d.inv, n*c.Heads)
	}
	d.q, d.o, d.k, d.v = resize(d.q, q), resize(d.o, q), resize(d.k, kv), resize(d.v, kv)
	d.gate, d.up = resize(d.gate, n*c.Hidden), resize(d.up, n*c.Hidden)
	if d.own != nil {
		for _, x := range [...][]float32{d.x, d.normed, d.inv, d.q, d.o, d.k, d.v, d.gate, d.up} {
			d.ops.keep(x)
		}
	}
	if err := d.embed(); err != nil {
		return err
	}
	for i := range m.layers {
		if err := d.need(i); err != nil {
			return err
		}
		d.layer(i)
	}
	if err := d.need(len(m.layers)); err != nil {
		return err
	}
	d.project()
	d.begin()
	return nil
}

// embed sets x to the embeddings of the gathered tokens.
func (d *Decoder) embed() error {
	if d.frozen != nil && d.own != nil {
		d.embedLoaded()
		return nil
	}
	if d.frozen != nil {
		return d.frozen.embed(d.x, d.tokens)
	}
	o := &d.ops
	o.gather = kernel.Gather{Index: d.tokens, Cols: d.m.config.Dim, Table: d.m.embed.data, Out: d.x}
	o.machine.Run(&o.gather)
	return nil
}

// need makes a part of the model ready, which that of a Frozen may not be.
func (d *Decoder) need(part int) error {
	if d.frozen == nil || d.own != nil {
		return nil
	}
	return d.frozen.need(part, d.host)
}

// layer takes x through the i-th layer.
func (d *Decoder) layer(i int) {
	l, o, c := &d.m.layers[i], &d.ops, d.m.config
	r := rms{d.inv, float32(c.NormEpsilon)}
	o.normalise(d.normed, d.x, l.norm1, r)
	d.multiply(d.normed, application{d.q, l.q, nil}, application{d.k, l.k, nil}, application{d.v, l.v, nil})
	o.offset(d.q, l.queryBias)
	o.offset(d.k, l.keyBias)
	o.offset(d.v, l.valBias)
	if c.QKNorm {
		o.normalise(d.q, d.q, l.queryNorm, r)
		o.normalise(d.k, d.k, l.keyNorm, r)
	}
	o.turn(d.q, c.Heads, rotary{d.positions, c.HeadDim, d.angles.cos, d.angles.sin})
	o.turn(d.k, c.KVHeads, rotary{d.positions, c.HeadDim, d.angles.cos, d.angles.sin})
	d.keys, d.values = d.keys[:0], d.values[:0]
	for _, p := range d.pieces {
		cache := d.caches[p.sequence]
		d.keys = append(d.keys, cache.keys[i*c.KVHeads:(i+1)*c.KVHeads]...)
		d.values = append(d.values, cache.values[i*c.KVHeads:(i+1)*c.KVHeads]...)
	}
	o.attention = kernel.Attention{
		Heads: kernel.Heads{Queries: c.Heads, Keys: c.KVHeads, Dim: c.HeadDim},
		Spans: d.spans, Q: d.q, K: d.k, V: d.v, KeyCache: d.keys, ValueCache: d.values, Out: d.o,
	}
	o.machine.Run(&o.attention)
	d.multiply(d.o, application{d.x, l.o, d.x})
	o.normalise(d.normed, d.x, l.norm2, r)
	d.multiply(d.normed, application{d.gate, l.gate, nil}, application{d.up, l.up, nil})
	o.gate = kernel.Gate{Out: d.gate, G: d.gate, U: d.up}
	o.machine.Run(&o.gate)
	d.multiply(d.gate, application{d.x, l.down, d.x})
}

// project computes the logits after the sequences' last tokens.
func (d *Decoder) project() {
	m, o, c, n := d.m, &d.ops, d.m.config, len(d.last)
	if n == 0 {
		return
	}
	rows := d.normed[:n*c.Dim]
	o.gather = kernel.Gather{Index: d.last, Cols: c.Dim, Table: d.x, Out: rows}
	o.machine.Run(&o.gather)
	o.normalise(rows, rows, m.norm, rms{d.inv[:n], float32(c.NormEpsilon)})
	// Pieces are in the order of the sequences, so their logits lie together.
	first := d.lastOf[0]
	d.multiply(rows, application{d.logitsData[first*c.Vocab : (first+n)*c.Vocab], m.head, nil})
}
