package huggingface

import (
	"fmt"
	"slices"
	"strings"
)

// Bounds of the parts of a file that are held as a tree, which are all but the
// vocabulary, the merges and the list of added tokens.
const (
	maxNodes  = 1 << 14 // of one part
	maxFields = 1 << 10 // of one object
)

// node is a value of JSON with the path that leads to it.
type node struct {
	path   string
	kind   byte // the byte it begins with, '0' for every number
	text   string
	keys   []string // of an object
	values []node   // of an object or an array
}

// tree reads a value with at most *left values in it.
func (r *reader) tree(path string, left *int) (node, error) {
	n := node{path: path, kind: r.peek()}
	if *left--; *left < 0 {
		return n, r.fail(path, "too many values")
	}
	var err error
	switch n.kind {
	case '{':
		err = r.record(path, func(key string) error {
			v, err := r.tree(path+"."+key, left)
			n.keys = append(n.keys, key)
			n.values = append(n.values, v)
			return err
		})
	case '[':
		err = r.array(path, func(i int) error {
			v, err := r.tree(fmt.Sprintf("%s[%d]", path, i), left)
			n.values = append(n.values, v)
			return err
		})
	case '"':
		n.text, err = r.text(path)
	case 't', 'f', 'n':
		for _, w := range []string{"true", "false", "null"} {
			if w[0] == n.kind && !r.word(w) {
				err = r.fail(path, "want %s", w)
			}
		}
	default:
		n.text, err = r.number(path)
		n.kind = '0'
	}
	return n, err
}

// part reads a part of the file as a tree.
func (r *reader) part(path string) (node, error) {
	left := maxNodes
	return r.tree(path, &left)
}

// fields reads the fields of an object one by one. The first error stays, and
// end reports it, or else the field that nobody has asked for.
type fields struct {
	n    node
	used []bool
	err  error
}

func (n node) fields() *fields {
	f := &fields{n: n, used: make([]bool, len(n.keys))}
	if n.kind != '{' {
		f.err = invalid(n.path, "want an object, have %s", kindOf(n.kind))
	}
	return f
}

// has reports whether there is a field key that is not null, and marks it used.
func (f *fields) has(key string) (node, bool) {
	i := slices.Index(f.n.keys, key)
	if i < 0 {
		return node{}, false
	}
	f.used[i] = true
	return f.n.values[i], f.n.values[i].kind != 'n'
}

// need returns field key, which must be of the kind.
func (f *fields) need(key string, kind byte) node {
	v, ok := f.has(key)
	if f.err != nil {
		return node{}
	}
	if !ok {
		f.err = invalid(f.n.path, "no field %q", key)
	} else if v.kind != kind && !(kind == 't' && v.kind == 'f') {
		f.err = invalid(v.path, "want %s, have %s", kindOf(kind), kindOf(v.kind))
		return node{}
	}
	return v
}

// text returns a copy: what is kept of a file must not keep the file.
func (f *fields) text(key string) string { return strings.Clone(f.need(key, '"').text) }

func (f *fields) flag(key string) bool { return f.need(key, 't').kind == 't' }

// flagOrTrue is flag where the field may be absent, and then true.
func (f *fields) flagOrTrue(key string) bool {
	if _, ok := f.has(key); !ok {
		return true
	}
	return f.flag(key)
}

func (f *fields) end() error {
	if f.err != nil {
		return f.err
	}
	if i := slices.Index(f.used, false); i >= 0 {
		return unsupported(f.n.values[i].path, "unknown field")
	}
	return nil
}

// component opens an object that says what it is in its field "type".
func (n node) component() (string, *fields) {
	f := n.fields()
	return f.text("type"), f
}

// steps lists what a component stands for: itself, or, if it is a Sequence, the
// components in its field key, which are no sequences.
func (n node) steps(key string) ([]node, error) {
	if n.kind == 'n' || n.kind == 0 {
		return nil, nil
	}
	kind, f := n.component()
	if f.err != nil {
		return nil, f.err
	}
	if kind != "Sequence" {
		return []node{n}, nil
	}
	list := f.need(key, '[').values
	if err := f.end(); err != nil {
		return nil, err
	}
	for _, v := range list {
		if kind, f := v.component(); f.err != nil {
			return nil, f.err
		} else if kind == "Sequence" {
			return nil, unsupported(v.path, "a Sequence in a Sequence")
		}
	}
	return list, nil
}
