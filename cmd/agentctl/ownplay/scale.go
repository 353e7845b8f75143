package ownplay

import "github.com/surefoot-ai/surefoot/policy"

// Scale is how large the study is.
type Scale struct {
	Cold policy.Recipe // the cold start: its teacher plays the taught games only, and nothing is learned from own play

	Iterations  int            // of own play
	Episodes    int            // an iteration: first tries and retries
	Steps       int            // budget of an episode of own play
	Batch       int            // groups an update
	Consolidate int            // iterations between two times that the successes of memory are imitated
	Imitate     policy.Imitate // of them
	Every       int            // iterations between two looks at the games to tune on
	Rates       []float64      // learning rates that are tried under the first seed, with each objective, for a sixth of the iterations

	Tries   int // of a game, in own play and in the exam
	Samples int // of each test game at temperature 1, for pass@k; at least Tries - 1
	Bank    int // games played once with memory, whose bank is then there at the first try of the test
}

// Full is the scale of the figures in the README.
func Full() Scale {
	c := policy.DefaultRecipe()
	c.Cold = policy.Imitate{Tasks: 210, Epochs: 3, LearningRate: 2e-3, Batch: 8, Text: 0.3}
	c.Informed = policy.Imitate{Tasks: 175, Epochs: 1, LearningRate: 1e-3, Batch: 8, Text: 0.3}
	c.Rounds, c.SelfPlay.Iterations = 1, 0
	return Scale{
		Cold: c, Iterations: 64, Episodes: 256, Steps: 30, Batch: 64, Every: 4, Rates: []float64{1e-4, 3e-4},
		Consolidate: 16, Imitate: policy.Imitate{Epochs: 4, LearningRate: 2e-3, Batch: 8, Text: 0.3},
		Tries: 3, Samples: 32, Bank: 300,
	}
}

// Quick is the scale of tests: everything is done, nothing is learned well.
func Quick() Scale {
	c := policy.QuickRecipe()
	c.Cold.Tasks, c.Informed.Tasks, c.Rounds, c.SelfPlay.Iterations = 40, 4, 1, 0
	return Scale{
		Cold: c, Iterations: 2, Episodes: 8, Steps: 10, Batch: 8, Every: 1, Rates: []float64{1e-4, 3e-4},
		Consolidate: 1, Imitate: policy.Imitate{Epochs: 1, LearningRate: 1e-3, Batch: 8},
		Tries: 2, Samples: 2, Bank: 4,
	}
}
