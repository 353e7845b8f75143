package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/methods"
	"github.com/surefoot-ai/surefoot/eval"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/shipped"
)

// methodsOptions are the flags of 'agentctl eval methods'.
type methodsOptions struct {
	labFlags
	methods []string
}

func newMethods(a *app) *cobra.Command {
	var o methodsOptions
	var names []string
	about := ""
	for _, e := range methods.Experiments() {
		names = append(names, e.Name)
		about += fmt.Sprintf("  %-14s %s\n", e.Name, e.About)
	}
	c := &cobra.Command{
		Use:   "methods",
		Short: "Put the claims of papers on learning to the test",
		Long: `Train small models by the methods of papers on learning from right and wrong,
and see whether the papers' claims hold at this size.

` + about + `
Every method begins with the same base models, one a seed, and its learning rate
is chosen from the same grid on problems of their own. The folder --out keeps
each finished piece of work: an experiment that was interrupted goes on where it
was when the command is given again. It gets the report as a page, report.html,
and as METHOD.md with its figures. The number of workers does not change the
result.`,
		Example: `  agentctl eval methods --quick
  agentctl eval methods --method nsr --seeds 5`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.evalMethods(cmd.Context(), o) },
	}
	f := c.Flags()
	f.Var(newChoices(&o.methods, names...), "method", "methods to put to the test")
	o.register(f, "methods", 5, "training runs made")
	return c
}

// evalMethods runs the command.
func (a *app) evalMethods(ctx context.Context, o methodsOptions) error {
	o.resolve("methods")
	lab := &methods.Lab{Dir: o.out, Workers: o.workers, Seeds: o.seedList(), Scale: methods.Full()}
	if o.quick {
		lab.Scale = methods.Quick()
	}
	lab.Progress = func(what string) { fmt.Fprintf(a.notes(), "done: %s\n", what) }
	lab.Household = func(ctx context.Context, seeds []uint64, tasks int) (*report.Result, error) {
		return a.householdRun(ctx, filepath.Join(lab.Dir, fmt.Sprintf("household-%d-%d", tasks, len(seeds))), seeds, tasks)
	}
	lab.Games = func(seed uint64) (methods.Games, error) { return schoolGames(seed, lab.Scale) }
	if err := lab.Open(); errors.Is(err, methods.ErrOtherLab) {
		return usagef("--out %w", err)
	} else if err != nil {
		return err
	}
	var studies []report.Study
	for _, e := range methods.Experiments() {
		for _, name := range o.methods {
			if name != e.Name {
				continue
			}
			s, err := a.study(ctx, lab, e)
			if err != nil {
				return err
			}
			studies = append(studies, s)
		}
	}
	return a.showStudies(lab.Dir, studies)
}

// study makes one experiment.
func (a *app) study(ctx context.Context, lab *methods.Lab, e methods.Experiment) (report.Study, error) {
	start := time.Now()
	s, err := e.Run(lab, ctx)
	seconds, failed := lab.Spend(e.Name, time.Since(start))
	if err = errors.Join(err, failed); err != nil {
		if ctx.Err() != nil {
			a.cutOff(lab.Dir)
		}
		return s, fmt.Errorf("method %s: %w", e.Name, err)
	}
	stamp(&s, seconds)
	return s, nil
}

// schoolFirst begins the seeds of the games that experiments learn from, so many
// for each seed: far from all that is trained or evaluated on elsewhere.
const (
	schoolFirst   = 6_000_000
	gamesOfSchool = 10_000
)

// schoolGames are the games of one seed of an experiment, which the shipped
// policy plays.
func schoolGames(seed uint64, s methods.Scale) (methods.Games, error) {
	train, tune, test := 1000, 300, 500
	if s.Quick {
		train, tune, test = 20, 5, 5
	}
	games, err := generateGames(schoolFirst+gamesOfSchool*seed, train+tune+test)
	if err != nil {
		return methods.Games{}, err
	}
	tasks := tasksOf(games)
	return methods.Games{
		World: newPracticeWorld(games), Train: tasks[:train], Tune: tasks[train : train+tune], Test: tasks[train+tune:],
		Open: func() (*policy.LM, error) {
			lm, _, err := policy.Load(shipped.Household())
			return lm, err
		},
	}, nil
}

// householdRun is what 'agentctl eval' does, in a folder of the lab.
func (a *app) householdRun(ctx context.Context, dir string, seeds []uint64, tasks int) (*report.Result, error) {
	o := evalOptions{
		suite: suiteOptions{name: suiteHousehold, tasks: tasks}, policy: policyOptions{name: policyShipped, temperature: -1},
		conditions: defaultConditions(), trials: 3, seeds: seeds, steps: agent.DefaultSteps, context: defaultContext,
	}
	suite, err := o.suite.open()
	if err != nil {
		return nil, err
	}
	actor, err := o.policy.open(ctx, o.suite, 0)
	if err != nil {
		return nil, err
	}
	c := o.config(suite, actor, nil)
	c.Dir = dir
	m := a.newMeter("episodes")
	defer m.close()
	c.Progress = func(p eval.Progress) { m.at(p.Done, p.Total, p.Condition) }
	return eval.Run(ctx, c)
}

// showStudies writes the reports into the folder and the tables to standard
// output.
func (a *app) showStudies(dir string, studies []report.Study) error {
	path := filepath.Join(dir, htmlFile)
	if err := writeReport(path, func(w io.Writer) error { return report.StudiesHTML(w, studies) }); err != nil {
		return err
	}
	for i := range studies {
		s := &studies[i]
		page := filepath.Join(dir, strings.ToLower(s.Method)+".md")
		if err := writeReport(page, func(w io.Writer) error { return report.StudyMarkdown(w, s) }); err != nil {
			return err
		}
		for j := range s.Figures {
			if err := writeReport(filepath.Join(dir, s.Figures[j].ID+".svg"), s.Figures[j].SVG); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(a.notes(), "report: %s\n", path)
	var err error
	shown := a.show(studies, func(w io.Writer) { err = report.StudiesText(w, studies) })
	return errors.Join(err, shown)
}

// writeReport writes a file if write succeeds.
func writeReport(name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}
