package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/shipped"
	"github.com/surefoot-ai/surefoot/policy/versions"
)

// watchedGames begins the seeds of the games that an updater watches, a
// thousand for each --seed: far from all that is trained or evaluated on.
const (
	watchedGames   = 3_000_000
	gamesPerSeed   = 1000
	maxWatchedSeed = 1000
)

// What an updater blames for a failure.
const (
	blameEpisode = "episode"
	blameSteps   = "steps"
)

// updateOptions are the flags of 'agentctl update'.
type updateOptions struct {
	dir, first   string
	once         bool
	scope        scopeFlag
	objective    string
	blame        string
	batch        int
	learningRate float64
	cpu          float64
	maxDrop      float64
	heldOut      int
	seed         int
}

func newUpdate(a *app) *cobra.Command {
	d := policy.DefaultUpdaterConfig()
	var o updateOptions
	c := &cobra.Command{
		Use:   "update",
		Short: "Train the local policy on the failures of a memory, as they come",
		Long: `Train the local policy on the failures of a memory, as they come, beside the
agent that records them. Each batch of failures makes a version in --dir. It
becomes current if its entropy, its distance from the version before and its
score on held-out household games allow; 'agentctl policy' shows them all.

Episodes that were not acted by the local policy, or by one that is too far
from the current version, are dropped and counted. A policy that learns from
several scopes carries what it learned from one to the others. After an interruption the
same command goes on behind the last batch that made a version.`,
		Example: `  agentctl update --store DIR --dir policies --once
  agentctl update --store DIR --dir policies --cpu 0.25
  agentctl policy list --dir policies`,
		Args: noArgs,
		RunE: a.withStore(func(cmd *cobra.Command, s *memory.Store, _ []string) error {
			return a.update(cmd.Context(), s, o)
		}),
	}
	f := c.Flags()
	f.StringVar(&o.dir, "dir", "policies", "folder of the versions; made if it is not there")
	f.StringVar(&o.first, "policy", policyShipped, "first version of a new folder: shipped, or a policy file")
	f.Var(&o.scope, "scope", "learn from the failures of one scope only, '' is the common one; without it from those of all")
	f.BoolVar(&o.once, "once", false, "learn from what is there, and end")
	f.Var(newChoice(&o.objective, "nsr", "nsr", "w-reinforce"), "objective", "nsr or w-reinforce")
	f.Var(newChoice(&o.blame, blameEpisode, blameEpisode, blameSteps), "blame", "all steps of a failed episode, or the steps at which its lessons say it went wrong and those it repeats")
	f.Var(newCount(&o.batch, d.Batch, 1), "batch", "failures a version; with --once the last has what is left")
	f.Float64Var(&o.learningRate, "learning-rate", d.LearningRate, "of the optimiser")
	f.Float64Var(&o.cpu, "cpu", d.CPUShare, "share of one processor's time to take, above 0, at most 1")
	f.Float64Var(&o.maxDrop, "max-drop", d.Guard.MaxDrop, "of the held-out score that is allowed, 0 to 1")
	f.Var(newCount(&o.heldOut, 50, 1), "held-out", "how many games the guard watches")
	f.Var(newCount(&o.seed, 1, 0), "seed", "which games the guard watches")
	a.settings.register("update", f, nil)
	return c
}

func (a *app) update(ctx context.Context, s *memory.Store, o updateOptions) error {
	c := policy.DefaultUpdaterConfig()
	c.Batch, c.LearningRate, c.CPUShare, c.Guard.MaxDrop = o.batch, o.learningRate, o.cpu, o.maxDrop
	if o.objective == "w-reinforce" {
		c.Objective = policy.WReinforce(0.1)
	}
	if err := c.Validate(); err != nil {
		return usagef("%w", err)
	}
	if o.seed >= maxWatchedSeed || o.heldOut > gamesPerSeed {
		return usagef("--seed %d, --held-out %d: must be below %d, and at most %d", o.seed, o.heldOut, maxWatchedSeed, gamesPerSeed)
	}
	games, err := generateGames(uint64(watchedGames+gamesPerSeed*o.seed), o.heldOut)
	if err != nil {
		return err
	}
	folder, err := o.folder()
	if err != nil {
		return err
	}
	held := heldOut{world: newPracticeWorld(games), tasks: tasksOf(games)}
	options := policy.UpdaterOptions{
		Failures: storedFailures{s, o.scope.scope}, Folder: folder, Score: held.score, Fewer: o.once,
		Log: func(e policy.Event) { a.updated(e) },
	}
	if o.blame == blameSteps {
		options.Blame = func(ctx context.Context, e agent.Episode) (policy.Blame, error) {
			wrong, err := s.WrongSteps(ctx, e)
			if err != nil {
				return nil, err
			}
			return policy.BlameSteps(e, wrong...)
		}
	}
	u, err := policy.NewUpdater(c, options)
	if err != nil {
		return err
	}
	if !o.once {
		return u.Run(ctx)
	}
	for {
		if worked, err := u.Round(ctx); err != nil || !worked {
			return err
		}
	}
}

// updated says what an updater did.
func (a *app) updated(e policy.Event) {
	switch {
	case a.quiet:
	case e.Score != nil:
		fmt.Fprintf(a.err, "%s: %s\n", e.Note, scoreText(e.Score))
	case e.Stats != nil:
		fmt.Fprintf(a.err, "update %d: loss %.4f, entropy %.3f, gradient %.3f\n", e.Update, e.Stats.Loss, e.Stats.Entropy, e.Stats.GradNorm)
	default:
		fmt.Fprintln(a.err, oneLine(e.Note))
	}
}

// folder opens the folder of versions; an empty one gets its first.
func (o updateOptions) folder() (*versions.Folder, error) {
	f, err := versions.Open(o.dir, versions.Options{})
	if err != nil {
		return nil, err
	}
	if _, err := f.Current(); !errors.Is(err, versions.ErrNone) {
		return f, err
	}
	data := shipped.Household()
	if o.first != policyShipped {
		if data, err = os.ReadFile(o.first); err != nil {
			return nil, usagef("--policy: %w", err)
		}
	}
	if _, _, err := policy.Load(data); err != nil {
		return nil, fmt.Errorf("--policy %s: %w", o.first, err)
	}
	version := versions.Of(data)
	if _, err := f.Add(data, versions.Lineage{Note: "from " + o.first}); err != nil && !errors.Is(err, versions.ErrExists) {
		return nil, err
	}
	return f, f.Promote(version, "", "the first")
}

// heldOut is household games on which a policy is scored.
type heldOut struct {
	world *practiceWorld
	tasks []agent.Task
}

// score plays each game once, without memory, with a seed of its own.
func (h heldOut) score(ctx context.Context, l *policy.LM) (policy.Score, error) {
	won := 0
	for i, t := range h.tasks {
		env, err := h.world.Environment(t)
		if err != nil {
			return nil, err
		}
		e, err := agent.Run(ctx, t, agent.RunOptions{Policy: l, Environment: env, Seed: uint64(i)})
		if err != nil {
			return nil, err
		}
		if e.Outcome.Success {
			won++
		}
	}
	return policy.Score{"first": float64(won) / float64(len(h.tasks))}, nil
}

// storedFailures is the failures of a memory; a cursor is an episode's ID.
type storedFailures struct {
	*memory.Store
	scope *string // nil: all
}

// Failures implements policy.Failures.
func (s storedFailures) Failures(ctx context.Context, cursor string, most int) ([]agent.Episode, string, error) {
	success := false
	heads, err := s.EpisodeHeads(ctx, memory.EpisodeFilter{Scope: s.scope, Success: &success})
	if err != nil {
		return nil, "", err
	}
	if cursor != "" {
		at := slices.IndexFunc(heads, func(h memory.EpisodeHead) bool { return h.ID == cursor })
		if at < 0 {
			return nil, "", fmt.Errorf("episode %s, where the last update ended: %w", cursor, memory.ErrNotFound)
		}
		heads = heads[at+1:]
	}
	var out []agent.Episode
	for _, h := range heads[:min(most, len(heads))] {
		e, err := s.Episode(ctx, h.ID)
		if err != nil {
			return nil, "", err
		}
		out, cursor = append(out, e), h.ID
	}
	return out, cursor, nil
}
