package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxJSONBytes bounds the JSON of a tokenizer.
const MaxJSONBytes = 16 << 20

// jsonVersion names the vocabulary's order and the rule by which text is cut.
const jsonVersion = 1

// document is the JSON of a tokenizer.
type document struct {
	Version int      `json:"version"`
	Special []string `json:"special"`
	Merges  []int32  `json:"merges"` // left, right, left, right, …
}

// MarshalJSON implements json.Marshaler: {"version":1,"special":[…],
// "merges":[left,right,left,right,…]}, merges as token numbers in the order
// learned.
func (t *Tokenizer) MarshalJSON() ([]byte, error) {
	d := document{Version: jsonVersion, Special: t.special, Merges: make([]int32, 0, 2*len(t.merges))}
	if d.Special == nil {
		d.Special = []string{}
	}
	for _, p := range t.merges {
		d.Merges = append(d.Merges, p.left, p.right)
	}
	return json.Marshal(d)
}

// UnmarshalJSON implements json.Unmarshaler. It accepts what MarshalJSON
// writes, at most MaxJSONBytes of it; of anything else it returns an error
// that wraps ErrInvalid and names the byte, the special token or the merge,
// and leaves t as it was.
func (t *Tokenizer) UnmarshalJSON(data []byte) error {
	if len(data) > MaxJSONBytes {
		return fmt.Errorf("%w: %d bytes of JSON, at most %d", ErrInvalid, len(data), MaxJSONBytes)
	}
	d, err := decode(data)
	if err != nil {
		return err
	}
	if d.Version != jsonVersion {
		return fmt.Errorf("%w: version %d, must be %d", ErrInvalid, d.Version, jsonVersion)
	}
	if len(d.Merges)%2 != 0 {
		return fmt.Errorf("%w: merge %d: right token missing", ErrInvalid, len(d.Merges)/2)
	}
	read, err := newTokenizer(d.Special)
	if err != nil {
		return err
	}
	for i := 0; i < len(d.Merges); i += 2 {
		if err := read.merge(pair{d.Merges[i], d.Merges[i+1]}); err != nil {
			return err
		}
	}
	read.index()
	*t = *read
	return nil
}

func decode(data []byte) (document, error) {
	var d document
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		at := dec.InputOffset()
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = e.Offset
		} else if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			at = e.Offset
		} else if errors.Is(err, io.ErrUnexpectedEOF) {
			at = int64(len(data))
		}
		return d, fmt.Errorf("%w: JSON at byte %d: %w", ErrInvalid, at, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return d, fmt.Errorf("%w: JSON at byte %d: more than one value", ErrInvalid, dec.InputOffset())
	}
	return d, nil
}
