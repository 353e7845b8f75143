package transformer

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// everything is a config with all that others' models have.
func everything() Config {
	c := biased()
	c.QKNorm, c.HeadDim = true, 10
	return c
}

// TestArchitectureDecoding: cached decoding of a model with biases, norms of
// queries and keys and stretched rotary frequencies is the reference's within
// 1e-4, and the same bits however it is split and batched.
func TestArchitectureDecoding(t *testing.T) {
	c := everything()
	for _, set := range kernel.Available() {
		m := lively(t, c, 1)
		m.set = set
		tokens := randomTokens(c, 2, 40)
		want := appendAll(t, m.NewDecoder(1), tokens)
		for i, v := range newReference(m).logits(tokens)[len(tokens)-1] {
			near(t, "logit", float64(want[i]), v, 1e-4)
		}
		for _, cuts := range [][]int{{1}, {20, 21, 39}} {
			sameBits(t, fmt.Sprint("split at ", cuts), want, appendAll(t, m.NewDecoder(2), tokens, cuts...))
		}
		caches := []*Cache{NewCache(m, 40), NewCache(m, 64)}
		logits, err := m.NewDecoder(2).Append(caches, [][]int32{tokens, randomTokens(c, 3, 64)})
		if err != nil {
			t.Fatal(err)
		}
		sameBits(t, "in a batch", want, logits[0])
	}
}

// TestArchitectureNew: norms start at 1 and biases at 0, neither decays, and one
// and two goroutines train all of them to the same bits.
func TestArchitectureNew(t *testing.T) {
	c := everything()
	one := newModel(t, c)
	if n := count(one); int64(n) != c.ParameterCount() {
		t.Errorf("%d parameters, ParameterCount says %d", n, c.ParameterCount())
	}
	vectors := 0
	for _, p := range one.Parameters() {
		want := float32(1)
		if strings.HasSuffix(p.Name, ".bias") {
			want = 0
		}
		if len(p.Shape) > 1 {
			continue
		}
		for _, v := range p.Data {
			if vectors++; v != want {
				t.Fatalf("%s starts with %v, want %v", p.Name, v, want)
			}
		}
	}
	if want := 5*20 + 2*(80+2*10); vectors != want {
		t.Errorf("%d numbers in vectors, want %d", vectors, want)
	}
	two := one.Clone()
	b := ragged(c, newRand(2), 33, 64, 64, 64, 20)
	for i, m := range []*Model{one, two} {
		train(t, m, NewAdamW(m, DefaultAdamWConfig()), b, schedule{i + 1, 3, 1e-3})
	}
	for i, p := range one.Parameters() {
		sameBits(t, p.Name, p.Data, two.Parameters()[i].Data)
	}
	decay := DefaultAdamWConfig()
	decay.WeightDecay = 1
	before := one.Clone()
	if _, err := NewAdamW(one, decay).Step(one, NewPass(one, 1), 0.1); err != nil {
		t.Fatal(err)
	}
	for i, p := range one.Parameters() {
		if len(p.Shape) == 1 {
			sameBits(t, p.Name, p.Data, before.Parameters()[i].Data)
		}
	}
}

func TestArchitectureSaveLoad(t *testing.T) {
	m := lively(t, everything(), 4)
	b := saved(t, m, F32, nil)
	got, _, err := Load(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if got.Config() != m.Config() {
		t.Errorf("config %+v, want %+v", got.Config(), m.Config())
	}
	if !bytes.Equal(b, saved(t, got, F32, nil)) {
		t.Error("saving what was loaded gives other bytes")
	}
	if plain := saved(t, newModel(t, tiny()), F32, nil); bytes.Contains(plain[:400], []byte("rope_scaling")) {
		t.Error("a config without options has them in its checkpoint")
	}
}

func TestRopeScalingValidate(t *testing.T) {
	llama3 := biased().RopeScaling
	for _, tc := range []struct {
		s     RopeScaling
		names string // "": valid
	}{
		{RopeScaling{}, ""},
		{llama3, ""},
		{RopeScaling{Kind: RopeLinear, Factor: 2}, ""},
		{RopeScaling{Kind: "yarn", Factor: 2}, `"yarn"`},
		{RopeScaling{Factor: 2}, "Kind"},
		{RopeScaling{Kind: RopeLinear, Factor: 0.5}, "Factor is 0.5"},
		{RopeScaling{Kind: RopeLinear, Factor: math.NaN()}, "Factor is NaN"},
		{RopeScaling{Kind: RopeLinear, Factor: math.Inf(1)}, "Factor is +Inf"},
		{RopeScaling{Kind: RopeLinear, Factor: 2, OriginalTokens: 8}, "Kind is linear"},
		{RopeScaling{Kind: RopeLlama3, Factor: 2, HighFactor: 4, OriginalTokens: 8}, "LowFactor is 0"},
		{RopeScaling{Kind: RopeLlama3, Factor: 2, LowFactor: 4, HighFactor: 4, OriginalTokens: 8}, "HighFactor is 4"},
		{RopeScaling{Kind: RopeLlama3, Factor: 2, LowFactor: 1, HighFactor: 4}, "OriginalTokens is 0"},
	} {
		c := tiny()
		c.RopeScaling = tc.s
		err := c.Validate()
		if (err == nil) != (tc.names == "") || (err != nil && !strings.Contains(err.Error(), tc.names)) {
			t.Errorf("%+v: error %v, want one with %q", tc.s, err, tc.names)
		}
	}
}
