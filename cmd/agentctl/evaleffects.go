package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/methods"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/planted"
	"github.com/surefoot-ai/surefoot/eval/stat"
)

// effectsOptions are the flags of 'agentctl eval effects'.
type effectsOptions struct {
	planted.Config
	labFlags
}

func newEvalEffects(a *app) *cobra.Command {
	o := effectsOptions{Config: planted.DefaultConfig()}
	c := &cobra.Command{
		Use:   "effects",
		Short: "See whether a memory finds out which of its lessons harm",
		Long: `Plant lessons into a memory, play household games with it, and count what it finds out by withholding them now and
then. For each of the six kinds of task there is one helpful lesson, and beside it

  harmful             one that does harm
  useless             two that change nothing: none of them may be found to help
  harmful, no chance  as the first, but nothing is withheld

The policy is one made for this, which reads lessons: the expert of the games, careless and without knowledge of where
things usually are. It heeds each of two advices in 9 of 10 episodes: the helpful one gives it that knowledge and makes
it careful, by the harmful one it opens nothing. The memory makes no other lessons and shows no demonstrations.

The folder --out keeps each finished run: the command goes on where it was. The number of workers does not change the
result.`,
		Example: "  agentctl eval effects --quick\n  agentctl eval effects --seeds 20",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.evalEffects(cmd.Context(), o) },
	}
	f := c.Flags()
	o.register(f, "effects", 20, "runs made")
	f.Var(newCount(&o.Episodes, o.Episodes, 24), "episodes", "played in each run")
	return c
}

func (a *app) evalEffects(ctx context.Context, o effectsOptions) error {
	o.resolve("effects")
	if o.quick {
		o.Episodes, o.Games, o.seeds = 48, 2, min(o.seeds, 2)
	}
	arms := planted.Arms()
	outcomes := make([][]planted.Outcome, len(arms)) // by arm, by seed
	for i := range arms {
		outcomes[i] = make([]planted.Outcome, o.seeds)
	}
	m := a.newMeter("runs")
	defer m.close()
	var mu sync.Mutex // guards finished and m
	finished := 0
	lab := &methods.Lab{Dir: o.out, Workers: o.workers}
	err := lab.Each(ctx, len(arms)*o.seeds, func(ctx context.Context, i int) (err error) {
		at, seed := i%len(arms), i/len(arms)
		outcomes[at][seed], err = o.run(ctx, lab, arms[at], uint64(seed+1))
		mu.Lock()
		defer mu.Unlock()
		finished++
		m.at(finished, len(arms)*o.seeds, string(arms[at]))
		return err
	})
	if err != nil {
		if ctx.Err() != nil {
			a.cutOff(o.out)
		}
		return err
	}
	return a.showEffects(o, arms, outcomes)
}

// plantedRun is a finished run, as it is kept.
type plantedRun struct {
	Config  planted.Config  `json:"config"`
	Arm     planted.Arm     `json:"arm"`
	Seed    uint64          `json:"seed"`
	Outcome planted.Outcome `json:"outcome"`
}

// run is the outcome of a run that was made in this or an earlier process.
func (o effectsOptions) run(ctx context.Context, lab *methods.Lab, arm planted.Arm, seed uint64) (planted.Outcome, error) {
	key := fmt.Sprintf("%s-%d", strings.ReplaceAll(strings.ReplaceAll(string(arm), ",", ""), " ", "-"), seed)
	r, err := methods.Once(lab, key, func() (plantedRun, error) {
		out, err := planted.Run(ctx, o.Config, arm, seed)
		return plantedRun{o.Config, arm, seed, out}, err
	})
	if err == nil && r.Config != o.Config {
		err = usagef("--out %s: holds runs of other settings", o.out)
	}
	return r.Outcome, err
}

// armResult is what came of an arm under all seeds.
type armResult struct {
	Arm             planted.Arm   `json:"arm"`
	HarmfulRetired  stat.Interval `json:"harmful_retired"` // share of the lessons, 95% Wilson; zeros if there were none
	MedianEpisodes  int           `json:"median_episodes"` // until a harmful lesson was retired, of those that were
	MaxEpisodes     int           `json:"max_episodes"`
	HelpfulRetired  stat.Interval `json:"helpful_retired"`
	HelpfulPromoted stat.Interval `json:"helpful_promoted"`
	UselessRetired  stat.Interval `json:"useless_retired"`
	UselessPromoted stat.Interval `json:"useless_promoted"`
	First           float64       `json:"first"` // success in the first fifth of the episodes
	Last            float64       `json:"last"`

	counts [5][2]int // of the intervals above: so many of so many
}

func (a *app) showEffects(o effectsOptions, arms []planted.Arm, outcomes [][]planted.Outcome) error {
	var all []armResult
	for i, arm := range arms {
		r, err := sumUp(arm, outcomes[i])
		if err != nil {
			return err
		}
		all = append(all, r)
	}
	return a.show(all, func(w io.Writer) {
		fmt.Fprintf(w, "%s of %d episodes of at most %d steps for each arm; shares of lessons with 95%% Wilson intervals\n\n", counted(o.seeds, "run"), o.Episodes, o.Steps)
		cells := make([][]string, len(all))
		for i, r := range all {
			row := []string{string(r.Arm)}
			for k, iv := range []stat.Interval{r.HarmfulRetired, r.HelpfulRetired, r.HelpfulPromoted, r.UselessRetired, r.UselessPromoted} {
				if r.counts[k][1] == 0 {
					row = append(row, "-")
					continue
				}
				row = append(row, fmt.Sprintf("%d of %d [%.1f%%, %.1f%%]", r.counts[k][0], r.counts[k][1], 100*iv.Low, 100*iv.High))
			}
			after := "-"
			if r.MaxEpisodes > 0 {
				after = strconv.Itoa(r.MedianEpisodes) + ", " + strconv.Itoa(r.MaxEpisodes)
			}
			cells[i] = append(row, after, fmt.Sprintf("%.1f%%, %.1f%%", 100*r.First, 100*r.Last))
		}
		rows(w, []string{"planted", "harmful retired", "helpful retired", "helpful promoted", "useless retired", "useless promoted",
			"retired after, median and most", "success, first and last fifth"}, cells)
	})
}

// sumUp is what came of an arm.
func sumUp(arm planted.Arm, outcomes []planted.Outcome) (armResult, error) {
	r := armResult{Arm: arm}
	var after []int
	for _, o := range outcomes {
		for _, episode := range o.Harmful {
			if episode > 0 {
				after = append(after, episode)
			}
		}
		for k, n := range [][2]int{{0, len(o.Harmful)}, {o.HelpfulRetired, o.Helpful}, {o.HelpfulPromoted, o.Helpful}, {o.UselessRetired, o.Useless}, {o.UselessPromoted, o.Useless}} {
			r.counts[k][0] += n[0]
			r.counts[k][1] += n[1]
		}
		r.First += o.First / float64(len(outcomes))
		r.Last += o.Last / float64(len(outcomes))
	}
	r.counts[0][0] = len(after)
	if len(after) > 0 {
		slices.Sort(after)
		r.MedianEpisodes, r.MaxEpisodes = after[len(after)/2], after[len(after)-1]
	}
	for k, iv := range []*stat.Interval{&r.HarmfulRetired, &r.HelpfulRetired, &r.HelpfulPromoted, &r.UselessRetired, &r.UselessPromoted} {
		if r.counts[k][1] == 0 {
			continue
		}
		var err error
		if *iv, err = stat.Wilson(r.counts[k][0], r.counts[k][1], 0.95); err != nil {
			return r, err
		}
	}
	return r, nil
}
