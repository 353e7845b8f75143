package transformer

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func sameBits(t testing.TB, what string, a, b []float32) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%s: %d and %d values", what, len(a), len(b))
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			t.Fatalf("%s[%d]: %v and %v", what, i, a[i], b[i])
		}
	}
}

func newModel(t testing.TB, c Config) *Model {
	t.Helper()
	m, err := New(c, newRand(1))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// train does n steps of maximising the log-probability of b's targets.
func train(t testing.TB, m *Model, o *AdamW, b *Batch, s schedule) {
	t.Helper()
	p := NewPass(m, s.threads)
	g := make([]float32, len(b.Targets))
	for i := range g {
		g[i] = -1 / float32(len(g))
	}
	for range s.steps {
		p.ZeroGrad()
		if _, _, err := p.Forward(b); err != nil {
			t.Fatal(err)
		}
		if err := p.Backward(g, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Step(m, p, s.rate); err != nil {
			t.Fatal(err)
		}
	}
}

type schedule struct {
	threads, steps int
	rate           float64
}

func TestOverfit(t *testing.T) {
	m := newModel(t, tiny())
	b := &Batch{
		Tokens: []int32{1, 5, 3, 9, 1, 6, 3, 2, 2},
		Starts: []int{0, 4, 9},
	}
	for i, pos := range []int32{0, 1, 2, 3, 0, 1, 2, 3, 4} {
		b.Targets = append(b.Targets, Target{Position: i, Token: (b.Tokens[i]*7 + pos) % 19})
	}
	train(t, m, NewAdamW(m, DefaultAdamWConfig()), b, schedule{2, 150, 1e-2})
	lp, _, err := NewPass(m, 1).Forward(b)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range lp {
		if !(v > -0.01) {
			t.Errorf("target %d has log-probability %v after training", i, v)
		}
	}
}

// TestThreads: one and two goroutines train to the same bits.
func TestThreads(t *testing.T) {
	c := tiny()
	c.Dim, c.Hidden = 40, 130
	b := ragged(c, newRand(2), 33, 5, 64, 64, 64, 64, 20)
	one := newModel(t, c)
	two := one.Clone()
	train(t, one, NewAdamW(one, DefaultAdamWConfig()), b, schedule{1, 3, 1e-3})
	train(t, two, NewAdamW(two, DefaultAdamWConfig()), b, schedule{2, 3, 1e-3})
	for i, p := range one.Parameters() {
		sameBits(t, p.Name, p.Data, two.Parameters()[i].Data)
	}
}

// TestResume: a run continued from a copied state is the run itself.
func TestResume(t *testing.T) {
	m := newModel(t, tiny())
	b := ragged(tiny(), newRand(2), 9, 5)
	c := DefaultAdamWConfig()
	c.WeightDecay = 0.1
	o := NewAdamW(m, c)
	train(t, m, o, b, schedule{1, 3, 1e-3})
	copied, again, state := m.Clone(), NewAdamW(m, c), o.State()
	train(t, m, o, b, schedule{1, 3, 1e-3})
	if err := again.SetState(state); err != nil {
		t.Fatal(err)
	}
	train(t, copied, again, b, schedule{2, 3, 1e-3})
	for i, p := range m.Parameters() {
		sameBits(t, p.Name, p.Data, copied.Parameters()[i].Data)
	}
	other := tiny()
	other.Dim = 22
	if err := again.SetState(NewAdamW(newModel(t, other), c).State()); !errors.Is(err, ErrMismatch) {
		t.Errorf("state of another shape: %v", err)
	}
}

// TestAccumulate: two Backwards without ZeroGrad add up.
func TestAccumulate(t *testing.T) {
	m := lively(t, tiny(), 1)
	b := ragged(tiny(), newRand(2), 9, 5)
	g := coefficients(newRand(3), len(b.Targets))
	p := NewPass(m, 1)
	for range 2 {
		if _, _, err := p.Forward(b); err != nil {
			t.Fatal(err)
		}
		if err := p.Backward(g, nil); err != nil {
			t.Fatal(err)
		}
	}
	twice := slices.Clone(p.Gradients()[3])
	norm := p.GradNorm()
	p.ZeroGrad()
	if _, _, err := p.Forward(b); err != nil {
		t.Fatal(err)
	}
	if err := p.Backward(g, nil); err != nil {
		t.Fatal(err)
	}
	near(t, "norm", norm, 2*p.GradNorm(), 1e-5*norm)
	for i, v := range p.Gradients()[3] {
		near(t, "gradient", float64(twice[i]), 2*float64(v), 1e-4)
	}
	if err := p.Backward(g, nil); err == nil {
		t.Error("second Backward of one Forward passed")
	}
}

func TestClipping(t *testing.T) {
	m := newModel(t, tiny())
	p := NewPass(m, 1)
	for _, g := range p.Gradients() {
		for i := range g {
			g[i] = 3
		}
	}
	want := 3 * math.Sqrt(float64(m.Config().ParameterCount()))
	c := DefaultAdamWConfig()
	c.Epsilon = 1 // so that the step depends on the gradient's size
	c.MaxGradNorm = 0.5
	before := m.Parameters()[0].Data[0]
	norm, err := NewAdamW(m, c).Step(m, p, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "norm", norm, want, 1e-6*want)
	g := 3 * 0.5 / want
	near(t, "weight", float64(m.Parameters()[0].Data[0]), float64(before)-0.1*g/(g+1), 1e-7)
}

// TestWeightDecay: without gradients weights shrink by lr·decay, norms do not.
func TestWeightDecay(t *testing.T) {
	m := lively(t, tiny(), 1)
	was := m.Clone()
	c := DefaultAdamWConfig()
	c.WeightDecay = 0.5
	if _, err := NewAdamW(m, c).Step(m, NewPass(m, 1), 0.1); err != nil {
		t.Fatal(err)
	}
	for i, p := range m.Parameters() {
		shrink := 0.95
		if len(p.Shape) == 1 {
			shrink = 1
		}
		for j, v := range was.Parameters()[i].Data {
			near(t, p.Name, float64(p.Data[j]), shrink*float64(v), 1e-6)
		}
	}
	for _, bad := range []func(*AdamWConfig){
		func(c *AdamWConfig) { c.Beta1 = 1 },
		func(c *AdamWConfig) { c.Beta2 = -0.1 },
		func(c *AdamWConfig) { c.Epsilon = 0 },
		func(c *AdamWConfig) { c.WeightDecay = math.NaN() },
		func(c *AdamWConfig) { c.MaxGradNorm = math.Inf(1) },
	} {
		c := DefaultAdamWConfig()
		bad(&c)
		if _, err := NewAdamW(m, c).Step(m, NewPass(m, 1), 0.1); err == nil {
			t.Errorf("%+v passed", c)
		}
	}
	if _, err := NewAdamW(m, c).Step(m, NewPass(m, 1), math.NaN()); err == nil {
		t.Error("learning rate NaN passed")
	}
}

// TestCopyFrom: a copy decodes as its source does, also if it was used before.
func TestCopyFrom(t *testing.T) {
	a, b := lively(t, tiny(), 1), lively(t, tiny(), 2)
	tokens := randomTokens(tiny(), 3, 9)
	appendAll(t, b.NewDecoder(1), tokens)
	if err := b.CopyFrom(a); err != nil {
		t.Fatal(err)
	}
	sameBits(t, "logits", appendAll(t, a.NewDecoder(1), tokens), appendAll(t, b.NewDecoder(1), tokens))
	other := tiny()
	other.Vocab++
	if err := b.CopyFrom(newModel(t, other)); !errors.Is(err, ErrMismatch) {
		t.Errorf("copy of another shape: %v", err)
	}
}

func TestNotFinite(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		m := newModel(t, tiny())
		p, o := NewPass(m, 1), NewAdamW(m, DefaultAdamWConfig())
		p.Gradients()[5][7] = bad
		was := m.Clone()
		_, err := o.Step(m, p, 0.1)
		if !errors.Is(err, ErrNotFinite) {
			t.Errorf("%v: error %v", bad, err)
		}
		for i, w := range m.Parameters() {
			sameBits(t, w.Name, w.Data, was.Parameters()[i].Data)
		}
		if o.State().Steps != 0 {
			t.Errorf("%v: optimiser counted the step", bad)
		}
	}
}

func TestBadBatches(t *testing.T) {
	for _, tc := range []struct {
		name string
		b    Batch
	}{
		{"no sequence", Batch{Starts: []int{0}}},
		{"starts short", Batch{Tokens: []int32{1, 2}, Starts: []int{0, 1}}},
		{"empty sequence", Batch{Tokens: []int32{1}, Starts: []int{0, 0, 1}}},
		{"descending", Batch{Tokens: []int32{1, 2}, Starts: []int{0, 3, 2}}},
		{"token high", Batch{Tokens: []int32{19}, Starts: []int{0, 1}}},
		{"token low", Batch{Tokens: []int32{-1}, Starts: []int{0, 1}}},
		{"position", Batch{Tokens: []int32{1}, Starts: []int{0, 1}, Targets: []Target{{Position: 1}}}},
		{"target", Batch{Tokens: []int32{1}, Starts: []int{0, 1}, Targets: []Target{{Token: 19}}}},
		{"not allowed", Batch{Tokens: []int32{1}, Starts: []int{0, 1}, Targets: []Target{{Token: 2, Allowed: []int32{1}}}}},
		{"nothing allowed", Batch{Tokens: []int32{1}, Starts: []int{0, 1}, Targets: []Target{{Token: 2, Allowed: []int32{}}}}},
		{"unordered", Batch{Tokens: []int32{1}, Starts: []int{0, 1}, Targets: []Target{{Token: 2, Allowed: []int32{3, 2}}}}},
		{"allowed high", Batch{Tokens: []int32{1}, Starts: []int{0, 1}, Targets: []Target{{Token: 2, Allowed: []int32{2, 99}}}}},
		{"too long", Batch{Tokens: make([]int32, 65), Starts: []int{0, 65}}},
	} {
		p := NewPass(newModel(t, tiny()), 1)
		_, _, err := p.Forward(&tc.b)
		if err == nil {
			t.Errorf("%s: no error", tc.name)
		}
		if tc.name == "too long" && !errors.Is(err, ErrTooLong) {
			t.Errorf("too long: %v", err)
		}
		if err := p.Backward(nil, nil); err == nil {
			t.Errorf("%s: Backward passed", tc.name)
		}
	}
}

// TestNoTargets: a batch without targets has a gradient of zero.
func TestNoTargets(t *testing.T) {
	p := NewPass(newModel(t, tiny()), 2)
	lp, h, err := p.Forward(&Batch{Tokens: []int32{1, 2}, Starts: []int{0, 2}})
	if err != nil || len(lp) != 0 || len(h) != 0 {
		t.Fatal(lp, h, err)
	}
	if err := p.Backward(nil, nil); err != nil || p.GradNorm() != 0 {
		t.Error(err, p.GradNorm())
	}
}

// TestAllocations holds that a step allocates nothing once its buffers are
// there.
func TestAllocations(t *testing.T) {
	for threads := 1; threads <= 3; threads++ {
		m := newModel(t, tiny())
		p, o := NewPass(m, threads), NewAdamW(m, DefaultAdamWConfig())
		b := ragged(m.config, newRand(2), 20, 20)
		g := coefficients(newRand(3), len(b.Targets))
		step := func() { trainStep(t, p, o, b, g) }
		step()
		step()
		if n := testing.AllocsPerRun(10, step); n != 0 {
			t.Errorf("%d threads: %v allocations a step", threads, n)
		}
	}
}

// trainStep is one step of maximising log-probabilities and entropies.
// Five parameters: each is the caller's to keep.
func trainStep(t testing.TB, p *Pass, o *AdamW, b *Batch, g []float32) {
	p.ZeroGrad()
	if _, _, err := p.Forward(b); err != nil {
		t.Fatal(err)
	}
	if err := p.Backward(g, g); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Step(p.m, p, 1e-4); err != nil {
		t.Fatal(err)
	}
}

func TestConfigValidate(t *testing.T) {
	for _, tc := range []struct {
		change func(*Config)
		field  string
	}{
		{func(c *Config) { c.Vocab = 0 }, "Vocab"},
		{func(c *Config) { c.Dim = -1 }, "Dim"},
		{func(c *Config) { c.Layers = 0 }, "Layers"},
		{func(c *Config) { c.Heads = 0 }, "Heads"},
		{func(c *Config) { c.KVHeads = 3 }, "KVHeads"},
		{func(c *Config) { c.KVHeads = 8 }, "KVHeads"},
		{func(c *Config) { c.HeadDim = 5 }, "HeadDim"},
		{func(c *Config) { c.Hidden = 0 }, "Hidden"},
		{func(c *Config) { c.MaxTokens = 0 }, "MaxTokens"},
		{func(c *Config) { c.RopeBase = math.NaN() }, "RopeBase"},
		{func(c *Config) { c.NormEpsilon = math.NaN() }, "NormEpsilon"},
		{func(c *Config) { c.Vocab, c.Dim = 1<<20, 1<<16 }, "parameters"},
	} {
		c := tiny()
		tc.change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), tc.field) {
			t.Errorf("%s: %v", tc.field, err)
		}
	}
	if n := tiny().ParameterCount(); n != int64(count(newModel(t, tiny()))) {
		t.Errorf("ParameterCount is %d", n)
	}
}

func count(m *Model) int {
	n := 0
	for _, p := range m.Parameters() {
		n += len(p.Data)
	}
	return n
}
