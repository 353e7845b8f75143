package versions

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// sealed is a JSON file: what it says, and the SHA-256 of that.
type sealed struct {
	SHA256 string          `json:"sha256"`
	Body   json.RawMessage `json:"body"`
}

// seal encodes v as a file.
func seal(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	out, err := json.Marshal(sealed{hex.EncodeToString(sum[:]), body})
	return append(out, '\n'), err
}

// unseal decodes into v what seal wrote. Anything else is a CorruptError of
// file.
func unseal(file string, data []byte, v any) error {
	var s sealed
	if err := strictly(data, &s); err != nil {
		return &CorruptError{file, err.Error()}
	}
	if sum := sha256.Sum256(s.Body); s.SHA256 != hex.EncodeToString(sum[:]) {
		return &CorruptError{file, "its SHA-256 differs"}
	}
	if err := strictly(s.Body, v); err != nil {
		return &CorruptError{file, err.Error()}
	}
	return nil
}

// strictly decodes data, which is one JSON value with no field that v lacks.
func strictly(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}

// A crash is tried at each of the operations that write.
type operation string

const (
	opCreate operation = "create"
	opWrite  operation = "write"
	opRename operation = "rename"
)

// tmpPrefix begins the name of a file that is not in its place yet.
const tmpPrefix = ".new-"

// put makes data the file name in the folder, all of it or nothing. It does not
// tidy up after itself: clean does.
func (f *Folder) put(name string, data []byte) error {
	if err := f.fault(opCreate); err != nil {
		return err
	}
	path, next := filepath.Join(f.dir, name), filepath.Join(f.dir, tmpPrefix+name)
	file, err := os.Create(next)
	if err != nil {
		return err
	}
	if err := f.fill(file, data); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := f.fault(opRename); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	return f.syncFolder()
}

// fill writes data and syncs it.
func (f *Folder) fill(file *os.File, data []byte) error {
	half := len(data) / 2
	if _, err := file.Write(data[:half]); err != nil {
		return err
	}
	if err := f.fault(opWrite); err != nil {
		return err
	}
	if _, err := file.Write(data[half:]); err != nil {
		return err
	}
	return f.sync(file)
}

// fault is where a test ends the process.
func (f *Folder) fault(op operation) error {
	if f.crash == nil {
		return nil
	}
	return f.crash(op)
}

// clean removes what a crash left half written.
func (f *Folder) clean() error {
	found, err := filepath.Glob(filepath.Join(f.dir, tmpPrefix+"*"))
	if err != nil {
		return err
	}
	for _, name := range found {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// syncFolder makes the names in the folder durable.
func (f *Folder) syncFolder() error {
	if runtime.GOOS == "windows" { // which cannot sync a folder
		return nil
	}
	d, err := os.Open(f.dir)
	if err != nil {
		return err
	}
	return errors.Join(f.sync(d), d.Close())
}
