package policy

import (
	"fmt"
	"math"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Recipe is the whole way from nothing to a policy. The phases are those of
// SkillRL's training (arXiv:2602.08234): imitate, imitate with what memory
// knows in view, then reinforce, here by the own failures. Every zero is a
// real setting: begin with [DefaultRecipe].
//
// The same recipe, world and seed give the same policy, bit for bit, on one
// kind of processor, for any number of workers and threads.
type Recipe struct {
	Seed    uint64
	Workers int // episodes played at once, > 0

	Model       transformer.Config // Vocab is set from VocabTokens
	VocabTokens int                // of the tokenizer, > 256 + its special tokens
	Trainer     Config             // Threads and the optimiser; the learning rates are the phases' own

	Steps         int      // step budget of an episode, > 0
	ContextTokens int      // asked of a memory, ≥ 0
	Temperature   float64  // of play while training, ≥ 0; at 1 reinforcement is on-policy
	Finished      float64  // temperature of the finished policy, ≥ 0
	Forms         []string // of memory, in which the policy learns to read
	Marks         bool     // see [LM.WithMarks]

	Dir string `json:"-"` // where finished phases are kept, so that an interrupted run goes on with the same bits; made if absent; empty: nowhere

	Cold     Imitate  // Tasks: teacher's games, without memory; imitated together with the first informed round
	Informed Imitate  // Tasks: games a form and round, played by the policy and then by the teacher who saw that
	Rounds   int      // of informed games, each played by the policy as it is by then; the first by the teacher, since nobody else can play yet
	Advice   bool     // in rounds after the first the policy also plays without memory, and imitates what the teacher would have done in its place, see Advised
	SelfPlay SelfPlay // the own failures
}

// Imitate sets one phase of supervised fine-tuning.
type Imitate struct {
	Tasks        int
	Epochs       int
	LearningRate float64 // peak; warmed up over 5% of the updates, then down to a tenth along a cosine
	Batch        int     // episodes an update, > 0
	Text         float64 // weight of the tokens that were no choices, ≥ 0: see Imitation
}

// validate names the first field of what that is out of its range.
func (c Imitate) validate(what string) error {
	switch {
	case c.Epochs < 0:
		return fmt.Errorf("policy: %s.Epochs is %d, must be at least 0", what, c.Epochs)
	case c.Batch < 1:
		return fmt.Errorf("policy: %s.Batch is %d, must be at least 1", what, c.Batch)
	case !(c.LearningRate > 0):
		return fmt.Errorf("policy: %s.LearningRate is %v, must be > 0", what, c.LearningRate)
	case !(c.Text >= 0):
		return fmt.Errorf("policy: %s.Text is %v, must not be negative", what, c.Text)
	}
	return nil
}

// DefaultRecipe returns the recipe of the shipped policy.
func DefaultRecipe() Recipe {
	return Recipe{
		Seed: 1, Workers: 2,
		Model: transformer.Config{
			Dim: 128, Layers: 4, Heads: 4, KVHeads: 2, HeadDim: 32, Hidden: 384, MaxTokens: 2048,
			RopeBase: 10000, NormEpsilon: 1e-5, TiedHead: true,
		},
		VocabTokens:   1024,
		Trainer:       DefaultConfig(),
		Steps:         50,
		ContextTokens: 320,
		Temperature:   1,
		Finished:      0.5,
		Forms:         []string{"asymmetric", "uniform-verbatim", "uniform-abstract"},
		Marks:         true,
		Cold:          Imitate{Tasks: 6000, Epochs: 2, LearningRate: 2e-3, Batch: 8, Text: 0.3},
		Informed:      Imitate{Tasks: 1500, Epochs: 1, LearningRate: 1e-3, Batch: 8, Text: 0.3},
		Rounds:        2,
		SelfPlay:      DefaultSelfPlay(),
	}
}

// QuickRecipe returns a recipe that takes seconds: enough to see every phase
// work, not to play well.
func QuickRecipe() Recipe {
	r := DefaultRecipe()
	r.Model.Dim, r.Model.Layers, r.Model.HeadDim, r.Model.Hidden = 64, 2, 16, 160
	r.VocabTokens = 512
	r.Cold = Imitate{Tasks: 60, Epochs: 2, LearningRate: 3e-3, Batch: 8, Text: 0.3}
	r.Informed = Imitate{Tasks: 10, Epochs: 1, LearningRate: 1e-3, Batch: 8, Text: 0.3}
	r.Rounds = 2
	r.SelfPlay.Iterations, r.SelfPlay.Tasks, r.SelfPlay.Batch, r.SelfPlay.Guard.Every = 2, 8, 8, 1
	return r
}

// Validate names the first field that is out of its range.
func (r Recipe) Validate() error {
	for _, f := range []struct {
		name string
		n    int
		min  int
	}{
		{"Workers", r.Workers, 1}, {"VocabTokens", r.VocabTokens, 257 + len(specials)}, {"Steps", r.Steps, 1},
		{"ContextTokens", r.ContextTokens, 0}, {"Rounds", r.Rounds, 0},
		{"Cold.Tasks", r.Cold.Tasks, 1}, {"Cold.Epochs", r.Cold.Epochs, 1}, {"Informed.Tasks", r.Informed.Tasks, 0},
	} {
		if f.n < f.min {
			return fmt.Errorf("policy: Recipe.%s is %d, must be at least %d", f.name, f.n, f.min)
		}
	}
	if !(r.Temperature >= 0) {
		return fmt.Errorf("policy: Recipe.Temperature is %v, must not be negative", r.Temperature)
	}
	if !(r.Finished >= 0) {
		return fmt.Errorf("policy: Recipe.Finished is %v, must not be negative", r.Finished)
	}
	if err := r.Cold.validate("Recipe.Cold"); err != nil {
		return err
	}
	if err := r.Informed.validate("Recipe.Informed"); err != nil {
		return err
	}
	if err := r.Trainer.Validate(); err != nil {
		return err
	}
	return r.SelfPlay.Validate()
}

// specials are the tokenizer's special tokens. The padding token is never
// written; it keeps id 0 from meaning anything.
var specials = [...]string{"<pad>"}

// Event is one line of a run's log.
type Event struct {
	Phase  string  `json:"phase"`
	Update int     `json:"update,omitempty"`
	Of     int     `json:"of,omitempty"` // updates, if known
	Stats  *Stats  `json:"stats,omitempty"`
	Score  Score   `json:"score,omitempty"`
	Note   string  `json:"note,omitempty"` // a guard that fired, a phase that began
	Rate   float64 `json:"learning_rate,omitempty"`
}

// Tasks are the tasks of a recipe. The lists must be disjoint.
type Tasks struct {
	Train   []agent.Task // used from the front; a phase takes what the one before left, around and around
	HeldOut []agent.Task // the guard's
}

// WarmupCosine is the learning rate of update u of n, from 0: up over the first
// 5%, then along a cosine down to a tenth of peak.
func WarmupCosine(peak float64, u, n int) float64 {
	warm := max(n/20, 1)
	if u < warm {
		return peak * float64(u+1) / float64(warm)
	}
	x := float64(u-warm) / float64(max(n-warm, 1))
	return peak * (0.1 + 0.9*(1+math.Cos(math.Pi*x))/2)
}

// won returns the episodes that succeeded.
func won(es []agent.Episode) []agent.Episode {
	var out []agent.Episode
	for _, e := range es {
		if e.Outcome.Success {
			out = append(out, e)
		}
	}
	return out
}
