package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"
)

// BusyTimeout is how long a writer waits for another process before it gives
// up with ErrBusy.
const BusyTimeout = 10 * time.Second

// Archive is an open archive file. It is safe for concurrent use.
type Archive struct {
	db   *sql.DB
	path string
}

// Open opens the archive at path, creating the file but not its folder.
// It returns ErrNewerSchema, ErrCorrupt or ErrBusy where they fit.
func Open(ctx context.Context, path string) (*Archive, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: fmt.Sprintf(
		"_pragma=busy_timeout(%d)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=cache_size(-16384)&_txlock=immediate",
		BusyTimeout.Milliseconds())}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	a := &Archive{db: db, path: path}
	if err := a.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, classify(err)), db.Close())
	}
	return a, nil
}

// Close closes the file.
func (a *Archive) Close() error { return a.db.Close() }

// inTx runs f in one immediate transaction: it has the write lock from its
// beginning.
func (a *Archive) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := a.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit this does nothing
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Tx writes. It is valid inside the function given to [Archive.Write] only.
type Tx struct {
	tx  *sql.Tx
	gen int64
}

// Write runs f in one transaction that holds the write lock of the file from
// beginning to end, so that what f reads cannot change under it. Nothing is
// written if f returns an error, which Write passes on.
func (a *Archive) Write(ctx context.Context, f func(*Tx) error) error {
	err := a.inTx(ctx, func(tx *sql.Tx) error {
		t := &Tx{tx: tx}
		if err := tx.QueryRowContext(ctx, `UPDATE meta SET value = value + 1 WHERE key = 'generation' RETURNING value`).Scan(&t.gen); err != nil {
			return err
		}
		return f(t)
	})
	return classify(err)
}

// Generation counts the committed writes. It changes whenever any process has
// written.
func (a *Archive) Generation(ctx context.Context) (int64, error) {
	var g int64
	err := a.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'generation'`).Scan(&g)
	return g, classify(err)
}

// Generation is the generation that this transaction will have made.
func (t *Tx) Generation() int64 { return t.gen }

// Setting returns the value kept under key, after keeping value there if there
// was none.
func (a *Archive) Setting(ctx context.Context, key, value string) (string, error) {
	var v string
	err := a.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING`, "setting/"+key, value); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = ?`, "setting/"+key).Scan(&v)
	})
	return v, classify(err)
}
