package transformer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
)

// shard is one open safetensors file of a folder.
type shard struct {
	name  string // within the folder
	t     *tensors
	unmap func() error
}

// close gives the file's memory back; t must not be used after.
func (s *shard) close() error {
	s.t = nil
	return s.unmap()
}

// openShard opens the file of a folder and reads its header. A file that is
// not regular, such as a pipe, is not opened.
func openShard(dir, name string) (*shard, error) {
	f, err := openRegular(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, n, err := readHeader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	b, unmap, err := mapFile(f, n)
	if err != nil {
		return nil, err
	}
	t.data = b[n-t.size:]
	return &shard{name, t, unmap}, nil
}

// openRegular opens the file path, links followed, unless it is no regular
// file: a pipe would be waited for.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	}
	return os.Open(path)
}

// readHeader parses the header of f, without its data, and returns the size of
// the file too.
func readHeader(f *os.File) (*tensors, int, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	size := info.Size()
	if size < 8 || size > math.MaxInt {
		return nil, 0, formatError("%d bytes, must be in [8,%d]", size, math.MaxInt)
	}
	var length [8]byte
	if _, err := f.ReadAt(length[:], 0); err != nil {
		return nil, 0, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if err := checkHeaderLength(n, int(size)); err != nil {
		return nil, 0, err
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(f, 8, int64(n)), header); err != nil {
		return nil, 0, err
	}
	t, err := parseTensors(header, int(size)-8-int(n))
	return t, int(size), err
}
