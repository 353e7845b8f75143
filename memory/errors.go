package memory

import (
	"errors"

	"github.com/surefoot-ai/surefoot/memory/archive"
)

// What a caller branches on.
var (
	// ErrNotFound: no episode, lesson or demonstration has the ID.
	ErrNotFound = archive.ErrNotFound

	// ErrConflict: an episode of the same ID but other content is recorded, or a
	// skill was changed by someone else since it was read.
	ErrConflict = archive.ErrConflict

	// ErrNewerSchema: the folder was written by a later version.
	ErrNewerSchema = archive.ErrNewerSchema

	// ErrCorrupt: what is on the disk is not what was written.
	ErrCorrupt = archive.ErrCorrupt

	// ErrBusy: another process held the write lock for too long.
	ErrBusy = archive.ErrBusy

	// ErrFull: the disk has no room left. What was acknowledged is there.
	ErrFull = archive.ErrFull

	// ErrReadOnly: the folder cannot be written to, or is not to be.
	ErrReadOnly = archive.ErrReadOnly

	// ErrClosed: the store was closed.
	ErrClosed = errors.New("memory: store is closed")

	// ErrForm: the folder was filled in another form than the one asked for.
	ErrForm = errors.New("memory: folder is of another form")

	// ErrScope: the task's scope is not UTF-8, in which alone two scopes differ for
	// sure once they are written.
	ErrScope = errors.New("memory: scope is not valid UTF-8")

	// ErrNoID: the episode has no ID.
	ErrNoID = errors.New("memory: episode without ID")

	// ErrState: a lesson cannot be put into that state by hand.
	ErrState = errors.New("memory: state must be active, retired or quarantined")

	// ErrNoName: it is not said who decides.
	ErrNoName = errors.New("memory: decision without a name")
)
