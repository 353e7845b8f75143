package transformer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// configKey is where a checkpoint's metadata holds the Config as JSON.
const configKey = "config"

// Save writes m as a safetensors file, its numbers as dtype, with metadata and
// the Config, as JSON under "config", in its header. The same arguments give
// the same bytes. It is an error if metadata has a key "config", or if a
// finite weight is too large for dtype; the error names it.
func Save(w io.Writer, m *Model, dtype DType, metadata map[string]string) error {
	if _, taken := metadata[configKey]; taken {
		return fmt.Errorf("transformer: metadata key %q is the model's own", configKey)
	}
	config, err := json.Marshal(m.config)
	if err != nil {
		return err
	}
	all := maps.Clone(metadata)
	if all == nil {
		all = make(map[string]string)
	}
	all[configKey] = string(config)
	return writeTensors(w, m.params, dtype, all)
}

// writeTensors writes a safetensors file.
func writeTensors(w io.Writer, params []Parameter, dtype DType, metadata map[string]string) error {
	header, err := encodeHeader(params, dtype, metadata)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.Write(header); err != nil {
		return err
	}
	var b []byte
	for _, p := range params {
		for i, v := range p.Data {
			b = dtype.appendNumber(b[:0], v)
			if dtype != F32 && overflows(dtype, b, v) {
				return fmt.Errorf("transformer: %s[%d] is %v, too large for %s", p.Name, i, v, dtype)
			}
			if _, err := out.Write(b); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// overflows reports whether finite v became infinite in its two bytes.
func overflows(d DType, b []byte, v float32) bool {
	infinite := uint16(0x7f80)
	if d == F16 {
		infinite = 0x7c00
	}
	return binary.LittleEndian.Uint16(b)&0x7fff == infinite && v-v == 0
}

// encodeHeader is the length and the JSON of a safetensors file's header,
// padded with spaces to 8 bytes.
func encodeHeader(params []Parameter, dtype DType, metadata map[string]string) ([]byte, error) {
	if dtype.bytes() == 0 {
		return nil, fmt.Errorf("transformer: type %q, must be F32, BF16 or F16", dtype)
	}
	meta, err := json.Marshal(metadata)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	fmt.Fprintf(&b, `{"__metadata__":%s`, meta)
	at := int64(0)
	for _, p := range params {
		info := tensorInfo{DType: dtype, Offsets: [2]int64{at, at + int64(len(p.Data)*dtype.bytes())}}
		for _, n := range p.Shape {
			info.Shape = append(info.Shape, int64(n))
		}
		at = info.Offsets[1]
		entry, err := json.Marshal(info)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, `,"%s":%s`, p.Name, entry)
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	if n := b.Len() - 8; n > maxHeader {
		return nil, fmt.Errorf("transformer: checkpoint header of %d bytes, must be at most %d", n, maxHeader)
	}
	out := b.Bytes()
	binary.LittleEndian.PutUint64(out, uint64(len(out)-8))
	return out, nil
}

// Load reads what Save wrote, or any safetensors file with such a Config and
// these tensors, and returns its model and its metadata without the Config.
// Errors wrap ErrFormat, and name the tensor that is missing, unknown, of
// another shape or type, out of bounds or overlapping. Memory is taken in
// proportion to what r holds, not to what it claims.
func Load(r io.Reader) (*Model, map[string]string, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, err
	}
	t, err := parse(b)
	if err != nil {
		return nil, nil, err
	}
	m, err := t.model()
	if err != nil {
		return nil, nil, err
	}
	delete(t.metadata, configKey)
	return m, t.metadata, nil
}

// model makes a model of the tensors.
func (t *tensors) model() (*Model, error) {
	text, ok := t.metadata[configKey]
	if !ok {
		return nil, formatError("no %q in __metadata__", configKey)
	}
	var c Config
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return nil, formatError("config: %v", err)
	}
	if err := c.Validate(); err != nil {
		return nil, formatError("%v", err)
	}
	shapes := c.shapes()
	if err := t.match(shapes); err != nil {
		return nil, err
	}
	m, err := empty(c)
	if err != nil {
		return nil, err
	}
	for _, p := range m.params {
		if err := t.read(p.Data, p.Name); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// match checks that the tensors are those named by shapes, in name and shape.
func (t *tensors) match(shapes []Parameter) error {
	known := make(map[string]bool, len(shapes))
	for _, p := range shapes {
		info, ok := t.info[p.Name]
		if !ok {
			return formatError("tensor %q is missing", p.Name)
		}
		if !sameDims(info.Shape, p.Shape) {
			return formatError("tensor %q has shape %v, config says %v", p.Name, info.Shape, p.Shape)
		}
		known[p.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(t.info)) {
		if !known[name] {
			return formatError("tensor %q is unknown to the config", name)
		}
	}
	return nil
}

func sameDims(a []int64, b []int) bool {
	return slices.EqualFunc(a, b, func(x int64, y int) bool { return x == int64(y) })
}

// SaveFile writes m to path as Save does, so that path holds either what it
// held before or all of the new checkpoint, and the latter once SaveFile has
// returned nil: written beside it, synced, renamed, and the folder synced.
func SaveFile(path string, m *Model, dtype DType, metadata map[string]string) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := Save(f, m, dtype, metadata); err != nil {
		return fmt.Errorf("checkpoint %s: %w", path, err)
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // which cannot sync a folder
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		d.Close()
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return d.Close()
}

// LoadFile reads the checkpoint at path as Load does.
func LoadFile(path string) (*Model, map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	m, metadata, err := Load(f)
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return m, metadata, nil
}
