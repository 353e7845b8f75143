package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/skills"
)

// skillHit is a skill that a search found, as JSON shows it.
type skillHit struct {
	Similarity float64     `json:"similarity"` // BM25, > 0
	Skill      agent.Skill `json:"skill"`
}

func newSkills(a *app) *cobra.Command {
	c := newNoun("skills", "Skills distilled from demonstrations and lessons",
		newSkillsList(a), newSkillsShow(a), newSkillsSearch(a), newSkillsDiff(a), newSkillsGraph(a), newSkillsStats(a), newSkillsEvolve(a),
		newSkillsPromote(a), newSkillsRetire(a), newSkillsExport(a), newSkillsImport(a))
	c.Long = `Skills of a memory: those that it keeps, and candidates.

Candidates are distilled anew each time from the demonstrations and lessons that
the memory holds by then; the same memory gives the same skills and IDs. What
'evolve' admits, or someone promotes, is kept in the memory, with its history, and
'agentctl memory rollback' takes it back with all else. A skill is general, of one
category of task, or a mistake to avoid. Its category is the kind that the tasks
state; where they state none, it is discovered from what the successes did and
how the goals are worded, and named for that: "take-clean-put". In its steps, A, B, … are the things the goal
names, and X, Y, … other things that differ from case to case.`
	c.PersistentFlags().String("scope", "", "whose skills")
	return c
}

// experience is what skills are made of and kept in.
type experience struct{ browse.Experience }

// withExperience makes a command's RunE of what is to be done with the memory as
// one scope sees it.
func (a *app) withExperience(do func(ctx context.Context, e experience, args []string) error) func(*cobra.Command, []string) error {
	return a.withStore(func(cmd *cobra.Command, s *memory.Store, args []string) error {
		scope, err := cmd.Flags().GetString("scope")
		if err != nil {
			return err
		}
		return do(cmd.Context(), experience{browse.Experience{Store: s, Scope: scope}}, args)
	})
}

// library has the skills that are kept, and after them the candidates that are
// not.
func (e experience) library(ctx context.Context) (*skills.Library, error) {
	kept, err := e.Skills(ctx)
	if err != nil {
		return nil, err
	}
	candidates, err := e.Candidates(ctx)
	if err != nil {
		return nil, err
	}
	return skills.NewLibrary(append(kept, candidates...)), nil // of two with one ID, the one that is kept
}

// withLibrary makes a command's RunE of what is to be done with the skills of
// the memory.
func (a *app) withLibrary(do func(l *skills.Library, args []string) error) func(*cobra.Command, []string) error {
	return a.withExperience(func(ctx context.Context, e experience, args []string) error {
		l, err := e.library(ctx)
		if err != nil {
			return err
		}
		return do(l, args)
	})
}

func newSkillsList(a *app) *cobra.Command {
	var f skills.Filter
	category, state := "any", "any"
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the skills: those that are kept, then candidates",
		Example: "  agentctl skills list --store DIR --category mistake",
		Args:    noArgs,
		RunE: a.withLibrary(func(l *skills.Library, _ []string) error {
			if category != "any" {
				f.Category = agent.SkillCategory(category)
			}
			if state != "any" {
				f.State = agent.SkillState(state)
			}
			list := l.List(f)
			if list == nil {
				list = []agent.Skill{} // an empty list, not null
			}
			return a.show(list, func(w io.Writer) {
				cells := make([][]string, len(list))
				for i, s := range list {
					cells[i] = []string{s.ID, string(s.State), string(s.Category), s.Kind, evidence(s), s.Title, s.Text()}
				}
				rows(w, []string{"id", "state", "category", "kind", "for/against", "title", "skill"}, cells)
			})
		}),
	}
	words, states := []string{"any"}, []string{"any"}
	for _, x := range agent.SkillCategories() {
		words = append(words, string(x))
	}
	for _, x := range agent.SkillStates() {
		states = append(states, string(x))
	}
	c.Flags().StringVar(&f.Suite, "suite", "", "only those of a suite")
	c.Flags().StringVar(&f.Kind, "kind", "", "only those of a category of task, as the column KIND names it")
	c.Flags().Var(newChoice(&category, "any", words...), "category", orList(words))
	c.Flags().Var(newChoice(&state, "any", states...), "state", orList(states))
	return c
}

// evidence is how many episodes speak for and against s.
func evidence(s agent.Skill) string { return fmt.Sprintf("%d/%d", len(s.For), len(s.Against)) }

func newSkillsShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one skill and what it rests on; the beginning of an ID will do",
		Args:  oneArg("skill ID"),
		RunE: a.withLibrary(func(l *skills.Library, args []string) error {
			s, err := l.Show(args[0])
			if err != nil {
				return err
			}
			return a.show(s, func(w io.Writer) {
				fields(w,
					"id", s.ID,
					"state", string(s.State),
					"why", s.Reason,
					"version", strconv.Itoa(s.Version),
					"category", string(s.Category),
					"suite", s.Suite,
					"kind", s.Kind,
					"title", s.Title,
					"when", s.When,
					"mistake", s.Mistake,
					"cause", string(s.Cause),
					"principle", s.Principle,
					"for", strings.Join(s.For, " "),
					"against", strings.Join(s.Against, " "),
					"lessons", strings.Join(s.Lessons, " "),
					"parents", strings.Join(s.Parents, " "),
					"from", s.Origin,
					"created", timeText(s.Created),
				)
				for i, step := range s.Steps {
					fmt.Fprintf(w, "%3d. %s\n", i+1, oneLine(step))
				}
			})
		}),
	}
}

func newSkillsSearch(a *app) *cobra.Command {
	var most int
	c := &cobra.Command{
		Use:     "search WORD...",
		Short:   "Find skills by words, the most similar first",
		Example: "  agentctl skills search --store DIR cool an apple",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{err: fmt.Errorf("%s: words to search for are missing", cmd.CommandPath())}
			}
			return nil
		},
		RunE: a.withLibrary(func(l *skills.Library, args []string) error {
			hits := []skillHit{}
			for _, h := range l.Search(strings.Join(args, " "), most) {
				hits = append(hits, skillHit{h.Similarity, h.Skill})
			}
			return a.show(hits, func(w io.Writer) {
				cells := make([][]string, len(hits))
				for i, h := range hits {
					cells[i] = []string{
						strconv.FormatFloat(h.Similarity, 'f', 2, 64), h.Skill.ID, string(h.Skill.Category),
						h.Skill.Kind, h.Skill.Text(),
					}
				}
				rows(w, []string{"similarity", "id", "category", "kind", "skill"}, cells)
			})
		}),
	}
	c.Flags().Var(newCount(&most, 10, 0), "limit", "at most so many; 0: all")
	return c
}
