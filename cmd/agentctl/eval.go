package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/memory"
)

// evalOptions are the flags of 'agentctl eval'.
type evalOptions struct {
	suite      suiteOptions
	policy     policyOptions
	conditions []string
	trials     int
	seeds      []uint64
	workers    int
	steps      int
	context    int    // tokens
	bank       string // folder; "": memories begin empty
	skills     int    // tokens
	out        string
	resume     bool
}

// defaultContext is how many tokens of memory a policy reads at most.
const defaultContext = 320

// htmlFile is the report's name in a run folder.
const htmlFile = "report.html"

func newEval(a *app) *cobra.Command {
	var o evalOptions
	c := &cobra.Command{
		Use:   "eval",
		Short: "Play a suite with and without memory and compare",
		Long: `Play a suite of tasks under several conditions of memory and compare them.

Every condition meets the same tasks with the same seeds. A task that failed is
tried again, up to --trials times, with what the memory of the condition has
learned by then; conditions are

  none              no memory
  uniform-verbatim  successes and failures, both word for word
  uniform-abstract  successes and failures, both as lessons
  asymmetric        successes word for word, failures as lessons

and, not among the defaults, asymmetric again, but

  swapped           each retry reads what is recalled for another task that
                    failed: how far it falls behind asymmetric is what reading
                    the right context is worth
  frozen            nothing is recorded: only what --bank holds is recalled
  skills            active skills of --bank are recalled as well

Memories begin empty, or with what --bank holds: a memory of other tasks, which
is copied for each condition and seed, so that first tries have a context too.

The table goes to standard output. The run folder --out keeps the episodes, the
memories, results.json and a report to open in a browser. An interrupted run
goes on with --resume. The number of workers does not change the result.`,
		Example: `  agentctl eval
  agentctl eval --policy random --conditions none --trials 1
  agentctl eval --conditions asymmetric,swapped
  agentctl eval --bank DIR --conditions none,frozen,asymmetric,skills
  agentctl eval --suite alfworld --data DIR --split valid_seen
  agentctl eval --model ollama:qwen3:8b --tasks 10 --workers 1
  agentctl eval --model folder:SmolLM2-135M-Instruct --tasks 10`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.eval(cmd, o) },
	}
	f := c.Flags()
	o.suite.flags(f)
	o.policy.flags(f)
	conditions := newChoices(&o.conditions, append(defaultConditions(), conditionSwapped, conditionFrozen, conditionSkills)...)
	o.conditions = defaultConditions()
	f.Var(conditions, "conditions", "conditions to compare; the others are compared to the first")
	f.Var(newCount(&o.trials, 3, 1), "trials", "tries per task")
	f.Var(newSeeds(&o.seeds, 1, 2), "seeds", "seeds, such as 1,2,3 or 1-3: each condition is run under each")
	f.Var(newCount(&o.workers, 0, 0), "workers", "episodes played at once; 0: one per processor")
	f.Var(newCount(&o.steps, agent.DefaultSteps, 1), "steps", "actions per episode at most")
	f.Var(newCount(&o.context, defaultContext, 0), "context-tokens", "tokens of memory put before the policy at most")
	f.StringVar(&o.bank, "bank", "", "folder of a memory that those of the conditions begin with; it is only read")
	f.Var(newCount(&o.skills, 100, 1), "skill-tokens", "of the context that general skills may have in condition skills, and as many those of the task's kind")
	a.settings.register("eval", f, map[string]string{"data": "ALFWORLD_DATA"})
	f.StringVar(&o.out, "out", "", "run folder (default a new one below ./runs)")
	f.BoolVar(&o.resume, "resume", false, "go on with the run in --out")
	c.AddCommand(newMethods(a), newEvalEffects(a), newEvalLessons(a), newEvalExperience(a))
	return c
}

// eval runs the command.
func (a *app) eval(cmd *cobra.Command, o evalOptions) error {
	ctx := cmd.Context()
	if err := o.check(cmd); err != nil {
		return err
	}
	if o.policy.model != "" && o.suite.name == suiteHousehold && o.suite.tasks == 0 {
		o.suite.tasks = modelTasks
	}
	suite, err := o.suite.open()
	if err != nil {
		return err
	}
	actor, err := o.policy.open(ctx, o.suite, o.workers)
	if err != nil {
		return err
	}
	b, err := openBank(ctx, o.bank, suite)
	if err != nil {
		return err
	}
	dir, err := o.folder(time.Now())
	if err != nil {
		return err
	}
	c := o.config(suite, actor, b)
	c.Dir = dir
	c.Meta = a.evalMeta(b)
	fmt.Fprintf(a.notes(), "run: %s\n", dir)
	m := a.newMeter("episodes")
	c.Progress = func(p eval.Progress) {
		m.at(p.Done, p.Total, fmt.Sprintf("%s, seed %d, trial %d", p.Condition, p.Seed, p.Trial+1))
	}
	res, err := eval.Run(ctx, c)
	m.close()
	if err != nil {
		if canResume(err) {
			fmt.Fprintf(a.err, "to go on: %s\n", resumeLine(cmd, dir))
		}
		return err
	}
	return a.showResult(c, res)
}

// check refuses flags that were given but would have no effect.
func (o evalOptions) check(cmd *cobra.Command) error {
	if err := o.suite.check(cmd.Flags()); err != nil {
		return err
	}
	given := cmd.Flags().Changed
	if o.resume && o.out == "" {
		return usagef("--resume: --out must name the run to go on with")
	}
	if given("temperature") && given("model") {
		return usagef("--temperature %v: of the local policy, but --model %s acts", o.policy.temperature, o.policy.model)
	}
	if given("policy") && given("model") {
		return usagef("--policy %s: --model %s acts already", o.policy.name, o.policy.model)
	}
	return o.checkBank(cmd)
}

// checkBank is check of what has to do with banks.
func (o evalOptions) checkBank(cmd *cobra.Command) error {
	used := false
	for _, name := range o.conditions {
		switch name {
		case conditionFrozen, conditionSkills:
			if o.bank == "" {
				return usagef("--conditions %s: needs --bank", name)
			}
		case string(memory.UniformVerbatim), string(memory.UniformAbstract):
			if o.bank != "" {
				return usagef("--conditions %s: not with --bank, which is asymmetric", name)
			}
		}
		used = used || name != conditionNone
	}
	if o.bank != "" && !used {
		return usagef("--bank %s: no condition has a memory", o.bank)
	}
	if cmd.Flags().Changed("skill-tokens") && !slices.Contains(o.conditions, conditionSkills) {
		return usagef("--skill-tokens %d: only condition %s recalls skills", o.skills, conditionSkills)
	}
	return nil
}

// canResume reports whether the run that ended with err can go on, once what
// stopped it is gone: an interruption, a full disk.
func canResume(err error) bool {
	for _, never := range []error{eval.ErrConfig, eval.ErrOtherRun, eval.ErrBusy, eval.ErrCorrupt} {
		if errors.Is(err, never) {
			return false
		}
	}
	return true
}

// config is the evaluation that o asks for, all but its folder. b is nil if
// memories begin empty.
func (o evalOptions) config(s eval.Suite, p openedPolicy, b *bank) eval.Config {
	c := eval.Config{
		Suite:         s,
		Policy:        p.Policy,
		Trials:        o.trials,
		Seeds:         o.seeds,
		Workers:       o.workers,
		ContextTokens: o.context,
		Budget:        agent.Budget{Steps: o.steps},
	}
	if c.Workers == 0 {
		c.Workers = runtime.NumCPU()
	}
	for _, name := range o.conditions {
		c.Conditions = append(c.Conditions, o.condition(name, p.countTokens, b))
	}
	return c
}

// folder is where the run is kept. A folder that already holds a run is only
// taken if asked to go on with it.
func (o evalOptions) folder(now time.Time) (string, error) {
	if o.out == "" {
		return freshFolder(filepath.Join("runs", now.Format("20060102-150405")))
	}
	_, err := os.Stat(filepath.Join(o.out, "episodes.jsonl"))
	switch held := err == nil; {
	case held && !o.resume:
		return "", usagef("--out %s: holds a run; --resume goes on with it", o.out)
	case !held && o.resume:
		return "", usagef("--resume: --out %s: holds no run", o.out)
	}
	return o.out, nil
}

// freshFolder makes the folder name, or name-2 and so on if that is taken.
func freshFolder(name string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		dir := name
		if n > 1 {
			dir += "-" + strconv.Itoa(n)
		}
		if err := os.Mkdir(dir, 0o755); !errors.Is(err, os.ErrExist) {
			return dir, err
		}
	}
}

// evalMeta is the resolved configuration, all that may change the result, and
// the commit.
func (a *app) evalMeta(b *bank) map[string]string {
	built := thisBuild()
	meta := map[string]string{"version": built.Version}
	if built.Commit != "" {
		meta["commit"] = built.Commit
	}
	for _, e := range a.settings.all {
		key, ok := strings.CutPrefix(e.key, "eval.")
		if !ok || key == "workers" || key == "data" || key == "bank" {
			continue
		}
		value := e.flag.Value.String()
		if key == "base-url" {
			value = withoutUser(value)
		}
		if value != "" {
			meta[key] = value
		}
	}
	if b != nil {
		meta["bank"] = fmt.Sprintf("%s, %s", b.hash, counted(int(b.writes), "write"))
	}
	return meta
}

// withoutUser drops a user name and password from an address.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

// resumeLine is the command line that goes on with the run in dir.
func resumeLine(cmd *cobra.Command, dir string) string {
	words := []string{"agentctl", "eval"}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "out" && f.Name != "resume" {
			words = append(words, "--"+f.Name+"="+shellQuote(f.Value.String()))
		}
	})
	return strings.Join(append(words, "--out="+shellQuote(dir), "--resume"), " ")
}

// shellQuote makes s one word of a POSIX shell.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./,:@%+=", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// showResult writes the report into the run folder and the table to standard
// output.
func (a *app) showResult(c eval.Config, res *eval.Result) error {
	var html bytes.Buffer
	if err := report.HTML(&html, res); err != nil {
		return fmt.Errorf("%s: %w", htmlFile, err)
	}
	path := filepath.Join(c.Dir, htmlFile)
	if err := os.WriteFile(path, html.Bytes(), 0o644); err != nil {
		return err
	}
	if a.format != formatTable { // whose text has them
		for _, n := range res.Timing.Notes {
			fmt.Fprintf(a.err, "note: %s\n", n)
		}
	}
	fmt.Fprintf(a.notes(), "report: %s\n", path)
	for i, cond := range c.Conditions {
		if cond.Name == string(memory.Asymmetric) {
			fmt.Fprintf(a.notes(), "memory: agentctl lessons list --store %s\n", shellQuote(c.MemoryDir(i, c.Seeds[0])))
		}
	}
	var err error
	shown := a.show(res, func(w io.Writer) { err = report.Text(w, res) })
	return errors.Join(err, shown)
}
