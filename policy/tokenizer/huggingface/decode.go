package huggingface

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// decoder renders tokens as text.
type decoder struct {
	text   []string  // by token
	isByte []bool    // by token: text is a byte, and a run of such is UTF-8 or nothing; nil if none is
	bytes  bool      // all texts are bytes: ByteLevel
	strip  string    // this character is left out, stripN times at most, at the beginning
	stripN int       //
	mark   string    // this character is a space, and in the first token nothing: Metaspace
	prefix prefixing // never: a space in the first token as well
}

// newDecoder makes the decoder of n for the tokens of the names, which it
// keeps.
func newDecoder(n node, names []string) (decoder, error) {
	d := decoder{text: names}
	steps, err := n.steps("decoders")
	if err != nil {
		return d, err
	}
	if len(steps) == 0 {
		return d, unsupported("decoder", "null, or no step")
	}
	last := -1
	for _, s := range steps {
		kind, f := s.component()
		at := slices.Index([]string{"ByteLevel", "Metaspace", "Replace", "ByteFallback", "Fuse", "Strip"}, kind)
		switch {
		case at < 0:
			return d, unsupported(s.path+".type", "%s", quote(kind))
		case at < last || at == last && kind != "Replace" || last == 0 || last == 1, kind == "Strip" && last != 4:
			return d, unsupported(s.path+".type", "%s at this place", quote(kind))
		}
		last = at
		if err := d.step(kind, f); err != nil {
			return d, err
		}
		if err := f.end(); err != nil {
			return d, err
		}
	}
	return d, nil
}

// step applies a step to the texts as far as it looks at one token, and keeps
// the rest of it for the stream.
func (d *decoder) step(kind string, f *fields) error {
	switch kind {
	case "ByteLevel":
		for _, flag := range []string{"add_prefix_space", "trim_offsets", "use_regex"} {
			f.flagOrTrue(flag) // of the other uses of ByteLevel
		}
		d.bytes = true
		for i, name := range d.text {
			if b, ok := fromAlphabet(name); ok {
				d.text[i] = b
			}
		}
	case "Metaspace":
		m, err := readMetaspace(f)
		if err != nil {
			return err
		}
		d.mark, d.prefix = m.mark, m.prefix
	case "Replace":
		from, to, err := readReplace(f)
		if err != nil {
			return err
		}
		total := 0
		for i, s := range d.text {
			if total += len(s) + strings.Count(s, from)*(len(to)-len(from)); total > MaxBytes {
				return unsupported(f.n.path, "%s by %s makes tokens of more than %d bytes in all", quote(from), quote(to), MaxBytes)
			}
			d.text[i] = strings.ReplaceAll(s, from, to)
		}
	case "ByteFallback":
		d.isByte = make([]bool, len(d.text))
		for i, s := range d.text {
			if b, ok := byteName(s); ok {
				d.text[i], d.isByte[i] = b, true
			}
		}
	case "Strip":
		d.strip = f.text("content")
		start, stop := f.need("start", '0').text, f.need("stop", '0').text
		if f.err == nil && (len([]rune(d.strip)) != 1 || start != "1" && start != "0" || stop != "0") {
			return unsupported(f.n.path, "Strip of %s, start %s, stop %s", quote(d.strip), start, stop)
		}
		d.stripN = strings.Count(start, "1")
	}
	return nil
}

// byteName returns the byte that a name like <0x0A> stands for.
func byteName(s string) (string, bool) {
	if len(s) != 6 || s[:3] != "<0x" || s[5] != '>' {
		return "", false
	}
	high, low := strings.IndexByte(hexDigits, s[3]|0x20), strings.IndexByte(hexDigits, s[4]|0x20)
	if high < 0 || low < 0 {
		return "", false
	}
	return string([]byte{byte(high<<4 | low)}), true
}

const hexDigits = "0123456789abcdef"

// Stream decodes token by token. What Next and Close return, put together, is
// what Decode returns of all tokens, and each of it is UTF-8.
type Stream struct {
	t       *Tokenizer
	plain   bool   // without special tokens
	pending []byte // bytes, or the texts of a run of byte tokens, not yet known to be characters
	started bool   // something has been decoded
	begun   bool   // something has been returned
}

// Stream returns a stream that renders special tokens as their names.
func (t *Tokenizer) Stream() *Stream { return &Stream{t: t} }

// StreamPlain returns a stream that leaves special tokens out.
func (t *Tokenizer) StreamPlain() *Stream { return &Stream{t: t, plain: true} }

// Next returns the text that the token completes, which is often but not
// always all of its own.
func (s *Stream) Next(id int32) string {
	if s.plain && s.t.IsSpecial(id) {
		return ""
	}
	text, isByte := s.text(id)
	switch {
	case s.t.decoder.bytes:
		return s.bytes(text)
	case isByte:
		s.pending = append(s.pending, text...)
		return ""
	}
	return s.out(s.flush() + text)
}

// text returns what the token stands for where it is, and whether it is a byte
// of a run.
func (s *Stream) text(id int32) (text string, isByte bool) {
	d := &s.t.decoder
	text = string(utf8.RuneError)
	if id >= 0 && int(id) < len(d.text) {
		text = d.text[id]
		isByte = d.isByte != nil && d.isByte[id]
	}
	if d.mark != "" {
		space := " "
		if !s.started && d.prefix != never {
			space = ""
		}
		text = strings.ReplaceAll(text, d.mark, space)
	}
	s.started = true
	return text, isByte
}

// Close returns what has been held back.
func (s *Stream) Close() string { return s.out(s.flush()) }

// bytes adds bytes and returns the characters among them; the beginning of one
// at their end stays.
func (s *Stream) bytes(text string) string {
	if len(s.pending) == 0 && utf8.ValidString(text) {
		return s.out(text)
	}
	s.pending = append(s.pending, text...)
	end := len(s.pending)
	for n := 1; n <= 3 && n <= len(s.pending); n++ { // at most 3 bytes of a character of 4
		tail := s.pending[len(s.pending)-n:]
		if !utf8.FullRune(tail) {
			end = len(s.pending) - n
		}
	}
	out := lossy(s.pending[:end])
	s.pending = append(s.pending[:0], s.pending[end:]...)
	return s.out(out)
}

// flush returns what is pending: of byte tokens, one U+FFFD a byte unless all
// of the run is UTF-8.
func (s *Stream) flush() string {
	b := s.pending
	s.pending = s.pending[:0]
	switch {
	case utf8.Valid(b):
		return string(b)
	case s.t.decoder.bytes:
		return lossy(b)
	}
	return strings.Repeat(string(utf8.RuneError), len(b))
}

// out is the last step: it strips the beginning of all that is returned.
func (s *Stream) out(text string) string {
	if s.begun || text == "" {
		return text
	}
	s.begun = true
	if s.t.decoder.stripN > 0 {
		return strings.TrimPrefix(text, s.t.decoder.strip)
	}
	return text
}

// lossy returns b with one U+FFFD for each maximal part of a character that is
// not whole, as the Unicode Standard recommends (version 15.0, section 3.9,
// U+FFFD Substitution of Maximal Subparts).
func lossy(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			n = subpart(b)
		}
		out.WriteRune(r)
		b = b[n:]
	}
	return out.String()
}

// subpart returns the length of the longest beginning of b that is also that
// of a character, at least 1. b does not begin with a character.
func subpart(b []byte) int {
	n := 1
	for n < min(3, len(b)) && !utf8.FullRune(b[:n+1]) {
		n++
	}
	if !utf8.FullRune(b[:1]) {
		return n
	}
	return 1
}
