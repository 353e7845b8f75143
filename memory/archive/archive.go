package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// BusyTimeout is how long a writer waits for another process before it gives
// up with ErrBusy.
const BusyTimeout = 10 * time.Second

// The files beside an archive have its name with these after it: SQLite's
// write-ahead log and the index of it, and the head.
const (
	walSuffix  = "-wal"
	shmSuffix  = "-shm"
	headSuffix = "-head"
)

// Archive is an open archive file. It is safe for concurrent use.
type Archive struct {
	db   *sql.DB
	path string
	head head

	prepared prepared
	writing  chan struct{} // holds one token while this process writes: who waits for it holds no connection

	schema int    // that the file had when it was opened
	temp   string // folder to remove at the end, or ""
}

// Open opens the archive at path, creating the file but not its folder.
// It returns ErrNewerSchema, ErrCorrupt, ErrBusy, ErrFull or ErrReadOnly where
// they fit.
func Open(ctx context.Context, path string) (*Archive, error) {
	a := newArchive(path)
	gen, episodes, err := a.head.read()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); gen > 0 && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: not there, though %s tells of %d episodes: %w", path, a.head.path, episodes, ErrCorrupt)
	}
	a.db, err = connect(path, "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	if err := a.migrate(ctx); err != nil {
		return nil, errors.Join(a.named(err), a.Close())
	}
	if err := a.checkHead(ctx, gen, episodes); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func newArchive(path string) *Archive {
	return &Archive{path: path, head: head{path: path + headSuffix}, writing: make(chan struct{}, 1)}
}

// connect opens path in SQLite, with more parameters.
func connect(path, more string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: fmt.Sprintf(
		"_pragma=busy_timeout(%d)&_pragma=foreign_keys(1)&_pragma=cache_size(-16384)%s", BusyTimeout.Milliseconds(), more)}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	return db, nil
}

// named is err with the file before it.
func (a *Archive) named(err error) error {
	if c := a.classify(err); c != err {
		return c
	}
	return fmt.Errorf("%s: %w", a.path, err)
}

// checkHead holds the archive against what its head said before it was opened.
func (a *Archive) checkHead(ctx context.Context, gen, episodes int64) error {
	var haveGen, have int64
	err := a.db.QueryRowContext(ctx, `SELECT (SELECT value FROM meta WHERE key = 'generation'), (SELECT value FROM meta WHERE key = 'episodes')`).Scan(&haveGen, &have)
	if err != nil {
		return a.named(err)
	}
	if haveGen < gen || have < episodes {
		return fmt.Errorf("%s: has %d episodes after %d writes, but %s tells of %d after %d: the end is lost: %w", a.path, have, haveGen, a.head.path, episodes, gen, ErrCorrupt)
	}
	return nil
}

// Close closes the file.
func (a *Archive) Close() error {
	err := errors.Join(a.db.Close(), a.head.close())
	if a.temp != "" {
		err = errors.Join(err, os.RemoveAll(a.temp))
	}
	return err
}

// inTx runs f in one immediate transaction: it has the write lock from its
// beginning.
func (a *Archive) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	timeout := time.NewTimer(BusyTimeout)
	defer timeout.Stop()
	select {
	case a.writing <- struct{}{}:
		defer func() { <-a.writing }()
	case <-ctx.Done():
		return ctx.Err()
	case <-timeout.C:
		return fmt.Errorf("%s: %w", a.path, ErrBusy)
	}
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
	archive *Archive
	tx      *sql.Tx
	gen     int64
	added   [][]byte // hashes of the episodes that are new
	tally   tally    // set by extend

	time    time.Time // of Describe
	note    string
	changes []Change       // to the items, in order
	changed map[string]int // index in changes, by ID
}

// Write runs f in one transaction that holds the write lock of the file from
// beginning to end, so that what f reads cannot change under it. Nothing is
// written if f returns an error, which Write passes on.
func (a *Archive) Write(ctx context.Context, f func(*Tx) error) error {
	var t *Tx
	err := a.inTx(ctx, func(tx *sql.Tx) error {
		t = &Tx{archive: a, tx: tx, changed: map[string]int{}}
		if err := t.queryRow(ctx, `UPDATE meta SET value = value + 1 WHERE key = 'generation' RETURNING value`).Scan(&t.gen); errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("%s: does not count its writes: %w", a.path, ErrCorrupt)
		} else if err != nil {
			return err
		}
		if err := f(t); err != nil {
			return err
		}
		if err := t.keepHistory(ctx); err != nil {
			return err
		}
		return t.extend(ctx)
	})
	if err != nil {
		return a.classify(err)
	}
	a.head.write(t.gen, t.tally.episodes)
	return nil
}

// Generation counts the committed writes. It changes whenever any process has
// written.
func (a *Archive) Generation(ctx context.Context) (int64, error) {
	var g int64
	err := a.queryRow(ctx, `SELECT value FROM meta WHERE key = 'generation'`).Scan(&g)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("%s: does not count its writes: %w", a.path, ErrCorrupt)
	}
	return g, a.classify(err)
}

// Generation is the generation that this transaction will have made.
func (t *Tx) Generation() int64 { return t.gen }

// Lookup returns the value kept under key, or ErrNotFound.
func (a *Archive) Lookup(ctx context.Context, key string) (string, error) {
	var v string
	err := a.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = ?`, "setting/"+key).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%s: setting %s: %w", a.path, key, ErrNotFound)
	}
	return v, a.classify(err)
}

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
	if errors.Is(err, sql.ErrNoRows) { // though it was put there
		return "", fmt.Errorf("%s: setting %s cannot be read: %w", a.path, key, ErrCorrupt)
	}
	return v, a.classify(err)
}
