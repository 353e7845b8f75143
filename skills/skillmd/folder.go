package skillmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// The bounds of a folder that is read. What is kept of it lies in the memory.
const (
	MaxFiles   = 64
	MaxFolders = 64        // itself included
	MaxBytes   = 256 << 10 // of all files together
)

// ReadFolder reads the files of a folder by their slash-separated paths in it. It
// follows no symbolic links. It returns ErrUnsafe or ErrTooLarge where they fit.
func ReadFolder(dir string) (map[string][]byte, error) {
	root, err := os.OpenRoot(dir) // nothing outside is reached, even if somebody swaps files meanwhile
	if err != nil {
		return nil, err
	}
	defer root.Close()
	files := map[string][]byte{}
	left, folders := int64(MaxBytes), 0
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if folders++; folders > MaxFolders {
				return fmt.Errorf("%s: more than %d folders: %w", dir, MaxFolders, ErrTooLarge)
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s: %s: %w", dir, name, ErrUnsafe)
		}
		if len(files) == MaxFiles {
			return fmt.Errorf("%s: more than %d files: %w", dir, MaxFiles, ErrTooLarge)
		}
		b, err := readAtMost(root, name, left)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", dir, name, err)
		}
		left -= int64(len(b))
		files[name] = b
		return nil
	})
	if err != nil {
		return nil, err
	}
	return files, nil
}

func readAtMost(root *os.Root, name string, most int64) ([]byte, error) {
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("more than %d bytes in all: %w", MaxBytes, ErrTooLarge)
	}
	return b, err
}

// WriteFolder writes files into a folder that it makes: all of them or, if it
// returns an error, no folder. It returns fs.ErrExist if it is there, and
// ErrUnsafe if a path leads out of it.
func WriteFolder(dir string, files map[string][]byte) (err error) {
	for name := range files {
		if name == "." || !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("%s: %q: %w", dir, name, ErrUnsafe)
		}
	}
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%s: %w", dir, fs.ErrExist)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	half, err := os.MkdirTemp(parent, ".skill-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(half))
		}
	}()
	whole := filepath.Join(half, "whole") // with the rights that any new folder has
	if err := os.Mkdir(whole, 0o755); err != nil {
		return err
	}
	if err := writeFiles(whole, files); err != nil {
		return err
	}
	if err := os.Rename(whole, dir); err != nil {
		return err
	}
	return os.Remove(half)
}

func writeFiles(dir string, files map[string][]byte) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := root.MkdirAll(filepath.FromSlash(path.Dir(name)), 0o755); err != nil {
			return err
		}
		if err := root.WriteFile(filepath.FromSlash(name), files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
