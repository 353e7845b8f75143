package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/surefoot-ai/surefoot/eval/household"
	"github.com/surefoot-ai/surefoot/policy"
)

// trainOptions are the flags of 'agentctl train'.
type trainOptions struct {
	suite, data, split string
	games, heldOut     int
	size               string
	objective          string
	lambda             float64
	iterations         int
	learningRate       float64
	seed               uint64
	workers            int
	out, logFile, keep string
	advice             bool
	force              bool
}

// Seeds of generated games. The suites that eval plays begin at testGames, far
// from both.
const (
	trainGames   = 1_000_000
	heldOutGames = 2_000_000
)

func newTrain(a *app) *cobra.Command {
	var o trainOptions
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train the local policy: imitate, read memory, learn from the own failures",
		Long: `Train the local policy from nothing and write it to one file.

It imitates a teacher that sees only what the agent may observe; then it plays
with memory and imitates the teacher who was told what memory knows; then it
plays on and is pushed away from its own failures, under a guard that watches
held-out games and takes back a step that hurts.

The same flags give the same file, byte for byte, on one kind of processor.`,
		Example: `  agentctl train --suite household --out policy.safetensors
  agentctl eval --policy policy.safetensors
  agentctl train --suite alfworld --data json_2.1.1 --out alfworld.safetensors`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return train(cmd.Context(), a, o) },
	}
	f := cmd.Flags()
	f.Var(newChoice(&o.suite, "household", "household", "alfworld"), "suite", "games to train on: household (generated) or alfworld (needs --data; as many generated ones are added)")
	f.StringVar(&o.data, "data", "", "folder of the official ALFWorld games (json_2.1.1)")
	f.StringVar(&o.split, "split", "train", "split of --data to train on; tuned on valid_train")
	f.Var(newCount(&o.games, 16000, 1), "games", "how many games to train on")
	f.Var(newCount(&o.heldOut, 200, 1), "held-out", "how many games the guard watches")
	f.Var(newChoice(&o.size, "full", "full", "quick"), "size", "full recipe, or quick: seconds, to see it work")
	f.Var(newChoice(&o.objective, "reinforce-baseline", "reinforce-baseline", "opo", "w-reinforce", "nsr", "psr"), "objective", "of self-play: reinforce-baseline, opo, w-reinforce, nsr or psr")
	f.Float64Var(&o.lambda, "lambda", 0.1, "weight of successes in w-reinforce")
	f.Var(newCount(&o.iterations, -1, -1), "iterations", "of self-play; 0 leaves it out, -1 is what --size says")
	f.Float64Var(&o.learningRate, "learning-rate", policy.DefaultSelfPlay().LearningRate, "of self-play")
	f.BoolVar(&o.advice, "advice", false, "also imitate what the teacher would have done in the policy's place (DAgger)")
	f.Uint64Var(&o.seed, "seed", 1, "of everything")
	f.Var(newCount(&o.workers, 2, 1), "workers", "episodes and threads at once; does not change the result")
	f.StringVar(&o.out, "out", "policy.safetensors", "policy file to write")
	f.StringVar(&o.keep, "keep", "", "folder for finished phases: the same command goes on after them")
	f.StringVar(&o.logFile, "log", "", "file for the run's log, one JSON record a line")
	f.BoolVar(&o.force, "force", false, "replace --out if it exists")
	a.settings.register("train", f, map[string]string{"data": "ALFWORLD_DATA"})
	return cmd
}

func train(ctx context.Context, a *app, o trainOptions) error {
	if err := o.checkOut(); err != nil {
		return err
	}
	r, err := o.recipe()
	if err != nil {
		return err
	}
	w, tasks, err := o.world()
	if err != nil {
		return err
	}
	l := trainLog{to: a.err, start: time.Now()}
	if o.logFile != "" {
		f, err := os.Create(o.logFile)
		if err != nil {
			return err
		}
		defer f.Close()
		l.json = json.NewEncoder(f)
	}
	lineage, err := o.lineage(r, tasks)
	if err != nil {
		return err
	}
	l.record(lineage)
	lm, err := r.Run(ctx, w, tasks, l.event)
	if errors.Is(err, policy.ErrOtherRun) {
		return usagef("--keep %w", err)
	} else if err != nil {
		return err
	}
	if err := lm.SaveFile(o.out, lineage); err != nil {
		return err
	}
	saved, _, err := policy.LoadFile(o.out)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "wrote %s: version %s, %d parameters, %.0f s\n",
		o.out, saved.Version(), saved.Model().Config().ParameterCount(), time.Since(l.start).Seconds())
	if l.err != nil { // a log that failed costs no policy
		return fmt.Errorf("--log %s: %w", o.logFile, l.err)
	}
	return nil
}

// checkOut finds out before the training whether its result can be written.
func (o trainOptions) checkOut() error {
	if _, err := os.Stat(o.out); err == nil && !o.force {
		return usagef("--out %s: exists; --force replaces it", o.out)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(o.out), ".agentctl-*")
	if err != nil {
		return usagef("--out %s: no file can be made there: %w", o.out, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// lineage is what the policy file says of how it was made: all that changes the
// result, and nothing that does not.
func (o trainOptions) lineage(r policy.Recipe, tasks policy.Tasks) (json.RawMessage, error) {
	r.Workers, r.Trainer.Threads = 0, 0
	return json.Marshal(map[string]any{"suite": o.suite, "games": len(tasks.Train), "held_out": len(tasks.HeldOut), "objective": r.SelfPlay.Objective.Spec().Name, "recipe": r})
}

// recipe is the default one with what the flags say.
func (o trainOptions) recipe() (policy.Recipe, error) {
	r := policy.DefaultRecipe()
	if o.size == "quick" {
		r = policy.QuickRecipe()
	}
	r.Seed, r.Workers, r.Trainer.Threads = o.seed, o.workers, o.workers
	switch o.objective {
	case "opo":
		r.SelfPlay.Objective = policy.DefaultOPO()
	case "nsr":
		r.SelfPlay.Objective = policy.NSR()
	case "psr":
		r.SelfPlay.Objective = policy.PSR()
	case "w-reinforce":
		r.SelfPlay.Objective = policy.WReinforce(o.lambda)
	}
	r.SelfPlay.LearningRate, r.Dir, r.Advice = o.learningRate, o.keep, o.advice
	if o.iterations >= 0 {
		r.SelfPlay.Iterations = o.iterations
	}
	if err := r.Validate(); err != nil {
		return r, usagef("%w", err)
	}
	return r, nil
}

// world opens the games to train on and the held-out ones.
func (o trainOptions) world() (*practiceWorld, policy.Tasks, error) {
	var train, heldOut []*household.Game
	var err error
	if o.suite == "alfworld" {
		if o.data == "" {
			return nil, policy.Tasks{}, usagef("--suite alfworld needs --data, the folder of the official games")
		}
		if train, err = loadGames(o.data, o.split, o.games); err != nil {
			return nil, policy.Tasks{}, err
		}
		// As many generated ones: a policy that knows the official games alone
		// learns their few rooms by heart, and plays no others.
		var drawn []*household.Game
		if drawn, err = generateGames(trainGames, len(train)); err != nil {
			return nil, policy.Tasks{}, err
		}
		train = append(train, drawn...)
		// They come sorted by kind, and a phase takes the next ones.
		rand.New(rand.NewPCG(o.seed, 0)).Shuffle(len(train), func(i, j int) { train[i], train[j] = train[j], train[i] })
		heldOut, err = loadGames(o.data, "valid_train", o.heldOut)
	} else {
		if train, err = generateGames(trainGames, o.games); err != nil {
			return nil, policy.Tasks{}, err
		}
		heldOut, err = generateGames(heldOutGames, o.heldOut)
	}
	if err != nil {
		return nil, policy.Tasks{}, err
	}
	return newPracticeWorld(train, heldOut), policy.Tasks{Train: tasksOf(train), HeldOut: tasksOf(heldOut)}, nil
}

// trainLog shows a run's events: all of them as JSON, some to a reader.
type trainLog struct {
	to    io.Writer
	json  *json.Encoder // nil: no file
	err   error         // the first of json
	start time.Time
	last  time.Time // when a line about updates was shown
}

func (l *trainLog) record(v any) {
	if l.json != nil && l.err == nil {
		l.err = l.json.Encode(v)
	}
}

func (l *trainLog) event(e policy.Event) {
	l.record(e)
	at := fmt.Sprintf("%5.0fs %s", time.Since(l.start).Seconds(), e.Phase)
	if e.Of > 0 {
		at += fmt.Sprintf(" %d/%d", e.Update, e.Of)
	}
	switch {
	case e.Score != nil:
		fmt.Fprintf(l.to, "%s: held-out games solved at the first try %.1f%%, within two %.1f%% %s\n", at, 100*e.Score["first"], 100*e.Score["two"], e.Note)
	case e.Note != "":
		fmt.Fprintf(l.to, "%s: %s\n", at, e.Note)
	case e.Stats != nil && (time.Since(l.last) > 5*time.Second || e.Update == e.Of):
		l.last = time.Now()
		fmt.Fprintf(l.to, "%s: loss %.4f, entropy %.3f, gradient %.3f\n", at, e.Stats.Loss, e.Stats.Entropy, e.Stats.GradNorm)
	}
}
