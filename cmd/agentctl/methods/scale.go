package methods

import (
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Scale is how large experiments are.
type Scale struct {
	Quick bool

	Model transformer.Config // Vocab is set

	BaseUpdates int     // of imitation
	BaseBatch   int     // answers an update
	BaseRate    float64 // its learning rate at the peak

	Iterations int // of reinforcement
	Prompts    int // an iteration
	Samples    int // of each prompt; a group
	Groups     int // an update
	Every      int // iterations between two measurements

	Problems int // measured on
	Attempts int // at each: the n of pass@k
}

// Full is the scale of the figures in the README.
func Full() Scale {
	return Scale{
		Model: transformer.Config{
			Dim: 96, Layers: 4, Heads: 3, KVHeads: 3, HeadDim: 32, Hidden: 256, MaxTokens: 128,
			RopeBase: 10000, NormEpsilon: 1e-5, TiedHead: true,
		},
		BaseUpdates: 1500, BaseBatch: 128, BaseRate: 3e-3,
		Iterations: 160, Prompts: 32, Samples: 8, Groups: 16, Every: 20,
		Problems: 100, Attempts: 256,
	}
}

// Quick is the scale of tests: everything is done, nothing is learned well.
func Quick() Scale {
	s := Full()
	s.Quick = true
	s.Model.Dim, s.Model.Layers, s.Model.Heads, s.Model.KVHeads, s.Model.Hidden = 32, 2, 1, 1, 64
	s.BaseUpdates, s.BaseBatch, s.BaseRate = 700, 32, 5e-3
	s.Iterations, s.Prompts, s.Samples, s.Groups, s.Every = 4, 8, 4, 4, 2
	s.Problems, s.Attempts = 10, 16
	return s
}
