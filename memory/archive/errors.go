package archive

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What a caller branches on.
var (
	ErrNotFound    = errors.New("not found")
	ErrConflict    = errors.New("already there with other content")
	ErrNewerSchema = errors.New("written by a later version")
	ErrCorrupt     = errors.New("corrupt")
	ErrBusy        = errors.New("another process is writing")
)

// classify adds the sentinel that fits a SQLite error.
func classify(err error) error {
	var s *sqlite.Error
	if !errors.As(err, &s) {
		return err
	}
	switch s.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT:
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}
