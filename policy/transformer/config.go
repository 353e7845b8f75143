package transformer

import (
	"fmt"
	"math"
)

// Config is the shape of a model.
type Config struct {
	Vocab       int     `json:"vocab"`        // tokens are 0 … Vocab-1
	Dim         int     `json:"dim"`          // width of the residual stream
	Layers      int     `json:"layers"`       // attention and feed-forward blocks
	Heads       int     `json:"heads"`        // query heads
	KVHeads     int     `json:"kv_heads"`     // key and value heads; divides Heads
	HeadDim     int     `json:"head_dim"`     // width of a head; even. Heads*HeadDim need not be Dim
	Hidden      int     `json:"hidden"`       // width of the feed-forward block
	MaxTokens   int     `json:"max_tokens"`   // longest sequence
	RopeBase    float64 `json:"rope_base"`    // of the rotary frequencies, 10000 in Llama
	NormEpsilon float64 `json:"norm_epsilon"` // under RMSNorm's root, 1e-5 in Llama
	TiedHead    bool    `json:"tied_head"`    // the head is the embedding

	QKVBias     bool        `json:"qkv_bias,omitempty"`    // biases of queries, keys and values, as in Qwen2
	QKNorm      bool        `json:"qk_norm,omitempty"`     // RMSNorm of each head's query and key before they are turned, as in Qwen3
	RopeScaling RopeScaling `json:"rope_scaling,omitzero"` // of the rotary frequencies
}

// Validate names the first field that is out of its bounds, its value and the
// bound.
func (c Config) Validate() error {
	for _, f := range []struct {
		name     string
		value    int
		low, top int
	}{
		{"Vocab", c.Vocab, 1, 1 << 20},
		{"Dim", c.Dim, 1, 1 << 16},
		{"Layers", c.Layers, 1, 1 << 10},
		{"Heads", c.Heads, 1, 1 << 10},
		{"KVHeads", c.KVHeads, 1, c.Heads},
		{"HeadDim", c.HeadDim, 2, 1 << 12},
		{"Hidden", c.Hidden, 1, 1 << 18},
		{"MaxTokens", c.MaxTokens, 1, 1 << 20},
	} {
		if f.value < f.low || f.value > f.top {
			return fmt.Errorf("transformer: Config.%s is %d, must be in [%d,%d]", f.name, f.value, f.low, f.top)
		}
	}
	if c.Heads%c.KVHeads != 0 {
		return fmt.Errorf("transformer: Config.KVHeads is %d, must divide Heads, %d", c.KVHeads, c.Heads)
	}
	if c.HeadDim%2 != 0 {
		return fmt.Errorf("transformer: Config.HeadDim is %d, must be even", c.HeadDim)
	}
	if !(c.RopeBase >= 1) || math.IsInf(c.RopeBase, 0) {
		return fmt.Errorf("transformer: Config.RopeBase is %v, must be finite and at least 1", c.RopeBase)
	}
	if !(c.NormEpsilon > 0) || c.NormEpsilon > 1 {
		return fmt.Errorf("transformer: Config.NormEpsilon is %v, must be in (0,1]", c.NormEpsilon)
	}
	if err := c.RopeScaling.validate(); err != nil {
		return err
	}
	if n := c.ParameterCount(); n > maxParameters {
		return fmt.Errorf("transformer: Config has %d parameters, must be at most %d", n, maxParameters)
	}
	return nil
}

// maxParameters bounds what a checkpoint can make a reader allocate: 2^32
// float32 are 16 GiB, where there is that much to address.
const maxParameters int64 = min(1<<32, math.MaxInt/8)

// ParameterCount is the number of weights, the tied head counted once.
func (c Config) ParameterCount() int64 {
	d, q, kv := int64(c.Dim), int64(c.Heads*c.HeadDim), int64(c.KVHeads*c.HeadDim)
	layer := 2*d + 2*d*q + 2*d*kv + 3*d*int64(c.Hidden)
	if c.QKVBias {
		layer += q + 2*kv
	}
	if c.QKNorm {
		layer += 2 * int64(c.HeadDim)
	}
	vocab := int64(c.Vocab)
	n := vocab*d + d + int64(c.Layers)*layer
	if !c.TiedHead {
		n += vocab * d
	}
	return n
}
