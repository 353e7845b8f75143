package transformer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
	"github.com/surefoot-ai/surefoot/policy/transformer/kernel/kerneltest"
)

// machineRun is a model that is trained and decoded on one machine.
type machineRun struct {
	t       *testing.T
	m       *Model
	adapter *Adapter // trained in place of the model, if not nil
	pass    *Pass
	adamW   *AdamW
	decoder *Decoder
	results []result
}

type result struct {
	what string
	x    []float32
}

// startRun begins the run on a machine that name belongs to: "lora" trains an
// adapter, "checkpointed" keeps no activations.
func startRun(t *testing.T, name string, c Config, machine kernel.Machine) *machineRun {
	t.Helper()
	r := &machineRun{t: t, m: lively(t, c, 3)}
	// Epsilon is large: else steps are of the same size whatever the gradient's,
	// and what is lost of a small one in rounding weighs as much as a large one.
	settings := AdamWConfig{Beta1: 0.9, Beta2: 0.99, Epsilon: 0.1, WeightDecay: 0.1, MaxGradNorm: 2}
	r.pass, r.adamW = NewPassOn(r.m, machine), NewAdamW(r.m, settings)
	switch name {
	case "lora":
		r.adapter = livelyAdapter(t, r.m, AdapterTargets()...)
		r.adamW = NewAdapterAdamW(r.adapter, settings)
	case "checkpointed":
		r.pass = NewCheckpointedPassOn(r.m, machine)
	}
	r.decoder = r.m.NewDecoderOn(machine)
	return r
}

// machineConfigs have every option between them.
func machineConfigs() map[string]Config {
	llama, qwen3 := tiny(), tiny()
	llama.TiedHead = true
	qwen3.QKNorm, qwen3.HeadDim = true, 10
	qwen3.RopeScaling = RopeScaling{Kind: RopeLinear, Factor: 4}
	return map[string]Config{"llama": llama, "qwen2": biased(), "qwen3": qwen3, "checkpointed": everything(), "lora": everything()}
}

func (r *machineRun) keep(name string, x []float32) {
	r.results = append(r.results, result{fmt.Sprintf("result %d, %s", len(r.results), name), slices.Clone(x)})
}

func (r *machineRun) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// train does two steps, of which the second adds up gradients twice.
func (r *machineRun) train() {
	r.t.Helper()
	b := ragged(r.m.config, newRand(4), 9, 1, 30)
	g := coefficients(newRand(5), len(b.Targets))
	for step := range 2 {
		r.pass.ZeroGrad()
		for range step + 1 {
			logProb, entropy, err := r.pass.Forward(b)
			r.check(err)
			r.keep("log-probabilities", logProb)
			r.keep("entropies", entropy)
			r.check(r.pass.Backward(g, g))
		}
		for i, p := range r.m.Parameters() {
			r.keep("gradient of "+p.Name, r.pass.Gradients()[i])
		}
		norm, err := r.pass.GradNorm(), error(nil)
		if r.adapter == nil {
			_, err = r.adamW.Step(r.m, r.pass, 0.03)
		} else {
			_, err = r.adamW.StepAdapter(r.adapter, r.pass, 0.03)
		}
		r.check(err)
		r.keep("norm", []float32{float32(norm)})
	}
	for _, p := range r.m.Parameters() {
		r.keep(p.Name, p.Data)
	}
}

// append appends tokens and keeps the logits.
func (r *machineRun) append(caches []*Cache, tokens ...[]int32) {
	r.t.Helper()
	logits, err := r.decoder.Append(caches, tokens)
	r.check(err)
	for _, l := range logits {
		r.keep("logits", l)
	}
}

// decode appends to caches that are cut, copied and forked, and generates.
func (r *machineRun) decode() {
	r.t.Helper()
	c := r.m.config
	a, b := NewCache(r.m, 60), NewCache(r.m, 45)
	r.append([]*Cache{a, b}, randomTokens(c, 1, 40), randomTokens(c, 2, 1))
	r.append([]*Cache{b, a}, randomTokens(c, 3, 33), randomTokens(c, 4, 2))
	clone := a.Clone()
	a.Truncate(17)
	r.append([]*Cache{a, b, clone}, []int32{1}, []int32{2}, randomTokens(c, 5, 4))
	fork := a.Fork(37)
	r.append([]*Cache{fork, a}, randomTokens(c, 6, 9), []int32{3})
	group, err := r.decoder.Fork(context.Background(), Sequence{Cache: b, Tokens: []int32{4, 5, 6}}, make([]*rand.Rand, 2), 5)
	r.check(err)
	o := GenerateOptions{Sampling: DefaultSampling(), MaxTokens: 4}
	o.Sampling.Temperature = 0
	out, err := r.decoder.Generate(context.Background(), group, o)
	r.check(err)
	for _, s := range out {
		var logProbs []float32
		for _, v := range s.LogProbs {
			logProbs = append(logProbs, float32(v))
		}
		r.keep("log-probabilities of what was generated", logProbs)
	}
}

// run does it all twice, so that weights change after they were packed, and all
// memory is that of some Do before.
func (r *machineRun) run() []result {
	r.t.Helper()
	for range 2 {
		r.decode()
		r.train()
	}
	r.decode()
	return r.results
}

// TestMachineMemory holds this package to the memory model of kernel.Machine: on
// a machine that hides all operands within Do the results are the same bits.
func TestMachineMemory(t *testing.T) {
	for name, c := range machineConfigs() {
		t.Run(name, func(t *testing.T) {
			want := startRun(t, name, c, kernel.NewTeam(kernel.Best(), 1)).run()
			got := startRun(t, name, c, kerneltest.NewHiding(kernel.NewTeam(kernel.Best(), 1))).run()
			for i, w := range want {
				sameBits(t, w.what, got[i].x, w.x)
			}
		})
	}
}

// TestMachineReference: a model trained and decoded on a machine that shares
// nothing with a Team, and keeps packed matrices and caches to itself, is what
// it is on a Team within 1e-3 of the largest number of each result.
func TestMachineReference(t *testing.T) {
	for name, c := range machineConfigs() {
		t.Run(name, func(t *testing.T) {
			want := startRun(t, name, c, kernel.NewTeam(kernel.Best(), 2)).run()
			got := startRun(t, name, c, kerneltest.NewReference()).run()
			for i, w := range want {
				top := 1e-3
				for _, v := range w.x {
					top = max(top, math.Abs(float64(v)))
				}
				for j, v := range w.x {
					near(t, fmt.Sprintf("%s[%d]", w.what, j), float64(got[i].x[j]), float64(v), 1e-3*top)
				}
			}
		})
	}
}

// TestMachineFrozen: mapped weights decode to the same bits on a machine that
// hides all operands, and agree within 1e-3 on one that keeps what is packed.
func TestMachineFrozen(t *testing.T) {
	for _, dtype := range []DType{BF16, F16} {
		for name, c := range frozenConfigs() {
			t.Run(fmt.Sprint(name, "/", dtype), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "model")
				if err := SaveFolder(dir, lively(t, c, 2), dtype, nil); err != nil {
					t.Fatal(err)
				}
				f, _, err := OpenFrozen(dir)
				if err != nil {
					t.Fatal(err)
				}
				hiding := f.NewDecoderOn(kerneltest.NewHiding(kernel.NewTeam(kernel.Best(), 1)))
				tokens := randomTokens(c, 1, 40)
				got := appendAll(t, hiding, tokens, 7)
				team := f.NewDecoder(2)
				sameBits(t, "logits", got, appendAll(t, team, tokens, 30))
				sameDecoding(t, team, hiding)
				for i, v := range appendAll(t, f.NewDecoderOn(kerneltest.NewReference()), tokens, 9, 10) {
					near(t, fmt.Sprintf("logit %d", i), float64(v), float64(got[i]), 1e-3)
				}
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
				if _, err := hiding.Append([]*Cache{f.NewCache(2)}, [][]int32{{1}}); !errors.Is(err, fs.ErrClosed) {
					t.Errorf("after Close: error %v", err)
				}
			})
		}
	}
}

// TestMachineCaches: a cache belongs to the machine that it was used on, and all
// Teams are one.
func TestMachineCaches(t *testing.T) {
	m := lively(t, tiny(), 1)
	team, other, third := m.NewDecoder(1), m.NewDecoderOn(kerneltest.NewReference()), m.NewDecoderOn(kerneltest.NewReference())
	refuse := func(d *Decoder, c *Cache) {
		t.Helper()
		if _, err := d.Append([]*Cache{c}, [][]int32{{1}}); !errors.Is(err, ErrMismatch) {
			t.Errorf("error %v, want ErrMismatch", err)
		}
	}
	accept := func(d *Decoder, c *Cache) {
		t.Helper()
		if _, err := d.Append([]*Cache{c}, [][]int32{{1}}); err != nil {
			t.Error(err)
		}
	}
	a, b := NewCache(m, 9), NewCache(m, 9)
	accept(team, a)
	accept(other, b)
	accept(m.NewDecoder(2), a.Clone())
	accept(m.NewDecoderOn(kernel.NewTeam(kernel.Portable(), 1)), a)
	refuse(other, a)
	refuse(team, b)
	refuse(third, b.Fork(9))
	b.Truncate(0)
	refuse(third, b)
	accept(other, b)
	accept(third, NewCache(m, 9).Clone())
}

// TestMachineAllocations: neither a step nor a token allocates anything, on a
// Team that is known as a Machine only.
func TestMachineAllocations(t *testing.T) {
	type machine struct{ kernel.Machine }
	m := newModel(t, everything())
	a := livelyAdapter(t, m, "q_proj")
	p, o := NewPassOn(m, machine{kernel.NewTeam(kernel.Best(), 1)}), NewAdapterAdamW(a, DefaultAdamWConfig())
	d, c := m.NewDecoderOn(&machine{kernel.NewTeam(kernel.Best(), 1)}), NewCache(m, 64)
	f, err := m.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	frozen, other := f.NewDecoderOn(&machine{kernel.NewTeam(kernel.Best(), 1)}), []*Cache{f.NewCache(64)}
	b := ragged(m.config, newRand(2), 20, 20)
	g := coefficients(newRand(3), len(b.Targets))
	caches, tokens := []*Cache{c}, [][]int32{{3}}
	step := func() {
		c.Truncate(40)
		other[0].Truncate(40)
		_, _, err := p.Forward(b)
		err = errors.Join(err, p.Backward(g, g))
		_, failed := o.StepAdapter(a, p, 1e-4)
		_, refused := d.Append(caches, tokens)
		_, closed := frozen.Append(other, tokens)
		if err := errors.Join(err, failed, refused, closed); err != nil {
			t.Fatal(err)
		}
	}
	for range 41 {
		step()
	}
	if n := testing.AllocsPerRun(10, step); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
