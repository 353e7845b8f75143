package transformer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// livelyAdapter is an adapter of every matrix with A and B random.
func livelyAdapter(t testing.TB, m *Model, targets ...string) *Adapter {
	t.Helper()
	rng := newRand(6)
	a, err := NewAdapter(m, AdapterConfig{Rank: 3, Alpha: 4.5, Targets: targets}, rng)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range a.Parameters() {
		for i := range p.Data {
			p.Data[i] = float32(rng.NormFloat64() / math.Sqrt(float64(p.Shape[1])))
		}
	}
	a.Changed()
	return a
}

// refChange sets the reference's weights to those the adapter says, in float64.
func refChange(ref *reference, base map[string][]float64, a *Adapter, params map[string][]float64) {
	for _, p := range a.Parameters() {
		path, isA := strings.CutSuffix(p.Name, ".lora_A.weight")
		if !isA {
			continue
		}
		name := strings.TrimPrefix(path, "base_model.model.") + ".weight"
		in, r := p.Shape[1], p.Shape[0]
		w, up := ref.w[name], params[path+".lora_B.weight"]
		for i := range w {
			sum := 0.0
			for k := range r {
				sum += up[i/in*r+k] * params[p.Name][k*in+i%in]
			}
			w[i] = base[name][i] + a.Config().Alpha/float64(r)*sum
		}
	}
}

// TestAdapterGradient compares the gradients of A and B of every matrix with
// central differences on the float64 reference, and the model with base plus
// Alpha/Rank·B·A.
func TestAdapterGradient(t *testing.T) {
	c := everything()
	m := lively(t, c, 3)
	base := newReference(m).w
	a := livelyAdapter(t, m, AdapterTargets()...)
	ref := newReference(m)
	params := make(map[string][]float64)
	for _, p := range a.Parameters() {
		for _, v := range p.Data {
			params[p.Name] = append(params[p.Name], float64(v))
		}
	}
	refChange(ref, base, a, params)
	for _, p := range m.Parameters() {
		for i, v := range ref.w[p.Name] {
			near(t, p.Name, float64(p.Data[i]), v, 1e-6*(1+math.Abs(v)))
		}
	}
	rng := newRand(4)
	b := ragged(c, rng, 9, 3)
	g := coefficients(rng, len(b.Targets))
	p := NewPass(m, 2)
	if _, _, err := p.Forward(b); err != nil {
		t.Fatal(err)
	}
	if err := p.Backward(g, nil); err != nil {
		t.Fatal(err)
	}
	a.differentiate(p)
	for k, w := range a.Parameters() {
		top := 0.0
		for _, v := range a.grads[k] {
			top = max(top, math.Abs(float64(v)))
		}
		for range 4 {
			const h = 1e-4
			i := rng.IntN(len(w.Data))
			side := func(d float64) float64 {
				params[w.Name][i] += d
				refChange(ref, base, a, params)
				params[w.Name][i] -= d
				return ref.objective(b, g, nil)
			}
			want := (side(h) - side(-h)) / (2 * h)
			if diff := math.Abs(float64(a.grads[k][i]) - want); !(diff <= 1e-3*max(math.Abs(want), 0.1*top)) {
				t.Errorf("%s[%d]: analytic %v, difference %v", w.Name, i, a.grads[k][i], want)
			}
		}
	}
}

// trainAdapter does steps of maximising the log-probability of b's targets, and
// returns the mean after them.
func trainAdapter(t testing.TB, a *Adapter, b *Batch, s schedule) float64 {
	t.Helper()
	p, o := NewPass(a.m, s.threads), NewAdapterAdamW(a, DefaultAdamWConfig())
	g := make([]float32, len(b.Targets))
	mean := 0.0
	for i := range s.steps + 1 {
		p.ZeroGrad()
		logProb, _, err := p.Forward(b)
		if err != nil {
			t.Fatal(err)
		}
		mean = 0
		for j, v := range logProb {
			g[j] = -1 / float32(len(g))
			mean += float64(v) / float64(len(g))
		}
		if i == s.steps {
			break
		}
		if err := p.Backward(g, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := o.StepAdapter(a, p, s.rate); err != nil {
			t.Fatal(err)
		}
	}
	return mean
}

// TestAdapterTraining: a new adapter changes nothing; training it changes its
// targets and no other weight, learns, and comes to the same bits with two
// goroutines; removing it restores the model's bits.
func TestAdapterTraining(t *testing.T) {
	c := tiny()
	base := lively(t, c, 1)
	b := ragged(c, newRand(2), 9, 12)
	var after [2]*Model
	for i := range after {
		m := base.Clone()
		a, err := NewAdapter(m, AdapterConfig{Rank: 4, Alpha: 8, Targets: []string{"v_proj", "q_proj"}}, newRand(3))
		if err != nil {
			t.Fatal(err)
		}
		a.Changed()
		for j, p := range m.Parameters() {
			sameBits(t, "new adapter: "+p.Name, p.Data, base.Parameters()[j].Data)
		}
		before := trainAdapter(t, a, b, schedule{i + 1, 0, 0})
		if mean := trainAdapter(t, a, b, schedule{i + 1, 25, 1e-2}); !(mean > before+0.3) {
			t.Errorf("mean log-probability %v after training, %v before", mean, before)
		}
		for j, p := range m.Parameters() {
			targeted := strings.Contains(p.Name, "q_proj") || strings.Contains(p.Name, "v_proj")
			if changed := !slices.Equal(p.Data, base.Parameters()[j].Data); changed != targeted {
				t.Errorf("%s: changed %v, targeted %v", p.Name, changed, targeted)
			}
		}
		after[i] = m.Clone()
		a.Remove()
		for j, p := range m.Parameters() {
			sameBits(t, "removed: "+p.Name, p.Data, base.Parameters()[j].Data)
		}
		if _, err := NewAdapterAdamW(a, DefaultAdamWConfig()).StepAdapter(a, NewPass(base, 1), 0.1); !errors.Is(err, ErrMismatch) {
			t.Errorf("a pass over another model: %v", err)
		}
	}
	for j, p := range after[0].Parameters() {
		sameBits(t, "two goroutines: "+p.Name, p.Data, after[1].Parameters()[j].Data)
	}
}

// TestAdapterFolder: an adapter saved is loaded to the same bits, in PEFT's
// names and shapes.
func TestAdapterFolder(t *testing.T) {
	m := lively(t, tiny(), 1)
	base := m.Clone()
	a := livelyAdapter(t, m, "down_proj", "k_proj")
	dir := filepath.Join(t.TempDir(), "adapter")
	if err := SaveAdapter(dir, a, F32, "some/base"); err != nil {
		t.Fatal(err)
	}
	got, err := LoadAdapter(dir, base)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Config()) != fmt.Sprint(a.Config()) {
		t.Errorf("config %+v, want %+v", got.Config(), a.Config())
	}
	for i, p := range a.Parameters() {
		sameBits(t, p.Name, p.Data, got.Parameters()[i].Data)
	}
	for i, p := range m.Parameters() {
		sameBits(t, p.Name, p.Data, base.Parameters()[i].Data)
	}
	if p := a.Parameters()[1]; p.Name != "base_model.model.model.layers.0.self_attn.k_proj.lora_B.weight" || fmt.Sprint(p.Shape) != "[12 3]" {
		t.Errorf("second parameter is %s of shape %v", p.Name, p.Shape)
	}
	b, err := os.ReadFile(filepath.Join(dir, adapterConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": "3", "lora_alpha": "4.5", "bias": "none",
		"target_modules": "[down_proj k_proj]", "base_model_name_or_path": "some/base", "use_rslora": "false",
	} {
		if fmt.Sprint(all[name]) != want {
			t.Errorf("%s is %v, want %s", name, all[name], want)
		}
	}
}

// peftConfig is what PEFT 0.13 writes.
const peftConfig = `{"alpha_pattern": {}, "auto_mapping": null, "base_model_name_or_path": "HuggingFaceTB/SmolLM2-135M",
	"bias": "none", "fan_in_fan_out": false, "inference_mode": true, "init_lora_weights": true, "layer_replication": null,
	"layers_pattern": null, "layers_to_transform": null, "loftq_config": {}, "lora_alpha": 16, "lora_dropout": 0.05,
	"megatron_config": null, "megatron_core": "megatron.core", "modules_to_save": null, "peft_type": "LORA", "r": 8,
	"rank_pattern": {}, "revision": null, "target_modules": ["v_proj", "q_proj"], "task_type": "CAUSAL_LM",
	"use_dora": false, "use_rslora": false}`

// TestAdapterConfigDecoding: PEFT's own file is read, and what changes the
// computation is an error that names field and value.
func TestAdapterConfigDecoding(t *testing.T) {
	c, err := decodeAdapterConfig([]byte(peftConfig))
	if want := (AdapterConfig{8, 16, []string{"q_proj", "v_proj"}}); err != nil || fmt.Sprint(c) != fmt.Sprint(want) {
		t.Errorf("got %+v, error %v, want %+v", c, err, want)
	}
	for _, tc := range []struct{ old, new, names string }{
		{`"LORA"`, `"IA3"`, `peft_type is "IA3"`},
		{`"bias": "none"`, `"bias": "all"`, `bias is "all"`},
		{`"use_dora": false`, `"use_dora": true`, "use_dora is true"},
		{`"use_rslora": false`, `"use_rslora": true`, "use_rslora is true"},
		{`"fan_in_fan_out": false`, `"fan_in_fan_out": true`, "fan_in_fan_out is true"},
		{`"rank_pattern": {}`, `"rank_pattern": {"q_proj":4}`, `rank_pattern is {"q_proj":4}`},
		{`"modules_to_save": null`, `"modules_to_save": ["lm_head"]`, `modules_to_save is ["lm_head"]`},
		{`"layers_to_transform": null`, `"layers_to_transform": 0`, "layers_to_transform is 0"},
		{`["v_proj", "q_proj"]`, `["v_proj", "lm_head"]`, `Targets[1] is "lm_head"`},
		{`["v_proj", "q_proj"]`, `["v_proj", "v_proj"]`, "twice"},
		{`["v_proj", "q_proj"]`, `[]`, "Targets is empty"},
		{`["v_proj", "q_proj"]`, `".*_proj"`, `target_modules is ".*_proj"`},
		{`"r": 8`, `"r": 0`, "Rank is 0"},
		{`"r": 8`, `"s": {}`, "r is missing"},
		{`"lora_alpha": 16`, `"lora_alpha": -1`, "Alpha is -1"},
	} {
		text := strings.Replace(peftConfig, tc.old, tc.new, 1)
		if _, err := decodeAdapterConfig([]byte(text)); text == peftConfig || !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tc.names) {
			t.Errorf("%s: error %v, want one with %s", tc.new, err, tc.names)
		}
	}
}

// TestAdapterDamage: a tensor that is missing, unknown or misshapen is named,
// and the model is left as it was.
func TestAdapterDamage(t *testing.T) {
	m := lively(t, tiny(), 1)
	base := m.Clone()
	a := livelyAdapter(t, m, "k_proj")
	for _, tc := range []struct{ file, old, new, names string }{
		{adapterFile, "1.self_attn.k_proj.lora_B", "1.self_attn.k_proj.lora_C", `1.self_attn.k_proj.lora_B.weight" is missing`},
		{adapterFile, `"shape":[12,3]`, `"shape":[3,12]`, "[3 12]"},
		{adapterConfigFile, `"k_proj"`, `"q_proj"`, `q_proj.lora_A.weight" is missing`},
		{adapterConfigFile, `"r": 3`, `"r": 4096`, "[4096 20]"},
	} {
		dir := filepath.Join(t.TempDir(), "adapter")
		if err := SaveAdapter(dir, a, F32, ""); err != nil {
			t.Fatal(err)
		}
		rewrite(t, filepath.Join(dir, tc.file), func(b []byte) []byte { return replace(tc.old, tc.new)(t, b) })
		was := base.Clone()
		if _, err := LoadAdapter(dir, base); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tc.names) || !strings.Contains(err.Error(), adapterFile) {
			t.Errorf("%s: error %v, want one with %s", tc.new, err, tc.names)
		}
		for i, p := range was.Parameters() {
			sameBits(t, p.Name, p.Data, base.Parameters()[i].Data)
		}
	}
}

func FuzzAdapterConfig(f *testing.F) {
	f.Add([]byte(peftConfig))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decodeAdapterConfig(b)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("error %v is not ErrFormat", err)
			}
			return
		}
		again, err := c.encode("")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decodeAdapterConfig(again); err != nil || fmt.Sprint(got) != fmt.Sprint(c) {
			t.Errorf("%s gives %+v, error %v, want %+v", again, got, err, c)
		}
	})
}
