package main

import (
	"github.com/spf13/cobra"
)

// newHelp is cobra's help command, but for a topic that does not exist: that
// is wrong usage.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:               "help [COMMAND | TOPIC]",
		Short:             "Show help for a command or a topic (exit-codes)",
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			cmd, _, err := root.Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, c := range cmd.Commands() {
				names = append(names, c.Name()+"\t"+c.Short)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return group(cmd, rest)
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

// newExitCodes is a topic of help, not a command that does something.
func newExitCodes() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit status means",
		Long: `The exit status of agentctl:

  0  ok
  1  failed: a file, a memory, a model or a server did not do its part, or the
     command was interrupted (SIGINT, SIGTERM)
  2  wrong usage: an unknown command or flag, or a value that cannot be used,
     be it from a flag, an environment variable or the config file

That an agent did not solve its tasks is a result, not a failure: 'agentctl
eval' ends with 0 whatever the success.`,
	}
}
