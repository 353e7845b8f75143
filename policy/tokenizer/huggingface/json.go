package huggingface

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a file; a tokenizer.json needs about eight.
const maxDepth = 32

// reader takes JSON (RFC 8259) apart from front to back. Unlike encoding/json,
// it needs no memory for what it walks over, so that a vocabulary need not be
// held twice, and it tells where it is. Strings are parts of data wherever
// they have no escapes.
type reader struct {
	data  string // valid UTF-8
	pos   int
	depth int
}

func newReader(data []byte) (*reader, error) {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return nil, invalid("file", "byte %d is not UTF-8", i)
		}
		i += n
	}
	return &reader{data: string(data)}, nil
}

func (r *reader) fail(path, format string, args ...any) error {
	return invalid(path, "at byte %d: %s", r.pos, fmt.Sprintf(format, args...))
}

// peek returns the next byte that is no white space, 0 at the end.
func (r *reader) peek() byte {
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// end checks that nothing follows.
func (r *reader) end() error {
	if r.peek() != 0 || r.pos < len(r.data) {
		return r.fail("file", "more than one value")
	}
	return nil
}

func (r *reader) open(path string, c byte) error {
	if r.peek() != c {
		return r.fail(path, "want %s, have %s", kindOf(c), r.what())
	}
	if r.depth == maxDepth {
		return r.fail(path, "nested deeper than %d", maxDepth)
	}
	r.pos++
	r.depth++
	return nil
}

// more reports whether an element follows, the nth from 0, and steps over the
// comma before it or the closing byte.
func (r *reader) more(path string, n int, closing byte) (bool, error) {
	c := r.peek()
	switch {
	case c == closing:
		r.pos++
		r.depth--
		return false, nil
	case n == 0:
		return true, nil
	case c == ',':
		r.pos++
		if r.peek() == closing {
			return false, r.fail(path, "comma before %q", closing)
		}
		return true, nil
	}
	return false, r.fail(path, "want a comma or %q, have %s", closing, r.what())
}

// object calls field for every key; field reads the value. A key may come
// twice.
func (r *reader) object(path string, field func(key string) error) error {
	if err := r.open(path, '{'); err != nil {
		return err
	}
	for n := 0; ; n++ {
		ok, err := r.more(path, n, '}')
		if err != nil || !ok {
			return err
		}
		key, err := r.text(path)
		if err != nil {
			return err
		}
		if r.peek() != ':' {
			return r.fail(path, "want a colon after %s, have %s", quote(key), r.what())
		}
		r.pos++
		if err := field(key); err != nil {
			return err
		}
	}
}

// record is object for few keys, each of which may come once.
func (r *reader) record(path string, field func(key string) error) error {
	seen := map[string]bool{}
	return r.object(path, func(key string) error {
		if seen[key] {
			return r.fail(path, "field %s is there twice", quote(key))
		}
		if len(seen) == maxFields {
			return r.fail(path, "more than %d fields", maxFields)
		}
		seen[key] = true
		return field(key)
	})
}

// array calls item for every index; item reads the value.
func (r *reader) array(path string, item func(i int) error) error {
	if err := r.open(path, '['); err != nil {
		return err
	}
	for n := 0; ; n++ {
		ok, err := r.more(path, n, ']')
		if err != nil || !ok {
			return err
		}
		if err := item(n); err != nil {
			return err
		}
	}
}

// null steps over null, and reports whether it was there.
func (r *reader) null() bool { return r.peek() == 'n' && r.word("null") }

func (r *reader) word(w string) bool {
	if len(r.data)-r.pos < len(w) || r.data[r.pos:r.pos+len(w)] != w {
		return false
	}
	r.pos += len(w)
	return true
}

// text reads a string.
func (r *reader) text(path string) (string, error) {
	if r.peek() != '"' {
		return "", r.fail(path, "want a string, have %s", r.what())
	}
	start := r.pos + 1
	for i := start; i < len(r.data); i++ {
		switch c := r.data[i]; {
		case c == '"':
			r.pos = i + 1
			return r.data[start:i], nil
		case c == '\\':
			r.pos = i
			return r.escaped(path, append([]byte(nil), r.data[start:i]...))
		case c < ' ':
			r.pos = i
			return "", r.fail(path, "control character in a string")
		}
	}
	return "", r.fail(path, "string without end")
}

// escaped reads the rest of a string from its first backslash on; b is what
// came before.
func (r *reader) escaped(path string, b []byte) (string, error) {
	for r.pos < len(r.data) {
		c := r.data[r.pos]
		switch {
		case c == '"':
			r.pos++
			return string(b), nil
		case c < ' ':
			return "", r.fail(path, "control character in a string")
		case c != '\\':
			b = append(b, c)
			r.pos++
			continue
		}
		e, ok := r.escape()
		if !ok {
			return "", r.fail(path, "bad escape in a string")
		}
		b = utf8.AppendRune(b, e)
	}
	return "", r.fail(path, "string without end")
}

// escape reads a backslash and what belongs to it. Half a surrogate pair is
// not ok: it is no character.
func (r *reader) escape() (rune, bool) {
	if r.pos+1 >= len(r.data) {
		return 0, false
	}
	c := r.data[r.pos+1]
	if c != 'u' {
		r.pos += 2
		switch c {
		case '"', '\\', '/':
			return rune(c), true
		case 'b':
			return '\b', true
		case 'f':
			return '\f', true
		case 'n':
			return '\n', true
		case 'r':
			return '\r', true
		case 't':
			return '\t', true
		}
		return 0, false
	}
	high, ok := r.hex()
	if !ok || !utf16.IsSurrogate(high) {
		return high, ok
	}
	if r.pos+1 >= len(r.data) || r.data[r.pos] != '\\' || r.data[r.pos+1] != 'u' {
		return 0, false
	}
	low, ok := r.hex()
	both := utf16.DecodeRune(high, low)
	return both, ok && both != utf8.RuneError
}

// hex reads \uXXXX.
func (r *reader) hex() (rune, bool) {
	if r.pos+6 > len(r.data) {
		return 0, false
	}
	n, err := strconv.ParseUint(r.data[r.pos+2:r.pos+6], 16, 16)
	r.pos += 6
	return rune(n), err == nil
}

// number reads a number as it is written, of at most 32 bytes.
func (r *reader) number(path string) (string, error) {
	r.peek()
	s := r.data[r.pos:]
	end := 0
	for end < len(s) && strings.IndexByte("0123456789+-.eE", s[end]) >= 0 {
		end++
	}
	if s = s[:end]; end > 32 {
		return "", r.fail(path, "number of %d bytes", end)
	}
	if !isNumber.MatchString(s) {
		return "", r.fail(path, "want a number, have %s", r.what())
	}
	r.pos += end
	return s, nil
}

var isNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// id reads the number of a token, in [0,MaxVocab).
func (r *reader) id(path string) (int32, error) {
	if n := r.digits(); n >= 0 {
		return n, nil
	}
	s, err := r.number(path)
	if err != nil {
		return 0, err
	}
	return parseID(path, s)
}

// digits is id for what nearly every one is: one to six digits. If it is
// anything else, digits returns -1 and stays where it is.
func (r *reader) digits() int32 {
	r.peek()
	n, i := int32(0), r.pos
	for ; i < len(r.data) && '0' <= r.data[i] && r.data[i] <= '9'; i++ {
		if n = 10*n + int32(r.data[i]-'0'); i-r.pos == 6 || r.data[r.pos] == '0' && i > r.pos {
			return -1
		}
	}
	if i == r.pos || i == len(r.data) || strings.IndexByte(".eE", r.data[i]) >= 0 {
		return -1
	}
	r.pos = i
	return n
}

func parseID(path, s string) (int32, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || n >= MaxVocab {
		return 0, invalid(path, "token number %s is not in [0,%d)", s, MaxVocab)
	}
	return int32(n), nil
}

// what says what is there, for errors.
func (r *reader) what() string {
	if r.pos >= len(r.data) {
		return "the end"
	}
	return kindOf(r.data[r.pos])
}

func kindOf(c byte) string {
	switch {
	case c == '{':
		return "an object"
	case c == '[':
		return "an array"
	case c == '"':
		return "a string"
	case c == 't', c == 'f':
		return "a boolean"
	case c == 'n':
		return "null"
	case '0' <= c && c <= '9', c == '-':
		return "a number"
	}
	return strconv.QuoteRune(rune(c))
}
