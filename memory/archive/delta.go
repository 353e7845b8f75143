package archive

import (
	"encoding/binary"
	"fmt"

	"github.com/surefoot-ai/surefoot/agent"
)

// parts are what is kept of an item but its ID and its Seq.
func (it *Item) parts() [9]string {
	return [9]string{string(it.Class), it.Scope, it.Suite, it.Kind, it.Task, it.Key, it.Text, it.Doc, string(it.Body)}
}

// itemOf is the item of parts.
func itemOf(id string, p [9]string) Item {
	return Item{ID: id, Class: agent.ItemKind(p[0]), Scope: p[1], Suite: p[2], Kind: p[3], Task: p[4], Key: p[5], Text: p[6], Doc: p[7], Body: []byte(p[8])}
}

// itemDelta is what an item was before a commit, as it differs from what it was
// after it.
type itemDelta struct {
	id    string
	there bool  // it was there before
	seq   int64 // if it was
	parts [9]partDelta
}

// partDelta makes a text out of another: the first Prefix bytes of that, middle,
// and its last suffix bytes.
type partDelta struct {
	prefix, suffix uint64
	middle         []byte
}

// undo is the item before, from that after; nil is one that is not there.
func (d *itemDelta) undo(after *Item) (*Item, error) {
	if !d.there {
		return nil, nil
	}
	var base [9]string
	if after != nil {
		base = after.parts()
	}
	var parts [9]string
	for i, p := range d.parts {
		n := uint64(len(base[i]))
		if p.prefix > n || p.suffix > n-p.prefix {
			return nil, fmt.Errorf("its change does not fit: %w", ErrCorrupt)
		}
		parts[i] = base[i][:p.prefix] + string(p.middle) + base[i][n-p.suffix:]
	}
	it := itemOf(d.id, parts)
	it.Seq = d.seq
	return &it, nil
}

func encodeChanges(changes []Change) []byte {
	b := []byte{} // nil would be NULL
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	for _, c := range changes {
		text(c.ID)
		if c.Before == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendUvarint(append(b, 1), uint64(c.Before.Seq))
		var base [9]string
		if c.After != nil {
			base = c.After.parts()
		}
		for i, p := range c.Before.parts() {
			prefix := common(p, base[i], func(s string, n int) byte { return s[n] })
			rest, from := p[prefix:], base[i][prefix:]
			suffix := common(rest, from, func(s string, n int) byte { return s[len(s)-1-n] })
			b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(prefix)), uint64(suffix))
			text(rest[:len(rest)-suffix])
		}
	}
	return b
}

// common counts the bytes that a and b have in common from the first on that at
// names.
func common(a, b string, at func(s string, n int) byte) int {
	n := 0
	for n < min(len(a), len(b)) && at(a, n) == at(b, n) {
		n++
	}
	return n
}

// decodeChanges reads what encodeChanges wrote. Anything else is ErrCorrupt.
func decodeChanges(b []byte) ([]itemDelta, error) {
	bad := false
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			bad, b = true, nil
			return 0
		}
		b = b[n:]
		return v
	}
	text := func() []byte {
		n := number()
		if n > uint64(len(b)) {
			bad, b = true, nil
			return nil
		}
		s := b[:n]
		b = b[n:]
		return s
	}
	var out []itemDelta
	for len(b) > 0 {
		d := itemDelta{id: string(text())}
		if d.there = number() != 0; d.there {
			d.seq = int64(number())
			for i := range d.parts {
				d.parts[i] = partDelta{prefix: number(), suffix: number(), middle: text()}
			}
		}
		out = append(out, d)
	}
	if bad {
		return nil, fmt.Errorf("its changes cannot be read: %w", ErrCorrupt)
	}
	return out, nil
}
