//go:build unix

package transformer

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapFile returns the n bytes of f, at least one, as memory that is read from
// the file when it is touched, and what gives it back. The memory outlives f.
func mapFile(f *os.File, n int) (b []byte, unmap func() error, err error) {
	b, err = unix.Mmap(int(f.Fd()), 0, n, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, &os.PathError{Op: "mmap", Path: f.Name(), Err: err}
	}
	return b, func() error { return unix.Munmap(b) }, nil
}
