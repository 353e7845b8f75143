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
	MaxFiles = 64
	MaxBytes = 256 << 10 // of all files together
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
	left := int64(MaxBytes)
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
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

// WriteFolder writes files into a folder that it makes. It returns fs.ErrExist if
// it is there, and ErrUnsafe if a path leads out of it.
func WriteFolder(dir string, files map[string][]byte) error {
	for name := range files {
		if name == "." || !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("%s: %q: %w", dir, name, ErrUnsafe)
		}
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := root.MkdirAll(filepath.FromSlash(path.Dir(name)), 0o755); err != nil {
			return errors.Join(err, root.Close())
		}
		if err := root.WriteFile(filepath.FromSlash(name), files[name], 0o644); err != nil {
			return errors.Join(err, root.Close())
		}
	}
	return root.Close()
}
