package main

import (
	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
)

func newSkillsDiff(a *app) *cobra.Command {
	return newDiff(a, &cobra.Command{
		Short:   "Show which skills were added, changed or removed between two points in time",
		Long:    "Show which of the kept skills, of all scopes, were added, changed or removed from one point in time to another, by default the present.\n\n" + pointHelp,
		Example: "  agentctl skills diff 2h --store DIR",
	}, func(d memory.Difference) bool { return d.Kind == agent.KindSkill })
}
