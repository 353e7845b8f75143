package transformer

import (
	"fmt"
	"math"
	"slices"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// AdamWConfig is the settings of [AdamW] apart from the learning rate.
type AdamWConfig struct {
	Beta1       float64 `json:"beta1"`         // decay of the mean of gradients, in [0,1)
	Beta2       float64 `json:"beta2"`         // decay of the mean of their squares, in [0,1)
	Epsilon     float64 `json:"epsilon"`       // added to the root of the latter, > 0
	WeightDecay float64 `json:"weight_decay"`  // times the learning rate, of every weight but norms and biases
	MaxGradNorm float64 `json:"max_grad_norm"` // of all gradients together; 0: no clipping
}

// DefaultAdamWConfig is Adam's own settings (Kingma and Ba 2015), no decay, and
// gradients clipped to norm 1.
func DefaultAdamWConfig() AdamWConfig {
	return AdamWConfig{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, MaxGradNorm: 1}
}

// Validate names the first field that is out of its bounds, its value and the
// bound.
func (c AdamWConfig) Validate() error {
	for _, f := range []struct {
		name  string
		value float64
		ok    bool
		bound string
	}{
		{"Beta1", c.Beta1, c.Beta1 >= 0 && c.Beta1 < 1, "in [0,1)"},
		{"Beta2", c.Beta2, c.Beta2 >= 0 && c.Beta2 < 1, "in [0,1)"},
		{"Epsilon", c.Epsilon, c.Epsilon > 0 && c.Epsilon <= 1, "in (0,1]"},
		{"WeightDecay", c.WeightDecay, c.WeightDecay >= 0 && c.WeightDecay <= 1e6, "in [0,1e6]"},
		{"MaxGradNorm", c.MaxGradNorm, c.MaxGradNorm >= 0 && !math.IsInf(c.MaxGradNorm, 0), "finite and at least 0"},
	} {
		if !f.ok {
			return fmt.Errorf("transformer: AdamWConfig.%s is %v, must be %s", f.name, f.value, f.bound)
		}
	}
	return nil
}

// AdamW is the optimiser of Loshchilov and Hutter 2019 (arXiv:1711.05101,
// algorithm 2), with gradients clipped by their global norm before.
type AdamW struct {
	config AdamWConfig
	steps  int
	m, v   [][]float32 // as Parameters
	op     kernel.Adam
	step   kernel.AdamStep
	at     update
	body   func() // of machine.Do, made once
}

// update is what one step changes.
type update struct {
	machine kernel.Machine
	params  []Parameter
	grads   [][]float32
	decay   float32
}

// AdamWState is what a resumed run needs to go on with the same bits.
type AdamWState struct {
	Steps int         // taken so far
	M, V  [][]float32 // running means of gradients and of their squares, as Parameters
}

// NewAdamW returns an optimiser for models of m's shape. Step refuses to work
// if c is not valid.
func NewAdamW(m *Model, c AdamWConfig) *AdamW { return newAdamW(m.params, c) }

// NewAdapterAdamW returns an optimiser for adapters of a's shape, for
// [AdamW.StepAdapter]; its state is of a's parameters.
func NewAdapterAdamW(a *Adapter, c AdamWConfig) *AdamW { return newAdamW(a.params, c) }

func newAdamW(params []Parameter, c AdamWConfig) *AdamW {
	o := &AdamW{config: c}
	o.body = o.update
	for _, p := range params {
		o.m = append(o.m, make([]float32, len(p.Data)))
		o.v = append(o.v, make([]float32, len(p.Data)))
	}
	return o
}

// Step updates m by the gradients in p at learning rate lr and returns their
// norm before clipping. It leaves gradients as they are. If one is NaN or
// infinite the error wraps ErrNotFinite and neither m nor o has changed;
// ErrMismatch if m, p and o are not of one shape.
func (o *AdamW) Step(m *Model, p *Pass, lr float64) (gradNorm float64, err error) {
	gradNorm, err = o.advance(p, m.params, p.grads, lr)
	if err == nil {
		m.Changed()
	}
	return gradNorm, err
}

// StepAdapter updates a, and with it its model, by the gradients of the model
// in p, as [AdamW.Step] does a model. ErrMismatch if p is not of a's model.
func (o *AdamW) StepAdapter(a *Adapter, p *Pass, lr float64) (gradNorm float64, err error) {
	if p.m != a.m {
		return 0, fmt.Errorf("%w: the pass is not over the adapter's model", ErrMismatch)
	}
	a.pass = p
	defer func() { a.pass = nil }()
	p.ops.machine.Do(a.bodies.differentiate)
	gradNorm, err = o.advance(p, a.params, a.grads, lr)
	if err == nil {
		p.ops.machine.Do(a.bodies.apply)
	}
	return gradNorm, err
}

// advance updates params by grads on p's machine.
func (o *AdamW) advance(p *Pass, params []Parameter, grads [][]float32, lr float64) (gradNorm float64, err error) {
	if !(lr >= 0) || math.IsInf(lr, 0) {
		return 0, fmt.Errorf("transformer: learning rate is %v, must be finite and at least 0", lr)
	}
	if err := o.config.Validate(); err != nil {
		return 0, err
	}
	if err := sameShape(params, grads, o.m); err != nil {
		return 0, err
	}
	gradNorm = p.norm(grads)
	if math.IsNaN(gradNorm) || math.IsInf(gradNorm, 0) {
		return gradNorm, fmt.Errorf("gradient of %s: %w", firstNotFinite(params, grads), ErrNotFinite)
	}
	c := o.config
	o.steps++
	correct1 := 1 - math.Pow(c.Beta1, float64(o.steps))
	correct2 := 1 - math.Pow(c.Beta2, float64(o.steps))
	o.step = kernel.AdamStep{
		Beta1: float32(c.Beta1), Rest1: float32(1 - c.Beta1),
		Beta2: float32(c.Beta2), Rest2: float32(1 - c.Beta2),
		Rate: float32(lr / correct1), Correct2: float32(1 / correct2),
		Epsilon: float32(c.Epsilon), GradScale: 1,
	}
	if c.MaxGradNorm > 0 && gradNorm > c.MaxGradNorm {
		o.step.GradScale = float32(c.MaxGradNorm / gradNorm)
	}
	o.at = update{p.ops.machine, params, grads, float32(1 - lr*c.WeightDecay)}
	o.at.machine.Do(o.body)
	o.at = update{}
	return gradNorm, nil
}

func (o *AdamW) update() {
	for i := range o.at.params {
		w := &o.at.params[i]
		o.step.Decay = o.at.decay
		if w.isVector() {
			o.step.Decay = 1
		}
		o.op = kernel.Adam{P: w.Data, G: o.at.grads[i], M: o.m[i], V: o.v[i], Step: &o.step}
		o.at.machine.Run(&o.op)
	}
}

// firstNotFinite names the first parameter whose gradient is not finite.
func firstNotFinite(params []Parameter, grads [][]float32) string {
	for i, g := range grads {
		for _, v := range g {
			if v-v != 0 {
				return params[i].Name
			}
		}
	}
	return "all parameters together" // each is finite, the sum of squares is not
}

func sameShape(params []Parameter, arrays ...[][]float32) error {
	for _, a := range arrays {
		if len(a) != len(params) {
			return fmt.Errorf("%w: %d arrays for %d parameters", ErrMismatch, len(a), len(params))
		}
		for i, p := range params {
			if len(a[i]) != len(p.Data) {
				return fmt.Errorf("%w: %d values for %s of %d", ErrMismatch, len(a[i]), p.Name, len(p.Data))
			}
		}
	}
	return nil
}

// Steps is how many steps were taken.
func (o *AdamW) Steps() int { return o.steps }

// State returns a copy of the optimiser's state.
func (o *AdamW) State() AdamWState {
	return AdamWState{Steps: o.steps, M: cloneAll(o.m), V: cloneAll(o.v)}
}

// SetState makes o continue from s, which it copies. It returns ErrMismatch,
// and leaves o as it was, if s is of a model of another shape.
func (o *AdamW) SetState(s AdamWState) error {
	if s.Steps < 0 || len(s.M) != len(o.m) || len(s.V) != len(o.v) {
		return fmt.Errorf("%w: optimiser state of %d steps, %d and %d arrays, want %d", ErrMismatch, s.Steps, len(s.M), len(s.V), len(o.m))
	}
	for i := range o.m {
		if len(s.M[i]) != len(o.m[i]) || len(s.V[i]) != len(o.v[i]) {
			return fmt.Errorf("%w: optimiser state: parameter %d has %d and %d values, want %d", ErrMismatch, i, len(s.M[i]), len(s.V[i]), len(o.m[i]))
		}
	}
	o.steps, o.m, o.v = s.Steps, cloneAll(s.M), cloneAll(s.V)
	return nil
}

func cloneAll(a [][]float32) [][]float32 {
	out := make([][]float32, len(a))
	for i := range a {
		out[i] = slices.Clone(a[i])
	}
	return out
}
