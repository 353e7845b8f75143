package archive

import (
	"errors"
	"fmt"
	"strings"

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
	ErrFull        = errors.New("no room left on the disk")
	ErrReadOnly    = errors.New("cannot be written to")
)

// classify adds to a SQLite error the file and the sentinel that fits it, and
// leaves every other error as it is.
func (a *Archive) classify(err error) error {
	if err != nil && strings.HasPrefix(err.Error(), "sql: Scan error") { // a value that this package did not write
		return fmt.Errorf("%s: %w: %w", a.path, ErrCorrupt, err)
	}
	var s *sqlite.Error
	if !errors.As(err, &s) {
		return err
	}
	switch s.Code() & 0xff {
	case sqlite3.SQLITE_ERROR, // the statements are right, so it is the schema that is not
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT:
		err = fmt.Errorf("%w: %w", ErrCorrupt, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		err = fmt.Errorf("%w: %w", ErrBusy, err)
	case sqlite3.SQLITE_FULL:
		err = fmt.Errorf("%w: %w", ErrFull, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		err = fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return fmt.Errorf("%s: %w", a.path, err)
}
