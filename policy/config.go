package policy

import (
	"fmt"
	"math"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Config holds the hyperparameters of a [Trainer]. Every zero is a real
// setting: begin with [DefaultConfig].
type Config struct {
	LearningRate float64 // > 0; Update may be given another
	Beta1, Beta2 float64 // of AdamW, in [0,1)
	Epsilon      float64 // of AdamW, > 0
	WeightDecay  float64 // of AdamW, ≥ 0; not applied to norms
	MaxGradNorm  float64 // global-norm clipping; 0: none
	Warmup       int     `json:",omitempty"` // first updates of a fresh optimiser over which the learning rate rises linearly, ≥ 0: AdamW's first steps are as long for noise as for what it should learn
	EntropyBonus float64 // weight of the mean entropy of the choices, ≥ 0 (1e-4 in arXiv:2506.01347)
	BatchTokens  int     // tokens of one forward and backward pass, > 0; bounds memory, not the result
	Threads      int     // > 0; the result does not depend on it
}

// DefaultConfig returns the settings the shipped policy was trained with,
// where they do not differ between its phases.
func DefaultConfig() Config {
	return Config{
		LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8, WeightDecay: 0.01,
		MaxGradNorm: 1, EntropyBonus: 0, BatchTokens: 8192, Threads: 2,
	}
}

// Validate names the first field that is out of its range.
func (c Config) Validate() error {
	for _, f := range []struct {
		name  string
		value float64
		ok    bool
		want  string
	}{
		{"LearningRate", c.LearningRate, c.LearningRate > 0 && !math.IsInf(c.LearningRate, 0), "> 0"},
		{"Beta1", c.Beta1, c.Beta1 >= 0 && c.Beta1 < 1, "in [0,1)"},
		{"Beta2", c.Beta2, c.Beta2 >= 0 && c.Beta2 < 1, "in [0,1)"},
		{"Epsilon", c.Epsilon, c.Epsilon > 0, "> 0"},
		{"WeightDecay", c.WeightDecay, c.WeightDecay >= 0, "≥ 0"},
		{"MaxGradNorm", c.MaxGradNorm, c.MaxGradNorm >= 0, "≥ 0"},
		{"Warmup", float64(c.Warmup), c.Warmup >= 0, "≥ 0"},
		{"EntropyBonus", c.EntropyBonus, c.EntropyBonus >= 0, "≥ 0"},
		{"BatchTokens", float64(c.BatchTokens), c.BatchTokens > 0, "> 0"},
		{"Threads", float64(c.Threads), c.Threads > 0, "> 0"},
	} {
		if !f.ok {
			return fmt.Errorf("policy: Config.%s is %v, must be %s", f.name, f.value, f.want)
		}
	}
	return nil
}

// adamW is the optimiser's part of c.
func (c Config) adamW() transformer.AdamWConfig {
	return transformer.AdamWConfig{
		Beta1: c.Beta1, Beta2: c.Beta2, Epsilon: c.Epsilon,
		WeightDecay: c.WeightDecay, MaxGradNorm: c.MaxGradNorm,
	}
}
