package transformer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// Parameter is one named array of weights.
type Parameter struct {
	Name  string    // Hugging Face's: model.layers.0.self_attn.q_proj.weight
	Shape []int     // (out, in) for a matrix, (n) for a norm or a bias
	Data  []float32 // row-major; the model's own memory
}

// isVector reports whether p is the weights of a norm or a bias.
func (p *Parameter) isVector() bool { return len(p.Shape) == 1 }

func (p *Parameter) isBias() bool { return strings.HasSuffix(p.Name, ".bias") }

// Model is the weights of a decoder.
type Model struct {
	config   Config
	set      kernel.Set
	params   []Parameter
	embed    *matrix
	layers   []layer
	norm     *vector
	head     *matrix   // embed if tied
	matrices []*matrix // every matrix that rows are multiplied by

	mu      sync.Mutex // guards all below, and the matrices' panels while they are made
	version uint64     // of the weights, from 1
	packed  uint64     // version that the matrices' panels hold
	angles  *angles    // replaced, never written to
}

// layer is one block's weights.
type layer struct {
	norm1, norm2                *vector
	q, k, v, o                  *matrix
	queryBias, keyBias, valBias *vector // nil without Config.QKVBias
	queryNorm, keyNorm          *vector // (HeadDim); nil without Config.QKNorm
	gate, up                    *matrix
	down                        *matrix
}

// vector is the weights of a norm, or a bias.
type vector struct {
	index int // in Parameters
	data  []float32
}

// matrix is a weight that rows are multiplied by, Y = X·Wᵀ.
type matrix struct {
	index   int // in Parameters
	out, in int
	data    []float32     // (out, in)
	place   int           // in Model.matrices
	panels  kernel.Panels // in × out: Wᵀ, for decoding on Teams

	brain *kernel.BrainPanels // in × out, in place of data and panels if not nil: see Frozen
}

// New returns a model with random weights: normal with deviation 0.02, the
// projections back into the residual stream scaled by 1/√(2·Layers) (Radford
// et al. 2019, section 2.3), norms 1, biases 0. The same rng gives the same
// weights.
func New(c Config, rng *rand.Rand) (*Model, error) {
	m, err := empty(c)
	if err != nil {
		return nil, err
	}
	residual := make(map[int]bool)
	for _, l := range m.layers {
		residual[l.o.index], residual[l.down.index] = true, true
	}
	for i := range m.params {
		p, scale := &m.params[i], 0.02
		if residual[i] {
			scale /= math.Sqrt(2 * float64(c.Layers))
		}
		for j := range p.Data {
			switch {
			case p.isBias(): // stays 0
			case p.isVector():
				p.Data[j] = 1
			default:
				p.Data[j] = float32(rng.NormFloat64() * scale)
			}
		}
	}
	return m, nil
}

// shapes lists the parameters of a model of this config, without data.
func (c Config) shapes() []Parameter {
	var all []Parameter
	add := func(name string, shape ...int) { all = append(all, Parameter{Name: name + ".weight", Shape: shape}) }
	bias := func(name string, n int) { all = append(all, Parameter{Name: name + ".bias", Shape: []int{n}}) }
	q, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	add("model.embed_tokens", c.Vocab, c.Dim)
	for i := range c.Layers {
		l := fmt.Sprintf("model.layers.%d.", i)
		add(l+"input_layernorm", c.Dim)
		add(l+"self_attn.q_proj", q, c.Dim)
		add(l+"self_attn.k_proj", kv, c.Dim)
		add(l+"self_attn.v_proj", kv, c.Dim)
		add(l+"self_attn.o_proj", c.Dim, q)
		if c.QKVBias {
			bias(l+"self_attn.q_proj", q)
			bias(l+"self_attn.k_proj", kv)
			bias(l+"self_attn.v_proj", kv)
		}
		if c.QKNorm {
			add(l+"self_attn.q_norm", c.HeadDim)
			add(l+"self_attn.k_norm", c.HeadDim)
		}
		add(l+"post_attention_layernorm", c.Dim)
		add(l+"mlp.gate_proj", c.Hidden, c.Dim)
		add(l+"mlp.up_proj", c.Hidden, c.Dim)
		add(l+"mlp.down_proj", c.Dim, c.Hidden)
	}
	add("model.norm", c.Dim)
	if !c.TiedHead {
		add("lm_head", c.Vocab, c.Dim)
	}
	return all
}

// empty returns a model with zero weights.
func empty(c Config) (*Model, error) {
	return shell(c, func(*Parameter) bool { return true })
}

// shell returns a model with zero weights where there are to be any.
func shell(c Config, filled func(*Parameter) bool) (*Model, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	m := &Model{config: c, set: kernel.Best(), params: c.shapes(), version: 1}
	for i := range m.params {
		if !filled(&m.params[i]) {
			continue
		}
		n := 1
		for _, d := range m.params[i].Shape {
			n *= d
		}
		m.params[i].Data = make([]float32, n)
	}
	m.wire()
	return m, nil
}

// wire makes the layers of the parameters.
func (m *Model) wire() {
	c := m.config
	next := 0 // the order is that of shapes
	row := func() *vector {
		next++
		return &vector{index: next - 1, data: m.params[next-1].Data}
	}
	array := func() *matrix {
		p := m.params[next]
		next++
		return &matrix{index: next - 1, out: p.Shape[0], in: p.Shape[1], data: p.Data}
	}
	m.embed = array()
	for range c.Layers {
		l := layer{norm1: row(), q: array(), k: array(), v: array(), o: array()}
		if c.QKVBias {
			l.queryBias, l.keyBias, l.valBias = row(), row(), row()
		}
		if c.QKNorm {
			l.queryNorm, l.keyNorm = row(), row()
		}
		l.norm2, l.gate, l.up, l.down = row(), array(), array(), array()
		m.layers = append(m.layers, l)
		m.matrices = append(m.matrices, l.q, l.k, l.v, l.o, l.gate, l.up, l.down)
	}
	m.norm = row()
	m.head = m.embed
	if !c.TiedHead {
		m.head = array()
	}
	m.matrices = append(m.matrices, m.head)
	for i, w := range m.matrices {
		w.place = i
	}
}

// rotaries returns tables that hold positions [0,n), n at most MaxTokens.
func (m *Model) rotaries(n int) *angles {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.angles == nil || m.angles.positions < n {
		m.angles = newAngles(m.config, min(max(2*n, 128), m.config.MaxTokens))
	}
	return m.angles
}

// Config returns the model's shape.
func (m *Model) Config() Config { return m.config }

// Parameters returns the weights: embedding, then layer by layer, final norm,
// and the head unless tied; the order never changes. Data is the model's own
// memory: who writes to it calls [Model.Changed] after.
func (m *Model) Parameters() []Parameter {
	out := slices.Clone(m.params)
	for i := range out {
		out[i].Shape = slices.Clone(out[i].Shape)
	}
	return out
}

// Changed says that the weights were written to, so that forms derived from
// them are made anew.
func (m *Model) Changed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.version++
}

// Clone returns a model with the same weights and memory of its own.
func (m *Model) Clone() *Model {
	c, err := empty(m.config)
	if err != nil {
		panic("transformer: internal error: " + err.Error())
	}
	c.set = m.set
	for i, p := range m.params {
		copy(c.params[i].Data, p.Data)
	}
	return c
}

// CopyFrom overwrites m's weights with src's. It returns ErrMismatch, and
// leaves m untouched, if the configurations differ.
func (m *Model) CopyFrom(src *Model) error {
	if m.config != src.config {
		return fmt.Errorf("%w: copy %+v to %+v", ErrMismatch, src.config, m.config)
	}
	for i, p := range src.params {
		copy(m.params[i].Data, p.Data)
	}
	m.Changed()
	return nil
}
