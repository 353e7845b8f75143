package eval

import (
	"errors"
	"fmt"
)

var (
	// ErrConfig is wrapped by the errors of Config.Validate.
	ErrConfig = errors.New("eval: invalid config")

	// ErrOtherRun is wrapped when a run folder holds a run of another
	// configuration.
	ErrOtherRun = errors.New("eval: the folder holds a run of another configuration")

	// ErrBusy is returned when another process is writing the run folder.
	ErrBusy = errors.New("eval: the folder is in use by another run")

	// ErrCorrupt is wrapped by every *CorruptError.
	ErrCorrupt = errors.New("eval: corrupt log")
)

// CorruptError is damage in a run's log that is not a torn last line.
type CorruptError struct {
	File   string
	Line   int   // from 1
	Offset int64 // of the line's first byte
	Reason string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s:%d: byte %d: %s: %v", e.File, e.Line, e.Offset, e.Reason, ErrCorrupt)
}

// Unwrap makes errors.Is(err, ErrCorrupt) true.
func (e *CorruptError) Unwrap() error { return ErrCorrupt }
