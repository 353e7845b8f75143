//go:build !unix

package transformer

import (
	"bytes"
	"io"
	"os"
)

// mapFile returns the n bytes of f, read as far as there are any, so that a
// file cut off while it is read takes no more memory than it has.
func mapFile(f *os.File, n int) (b []byte, unmap func() error, err error) {
	var all bytes.Buffer
	if _, err := io.Copy(&all, io.NewSectionReader(f, 0, int64(n))); err != nil {
		return nil, nil, err
	}
	if all.Len() < n {
		return nil, nil, &os.PathError{Op: "read", Path: f.Name(), Err: io.ErrUnexpectedEOF}
	}
	return all.Bytes(), func() error { return nil }, nil
}
