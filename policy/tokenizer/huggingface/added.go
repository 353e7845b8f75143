package huggingface

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// addedToken is a token that is looked for in text before anything else.
type addedToken struct {
	id         int32
	content    string
	singleWord bool // only where no word character is beside it
	lstrip     bool // with the white space before it
	rstrip     bool // with the white space after it
	normalized bool // in the normalised text, normalised itself
	special    bool // left out by DecodePlain, not looked for by EncodePlain
}

func readAdded(r *reader, path string) ([]addedToken, error) {
	var all []addedToken
	seen := map[string]bool{}
	err := r.array(path, func(i int) error {
		if i == MaxAdded {
			return r.fail(path, "more than %d tokens", MaxAdded)
		}
		left := 16
		n, err := r.tree(path, &left)
		if err != nil {
			return err
		}
		f := n.fields()
		a := addedToken{
			content:    f.text("content"),
			singleWord: f.flag("single_word"),
			lstrip:     f.flag("lstrip"),
			rstrip:     f.flag("rstrip"),
			normalized: f.flag("normalized"),
			special:    f.flag("special"),
		}
		number := f.need("id", '0')
		if err := f.end(); err != nil {
			return err
		}
		if a.id, err = parseID(number.path, number.text); err != nil {
			return err
		}
		if a.content == "" || len(a.content) > MaxAddedBytes {
			return invalid(path, "token %d: %s has %d bytes, must have 1 to %d", a.id, quote(a.content), len(a.content), MaxAddedBytes)
		}
		if seen[a.content] {
			return invalid(path, "token %s is there twice", quote(a.content))
		}
		seen[a.content] = true
		all = append(all, a)
		return nil
	})
	return all, err
}

// matching says which added tokens to find; its zero is all of them.
type matching struct {
	noSpecial bool
	guarded   []span // no special tokens where these are, in order
}

// matcher finds added tokens, of those that begin at one place the longest. It
// is a trie of bytes.
type matcher struct {
	tokens []addedToken
	next   map[edge]int32
	at     []int32 // by node of the trie, the root first: the token that ends there, -1 if none
	first  [256]bool
}

type edge struct {
	node int32
	b    byte
}

// add adds a token, which must not be empty. Of two that look the same after
// normalisation the first counts.
func (m *matcher) add(a addedToken) {
	if m.at == nil {
		m.at, m.next = []int32{-1}, map[edge]int32{}
	}
	node := int32(0)
	for _, b := range []byte(a.content) {
		to, ok := m.next[edge{node, b}]
		if !ok {
			to = int32(len(m.at))
			m.next[edge{node, b}] = to
			m.at = append(m.at, -1)
		}
		node = to
	}
	if m.at[node] >= 0 {
		return
	}
	m.at[node] = int32(len(m.tokens))
	m.first[a.content[0]] = true
	m.tokens = append(m.tokens, a)
}

// longest returns the token with which s begins, nil if there is none.
func (m *matcher) longest(s string) *addedToken {
	var found *addedToken
	node := int32(0)
	for i := range len(s) {
		to, ok := m.next[edge{node, s[i]}]
		if !ok {
			break
		}
		if node = to; m.at[node] >= 0 {
			found = &m.tokens[m.at[node]]
		}
	}
	return found
}

// match is a part of a text: token id, or text between tokens where id is -1.
type match struct {
	id         int32
	start, end int
}

// segments cuts text, front to back. A token that is passed over, since it
// must be a single word or is special, hides what begins inside it. As in the
// library, white space that a token takes with it may be, or begin, another
// one, and what was taken after it is then encoded again.
func (m *matcher) segments(text string, mode matching) iter.Seq[match] {
	return func(yield func(match) bool) {
		guarded := mode.guarded
		done := 0  // text before it has been yielded
		blank := 0 // before it, back to the end of a token, there is only white space
		for i := 0; i < len(text); {
			if !m.first[text[i]] {
				i++
				continue
			}
			a := m.longest(text[i:])
			if a == nil {
				i++
				continue
			}
			start, end := i, i+len(a.content)
			for len(guarded) > 0 && guarded[0].end <= start {
				guarded = guarded[1:]
			}
			if a.special && len(guarded) > 0 && guarded[0].start < end {
				i++ // not its end: a token of the template must not be hidden
				continue
			}
			i = end
			if mode.noSpecial && a.special || a.singleWord && !alone(text[:start], text[end:]) {
				continue
			}
			if a.lstrip {
				start = done + len(strings.TrimRightFunc(text[done:max(done, start)], unicode.IsSpace))
			}
			if a.rstrip {
				end = len(text) - len(strings.TrimLeftFunc(text[max(blank, end):], unicode.IsSpace))
				blank = end
			}
			if done < start && !yield(match{-1, done, start}) || !yield(match{a.id, start, end}) {
				return
			}
			done = end
		}
		if done < len(text) {
			yield(match{-1, done, len(text)})
		}
	}
}

// alone reports whether no word character is at the end of before nor at the
// beginning of after.
func alone(before, after string) bool {
	x, _ := utf8.DecodeLastRuneInString(before)
	y, _ := utf8.DecodeRuneInString(after)
	return !(before != "" && isWord(x)) && !(after != "" && isWord(y))
}

// isWord is \w of Unicode Technical Standard 18, Annex C.
func isWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Other_Alphabetic, unicode.Pc, unicode.Join_Control)
}
