//go:build unix

package archive

import (
	"errors"
	"os"
	"path/filepath"
)

// SyncFolderOf makes the names in the folder of path durable.
func SyncFolderOf(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
