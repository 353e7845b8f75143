package main

import (
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse/web"
	"github.com/surefoot-ai/surefoot/memory"
)

// serveFlags are those of 'agentctl serve'.
type serveFlags struct {
	listen string
	policy string
	scope  scopeFlag
}

func newServe(a *app) *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "Show a memory in a browser, with learning curves and links to the evidence",
		Long: `Skills, lessons, demonstrations and episodes of a memory as pages for a browser,
each with links to what it rests on and what rests on it; success over the
episodes by condition, kind and scope; and with --policy the held-out scores of
policy versions. The pages need no network. An agent may go on writing to the
memory: what it writes is shown within seconds, and nothing is written.

The address goes to standard output. Only this machine can reach it unless
--listen says otherwise; whoever can, reads the whole memory. Ctrl-C ends it.`,
		Example: `  agentctl serve --store DIR
  agentctl serve --store DIR --policy policies --listen 127.0.0.1:0`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStoreOf(memory.Options{ReadOnly: true}, func(s *memory.Store) error { return a.serve(cmd, s, f) })
		},
	}
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8470", "address and port to listen on; port 0: a free one")
	c.Flags().StringVar(&f.policy, "policy", "", "folder of policy versions to show as well")
	c.Flags().Var(&f.scope, "scope", "only lists and curves of a scope, '' of the one without a name (default all)")
	return c
}

// serve shows s until the command is interrupted.
func (a *app) serve(cmd *cobra.Command, s *memory.Store, f serveFlags) error {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return usagef("--listen %s: must be ADDRESS:PORT: %w", f.listen, err)
	}
	o := web.Options{Name: a.store, Host: host}
	if f.policy != "" {
		v, err := openVersions(f.policy, "--policy")
		if err != nil {
			return err
		}
		o.Versions = v
	}
	h, err := web.Handler(browse.New(s, browse.Options{Scope: f.scope.scope}), o)
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(cmd.Context(), "tcp", f.listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", f.listen, err)
	}
	if t, ok := l.Addr().(*net.TCPAddr); ok && !t.IP.IsLoopback() {
		fmt.Fprintf(a.err, "warning: whoever reaches %s can read this memory\n", l.Addr())
	}
	fmt.Fprintf(a.out, "http://%s/\n", l.Addr())
	fmt.Fprintln(a.notes(), "Ctrl-C ends it")
	return web.Serve(cmd.Context(), l, h)
}
