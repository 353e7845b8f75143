package memory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

// brief is what memory has to know of a verbatim without its text.
type brief struct {
	seen, steps int
	effect      agent.Effect
	tags        []string
	started     time.Time
}

// errBrief says that a verbatim is not JSON, or no object.
var errBrief = errors.New("not the JSON of an episode")

// decodeBrief reads the brief of a verbatim without decoding its steps, which
// would take most of the time in which a memory opens. It looks only at what it
// needs of b, whose hash says that it is what was written.
func decodeBrief(b []byte) (brief, error) {
	var out brief
	d := jsonScan{b, 0}
	err := d.object(func(key []byte) error {
		switch string(key) {
		case "steps":
			n, err := d.array()
			out.steps = n
			return err
		case "seen":
			return d.decode(&out.seen)
		case "effect":
			return d.decode(&out.effect)
		case "tags":
			return d.decode(&out.tags)
		case "started":
			return d.decode(&out.started)
		}
		return d.skip()
	})
	if err != nil {
		return brief{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return out, nil
}

// jsonScan goes through JSON without decoding it.
type jsonScan struct {
	b  []byte
	at int
}

// next is the next byte that is no white space, 0 at the end.
func (d *jsonScan) next() byte {
	for ; d.at < len(d.b); d.at++ {
		switch d.b[d.at] {
		case ' ', '\t', '\n', '\r':
		default:
			return d.b[d.at]
		}
	}
	return 0
}

// list calls element at each element between open and its closing bracket.
func (d *jsonScan) list(open byte, element func() error) error {
	if d.next() != open {
		return errBrief
	}
	d.at++
	for first := true; ; first = false {
		switch c := d.next(); {
		case c == open+2: // of [ and {
			d.at++
			return nil
		case !first && c == ',':
			d.at++
		case !first:
			return errBrief
		}
		if err := element(); err != nil {
			return err
		}
	}
}

// object calls member at the value of each member of an object.
func (d *jsonScan) object(member func(key []byte) error) error {
	return d.list('{', func() error {
		d.next()
		from := d.at
		if err := d.text(); err != nil {
			return err
		}
		key := d.b[from+1 : d.at-1]
		if d.next() != ':' {
			return errBrief
		}
		d.at++
		return member(key)
	})
}

// array passes over an array, or null, and returns its number of elements.
func (d *jsonScan) array() (n int, err error) {
	if d.next() == 'n' {
		return 0, d.skip()
	}
	err = d.list('[', func() error {
		n++
		return d.skip()
	})
	return n, err
}

// skip passes over a value.
func (d *jsonScan) skip() error {
	switch d.next() {
	case '"':
		return d.text()
	case '[':
		return d.list('[', d.skip)
	case '{':
		return d.object(func([]byte) error { return d.skip() })
	}
	n := bytes.IndexAny(d.b[d.at:], ",]} \t\n\r")
	if n <= 0 {
		return errBrief
	}
	d.at += n
	return nil
}

// text passes over a string.
func (d *jsonScan) text() error {
	if d.next() != '"' {
		return errBrief
	}
	for at := d.at + 1; ; {
		n := bytes.IndexByte(d.b[at:], '"')
		if n < 0 {
			return errBrief
		}
		end := at + n
		slashes := 0
		for d.b[end-1-slashes] == '\\' {
			slashes++
		}
		if at = end + 1; slashes%2 == 0 {
			d.at = at
			return nil
		}
	}
}

// decode decodes a value.
func (d *jsonScan) decode(into any) error {
	d.next()
	from := d.at
	if err := d.skip(); err != nil {
		return err
	}
	return json.Unmarshal(d.b[from:d.at], into)
}
