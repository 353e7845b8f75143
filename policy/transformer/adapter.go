package transformer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// AdapterConfig is the shape of an [Adapter].
type AdapterConfig struct {
	Rank    int      // of the change of a matrix
	Alpha   float64  // the change is Alpha/Rank·B·A
	Targets []string // matrices of each layer, of those AdapterTargets lists
}

// AdapterTargets lists the matrices of a layer, by Hugging Face's names.
func AdapterTargets() []string {
	return []string{"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
}

// Validate names the first field that is out of its bounds, its value and the
// bound.
func (c AdapterConfig) Validate() error {
	if c.Rank < 1 || c.Rank > 1<<12 {
		return fmt.Errorf("transformer: AdapterConfig.Rank is %d, must be in [1,%d]", c.Rank, 1<<12)
	}
	if !(c.Alpha > 0) || math.IsInf(c.Alpha, 0) {
		return fmt.Errorf("transformer: AdapterConfig.Alpha is %v, must be finite and more than 0", c.Alpha)
	}
	if len(c.Targets) == 0 {
		return fmt.Errorf("transformer: AdapterConfig.Targets is empty")
	}
	for i, t := range c.Targets {
		if !slices.Contains(AdapterTargets(), t) {
			return fmt.Errorf("transformer: AdapterConfig.Targets[%d] is %q, must be one of %s", i, brief(t), strings.Join(AdapterTargets(), ", "))
		}
		if slices.Contains(c.Targets[:i], t) {
			return fmt.Errorf("transformer: AdapterConfig.Targets[%d] is %q, which is there twice", i, t)
		}
	}
	return nil
}

// Adapter is a change of low rank to matrices of one model, LoRA (Hu et al.
// 2021, arXiv:2106.09685, section 4.1): W becomes W + Alpha/Rank·B·A. Only A
// and B are trained, by [AdamW.StepAdapter]; they and the optimiser's state for
// them are small.
//
// The model always holds the changed weights: it is the merged model, runs as
// fast as without, and [Save] and [SaveFolder] write it so. Unlike the paper's
// code, the gradients of A and B are taken from those of the whole matrices, so
// a Pass takes as much memory as for full training.
type Adapter struct {
	config AdapterConfig
	m      *Model
	params []Parameter // A and B of each target, in the order of the model's Parameters
	parts  []part      // two parameters each
	grads  [][]float32 // as params
	change []float32   // Alpha/Rank·B
	right  kernel.Panels
	pass   *Pass // of the step under way

	bodies struct{ differentiate, apply func() } // of machine.Do, made once
}

// part is one matrix with its change.
type part struct {
	w    *matrix
	base []float32 // as w.data, without the change
}

// NewAdapter returns an adapter of m that changes nothing yet: B is 0, and A
// uniform in ±1/√in, as PEFT begins. The same rng gives the same numbers. m's
// targeted weights are the adapter's from now on.
func NewAdapter(m *Model, c AdapterConfig, rng *rand.Rand) (*Adapter, error) {
	a, err := emptyAdapter(m, c)
	if err != nil {
		return nil, err
	}
	for i, p := range a.parts {
		bound := 1 / math.Sqrt(float64(p.w.in))
		down := a.params[2*i].Data
		for j := range down {
			down[j] = float32((2*rng.Float64() - 1) * bound)
		}
	}
	return a, nil
}

// emptyAdapter returns an adapter with A and B 0.
func emptyAdapter(m *Model, c AdapterConfig) (*Adapter, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.Targets = slices.Clone(c.Targets)
	a := &Adapter{config: c, m: m, params: c.shapes(m)}
	a.bodies.differentiate = func() { a.differentiate(a.pass) }
	a.bodies.apply = func() { a.apply(&a.pass.ops) }
	for _, w := range c.matrices(m) {
		a.parts = append(a.parts, part{w, slices.Clone(w.data)})
	}
	for i := range a.params {
		n := a.params[i].Shape[0] * a.params[i].Shape[1]
		a.params[i].Data = make([]float32, n)
		a.grads = append(a.grads, make([]float32, n))
	}
	return a, nil
}

// matrices lists the targets in m.
func (c AdapterConfig) matrices(m *Model) []*matrix {
	var all []*matrix
	for _, w := range m.matrices {
		path := strings.TrimSuffix(m.params[w.index].Name, ".weight")
		if slices.Contains(c.Targets, path[strings.LastIndexByte(path, '.')+1:]) {
			all = append(all, w)
		}
	}
	return all
}

// shapes lists the parameters of an adapter of m, without data.
func (c AdapterConfig) shapes(m *Model) []Parameter {
	var all []Parameter
	for _, w := range c.matrices(m) {
		path := "base_model.model." + strings.TrimSuffix(m.params[w.index].Name, ".weight")
		all = append(all,
			Parameter{Name: path + ".lora_A.weight", Shape: []int{c.Rank, w.in}},
			Parameter{Name: path + ".lora_B.weight", Shape: []int{w.out, c.Rank}})
	}
	return all
}

// Config returns the adapter's shape.
func (a *Adapter) Config() AdapterConfig {
	c := a.config
	c.Targets = slices.Clone(c.Targets)
	return c
}

// Parameters returns A (Rank, in) and B (out, Rank) of each targeted matrix, by
// PEFT's names. Data is the adapter's own memory: who writes to it calls
// [Adapter.Changed] after.
func (a *Adapter) Parameters() []Parameter {
	out := slices.Clone(a.params)
	for i := range out {
		out[i].Shape = slices.Clone(out[i].Shape)
	}
	return out
}

// Changed says that A or B was written to, and changes the model's weights
// accordingly.
func (a *Adapter) Changed() {
	a.apply(&operations{machine: kernel.NewTeam(a.m.set, 1)})
}

// Remove gives the model its weights back as they were before the adapter.
func (a *Adapter) Remove() {
	for _, p := range a.parts {
		copy(p.w.data, p.base)
	}
	a.m.Changed()
}

func (a *Adapter) scale() float32 { return float32(a.config.Alpha / float64(a.config.Rank)) }

// apply sets the model's weights to base + Alpha/Rank·B·A.
func (a *Adapter) apply(o *operations) {
	r := a.config.Rank
	for i, p := range a.parts {
		down, up := a.params[2*i].Data, a.params[2*i+1].Data
		a.change = resize(a.change, len(up))
		o.keep(a.change)
		o.times(a.change, up, a.scale())
		o.packRight(down, p.w.in)
		o.product = kernel.Product{
			M: p.w.out, N: p.w.in, K: r,
			A: a.change, ARow: r, ACol: 1, B: &o.right, C: p.w.data, CRow: p.w.in, Add: p.base,
		}
		o.machine.Run(&o.product)
	}
	a.m.Changed()
}

// differentiate sets grads from those of the model's matrices, dW:
// dA = Alpha/Rank·Bᵀ·dW, dB = Alpha/Rank·dW·Aᵀ.
func (a *Adapter) differentiate(p *Pass) {
	r, o := a.config.Rank, &p.ops
	for i, t := range a.parts {
		down, up, dw := a.params[2*i].Data, a.params[2*i+1].Data, p.grads[t.w.index]
		o.packRight(dw, t.w.in)
		o.product = kernel.Product{
			M: r, N: t.w.in, K: t.w.out,
			A: up, ARow: 1, ACol: r, B: &o.right, C: a.grads[2*i], CRow: t.w.in,
		}
		o.machine.Run(&o.product)
		a.right.Reset(t.w.in, r)
		o.pack = kernel.Pack{Dst: &a.right, Src: down, Row: t.w.in, Transposed: true}
		o.machine.Run(&o.pack)
		o.product = kernel.Product{
			M: t.w.out, N: r, K: t.w.in,
			A: dw, ARow: t.w.in, ACol: 1, B: &a.right, C: a.grads[2*i+1], CRow: r,
		}
		o.machine.Run(&o.product)
	}
	for _, g := range a.grads {
		o.times(g, g, a.scale())
	}
}
