package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/methods"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/ownplay"
	"github.com/surefoot-ai/surefoot/eval/household"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/policy"
)

// experienceOptions are the flags of 'agentctl eval experience'.
type experienceOptions struct {
	labFlags
	data       string
	conditions []string
}

func newEvalExperience(a *app) *cobra.Command {
	var o experienceOptions
	var names []string
	for _, c := range ownplay.Conditions() {
		names = append(names, ownplay.FileName(c))
	}
	c := &cobra.Command{
		Use:   "experience",
		Short: "See what a policy makes of its own experience",
		Long: `Show a policy a few household games by a teacher; then let it play others, and
learn from nothing but how they ended: pushed away from its failures as hard as
towards its successes, with a memory that makes lessons of failures for the next
tries and keeps successes word for word, which are imitated now and then. Other
objectives and other memories get the same number of episodes, and all are
examined on games that nobody learned or chose by.

With --data the games are ALFWorld's own: 200 of train are taught, the others
are for own play, valid_train is to choose by and valid_seen is the exam. Else
they are generated.

The folder --out keeps each finished run, and runs under way: the command goes on
where it was. The number of workers does not change the result.`,
		Example: "  agentctl eval experience --quick\n  agentctl eval experience --data DIR --seeds 3",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.evalExperience(cmd.Context(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "folder of the official ALFWorld games (json_2.1.1)")
	f.Var(newChoices(&o.conditions, names...), "conditions", "ways to learn that are compared; "+ownplay.Ours+" must be among them")
	o.register(f, "experience", 3, "runs")
	return c
}

func (a *app) evalExperience(ctx context.Context, o experienceOptions) error {
	o.resolve("experience")
	conditions := ownplay.Conditions()
	conditions = slices.DeleteFunc(conditions, func(c ownplay.Condition) bool { return !slices.Contains(o.conditions, ownplay.FileName(c)) })
	if !slices.ContainsFunc(conditions, func(c ownplay.Condition) bool { return c.Name == ownplay.Ours }) {
		return usagef("--conditions: %s must be among them, which the others are compared to", ownplay.Ours)
	}
	games, err := o.games()
	if err != nil {
		return err
	}
	lab := &ownplay.Lab{
		Lab:    &methods.Lab{Dir: o.out, Workers: o.workers, Seeds: o.seedList(), Progress: func(what string) { fmt.Fprintf(a.notes(), "done: %s\n", what) }},
		Scale:  ownplay.Full(),
		School: games.school,
		Log: func(run string, e policy.Event) {
			if e.Score != nil {
				fmt.Fprintf(a.notes(), "%s %d/%d: first tries won %.1f%%\n", run, e.Update, e.Of, 100*e.Score["first"])
			}
		},
	}
	if o.quick {
		lab.Scale = ownplay.Quick()
	}
	start := time.Now()
	s, err := lab.Run(ctx, conditions)
	seconds, failed := lab.Spend("experience", time.Since(start))
	switch err = errors.Join(err, failed); {
	case errors.Is(err, ownplay.ErrOtherLab):
		return usagef("--out %w", err)
	case err != nil:
		if ctx.Err() != nil {
			a.cutOff(o.out)
		}
		return err
	}
	stamp(&s, seconds)
	return a.showStudies(o.out, []report.Study{s})
}

// experienceGames are all games of a study.
type experienceGames struct {
	train, tune, test []*household.Game
	taught            int // of train
}

// experienceFirst begins the seeds of generated games, far from all that is
// trained or evaluated on elsewhere.
const experienceFirst = 9_000_000

// experienceNoise is the share of random actions of the teacher of a study: who is
// shown so few games must see in them how to recover.
const experienceNoise = 0.2

// games are ALFWorld's, or as many generated ones.
func (o experienceOptions) games() (g experienceGames, err error) {
	g.taught = 200
	if o.quick {
		g.taught = 4
	}
	if o.data != "" {
		most := 0 // all
		if o.quick {
			most = 12
		}
		for _, part := range []struct {
			to    *[]*household.Game
			split string
		}{{&g.train, "train"}, {&g.tune, "valid_train"}, {&g.test, "valid_seen"}} {
			if *part.to, err = loadGames(o.data, part.split, most); err != nil {
				return g, err
			}
		}
		return g, nil
	}
	train, tune, test := 3500, 200, 140
	if o.quick {
		train, tune, test = 20, 4, 4
	}
	all, err := generateGames(experienceFirst, train+tune+test)
	if err == nil {
		g.train, g.tune, g.test = all[:train], all[train:train+tune], all[train+tune:]
	}
	return g, err
}

// school is a seed's share of the games: which of train are taught, and in which
// order the others are played, is drawn. The teacher knows where things are from
// the taught games alone.
func (g experienceGames) school(seed uint64) (ownplay.School, error) {
	train := slices.Clone(g.train)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(train), func(i, j int) { train[i], train[j] = train[j], train[i] })
	taught := train[:g.taught]
	w := newPracticeWorld(taught, train[g.taught:], g.tune, g.test)
	w.noise = experienceNoise
	return ownplay.School{
		World: w, Taught: tasksOf(taught), Train: tasksOf(train[g.taught:]), Tune: tasksOf(g.tune), Test: tasksOf(g.test),
	}, nil
}
