package transformer

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// published are the config.json of well-known models, and the number of
// parameters their authors state.
var published = []struct {
	name, text string
	want       Config
	parameters int64
}{
	{"SmolLM2-135M", `{"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
		"bos_token_id": 0, "eos_token_id": 0, "hidden_act": "silu", "hidden_size": 576,
		"initializer_range": 0.041666666666666664, "intermediate_size": 1536, "is_llama_config": true,
		"max_position_embeddings": 8192, "mlp_bias": false, "model_type": "llama", "num_attention_heads": 9,
		"num_hidden_layers": 30, "num_key_value_heads": 3, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
		"rope_interleaved": false, "rope_scaling": null, "rope_theta": 100000, "tie_word_embeddings": true,
		"torch_dtype": "bfloat16", "transformers_version": "4.40.1", "use_cache": true, "vocab_size": 49152}`,
		Config{Vocab: 49152, Dim: 576, Layers: 30, Heads: 9, KVHeads: 3, HeadDim: 64, Hidden: 1536,
			MaxTokens: 8192, RopeBase: 1e5, NormEpsilon: 1e-5, TiedHead: true}, 134515008},
	{"Qwen2.5-0.5B", `{"architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643,
		"eos_token_id": 151643, "hidden_act": "silu", "hidden_size": 896, "initializer_range": 0.02,
		"intermediate_size": 4864, "max_position_embeddings": 32768, "max_window_layers": 24, "model_type": "qwen2",
		"num_attention_heads": 14, "num_hidden_layers": 24, "num_key_value_heads": 2, "rms_norm_eps": 1e-06,
		"rope_theta": 1000000.0, "sliding_window": 32768, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
		"transformers_version": "4.40.1", "use_cache": true, "use_mrope": false, "use_sliding_window": false,
		"vocab_size": 151936}`,
		Config{Vocab: 151936, Dim: 896, Layers: 24, Heads: 14, KVHeads: 2, HeadDim: 64, Hidden: 4864,
			MaxTokens: 32768, RopeBase: 1e6, NormEpsilon: 1e-6, TiedHead: true, QKVBias: true}, 494032768},
	{"Llama-3.2-1B", `{"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
		"bos_token_id": 128000, "eos_token_id": [128001, 128008], "head_dim": 64, "hidden_act": "silu",
		"hidden_size": 2048, "initializer_range": 0.02, "intermediate_size": 8192, "max_position_embeddings": 131072,
		"mlp_bias": false, "model_type": "llama", "num_attention_heads": 32, "num_hidden_layers": 16,
		"num_key_value_heads": 8, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling": {"factor": 32.0,
		"high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192,
		"rope_type": "llama3"}, "rope_theta": 500000.0, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
		"transformers_version": "4.45.0.dev0", "use_cache": true, "vocab_size": 128256}`,
		Config{Vocab: 128256, Dim: 2048, Layers: 16, Heads: 32, KVHeads: 8, HeadDim: 64, Hidden: 8192,
			MaxTokens: 131072, RopeBase: 5e5, NormEpsilon: 1e-5, TiedHead: true,
			RopeScaling: RopeScaling{Kind: RopeLlama3, Factor: 32, LowFactor: 1, HighFactor: 4, OriginalTokens: 8192}}, 1235814400},
	{"Qwen3-0.6B", `{"architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
		"bos_token_id": 151643, "eos_token_id": 151645, "head_dim": 128, "hidden_act": "silu", "hidden_size": 1024,
		"initializer_range": 0.02, "intermediate_size": 3072, "max_position_embeddings": 40960,
		"max_window_layers": 28, "model_type": "qwen3", "num_attention_heads": 16, "num_hidden_layers": 28,
		"num_key_value_heads": 8, "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 1000000,
		"sliding_window": null, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
		"transformers_version": "4.51.0", "use_cache": true, "use_sliding_window": false, "vocab_size": 151936}`,
		Config{Vocab: 151936, Dim: 1024, Layers: 28, Heads: 16, KVHeads: 8, HeadDim: 128, Hidden: 3072,
			MaxTokens: 40960, RopeBase: 1e6, NormEpsilon: 1e-6, TiedHead: true, QKNorm: true}, 596049920},
}

func TestPublishedConfigs(t *testing.T) {
	for _, p := range published {
		c, unchanged, err := decodeFolderConfig([]byte(p.text))
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
			continue
		}
		if c != p.want {
			t.Errorf("%s: got %+v, want %+v", p.name, c, p.want)
		}
		if n := c.ParameterCount(); n != p.parameters {
			t.Errorf("%s: %d parameters, want %d", p.name, n, p.parameters)
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal([]byte(p.text), &all); err != nil {
			t.Fatal(err)
		}
		if string(unchanged["eos_token_id"]) != string(all["eos_token_id"]) {
			t.Errorf("%s: eos_token_id is %s, want %s", p.name, unchanged["eos_token_id"], all["eos_token_id"])
		}
	}
}

// changed is SmolLM2's config.json of another model_type, with members
// replaced, or left out if empty.
func changed(t testing.TB, members map[string]string) []byte {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(published[0].text), &all); err != nil {
		t.Fatal(err)
	}
	delete(all, "architectures")
	for name, value := range members {
		if all[name] = json.RawMessage(value); value == "" {
			delete(all, name)
		}
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFolderConfigRefuses: a field that changes the computation, or may, is an
// error that names it and its value.
func TestFolderConfigRefuses(t *testing.T) {
	for _, tc := range []struct {
		members map[string]string
		names   []string
	}{
		{map[string]string{"model_type": ""}, []string{"model_type is missing"}},
		{map[string]string{"model_type": `"gemma"`}, []string{"model_type", `"gemma"`}},
		{map[string]string{"architectures": `["LlamaForSequenceClassification"]`}, []string{"architectures", "LlamaForSequenceClassification"}},
		{map[string]string{"model_type": `"qwen2"`, "architectures": `["LlamaForCausalLM"]`}, []string{"architectures", "Qwen2ForCausalLM"}},
		{map[string]string{"attention_bias": "true"}, []string{"attention_bias is true"}},
		{map[string]string{"mlp_bias": "true"}, []string{"mlp_bias is true"}},
		{map[string]string{"mlp_bias": "[[0]]"}, []string{"mlp_bias is [[0]]"}},
		{map[string]string{"hidden_act": `"gelu"`}, []string{`hidden_act is "gelu"`}},
		{map[string]string{"partial_rotary_factor": "0.5"}, []string{"partial_rotary_factor is 0.5"}},
		{map[string]string{"rope_interleaved": "true"}, []string{"rope_interleaved is true"}},
		{map[string]string{"sliding_window": "4096"}, []string{"sliding_window is 4096"}},
		{map[string]string{"model_type": `"qwen2"`, "use_sliding_window": "true"}, []string{"use_sliding_window is true"}},
		{map[string]string{"layer_types": `["full_attention","sliding_attention"]`}, []string{"layer_types[1]", "sliding_attention"}},
		{map[string]string{"quantization_config": `{"bits":4}`}, []string{`quantization_config is {"bits":4}`}},
		{map[string]string{"rope_scaling": `{"rope_type":"yarn","factor":4}`}, []string{"rope_scaling", `"yarn"`}},
		{map[string]string{"rope_scaling": `{"type":"dynamic","factor":4}`}, []string{"rope_scaling", `"dynamic"`}},
		{map[string]string{"rope_scaling": `{"type":"linear","factor":4,"attention_factor":2}`}, []string{"rope_scaling", "attention_factor is 2"}},
		{map[string]string{"rope_scaling": `{"rope_type":"linear"}`}, []string{"rope_scaling", "factor is missing"}},
		{map[string]string{"rope_scaling": `{"rope_type":"linear","factor":0}`}, []string{"Factor is 0"}},
		{map[string]string{"rope_scaling": `[1]`}, []string{"rope_scaling is [1]"}},
		{map[string]string{"rope_parameters": `{"rope_type":"default","rope_theta":5}`}, []string{"rope_parameters", "rope_theta is 5"}},
		{map[string]string{"rope_parameters": `{"partial_rotary_factor":0.25}`}, []string{"partial_rotary_factor is 0.25"}},
		{map[string]string{"rope_scaling": `{"type":"linear","factor":4}`, "rope_parameters": `{"type":"linear","factor":2}`}, []string{"rope_parameters", "differs"}},
		{map[string]string{"logit_scale": "2"}, []string{"logit_scale is 2"}},
		{map[string]string{"vocab_size": ""}, []string{"vocab_size is missing"}},
		{map[string]string{"hidden_size": "null"}, []string{"hidden_size is missing"}},
		{map[string]string{"hidden_size": `"576"`}, []string{`hidden_size is "576"`}},
		{map[string]string{"hidden_size": "577"}, []string{"head_dim is missing", "577"}},
		{map[string]string{"num_attention_heads": "0"}, []string{"head_dim", "num_attention_heads, 0"}},
		{map[string]string{"num_hidden_layers": "-1"}, []string{"Layers is -1"}},
		{map[string]string{"vocab_size": "1e99"}, []string{"vocab_size is 1e99"}},
		{map[string]string{"vocab_size": "1000000000"}, []string{"Vocab is 1000000000"}},
		{map[string]string{"model_type": `"qwen3"`, "num_key_value_heads": ""}, []string{"num_key_value_heads is missing"}},
		{map[string]string{"bos_token_id": strings.Repeat("[", 1<<17) + strings.Repeat("]", 1<<17)}, []string{"bos_token_id"}},
	} {
		var b []byte
		if deep := tc.members["bos_token_id"]; deep != "" {
			b = []byte(`{"bos_token_id":` + deep + `}`)
		} else {
			b = changed(t, tc.members)
		}
		_, _, err := decodeFolderConfig(b)
		for _, s := range tc.names {
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), s) {
				t.Errorf("%.100s: error %v, want one with %s", fmt.Sprint(tc.members), err, s)
			}
		}
	}
	for text, names := range map[string]string{
		``: "not a JSON object", `[]`: "not a JSON object", `{"a":1,"a":1}`: "twice", `{"a":1`: "config.json", `{}{}`: "goes on",
	} {
		if _, _, err := decodeFolderConfig([]byte(text)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), names) {
			t.Errorf("%s: error %v, want one with %s", text, err, names)
		}
	}
}

// TestFolderConfigDefaults: what is left out is what Hugging Face takes.
func TestFolderConfigDefaults(t *testing.T) {
	for _, tc := range []struct {
		members map[string]string
		want    func(*Config)
	}{
		{map[string]string{"rms_norm_eps": ""}, func(c *Config) { c.NormEpsilon = 1e-6 }},
		{map[string]string{"rope_theta": ""}, func(c *Config) { c.RopeBase = 10000 }},
		{map[string]string{"tie_word_embeddings": ""}, func(c *Config) { c.TiedHead = false }},
		{map[string]string{"num_key_value_heads": ""}, func(c *Config) { c.KVHeads = 9 }},
		{map[string]string{"hidden_act": "null"}, func(*Config) {}},
		{map[string]string{"head_dim": "32"}, func(c *Config) { c.HeadDim = 32 }},
		{map[string]string{"model_type": `"qwen3"`}, func(c *Config) { c.QKNorm, c.HeadDim = true, 128 }},
		{map[string]string{"model_type": `"qwen2"`}, func(c *Config) { c.QKVBias = true }},
		{map[string]string{"rope_theta": "", "rope_parameters": `{"rope_theta":7.5,"rope_type":"linear","factor":2}`},
			func(c *Config) { c.RopeBase, c.RopeScaling = 7.5, RopeScaling{Kind: RopeLinear, Factor: 2} }},
		{map[string]string{"rope_scaling": `{"type":"linear","factor":2}`},
			func(c *Config) { c.RopeScaling = RopeScaling{Kind: RopeLinear, Factor: 2} }},
		{map[string]string{"rope_scaling": `{"type":"yarn","rope_type":"default"}`}, func(*Config) {}},
	} {
		want := published[0].want
		tc.want(&want)
		got, _, err := decodeFolderConfig(changed(t, tc.members))
		if err != nil || got != want {
			t.Errorf("%v: got %+v, error %v, want %+v", tc.members, got, err, want)
		}
	}
}

func TestSaveFolderRefusesFields(t *testing.T) {
	c := tiny()
	for _, name := range []string{"vocab_size", "rope_theta", "sliding_window", "anything"} {
		_, err := encodeFolderConfig(c, F32, map[string]json.RawMessage{name: json.RawMessage("1")})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := encodeFolderConfig(everything(), F32, nil); err == nil || !strings.Contains(err.Error(), "QKNorm") {
		t.Errorf("biases and norms: error %v", err)
	}
}

func FuzzFolderConfig(f *testing.F) {
	for _, p := range published {
		f.Add([]byte(p.text))
	}
	f.Add(changed(f, map[string]string{"rope_parameters": `{"rope_theta":100000,"type":"linear","factor":2}`}))
	f.Add(changed(f, map[string]string{"layer_types": `["full_attention"]`, "model_type": `"qwen3"`}))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, unchanged, err := decodeFolderConfig(b)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("error %v is not ErrFormat", err)
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Errorf("invalid config passed: %v", err)
		}
		again, err := encodeFolderConfig(c, BF16, unchanged)
		if err != nil {
			t.Fatal(err)
		}
		got, kept, err := decodeFolderConfig(again)
		if err != nil || got != c {
			t.Errorf("%s\ngives %+v, error %v, want %+v", again, got, err, c)
		}
		if a, b := slices.Sorted(maps.Keys(kept)), slices.Sorted(maps.Keys(unchanged)); !reflect.DeepEqual(a, b) {
			t.Errorf("fields %v, want %v", a, b)
		}
	})
}
