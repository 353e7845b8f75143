package policy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/tokenizer"
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

	Cold     Imitate  // Tasks: teacher's games, without memory; imitated together with the first informed round
	Informed Imitate  // Tasks: games a form and round, played by the policy and then by the teacher who saw that
	Rounds   int      // of informed games, each played by the policy as it is by then; the first by the teacher, since nobody else can play yet
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

// DefaultRecipe returns the recipe of the shipped policy.
func DefaultRecipe() Recipe {
	return Recipe{
		Seed: 1, Workers: 2,
		Model: transformer.Config{
			Dim: 128, Layers: 4, Heads: 4, KVHeads: 2, HeadDim: 32, Hidden: 384, MaxTokens: 2048,
			RopeBase: 10000, NormEpsilon: 1e-5, TiedHead: true,
		},
		VocabTokens:   768,
		Trainer:       DefaultConfig(),
		Steps:         50,
		ContextTokens: 320,
		Temperature:   1,
		Finished:      0.5,
		Forms:         []string{"asymmetric", "uniform-verbatim", "uniform-abstract"},
		Cold:          Imitate{Tasks: 3000, Epochs: 4, LearningRate: 2e-3, Batch: 8, Text: 0.3},
		Informed:      Imitate{Tasks: 2000, Epochs: 1, LearningRate: 1e-3, Batch: 8, Text: 0.3},
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
		{"Cold.Tasks", r.Cold.Tasks, 1}, {"Cold.Epochs", r.Cold.Epochs, 1}, {"Cold.Batch", r.Cold.Batch, 1},
		{"Informed.Tasks", r.Informed.Tasks, 0}, {"Informed.Epochs", r.Informed.Epochs, 0}, {"Informed.Batch", r.Informed.Batch, 1},
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
	for _, p := range []struct {
		name string
		Imitate
	}{{"Cold", r.Cold}, {"Informed", r.Informed}} {
		if !(p.LearningRate > 0) {
			return fmt.Errorf("policy: Recipe.%s.LearningRate is %v, must be > 0", p.name, p.LearningRate)
		}
		if !(p.Text >= 0) {
			return fmt.Errorf("policy: Recipe.%s.Text is %v, must not be negative", p.name, p.Text)
		}
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

// Run cooks: it returns the trained policy, whose version is "recipe" until it
// is saved and loaded. log may be nil. It ends early with ctx's error.
func (r Recipe) Run(ctx context.Context, w World, tasks Tasks, log func(Event)) (*LM, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	if len(tasks.Train) == 0 || len(tasks.HeldOut) == 0 {
		return nil, fmt.Errorf("policy: %d tasks to train on and %d held out, need both", len(tasks.Train), len(tasks.HeldOut))
	}
	if log == nil {
		log = func(Event) {}
	}
	k := &kitchen{Recipe: r, world: w, tasks: tasks, log: log}
	demos, err := k.coldStart(ctx)
	if err != nil {
		return nil, fmt.Errorf("cold start: %w", err)
	}
	if r.Rounds == 0 {
		if err := k.imitate(ctx, "cold", plainly(demos), r.Cold); err != nil {
			return nil, fmt.Errorf("cold start: %w", err)
		}
	}
	var told []shown
	for round := range r.Rounds {
		more, err := k.practise(ctx, round)
		if err != nil {
			return nil, fmt.Errorf("informed round %d: %w", round, err)
		}
		told = append(told, more...)
		phase, imitate, plain := "cold", r.Cold, demos
		if round > 0 {
			phase, imitate = fmt.Sprintf("informed-%d", round), r.Informed
			plain = demos[:min(len(told), len(demos))] // keep the policy able to do without memory
		}
		if err := k.imitate(ctx, phase, slices.Concat(told, plainly(plain)), imitate); err != nil {
			return nil, fmt.Errorf("informed round %d: %w", round, err)
		}
	}
	if err := k.selfPlay(ctx); err != nil {
		return nil, fmt.Errorf("self-play: %w", err)
	}
	return k.lm.WithTemperature(r.Finished)
}

// kitchen is a recipe being followed.
type kitchen struct {
	Recipe
	world World
	tasks Tasks
	log   func(Event)
	lm    *LM
	next  int // of tasks.Train
}

// take returns the next n tasks to train on.
func (k *kitchen) take(n int) []agent.Task {
	out := make([]agent.Task, n)
	for i := range out {
		out[i] = k.tasks.Train[k.next%len(k.tasks.Train)]
		k.next++
	}
	return out
}

// rng returns the random source of one purpose.
func (k *kitchen) rng(purpose string, n int) *rand.Rand {
	return rand.New(rand.NewPCG(k.Seed, hash(purpose)+uint64(n)))
}

// coldStart makes the tokenizer and the model, and returns what the teacher did
// well.
func (k *kitchen) coldStart(ctx context.Context) ([]agent.Episode, error) {
	tasks := k.take(k.Cold.Tasks)
	teacher := k.world.Teacher(nil)
	rs := make([]rollout, len(tasks))
	for i, t := range tasks {
		rs[i] = rollout{policy: teacher, task: t, seed: k.Seed, steps: k.Steps}
	}
	demos, err := playAll(ctx, k.world, k.Workers, "cold", rs)
	if err != nil {
		return nil, err
	}
	k.log(Event{Phase: "cold", Note: fmt.Sprintf("teacher won %.1f%% of %d games", 100*successes(demos), len(demos))})
	texts, err := k.contexts(ctx, demos)
	if err != nil {
		return nil, err
	}
	for _, e := range demos {
		texts = append(texts, transcript(e))
	}
	tok, err := tokenizer.Train(texts, k.VocabTokens, specials[:])
	if err != nil {
		return nil, err
	}
	c := k.Model
	c.Vocab = tok.Vocab()
	m, err := transformer.New(c, k.rng("model", 0))
	if err != nil {
		return nil, err
	}
	if k.lm, err = NewLM(m, tok, k.Temperature, "recipe"); err != nil {
		return nil, err
	}
	return won(demos), nil
}

// imitate makes the model imitate demos.
func (k *kitchen) imitate(ctx context.Context, phase string, demos []shown, c Imitate) error {
	var ts []Trajectory
	for _, e := range demos {
		t, err := e.trajectory(k.lm)
		if errors.Is(err, transformer.ErrTooLong) {
			continue // an actor would not get that far either
		} else if err != nil {
			return err
		}
		if c.Text > 0 {
			t = t.WithText()
		}
		ts = append(ts, t)
	}
	trainer, err := NewTrainer(k.lm, k.Trainer)
	if err != nil {
		return err
	}
	updates := c.Epochs * ((len(ts) + c.Batch - 1) / c.Batch)
	rng := k.rng(phase, 0)
	var order []int
	for u := range updates {
		var groups [][]Trajectory
		for len(groups) < c.Batch {
			if len(order) == 0 {
				order = rng.Perm(len(ts))
			}
			groups = append(groups, []Trajectory{ts[order[0]]})
			order = order[1:]
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rate := WarmupCosine(c.LearningRate, u, updates)
		s, err := trainer.Update(Imitation{MinProb: 0.5, Text: c.Text}, groups, rate)
		if err != nil {
			return fmt.Errorf("update %d: %w", u, err)
		}
		k.log(Event{Phase: phase, Update: u + 1, Of: updates, Stats: &s, Rate: rate})
	}
	return nil
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
