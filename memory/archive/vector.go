package archive

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
)

// EncodeVector writes v as little-endian float32.
func EncodeVector(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// DecodeVector reads a vector of the given width. Another length, or a number
// that is not finite, is ErrCorrupt.
func DecodeVector(b []byte, width int) ([]float32, error) {
	return decodeVector(b, width, func(width int) []float32 { return make([]float32, width) })
}

// decodeVector decodes into what room returns.
func decodeVector(b []byte, width int, room func(width int) []float32) ([]float32, error) {
	if width < 0 || len(b)%4 != 0 || len(b)/4 != width {
		return nil, fmt.Errorf("vector of %d bytes for width %d: %w", len(b), width, ErrCorrupt)
	}
	v := room(width)
	const exponent = 0x7f800000 // whose bits are all set in what is not finite
	for i := range v {
		bits := binary.LittleEndian.Uint32(b[4*i : 4*i+4])
		v[i] = math.Float32frombits(bits)
		if bits&exponent == exponent {
			return nil, fmt.Errorf("vector component %d is %v: %w", i, v[i], ErrCorrupt)
		}
	}
	return v, nil
}

func vectorHash(data []byte) []byte {
	h := sha256.Sum256(data)
	return h[:]
}

// PutVector keeps the vector that embedder made of the item's text, in place
// of an earlier one of that embedder.
func (t *Tx) PutVector(ctx context.Context, item, embedder string, v []float32) error {
	data := EncodeVector(v)
	_, err := t.exec(ctx, `INSERT INTO vectors (item, embedder, width, data, hash)
		SELECT seq, ?, ?, ?, ? FROM items WHERE id = ?
		ON CONFLICT DO UPDATE SET width = excluded.width, data = excluded.data, hash = excluded.hash`,
		embedder, len(v), data, vectorHash(data), item)
	if err != nil {
		return fmt.Errorf("vector of item %s: %w", item, err)
	}
	return nil
}
