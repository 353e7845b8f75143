package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/skills"
)

// skillEdge says that one skill became a part of another, or that a lesson did.
type skillEdge struct {
	From string `json:"from"` // ID of a skill or a lesson
	To   string `json:"to"`   // ID of a skill
	What string `json:"what"` // "parent" or "lesson"
}

func newSkillsGraph(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "graph",
		Short:   "Show what the skills come from: other skills and lessons, in Graphviz's language",
		Example: "  agentctl skills graph --store DIR | dot -Tsvg > skills.svg\n  agentctl skills graph --store DIR -o json",
		Args:    noArgs,
		RunE: a.withLibrary(func(l *skills.Library, _ []string) error {
			list := l.List(skills.Filter{})
			edges := edgesOf(list)
			return a.show(edges, func(w io.Writer) {
				fmt.Fprintln(w, "digraph skills {")
				for _, s := range list {
					fmt.Fprintf(w, "\t%s [label=%s]\n", strconv.Quote(s.ID), strconv.Quote(s.Title+"\n"+string(s.State)))
				}
				for _, e := range edges {
					fmt.Fprintf(w, "\t%s -> %s [label=%s]\n", strconv.Quote(e.From), strconv.Quote(e.To), e.What)
				}
				fmt.Fprintln(w, "}")
			})
		}),
	}
}

func edgesOf(list []agent.Skill) []skillEdge {
	edges := []skillEdge{}
	for _, s := range list {
		for _, p := range s.Parents {
			edges = append(edges, skillEdge{p, s.ID, "parent"})
		}
		for _, id := range s.Lessons {
			edges = append(edges, skillEdge{id, s.ID, "lesson"})
		}
	}
	return edges
}

// skillCount is how many skills of a sort there are.
type skillCount struct {
	Suite    string              `json:"suite"`
	Category agent.SkillCategory `json:"category"`
	Kind     string              `json:"kind"`
	State    agent.SkillState    `json:"state"`
	Skills   int                 `json:"skills"`
	Pinned   int                 `json:"pinned"`
	Evidence int                 `json:"evidence"` // episodes for them
	Shown    agent.Arm           `json:"shown"`    // episodes for which they were recalled
	Withheld agent.Arm           `json:"withheld"` // and those for which they were withheld by chance
}

func newSkillsStats(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "stats",
		Short:   "Count the skills by suite, category, kind and state, with what was measured of them",
		Example: "  agentctl skills stats --store DIR",
		Args:    noArgs,
		RunE: a.withExperience(func(ctx context.Context, e experience, _ []string) error {
			l, err := e.library(ctx)
			if err != nil {
				return err
			}
			counts := countSkills(l.List(skills.Filter{}))
			return a.show(counts, func(w io.Writer) {
				arm := func(x agent.Arm) string { return fmt.Sprintf("%d/%d", x.Successes, x.N) }
				cells := make([][]string, len(counts))
				for i, c := range counts {
					cells[i] = []string{
						c.Suite, string(c.Category), orDash(c.Kind), string(c.State), strconv.Itoa(c.Skills), strconv.Itoa(c.Pinned),
						strconv.Itoa(c.Evidence), arm(c.Shown), arm(c.Withheld),
					}
				}
				rows(w, []string{"suite", "category", "kind", "state", "skills", "pinned", "evidence", "shown", "withheld"}, cells)
			})
		}),
	}
}

// countSkills counts them in the order in which a sort of them is met first.
func countSkills(list []agent.Skill) []skillCount {
	type sort struct {
		suite, kind string
		category    agent.SkillCategory
		state       agent.SkillState
	}
	at := map[sort]int{}
	out := []skillCount{}
	for _, s := range list {
		key := sort{s.Suite, s.Kind, s.Category, s.State}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, skillCount{Suite: s.Suite, Category: s.Category, Kind: s.Kind, State: s.State})
		}
		c := &out[i]
		c.Skills++
		if s.Pinned != "" {
			c.Pinned++
		}
		c.Evidence += len(s.For)
		c.Shown.N, c.Shown.Successes = c.Shown.N+s.Effect.Shown.N, c.Shown.Successes+s.Effect.Shown.Successes
		c.Withheld.N, c.Withheld.Successes = c.Withheld.N+s.Effect.Withheld.N, c.Withheld.Successes+s.Effect.Withheld.Successes
	}
	return out
}
