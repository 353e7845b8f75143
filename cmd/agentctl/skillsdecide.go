package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/skills"
)

func newSkillsPromote(a *app) *cobra.Command {
	return newSkillDecision(a, "promote", agent.SkillActive, "Make a skill active by hand, an imported one say, whatever its evidence")
}

func newSkillsRetire(a *app) *cobra.Command {
	return newSkillDecision(a, "retire", agent.SkillRetired, "Retire a skill by hand: it is kept and not recalled")
}

// newSkillDecision is a command that puts a skill into a state by hand.
func newSkillDecision(a *app, verb string, state agent.SkillState, short string) *cobra.Command {
	var by decider
	c := &cobra.Command{
		Use:     verb + " ID",
		Short:   short,
		Long:    short + ".\n'agentctl memory rollback' undoes it with all that came after.",
		Example: "  agentctl skills " + verb + " ID --store DIR --by NAME",
		Args:    oneArg("skill ID"),
		RunE: a.withExperience(func(ctx context.Context, e experience, args []string) error {
			l, err := e.library(ctx)
			if err != nil {
				return err
			}
			s, err := l.Show(args[0])
			if err != nil {
				return err
			}
			bank, err := skills.NewBank(e, skills.DefaultRules())
			if err != nil {
				return err
			}
			if s, err = bank.Decide(ctx, s, state, by.name()); err != nil {
				return err
			}
			return a.show(s, func(w io.Writer) { fmt.Fprintf(w, "%s: %s: %s\n", s.ID, s.State, oneLine(s.Reason)) })
		}),
	}
	by.register(c)
	return c
}
