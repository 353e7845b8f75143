package transformer

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// DType is the type of the numbers in a checkpoint.
type DType string

// The types a checkpoint may have. BF16 keeps float32's range and 8 bits of
// precision, F16 11 bits and numbers up to 65504.
const (
	F32  DType = "F32"
	BF16 DType = "BF16"
	F16  DType = "F16"
)

// bytes is the width of one number; 0 if the type is unknown.
func (d DType) bytes() int {
	switch d {
	case F32:
		return 4
	case BF16, F16:
		return 2
	}
	return 0
}

// maxHeader bounds the header of a checkpoint: 16 MiB hold some 10^5 tensors.
const maxHeader = 16 << 20

// tensorInfo is a tensor's entry in a safetensors header.
type tensorInfo struct {
	DType   DType    `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"` // begin and end within the data
}

// tensors is a parsed safetensors file.
type tensors struct {
	metadata map[string]string
	info     map[string]tensorInfo
	size     int    // bytes after the header
	data     []byte // them
}

func formatError(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrFormat}, args...)...)
}

// parse reads a safetensors file.
func parse(b []byte) (*tensors, error) {
	if len(b) < 8 {
		return nil, formatError("%d bytes, the length of the header alone takes 8", len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if err := checkHeaderLength(n, len(b)); err != nil {
		return nil, err
	}
	t, err := parseTensors(b[8:8+n], len(b)-8-int(n))
	if err != nil {
		return nil, err
	}
	t.data = b[8+n:]
	return t, nil
}

// checkHeaderLength checks the claimed length of the header of a file.
func checkHeaderLength(n uint64, file int) error {
	if n > maxHeader || n > uint64(file-8) {
		return formatError("header of %d bytes in a file of %d, at most %d allowed", n, file, maxHeader)
	}
	return nil
}

// parseTensors reads the header of a safetensors file with size bytes of data,
// and checks that its tensors cover them without overlap or hole.
func parseTensors(header []byte, size int) (*tensors, error) {
	t := &tensors{info: make(map[string]tensorInfo), size: size}
	if err := t.parseHeader(header); err != nil {
		return nil, err
	}
	return t, t.checkCover()
}

// parseHeader reads the header key by key, so that a key given twice is found.
func (t *tensors) parseHeader(header []byte) error {
	d := json.NewDecoder(bytes.NewReader(header))
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		return formatError("header is not a JSON object")
	}
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			return formatError("header: %v", err)
		}
		name, _ := tok.(string)
		if name == "__metadata__" {
			if t.metadata != nil {
				return formatError("__metadata__ is given twice")
			}
			if err := d.Decode(&t.metadata); err != nil {
				return formatError("__metadata__: %v", err)
			}
			continue
		}
		var info tensorInfo
		if err := d.Decode(&info); err != nil {
			return formatError("tensor %q: %v", name, err)
		}
		if _, twice := t.info[name]; twice {
			return formatError("tensor %q is given twice", name)
		}
		if err := t.checkTensor(info); err != nil {
			return formatError("tensor %q: %v", name, err)
		}
		t.info[name] = info
	}
	if _, err := d.Token(); err != nil {
		return formatError("header: %v", err)
	}
	if d.InputOffset() < int64(len(bytes.TrimRight(header, " "))) {
		return formatError("header goes on after its end at byte %d", d.InputOffset())
	}
	return nil
}

// checkTensor checks one entry against itself and the size of the data.
func (t *tensors) checkTensor(i tensorInfo) error {
	width := int64(i.DType.bytes())
	if width == 0 {
		return fmt.Errorf("type %q, must be F32, BF16 or F16", i.DType)
	}
	begin, end := i.Offsets[0], i.Offsets[1]
	if begin < 0 || end < begin || end > int64(t.size) {
		return fmt.Errorf("bytes [%d,%d) of %d", begin, end, t.size)
	}
	size := width
	for _, n := range i.Shape {
		if n < 0 || (n > 0 && size > math.MaxInt64/n) {
			return fmt.Errorf("shape %v", i.Shape)
		}
		size *= n
	}
	if size != end-begin {
		return fmt.Errorf("shape %v of %s takes %d bytes, given %d", i.Shape, i.DType, size, end-begin)
	}
	return nil
}

// checkCover checks that the tensors lie end to end and fill the data.
func (t *tensors) checkCover() error {
	names := make([]string, 0, len(t.info))
	for name := range t.info {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, y := t.info[a].Offsets, t.info[b].Offsets
		if c := slices.Compare(x[:], y[:]); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	at := int64(0)
	for _, name := range names {
		switch begin := t.info[name].Offsets[0]; {
		case begin < at:
			return formatError("tensor %q overlaps the one before it", name)
		case begin > at:
			return formatError("bytes [%d,%d) before tensor %q belong to none", at, begin, name)
		}
		at = t.info[name].Offsets[1]
	}
	if at != int64(t.size) {
		return formatError("bytes [%d,%d) after the last tensor belong to none", at, t.size)
	}
	return nil
}

// read converts tensor name to float32 into dst, whose length is checked.
func (t *tensors) read(dst []float32, name string) error {
	i := t.info[name]
	b := t.bytes(name)
	if len(b) != len(dst)*i.DType.bytes() {
		return formatError("tensor %q has %d bytes, %d numbers wanted", name, len(b), len(dst))
	}
	i.DType.convert(dst, b)
	return nil
}

// bytes is the data of tensor name, which exists.
func (t *tensors) bytes(name string) []byte {
	i := t.info[name]
	return t.data[i.Offsets[0]:i.Offsets[1]]
}

// appendNumber appends v as d, rounded to the nearest, ties to even.
func (d DType) appendNumber(b []byte, v float32) []byte {
	switch d {
	case BF16:
		return binary.LittleEndian.AppendUint16(b, toBrain(v))
	case F16:
		return binary.LittleEndian.AppendUint16(b, toHalf(v))
	}
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
}

func toBrain(v float32) uint16 {
	u := math.Float32bits(v)
	if v != v {
		return uint16(u>>16) | 0x40 // stays a NaN
	}
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

// toHalf rounds v to IEEE 754 binary16; what is too large becomes infinite.
func toHalf(v float32) uint16 {
	u := math.Float32bits(v)
	sign, mag := uint16(u>>16&0x8000), u&0x7fffffff
	switch {
	case mag > 0x7f800000:
		return sign | 0x7e00
	case mag >= 0x477ff000: // 65520, halfway from the largest to the next power
		return sign | 0x7c00
	case mag < 0x38800000: // below 2^-14: subnormal, in units of 2^-24
		scaled := math.Float32frombits(mag) * (1 << 24)
		return sign | uint16(math.RoundToEven(float64(scaled)))
	}
	mag += 0xfff + mag>>13&1
	return sign | uint16(mag>>13-(127-15)<<10)
}

func fromHalf(h uint16) float32 {
	sign, exponent, fraction := uint32(h&0x8000)<<16, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0:
		v := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
