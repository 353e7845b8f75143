package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/memory/effect"
	"github.com/surefoot-ai/surefoot/skills"
)

// examSplit names the generated games that skills are examined on: their seeds
// are those of no other split.
const examSplit = "skills"

// examTasks is how many of them there are unless told.
const examTasks = 100

// evolveOptions are the flags of 'agentctl skills evolve'.
type evolveOptions struct {
	rules  skills.Rules
	suite  suiteOptions
	policy string
	tokens int
}

func newSkillsEvolve(a *app) *cobra.Command {
	o := evolveOptions{rules: skills.DefaultRules()}
	c := &cobra.Command{
		Use:   "evolve",
		Short: "Let categories of task that go badly get new skills, and retire those that do not help",
		Long: `Do one round with the skills of a memory: bring their evidence up to date, demote what is contradicted or measured to
harm, merge what says the same, and let the categories that went badly in the episodes since the last round, in the first
round all, send candidates to the gate. A round is due when --every episodes came since the last one. A candidate is
admitted if enough episodes support it, none of them of a held-out game, and if no fewer of the held-out games are solved
with it in the context than without. Each game for which it is recalled is played in a pair, with it and without, all else
being the same; the others are not played. A lead of --lead games ends the exam before its last game.`,
		Example: "  agentctl skills evolve --store DIR",
		Args:    noArgs,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return o.suite.check(cmd.Flags()) },
		RunE: a.withExperience(func(ctx context.Context, e experience, _ []string) error {
			return a.evolve(ctx, e, o)
		}),
	}
	f := c.Flags()
	o.suite.flags(f)
	f.Lookup("suite").Usage = "whose games are held out: household (generated games) or alfworld (games under --data)"
	f.Lookup("split").Usage = "alfworld: train, valid_seen, … (default valid_seen); household: any word, it names a set of games (default " + examSplit + ")"
	f.Lookup("tasks").Usage = fmt.Sprintf("games that are held out; 0: all of alfworld's split, %d of household", examTasks)
	f.StringVar(&o.policy, "policy", policyShipped, "who plays the held-out games: shipped, random, expert, or a policy file")
	f.Var(newCount(&o.tokens, 100, 1), "tokens", "of a context that general skills may have, and as many those of the category")
	f.Var(newCount(&o.rules.Every, o.rules.Every, 0), "every", "episodes since the last round that make one due; 0: it is due")
	f.Var(newCount(&o.rules.Support, o.rules.Support, 1), "support", "episodes that a skill needs")
	f.Var(newCount(&o.rules.MaxNew, o.rules.MaxNew, 1), "new", "skills that are examined at most")
	f.Var(newCount(&o.rules.Lead, o.rules.Lead, 1), "lead", "games by which an exam is decided before its end")
	f.Float64Var(&o.rules.Threshold, "threshold", o.rules.Threshold, "success rate below which a category gets new skills, 0 to 1")
	return c
}

func (a *app) evolve(ctx context.Context, e experience, o evolveOptions) error {
	bank, err := skills.NewBank(e, o.rules)
	if err != nil {
		return usagef("%w", err)
	}
	if o.suite.name == suiteHousehold {
		o.suite.split, o.suite.tasks = cmp.Or(o.suite.split, examSplit), cmp.Or(o.suite.tasks, examTasks)
	}
	suite, err := o.suite.open()
	if err != nil {
		return err
	}
	p, err := openPolicy(o.policy, o.suite)
	if err != nil {
		return err
	}
	x := &examination{suite: suite, policy: p, tokens: o.tokens}
	if x.tasks, err = tasksOfEpisodes(ctx, e); err != nil {
		return err
	}
	round := skills.Round{Scope: e.Scope, Source: unexamined{e, x}, Examiner: x}
	if round.Harmful, err = e.harmful(ctx); err != nil {
		return err
	}
	report, err := bank.Evolve(ctx, round)
	if err != nil {
		return err
	}
	return a.show(report, func(w io.Writer) { writeRound(w, report) })
}

func writeRound(w io.Writer, r skills.Report) {
	if !r.Due {
		fmt.Fprintf(w, "round %d is not due: %s since the last\n", r.Round, counted(r.Episodes, "episode"))
		return
	}
	if len(r.Open)+len(r.Changes) == 0 {
		fmt.Fprintf(w, "round %d: no category goes badly, and no skill changed\n", r.Round)
	}
	for _, k := range r.Open {
		fmt.Fprintf(w, "open: %s %s, %d of %d solved\n", k.Suite, k.Kind, k.Successes, k.N)
	}
	for _, c := range r.Changes {
		fmt.Fprintf(w, "%s %s: %s\n", c.Skill.ID, c.What, cmp.Or(oneLine(c.Skill.Reason), evidence(c.Skill)))
	}
	if r.Played > 0 {
		fmt.Fprintf(w, "%s of held-out games\n", counted(r.Played, "play"))
	}
	if r.Unread > 0 {
		fmt.Fprintf(w, "%s not examined: recalled for no held-out game\n", counted(r.Unread, "candidate"))
	}
}

// harmful are the skills whose measured effect is harm.
func (e experience) harmful(ctx context.Context) ([]string, error) {
	all, err := e.Effects(ctx)
	var out []string
	for _, m := range all {
		if m.Kind == agent.KindSkill && m.Verdict == effect.Harms {
			out = append(out, m.ID)
		}
	}
	return out, err
}

// tasksOfEpisodes are the IDs of the tasks of all episodes, by theirs.
func tasksOfEpisodes(ctx context.Context, e experience) (map[string]string, error) {
	heads, err := e.EpisodeHeads(ctx, memory.EpisodeFilter{})
	out := map[string]string{}
	for _, h := range heads {
		out[h.ID] = h.Task
	}
	return out, err
}

// examination plays held-out games; it implements skills.Examiner.
type examination struct {
	suite  *gameSuite
	policy openedPolicy
	tokens int
	tasks  map[string]string // of the memory's episodes, by the IDs of these
}

// HeldOut implements skills.Examiner. What is not known to be of another task may
// be of a held-out one.
func (x *examination) HeldOut(_ context.Context, episode string) (bool, error) {
	task, known := x.tasks[episode]
	return !known || x.suite.byID[task] != nil, nil
}

// Contexts implements skills.Examiner. The skills lie in a memory of their own, so
// that they are recalled as they will be.
func (x *examination) Contexts(ctx context.Context, active []agent.Skill) (out []agent.Context, err error) {
	dir, err := os.MkdirTemp("", "agentctl-skills-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s, err := memory.Open(dir, steady(memory.Options{SkillTokens: x.tokens, CountTokens: x.policy.countTokens}))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	fresh := slices.Clone(active)
	for i := range fresh {
		fresh[i].Version, fresh[i].Scope = 0, ""
	}
	if err := s.KeepSkills(ctx, fresh, "examination"); err != nil {
		return nil, err
	}
	for _, t := range x.suite.Tasks() {
		c, err := s.Recall(ctx, t, 2*x.tokens)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// Play implements skills.Examiner. Nothing is left to chance but the policy's,
// which is the same for each game each time.
func (x *examination) Play(ctx context.Context, task int, recalled agent.Context) (bool, error) {
	t := x.suite.Tasks()[task]
	env, err := x.suite.Environment(t)
	if err != nil {
		return false, err
	}
	e, err := agent.Run(ctx, t, agent.RunOptions{
		Policy: x.policy, Environment: env, Recaller: given{recalled}, ContextTokens: 2 * x.tokens, Seed: uint64(task),
	})
	return e.Outcome.Success, err
}

// given is an agent.Recaller of one context.
type given struct{ context agent.Context }

func (g given) Recall(context.Context, agent.Task, int) (agent.Context, error) { return g.context, nil }

// unexamined is experience without what comes from held-out games.
type unexamined struct {
	experience
	examination *examination
}

func (u unexamined) heldOut(episodes ...[]string) bool {
	return slices.ContainsFunc(slices.Concat(episodes...), func(id string) bool {
		held, _ := u.examination.HeldOut(context.Background(), id) // it has no error
		return held
	})
}

// Demonstrations implements skills.Source.
func (u unexamined) Demonstrations(ctx context.Context) ([]agent.Demonstration, error) {
	all, err := u.experience.Demonstrations(ctx)
	return slices.DeleteFunc(all, func(d agent.Demonstration) bool { return u.heldOut([]string{d.Episode.ID}) }), err
}

// Lessons implements skills.Source.
func (u unexamined) Lessons(ctx context.Context) ([]agent.Lesson, error) {
	all, err := u.experience.Lessons(ctx)
	return slices.DeleteFunc(all, func(l agent.Lesson) bool { return u.heldOut(l.For, l.Against) }), err
}
