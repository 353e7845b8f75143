package household

import (
	"errors"
	"fmt"
)

var (
	// ErrNoGames is returned by [List] when there is no game below the folder.
	ErrNoGames = errors.New("household: no game.tw-pddl")

	// ErrFormat is wrapped by every error of [Parse] about a file's content.
	ErrFormat = errors.New("household: not a valid game file")

	// ErrOtherTask is returned by Environment.Reset when asked for a task that
	// is not its game's.
	ErrOtherTask = errors.New("household: the environment plays another task")

	// ErrOptions is wrapped by GenerateOptions.Validate.
	ErrOptions = errors.New("household: invalid options")
)

// FormatError says where a game file is wrong. It wraps [ErrFormat].
type FormatError struct {
	File    string // as given to Parse
	Section string // "json", "pddl_domain", "grammar", "pddl_problem" or "walkthrough"
	Line    int    // within the section's text, from 1; 0 if the section has no lines
	Offset  int    // byte offset within the section's text
	Reason  string
}

func (e *FormatError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s: %s line %d (byte %d): %s", e.File, e.Section, e.Line, e.Offset, e.Reason)
	}
	return fmt.Sprintf("%s: %s byte %d: %s", e.File, e.Section, e.Offset, e.Reason)
}

func (e *FormatError) Unwrap() error { return ErrFormat }
