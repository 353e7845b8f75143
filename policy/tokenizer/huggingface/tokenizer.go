package huggingface

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// Tokenizer turns text into the tokens of a model, and back. It is immutable
// but for a cache, and safe for concurrent use.
type Tokenizer struct {
	names   []string         // of each token, as the file has it
	ids     map[string]int32 // of the names
	special []bool           // by token
	added   matcher          // added tokens that are looked for in the text as it is
	late    matcher          // added tokens that are looked for in the normalised text
	norm    normalizer
	cut     pretokenizer
	model   model
	decoder decoder
	prefix  []int32
	suffix  []int32
	warn    []error
	scratch sync.Pool // of *scratch
}

// build makes the tokenizer of d.
func build(d *document) (*Tokenizer, error) {
	t := &Tokenizer{ids: maps.Clone(d.model.vocab)}
	if err := t.number(d.added); err != nil {
		return nil, err
	}
	var err error
	if t.norm, err = newNormalizer(d.normalizer); err != nil {
		return nil, err
	}
	if t.cut, err = newPretokenizer(d.cut); err != nil {
		return nil, err
	}
	if t.model, err = newModel(t, &d.model); err != nil {
		return nil, err
	}
	t.warn = t.model.uncovered()
	if mark, ok := t.model.boundary(&d.model); ok {
		t.cut.splits = append(t.cut.splits, beforeMark(mark))
	}
	if t.model.bytes {
		t.model.ids = nil // of no more use
	}
	if t.decoder, err = newDecoder(d.decoder, t.spelled(d.added)); err != nil {
		return nil, err
	}
	if t.prefix, t.suffix, err = newFrame(d.frame, t.ids); err != nil {
		return nil, err
	}
	t.look(d.added)
	t.scratch.New = func() any { return new(scratch) }
	return t, nil
}

// look lists the added tokens to look for, the special ones first.
func (t *Tokenizer) look(added []addedToken) {
	for _, special := range []bool{true, false} {
		for _, a := range added {
			switch {
			case a.special != special:
			case a.normalized:
				a.content = t.norm.apply(a.content)
				t.late.add(a)
			default:
				t.added.add(a)
			}
		}
	}
}

// spelled returns the names as text has them once it is normalised: those of
// added tokens that are looked for there, normalised.
func (t *Tokenizer) spelled(added []addedToken) []string {
	names := slices.Clone(t.names)
	for _, a := range added {
		if a.normalized {
			names[a.id] = t.norm.apply(a.content)
		}
	}
	return names
}

// number fills names, ids and special. The tokens must be numbered from 0 on
// without a gap.
func (t *Tokenizer) number(added []addedToken) error {
	for _, a := range added {
		if id, ok := t.ids[a.content]; ok && id != a.id {
			return invalid("added_tokens", "token %s is %d, but %d in model.vocab or before", quote(a.content), a.id, id)
		}
		t.ids[a.content] = a.id
	}
	largest := none
	for _, id := range t.ids {
		largest = max(largest, id)
	}
	if int(largest) >= len(t.ids) {
		return invalid("model.vocab", "%d tokens, but one is number %d: numbers must be without gaps", len(t.ids), largest)
	}
	t.names = make([]string, len(t.ids))
	twice := int32(MaxVocab)
	for name, id := range t.ids {
		if t.names[id] != "" {
			twice = min(twice, id)
		}
		t.names[id] = name
	}
	if twice < MaxVocab {
		return invalid("model.vocab", "two tokens are %d, %s is one of them", twice, quote(t.names[twice]))
	}
	t.special = make([]bool, len(t.names))
	for _, a := range added {
		t.special[a.id] = t.special[a.id] || a.special
	}
	return nil
}

// Encode appends the tokens of text to dst and returns it. The names of added
// tokens in text, special ones too, are these tokens; what belongs before and
// after a text is not added (see Prefix and Suffix). An empty text has none.
func (t *Tokenizer) Encode(dst []int32, text string) []int32 {
	return t.encode(dst, text, matching{})
}

// EncodePlain is Encode for text from outside: the names of special tokens in
// it are text like any other, and no special token is among the result, unless
// the model's merges themselves make one, which those of known models do not.
func (t *Tokenizer) EncodePlain(dst []int32, text string) []int32 {
	return t.encode(dst, text, matching{noSpecial: true})
}

// Count is the number of tokens that Encode makes of text.
func (t *Tokenizer) Count(text string) int { return len(t.Encode(nil, text)) }

func (t *Tokenizer) encode(dst []int32, text string, mode matching) []int32 {
	s := t.scratch.Get().(*scratch)
	defer t.scratch.Put(s)
	for m := range t.added.segments(text, mode) {
		if m.id >= 0 {
			dst = append(dst, m.id)
			continue
		}
		part := t.norm.apply(text[m.start:m.end])
		for n := range t.late.segments(part, matching{noSpecial: mode.noSpecial}) {
			if n.id >= 0 {
				dst = append(dst, n.id)
				continue
			}
			words := t.cut.prepare(part[n.start:n.end], m.start+n.start)
			dst = t.words(dst, words, t.cut.splits, s)
		}
	}
	return dst
}

// words appends the tokens of text, which the first of splits cuts, and the
// others cut further.
func (t *Tokenizer) words(dst []int32, text string, splits []splitter, s *scratch) []int32 {
	if len(splits) == 0 {
		return t.model.word(dst, text, s)
	}
	for len(text) > 0 {
		n := splits[0](text)
		if len(splits) == 1 {
			dst = t.model.word(dst, text[:n], s)
		} else {
			dst = t.words(dst, text[:n], splits[1:], s)
		}
		text = text[n:]
	}
	return dst
}

// Prefix is what the model wants before a text, often its token for the
// beginning; Suffix is what it wants after one.
func (t *Tokenizer) Prefix() []int32 { return slices.Clone(t.prefix) }

// Suffix is what the model wants after a text.
func (t *Tokenizer) Suffix() []int32 { return slices.Clone(t.suffix) }

// ID returns the token of the name as the file has it ("Ġthe", not " the"),
// and whether there is one.
func (t *Tokenizer) ID(name string) (int32, bool) {
	id, ok := t.ids[name]
	return id, ok
}

// Name returns the name of a token as the file has it, and whether there is
// such a token.
func (t *Tokenizer) Name(id int32) (string, bool) {
	if id < 0 || int(id) >= len(t.names) {
		return "", false
	}
	return t.names[id], true
}

// Special returns the token of the name, and whether it is a special one.
func (t *Tokenizer) Special(name string) (int32, bool) {
	id, ok := t.ids[name]
	return id, ok && t.special[id]
}

// IsSpecial reports whether id is a special token.
func (t *Tokenizer) IsSpecial(id int32) bool {
	return id >= 0 && int(id) < len(t.special) && t.special[id]
}

// SpecialIDs are the special tokens in ascending order.
func (t *Tokenizer) SpecialIDs() []int32 {
	var out []int32
	for id, is := range t.special {
		if is {
			out = append(out, int32(id))
		}
	}
	return out
}

// Vocab is the number of tokens, added ones included. The model may have more
// rows than that.
func (t *Tokenizer) Vocab() int { return len(t.names) }

// Warnings are doubts about the file: bytes or characters that Encode must
// leave out, as the library does, since there is no token for them.
func (t *Tokenizer) Warnings() []error { return slices.Clone(t.warn) }

// Decode returns the text of tokens, with U+FFFD for a number that is no token
// and, as the library has it, for bytes that are not UTF-8. Special tokens are
// rendered as their names.
func (t *Tokenizer) Decode(tokens []int32) string { return t.decode(t.Stream(), tokens) }

// DecodePlain is Decode without the special tokens.
func (t *Tokenizer) DecodePlain(tokens []int32) string { return t.decode(t.StreamPlain(), tokens) }

func (t *Tokenizer) decode(s *Stream, tokens []int32) string {
	var b strings.Builder
	for _, id := range tokens {
		b.WriteString(s.Next(id))
	}
	b.WriteString(s.Close())
	return b.String()
}

// Bytes appends the bytes that tokens stand for and returns dst. Unlike Decode
// it replaces nothing: of what Encode returned it gives the bytes that were
// encoded, where the file does not normalise them.
func (t *Tokenizer) Bytes(dst []byte, tokens []int32) []byte {
	s := t.Stream()
	for _, id := range tokens {
		text, _ := s.text(id)
		dst = append(dst, s.out(text)...)
	}
	return dst
}
