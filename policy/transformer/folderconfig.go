package transformer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// family is an architecture by Hugging Face's model_type.
type family string

const (
	llama family = "llama" // SmolLM2 too
	qwen2 family = "qwen2" // 2.5 too: biases of queries, keys and values
	qwen3 family = "qwen3" // norms of queries and keys
)

// architecture is the class of the family's language model.
func (f family) architecture() string {
	return map[family]string{llama: "LlamaForCausalLM", qwen2: "Qwen2ForCausalLM", qwen3: "Qwen3ForCausalLM"}[f]
}

// isInert reports whether a field of config.json changes nothing of what a
// trained model computes: names, token ids, what only training or text
// generation reads, and a window that use_sliding_window turns off, as the
// decoder requires.
func (f family) isInert(name string) bool {
	switch name {
	case "_name_or_path", "transformers_version", "transformers.js_config", "tokenizer_class", "is_llama_config",
		"unsloth_fixed", "unsloth_version", "_attn_implementation", "_attn_implementation_autoset",
		"bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "sep_token_id", "decoder_start_token_id",
		"bad_words_ids", "begin_suppress_tokens", "prefix", "use_cache", "return_dict",
		"output_attentions", "output_hidden_states", "attention_dropout", "initializer_range", "pretraining_tp",
		"finetuning_task", "task_specific_params", "problem_type", "id2label", "label2id", "max_window_layers":
		return true
	case "sliding_window":
		return f != llama
	}
	return false
}

// decodeFolderConfig reads a config.json. It returns the fields that change
// nothing too, nulls among them.
func decodeFolderConfig(b []byte) (Config, map[string]json.RawMessage, error) {
	var c Config
	f, err := parseFields("config.json", b)
	if err != nil {
		return c, nil, err
	}
	var kind family
	f.required("model_type", &kind)
	if f.err == nil && kind.architecture() == "" {
		f.fail("model_type is %q, must be llama, qwen2 or qwen3", brief(kind))
	}
	unchanged := make(map[string]json.RawMessage)
	for name, value := range f.members {
		if kind.isInert(name) {
			unchanged[name] = value
		}
	}
	for name := range unchanged {
		delete(f.members, name)
	}
	c.QKVBias, c.QKNorm = kind == qwen2, kind == qwen3
	f.sizes(&c, kind)
	f.rotary(&c)
	f.unsupported(kind)
	if err := f.rest(); err != nil {
		return c, nil, err
	}
	if err := c.Validate(); err != nil {
		return c, nil, formatError("config.json: %v", err)
	}
	return c, unchanged, nil
}

// sizes reads the widths and counts, with Hugging Face's defaults.
func (f *fields) sizes(c *Config, kind family) {
	f.required("vocab_size", &c.Vocab)
	f.required("hidden_size", &c.Dim)
	f.required("intermediate_size", &c.Hidden)
	f.required("num_hidden_layers", &c.Layers)
	f.required("num_attention_heads", &c.Heads)
	f.required("max_position_embeddings", &c.MaxTokens)
	c.KVHeads = c.Heads
	if kind == llama {
		f.optional("num_key_value_heads", &c.KVHeads)
	} else {
		f.required("num_key_value_heads", &c.KVHeads)
	}
	if !f.optional("head_dim", &c.HeadDim) {
		switch {
		case kind == qwen3:
			c.HeadDim = 128
		case c.Heads > 0 && c.Dim%c.Heads == 0:
			c.HeadDim = c.Dim / c.Heads
		default:
			f.fail("head_dim is missing, and num_attention_heads, %d, does not divide hidden_size, %d", c.Heads, c.Dim)
		}
	}
	c.NormEpsilon = 1e-6
	f.optional("rms_norm_eps", &c.NormEpsilon)
	f.optional("tie_word_embeddings", &c.TiedHead)
}

// rotary reads the base and the scaling of the rotary frequencies:
// rope_theta and rope_scaling, or rope_parameters that holds both.
func (f *fields) rotary(c *Config) {
	c.RopeBase = 10000
	given := f.optional("rope_theta", &c.RopeBase)
	for _, name := range []string{"rope_scaling", "rope_parameters"} {
		raw, ok := f.take(name)
		if !ok {
			continue
		}
		s, err := parseFields("config.json: "+name, raw)
		if err != nil {
			f.fail("%s is %s, must be an object", name, brief(raw))
			return
		}
		base := c.RopeBase
		if s.optional("rope_theta", &base) && given && base != c.RopeBase {
			s.fail("rope_theta is %v, and %v beside it", base, c.RopeBase)
		}
		c.RopeBase = base
		scaling := s.scaling()
		if c.RopeScaling != (RopeScaling{}) && scaling != c.RopeScaling {
			s.fail("differs from rope_scaling")
		}
		c.RopeScaling = scaling
		if err := s.rest(); err != nil && f.err == nil {
			f.err = err
		}
	}
}

// scaling reads a rope_scaling.
func (f *fields) scaling() RopeScaling {
	var s RopeScaling
	kind := "default"
	f.optional("type", &kind) // the older name; the newer one wins, as for Hugging Face
	f.optional("rope_type", &kind)
	f.only("partial_rotary_factor", 1.0)
	if f.err != nil {
		return s
	}
	switch kind {
	case "default":
		return s
	case string(RopeLinear):
		f.required("factor", &s.Factor)
	case string(RopeLlama3):
		f.required("factor", &s.Factor)
		f.required("low_freq_factor", &s.LowFactor)
		f.required("high_freq_factor", &s.HighFactor)
		f.required("original_max_position_embeddings", &s.OriginalTokens)
	default:
		f.fail("rope_type is %q, must be default, linear or llama3", brief(kind))
	}
	s.Kind = RopeKind(kind)
	return s
}

// unsupported refuses what would change the computation.
func (f *fields) unsupported(kind family) {
	for _, name := range []string{
		"attention_bias", "mlp_bias", "use_sliding_window", "use_mrope", "rope_interleaved",
		"is_encoder_decoder", "add_cross_attention", "tie_encoder_decoder", "is_decoder",
	} {
		f.only(name, false)
	}
	f.only("hidden_act", "silu")
	f.only("partial_rotary_factor", 1.0)
	f.take("torch_dtype") // each tensor says its own type
	f.take("dtype")
	var names []string
	if f.optional("architectures", &names) && !slices.Equal(names, []string{kind.architecture()}) {
		f.fail("architectures is %s, only [%s] is supported", brief(fmt.Sprintf("%q", names)), kind.architecture())
	}
	var layers []string
	f.optional("layer_types", &layers)
	for i, t := range layers {
		if t != "full_attention" {
			f.fail("layer_types[%d] is %q, only full_attention is supported", i, brief(t))
		}
	}
}

// family returns the architecture that c is of. None has both biases and
// norms.
func (c Config) family() (family, error) {
	switch {
	case c.QKVBias && c.QKNorm:
		return "", fmt.Errorf("transformer: Config.QKVBias and QKNorm are both set: no architecture of Hugging Face's has both")
	case c.QKVBias:
		return qwen2, nil
	case c.QKNorm:
		return qwen3, nil
	}
	return llama, nil
}

// real is a float64 that stays one in JSON read by Python: 1.0, not 1.
type real float64

// MarshalJSON writes r with a point or an exponent.
func (r real) MarshalJSON() ([]byte, error) {
	s := strconv.FormatFloat(float64(r), 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return []byte(s), nil
}

// encodeFolderConfig writes the config.json of a model, with fields added that
// change nothing.
func encodeFolderConfig(c Config, dtype DType, extra map[string]json.RawMessage) ([]byte, error) {
	kind, err := c.family()
	if err != nil {
		return nil, err
	}
	all := map[string]any{
		"model_type": kind, "architectures": []string{kind.architecture()},
		"torch_dtype": map[DType]string{F32: "float32", BF16: "bfloat16", F16: "float16"}[dtype],
		"vocab_size":  c.Vocab, "hidden_size": c.Dim, "intermediate_size": c.Hidden,
		"num_hidden_layers": c.Layers, "num_attention_heads": c.Heads, "num_key_value_heads": c.KVHeads,
		"head_dim": c.HeadDim, "max_position_embeddings": c.MaxTokens, "hidden_act": "silu",
		"rms_norm_eps": real(c.NormEpsilon), "rope_theta": real(c.RopeBase), "rope_scaling": nil,
		"tie_word_embeddings": c.TiedHead,
	}
	switch kind {
	case llama:
		all["attention_bias"], all["mlp_bias"] = false, false
	case qwen2:
		all["use_sliding_window"] = false
	case qwen3:
		all["attention_bias"], all["use_sliding_window"] = false, false
	}
	switch s := c.RopeScaling; s.Kind {
	case RopeLinear:
		all["rope_scaling"] = map[string]any{"rope_type": s.Kind, "factor": real(s.Factor)}
	case RopeLlama3:
		all["rope_scaling"] = map[string]any{
			"rope_type": s.Kind, "factor": real(s.Factor), "low_freq_factor": real(s.LowFactor),
			"high_freq_factor": real(s.HighFactor), "original_max_position_embeddings": s.OriginalTokens,
		}
	}
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if !kind.isInert(name) {
			return nil, fmt.Errorf("transformer: field %q of config.json is not one that changes nothing", name)
		}
		all[name] = extra[name]
	}
	b, err := json.MarshalIndent(all, "", "  ")
	return append(b, '\n'), err
}
