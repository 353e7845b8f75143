package tokenizer

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of a tokenizer.
const (
	MaxVocab        = 1 << 18 // tokens in all
	MaxSpecial      = 1 << 10 // special tokens
	MaxSpecialBytes = 64      // of the name of one
)

// ErrInvalid is wrapped by every error about what a tokenizer is made of: its
// special tokens, its size, its merges, its JSON.
var ErrInvalid = errors.New("tokenizer: invalid")

// Tokenizer is immutable once trained or read and safe for concurrent use. The
// zero Tokenizer is only good for UnmarshalJSON.
type Tokenizer struct {
	special []string
	ids     map[string]int32 // of special
	merges  []pair           // merge i makes token len(special) + 256 + i
	token   []string         // the bytes of each token; of a special one, its name
	merged  map[pair]int32   // the token that a merge makes
	whole   map[string]int32 // pieces that are one token
}

// pair is two tokens side by side.
type pair struct{ left, right int32 }

// newTokenizer returns the tokenizer without merges.
func newTokenizer(special []string) (*Tokenizer, error) {
	if len(special) > MaxSpecial {
		return nil, fmt.Errorf("%w: %d special tokens, at most %d", ErrInvalid, len(special), MaxSpecial)
	}
	t := &Tokenizer{ids: map[string]int32{}, merged: map[pair]int32{}}
	for i, s := range special {
		if s == "" || len(s) > MaxSpecialBytes || !utf8.ValidString(s) {
			return nil, fmt.Errorf("%w: special token %d is %q, must be 1 to %d bytes of UTF-8", ErrInvalid, i, s, MaxSpecialBytes)
		}
		if _, ok := t.ids[s]; ok {
			return nil, fmt.Errorf("%w: special token %d, %q, is there twice", ErrInvalid, i, s)
		}
		t.ids[s] = int32(i)
		t.special = append(t.special, s)
	}
	t.token = append(t.token, t.special...)
	for b := range 256 {
		t.token = append(t.token, string([]byte{byte(b)}))
	}
	return t, nil
}

// merge adds the token made of left and right.
func (t *Tokenizer) merge(p pair) error {
	i, id, first := len(t.merges), int32(len(t.token)), int32(len(t.special))
	for _, side := range [2]int32{p.left, p.right} {
		if side < first || side >= id {
			return fmt.Errorf("%w: merge %d: token %d is not in [%d,%d)", ErrInvalid, i, side, first, id)
		}
	}
	if _, ok := t.merged[p]; ok {
		return fmt.Errorf("%w: merge %d: tokens %d and %d are merged already", ErrInvalid, i, p.left, p.right)
	}
	if id >= MaxVocab {
		return fmt.Errorf("%w: merge %d: more than %d tokens", ErrInvalid, i, MaxVocab)
	}
	bytes := t.token[p.left] + t.token[p.right]
	if len(bytes) > maxPieceBytes {
		return fmt.Errorf("%w: merge %d: token of %d bytes, at most %d", ErrInvalid, i, len(bytes), maxPieceBytes)
	}
	t.merged[p] = id
	t.merges = append(t.merges, p)
	t.token = append(t.token, bytes)
	return nil
}

// index lists the pieces that are one token. It is called once, after the last
// merge.
func (t *Tokenizer) index() {
	t.whole = make(map[string]int32, len(t.merges))
	var buf [maxPieceBytes]int32
	for _, s := range t.token[len(t.special):] {
		if n := t.mergeAll(&buf, s); n == 1 {
			t.whole[s] = buf[0]
		}
	}
}

// mergeAll writes the tokens of one piece to buf and returns their number: of
// all pairs side by side the one learned first is merged, the leftmost first,
// until there is none.
func (t *Tokenizer) mergeAll(buf *[maxPieceBytes]int32, s string) int {
	n, first := len(s), int32(len(t.special))
	for i := range n {
		buf[i] = first + int32(s[i])
	}
	const none = 1<<31 - 1
	var made [maxPieceBytes]int32 // made[i] is the token of buf[i] and buf[i+1]
	look := func(i int) {
		made[i] = none
		if i < 0 || i+1 >= n {
			return
		}
		if id, ok := t.merged[pair{buf[i], buf[i+1]}]; ok {
			made[i] = id
		}
	}
	for i := range n {
		look(i)
	}
	for {
		best, id := 0, int32(none)
		for i, m := range made[:n] {
			if m < id {
				best, id = i, m
			}
		}
		if id == none {
			return n
		}
		buf[best] = id
		copy(buf[best+1:n-1], buf[best+2:n])
		copy(made[best+1:n-1], made[best+2:n])
		n--
		look(best)
		if best > 0 {
			look(best - 1)
		}
	}
}

// Encode appends the tokens of text to dst and returns it. No special token is
// among them, even if text contains its name. Where [Boundary](a, b) holds,
// the tokens of a+b are those of a and then those of b.
func (t *Tokenizer) Encode(dst []int32, text string) []int32 {
	var buf [maxPieceBytes]int32
	for len(text) > 0 {
		p := text[:piece(text)]
		text = text[len(p):]
		if id, ok := t.whole[p]; ok {
			dst = append(dst, id)
			continue
		}
		dst = append(dst, buf[:t.mergeAll(&buf, p)]...)
	}
	return dst
}

// Count is the number of tokens of text, without making them.
func (t *Tokenizer) Count(text string) int {
	var buf [maxPieceBytes]int32
	n := 0
	for len(text) > 0 {
		p := text[:piece(text)]
		text = text[len(p):]
		if _, ok := t.whole[p]; ok {
			n++
			continue
		}
		n += t.mergeAll(&buf, p)
	}
	return n
}

// Decode returns the text of tokens; of what Encode returned, exactly the text
// that was encoded. A special token is rendered as its name, and a number that
// is no token as U+FFFD.
func (t *Tokenizer) Decode(tokens []int32) string {
	var b strings.Builder
	for _, id := range tokens {
		if id < 0 || int(id) >= len(t.token) {
			b.WriteRune(utf8.RuneError)
			continue
		}
		b.WriteString(t.token[id])
	}
	return b.String()
}

// Special returns the token of the special name, and whether there is one.
func (t *Tokenizer) Special(name string) (int32, bool) {
	id, ok := t.ids[name]
	return id, ok
}

// Vocab is the number of tokens: the special ones, 256 bytes and the merges.
func (t *Tokenizer) Vocab() int { return len(t.token) }
