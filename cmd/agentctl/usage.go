package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a command line, an environment or a config file that cannot
// be carried out as it stands.
type usageError struct {
	err   error
	quiet bool // the message needs no pointer to --help
}

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...), quiet: true}
}

// flagError says which flag is wrong before it says why.
func flagError(_ *cobra.Command, err error) error {
	if v, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return usagef("--%s %s: %w", v.GetFlag().Name, v.GetValue(), v.Unwrap())
	}
	return &usageError{err: err}
}

// noArgs accepts no positional argument.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{err: fmt.Errorf("%s: unexpected argument %q", cmd.CommandPath(), args[0])}
	}
	return nil
}

// oneArg accepts exactly one positional argument, which what names.
func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return &usageError{err: fmt.Errorf("%s: %s is missing", cmd.CommandPath(), what)}
		case 1:
			return nil
		}
		return &usageError{err: fmt.Errorf("%s: one %s at a time; unexpected argument %q", cmd.CommandPath(), what, args[1])}
	}
}
