package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// OpenReadOnly opens an archive that is there without writing anything beside
// it, so that a disk or a folder that cannot be written to will do. Whatever
// would write returns ErrReadOnly.
//
// SQLite cannot read a write-ahead log in such a folder if the log's index is
// missing, and this package cannot read older schemas; in both cases a copy in
// the folder for temporary files is opened, and removed by Close.
func OpenReadOnly(ctx context.Context, path string) (*Archive, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	a := newArchive(path)
	gen, episodes, err := a.head.read()
	if err != nil {
		return nil, err
	}
	const readOnly = "&mode=ro"
	if a.db, err = connect(path, readOnly); err != nil {
		return nil, err
	}
	version, err := a.version(ctx)
	if wal, e := os.Stat(path + walSuffix); errors.Is(err, ErrReadOnly) && (errors.Is(e, fs.ErrNotExist) || e == nil && wal.Size() == 0) {
		// Nothing but the file itself is to be read, and nobody can change it.
		a.db.Close()
		if a.db, err = connect(path, readOnly+"&immutable=1"); err != nil {
			return nil, err
		}
		version, err = a.version(ctx)
	}
	if errors.Is(err, ErrReadOnly) || err == nil && version < SchemaVersion {
		err = a.openCopy(ctx, readOnly)
	}
	if err == nil {
		err = a.checkHead(ctx, gen, episodes)
	}
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// version is the file's schema, if it is an archive that this package knows.
func (a *Archive) version(ctx context.Context) (int, error) {
	version, err := schemaOf(ctx, a.db)
	if err == nil && version == 0 {
		err = fmt.Errorf("not an archive of this program: %w", ErrCorrupt)
	}
	if err != nil {
		return 0, a.named(err)
	}
	a.schema = version
	return version, nil
}

// openCopy replaces the connection by one to a copy, brought to SchemaVersion.
func (a *Archive) openCopy(ctx context.Context, readOnly string) error {
	a.db.Close()
	var err error
	if a.temp, err = os.MkdirTemp("", "surefoot-memory-"); err != nil {
		return err
	}
	to := filepath.Join(a.temp, filepath.Base(a.path))
	for _, suffix := range []string{"", walSuffix} {
		if err := copyFile(to+suffix, a.path+suffix); err != nil && !(suffix != "" && errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	if a.db, err = connect(to, "&_txlock=immediate"); err != nil {
		return err
	}
	if err := a.migrate(ctx); err != nil {
		return a.named(err)
	}
	if err := a.db.Close(); err != nil {
		return err
	}
	a.db, err = connect(to, readOnly)
	return err
}

// copyFile copies a file that nobody writes to, and syncs the copy.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
