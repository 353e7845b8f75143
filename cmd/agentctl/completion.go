package main

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newCompletion() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Write the completion script for a shell",
		Long: `Write the completion script for a shell to standard output.

Bash, for the running shell:   source <(agentctl completion bash)
Zsh, into a folder of $fpath:  agentctl completion zsh > DIR/_agentctl
Fish:                          agentctl completion fish > ~/.config/fish/completions/agentctl.fish
PowerShell:                    agentctl completion powershell | Out-String | Invoke-Expression`,
		ValidArgs:         shells,
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil }, // works beside a broken config file
		Args: func(cmd *cobra.Command, args []string) error {
			if err := oneArg("shell")(cmd, args); err != nil {
				return err
			}
			if !slices.Contains(shells, args[0]) {
				return usagef("shell %q: must be %s", args[0], orList(shells))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			default:
				return root.GenPowerShellCompletionWithDesc(out)
			}
		},
	}
}

// completeChoices lets the shell complete the values of the flags of cmd, and
// of the commands below it, that take one of a few words.
func completeChoices(cmd *cobra.Command) {
	complete := func(f *pflag.Flag) {
		if c, ok := f.Value.(*choice); ok {
			// The one error is a second function for the same flag.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(c.from, cobra.ShellCompDirectiveNoFileComp))
		}
	}
	cmd.PersistentFlags().VisitAll(complete)
	cmd.LocalNonPersistentFlags().VisitAll(complete)
	for _, c := range cmd.Commands() {
		completeChoices(c)
	}
}
