package main

import (
	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse/terminal"
	"github.com/surefoot-ai/surefoot/memory"
)

func newUI(a *app) *cobra.Command {
	var scope scopeFlag
	c := &cobra.Command{
		Use:   "ui",
		Short: "Browse a memory on the terminal, with links to the evidence",
		Long: `Skills, lessons, demonstrations and episodes of a memory on the terminal, each
with links to what it rests on and what rests on it. An agent may go on writing
to the memory: what it writes is shown within seconds, and nothing is written.

Press ? for the keys. 'agentctl serve' shows the same in a browser.`,
		Example: "  agentctl ui --store DIR",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !isTerminal(a.in) || !isTerminal(a.out.w) {
				return usagef("ui: standard input and output must be a terminal; 'agentctl serve' shows the same in a browser, 'agentctl episodes list' and the like print it")
			}
			return a.withStoreOf(memory.Options{ReadOnly: true}, func(s *memory.Store) error {
				return terminal.Run(cmd.Context(), browse.New(s, browse.Options{Scope: scope.scope}), a.in, a.out.w)
			})
		},
	}
	c.Flags().Var(&scope, "scope", "only what is of a scope, '' of the one without a name (default all)")
	return c
}
