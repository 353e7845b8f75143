//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package versions

import "os"

// lock opens the file at path. This platform has no lock that ends with its
// process: that no two processes write at once is left to the caller.
func lock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
}
