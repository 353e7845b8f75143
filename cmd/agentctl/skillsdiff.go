package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
)

func newSkillsDiff(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "diff POINT [POINT]",
		Short:   "Show which skills were added, changed or removed between two points in time",
		Long:    "Show which of the kept skills, of all scopes, were added, changed or removed from one point in time to another, by default the present.\n\n" + pointHelp,
		Example: "  agentctl skills diff 2h --store DIR",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) > 2 {
				return &usageError{err: fmt.Errorf("%s: needs one point or two, not %d", cmd.CommandPath(), len(args))}
			}
			return nil
		},
		RunE: a.withStore(func(cmd *cobra.Command, s *memory.Store, args []string) error {
			all, err := differences(cmd.Context(), s, args)
			if err != nil {
				return err
			}
			all = slices.DeleteFunc(all, func(d memory.Difference) bool { return d.Kind != agent.KindSkill })
			return a.show(all, func(w io.Writer) { writeDifferences(w, all) })
		}),
	}
}
