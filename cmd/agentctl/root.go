package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// app is what all commands share.
type app struct {
	in       io.Reader
	out      *stickyWriter // data only
	err      io.Writer     // progress, warnings and errors
	settings *settings

	store  string // --store
	format string // --output
	quiet  bool   // --quiet
}

// run executes one command line and returns the exit status. It is the whole
// program but for os.Exit. SIGINT and SIGTERM cancel the command's context; a
// second one kills the process.
func run(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	a := &app{in: in, out: &stickyWriter{w: out}, err: errw}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(a.out)
	root.SetErr(errw)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil && a.out.err != nil {
		err = fmt.Errorf("standard output: %w", a.out.err)
	}
	if err == nil {
		return exitOK
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = errors.New("interrupted") // how to go on, the command itself has said
	}
	fmt.Fprintf(errw, "agentctl: %s\n", printable(err.Error()))
	if u, ok := errors.AsType[*usageError](err); ok {
		if !u.quiet {
			fmt.Fprintf(errw, "Run '%s --help' for usage.\n", cmd.CommandPath())
		}
		return exitUsage
	}
	return exitFailed
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "agentctl",
		Short: "Agents that keep what worked and learn where not to step",
		Long: `agentctl plays task suites with and without memory, trains the local policy
that plays them, and shows what memory and skills hold.

Data goes to standard output, everything else to standard error.
Exit status: 0 ok, 1 failed, 2 wrong usage; see 'agentctl help exit-codes'.`,
		Example: `  agentctl eval
  agentctl lessons list --store runs/NAME/memory/3-asymmetric/seed-1
  agentctl config -o json`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE:          group,
	}
	root.PersistentFlags().StringVar(&a.store, "store", "",
		"folder of the memory to read (default $XDG_DATA_HOME/agentctl, or ~/.local/share/agentctl)")
	root.PersistentFlags().VarP(newChoice(&a.format, "table", formats()...), "output", "o",
		"how to show data: "+strings.Join(formats(), ", "))
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "say nothing but data, warnings and errors")
	a.settings = newSettings(root)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := a.settings.load(cmd); err != nil {
			return err
		}
		if a.store == "" {
			a.store = defaultStore()
		}
		return nil
	}
	root.AddGroup(
		&cobra.Group{ID: groupWork, Title: "Work:"},
		&cobra.Group{ID: groupLook, Title: "Look at what was learned:"},
		&cobra.Group{ID: groupSelf, Title: "About agentctl itself:"},
	)
	addCommands(a, root)
	completeChoices(root)
	root.SetHelpCommand(newHelp(root))
	root.SetHelpCommandGroupID(groupSelf)
	return root
}

// The groups of 'agentctl help'.
const (
	groupWork = "work"
	groupLook = "look"
	groupSelf = "self"
)

// addCommands is the one list of subcommands.
func addCommands(a *app, root *cobra.Command) {
	for _, c := range []struct {
		group string
		cmd   *cobra.Command
	}{
		{groupWork, newEval(a)},
		{groupWork, newTrain(a)},
		{groupWork, newUpdate(a)},
		{groupLook, newEpisodes(a)},
		{groupLook, newLessons(a)},
		{groupLook, newDemos(a)},
		{groupLook, newSkills(a)},
		{groupLook, newMemory(a)},
		{groupLook, newPolicy(a)},
		{groupLook, newUI(a)},
		{groupLook, newServe(a)},
		{groupSelf, newConfig(a)},
		{groupSelf, newVersion(a)},
		{groupSelf, newCompletion()},
		{"", newExitCodes()},
	} {
		c.cmd.GroupID = c.group
		root.AddCommand(c.cmd)
	}
}

// group runs a command that only has subcommands: alone it shows its help, and
// what follows it is a command that does not exist.
func group(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	cmd.SuggestionsMinimumDistance = 2
	msg := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
	if s := cmd.SuggestionsFor(args[0]); len(s) > 0 {
		msg += "; did you mean " + strings.Join(s, " or ") + "?"
	}
	return &usageError{err: errors.New(msg)}
}

// stickyWriter remembers the first error of w and refuses to write after it,
// so that a full disk under standard output is not taken for success.
type stickyWriter struct {
	w   io.Writer
	err error
}

func (s *stickyWriter) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}
