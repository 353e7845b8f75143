package memory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/surefoot-ai/surefoot/memory/archive"
)

// BackupOptions say what Backup and Restore may do.
type BackupOptions struct {
	Force bool // replace what is there
}

// Backup writes a copy of the memory in dir, as it is at one moment, to one
// file, while others may write. The copy is checked, synced and only then given
// its name; it replaces a file there only by Force, else that is ErrExists.
func Backup(ctx context.Context, dir, to string, o BackupOptions) error {
	if _, err := os.Lstat(to); err == nil && !o.Force {
		return fmt.Errorf("%s: %w", to, ErrExists)
	}
	temp, err := os.MkdirTemp(filepath.Dir(to), ".backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	a, err := archive.OpenReadOnly(ctx, filepath.Join(dir, fileName))
	if err != nil {
		return err
	}
	copied := filepath.Join(temp, fileName)
	if err := errors.Join(a.CopyTo(ctx, copied), a.Close()); err != nil {
		return err
	}
	if err := Verify(ctx, temp); err != nil {
		return fmt.Errorf("no backup of damage is made; 'repair' first: %w", err)
	}
	if err := syncFile(copied); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !o.Force {
		if err := os.Link(copied, to); err == nil || errors.Is(err, fs.ErrExist) { // there may be one by now
			return errors.Join(err, archive.SyncFolderOf(to))
		}
	}
	return errors.Join(os.Rename(copied, to), archive.SyncFolderOf(to)) // the disk may not know links
}

func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Restore makes dir the memory that Backup wrote to from, after checking it. A
// memory that is there is replaced only by Force, else that is ErrExists; it is
// kept beside, under the returned name. Nobody may have it open.
func Restore(ctx context.Context, dir, from string, o BackupOptions) (kept string, err error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Lstat(path); err == nil && !o.Force {
		return "", fmt.Errorf("%s: %w", path, ErrExists)
	}
	if _, err := os.Stat(from); err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	temp, err := os.MkdirTemp(dir, ".restore-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	copied := filepath.Join(temp, fileName)
	if err := archive.CopyFiles(copied, from); err != nil {
		return "", err
	}
	if err := Verify(ctx, temp); err != nil {
		return "", fmt.Errorf("backup %s: %w", from, err)
	}
	return install(ctx, path, copied, "replaced")
}

// install puts the archive at from in the place of the one at path, which it
// keeps beside it under the returned name, as it was.
func install(ctx context.Context, path, from, word string) (kept string, err error) {
	if err := archive.Fold(ctx, from); err != nil {
		return "", err
	}
	if err := syncFile(from); err != nil {
		return "", err
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return "", archive.Replace(path, from)
	}
	if kept, err = archive.Keep(path, word); err == nil {
		err = archive.Fold(ctx, path)
		if err != nil && !errors.Is(err, ErrBusy) && ctx.Err() == nil {
			err = nil // it is the damage that is being replaced
		}
	}
	if err != nil {
		return "", errors.Join(err, archive.RemoveFiles(kept))
	}
	return kept, archive.Replace(path, from)
}
