package main

import (
	"cmp"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
)

func newLessonsPromote(a *app) *cobra.Command {
	return newDecision(a, "promote", agent.LessonActive, "Make a lesson active by hand, whatever its evidence")
}

func newLessonsRetire(a *app) *cobra.Command {
	return newDecision(a, "retire", agent.LessonRetired, "Retire a lesson by hand: it is kept and not recalled")
}

func newLessonsQuarantine(a *app) *cobra.Command {
	return newDecision(a, "quarantine", agent.LessonQuarantined, "Quarantine a lesson by hand, as of doubtful origin")
}

func newLessonsUndo(a *app) *cobra.Command {
	return newDecision(a, "undo", "", "Undo what was decided of a lesson by hand: its evidence decides again")
}

// newDecision is a command that puts a lesson into a state by hand; "" undoes that.
func newDecision(a *app, verb string, state agent.LessonState, short string) *cobra.Command {
	var by decider
	c := &cobra.Command{
		Use:     verb + " ID",
		Short:   short,
		Example: "  agentctl lessons " + verb + " ID --store DIR --by NAME",
		Args:    oneArg("lesson ID"),
		RunE: a.withStore(func(cmd *cobra.Command, s *memory.Store, args []string) error {
			l, err := s.Decide(cmd.Context(), args[0], state, by.name())
			if err != nil {
				return err
			}
			return a.show(l, func(w io.Writer) { fmt.Fprintf(w, "%s: %s: %s\n", l.ID, l.State, oneLine(l.Reason)) })
		}),
	}
	by.register(c)
	return c
}

// decider is who decides by hand.
type decider string

// register gives c the flag that names the decider.
func (d *decider) register(c *cobra.Command) {
	c.Flags().StringVar((*string)(d), "by", "", "who decides; it is kept as the reason (default: the name of the user)")
}

func (d decider) name() string {
	return cmp.Or(string(d), os.Getenv("USER"), os.Getenv("USERNAME"))
}
