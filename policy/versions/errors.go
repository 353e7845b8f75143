package versions

import (
	"errors"
	"fmt"
)

var (
	// ErrNotFound: the folder has no such version.
	ErrNotFound = errors.New("versions: no such version")

	// ErrNone: no version is current, or none before the current one.
	ErrNone = errors.New("versions: no version to act with")

	// ErrExists: the version is already there.
	ErrExists = errors.New("versions: version is already there")

	// ErrMoved: the current version is not the one that was to be replaced.
	ErrMoved = errors.New("versions: another version has become current")

	// ErrCorrupt is what every CorruptError is.
	ErrCorrupt = errors.New("versions: damaged file")
)

// CorruptError says which file is damaged, and how.
type CorruptError struct {
	File, Reason string
}

func (e *CorruptError) Error() string { return fmt.Sprintf("%s: damaged: %s", e.File, e.Reason) }

// Is reports whether target is ErrCorrupt.
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }
