package transformer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// fields is the members of a JSON object that are not yet read. The first
// error sticks.
type fields struct {
	where   string // names the object in errors
	members map[string]json.RawMessage
	err     error
}

// parseFields reads a JSON object; a name given twice is an error.
func parseFields(where string, b []byte) (*fields, error) {
	f := &fields{where: where, members: make(map[string]json.RawMessage)}
	d := json.NewDecoder(bytes.NewReader(b))
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		return nil, formatError("%s is not a JSON object", where)
	}
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			return nil, formatError("%s: %v", where, err)
		}
		name, _ := tok.(string) // the decoder has refused any other
		if _, twice := f.members[name]; twice {
			return nil, formatError("%s: %q is given twice", where, brief(name))
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, formatError("%s: %q: %v", where, brief(name), err)
		}
		f.members[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, formatError("%s: %v", where, err)
	}
	if at := d.InputOffset(); len(bytes.TrimSpace(b[at:])) > 0 {
		return nil, formatError("%s goes on after its end at byte %d", where, at)
	}
	return f, nil
}

// brief is s cut to what an error can bear.
func brief[T ~string | ~[]byte](s T) string {
	const most = 80
	if len(s) <= most {
		return string(s)
	}
	return string(s[:most]) + "…"
}

func (f *fields) fail(format string, args ...any) {
	if f.err == nil {
		f.err = formatError("%s: %s", f.where, fmt.Sprintf(format, args...))
	}
}

// take removes a member and returns its value; null counts as absent.
func (f *fields) take(name string) (json.RawMessage, bool) {
	value, ok := f.members[name]
	delete(f.members, name)
	return value, ok && string(value) != "null"
}

// optional decodes a member, if there is one, and reports whether there was.
func (f *fields) optional(name string, to any) bool {
	value, ok := f.take(name)
	if !ok {
		return false
	}
	if err := json.Unmarshal(value, to); err != nil {
		f.fail("%s is %s: %v", name, brief(value), err)
	}
	return true
}

// required decodes a member; it is an error if there is none.
func (f *fields) required(name string, to any) {
	if !f.optional(name, to) {
		f.fail("%s is missing", name)
	}
}

// only holds that a member is absent, or decodes to the value given.
func (f *fields) only(name string, value any) {
	raw, ok := f.take(name)
	if !ok {
		return
	}
	var got any
	if err := json.Unmarshal(raw, &got); err != nil || got != value {
		f.fail("%s is %s, only %v is supported", name, brief(raw), value)
	}
}

// rest names a member that nobody has read.
func (f *fields) rest() error {
	if f.err == nil && len(f.members) > 0 {
		name := slices.Sorted(maps.Keys(f.members))[0]
		f.fail("%s is %s: not supported, and it may change what the model computes", brief(name), brief(f.members[name]))
	}
	return f.err
}
