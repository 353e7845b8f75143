package huggingface

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// none stands for a token that there is not.
const none = int32(-1)

// model merges the tokens of a word, of all pairs side by side the one learned
// first, the leftmost first, until there is none (Sennrich et al. 2016,
// arXiv:1508.07909, algorithm 1).
type model struct {
	merges   pairs
	ids      map[string]int32 // of the names, without added tokens
	whole    map[string]int32 // words that are tokens without merging: ignore_merges
	byteID   [256]int32       // the token that each byte begins as, where bytes is set, or falls back to
	bytes    bool             // words begin as bytes, not as characters
	fallback bool             // a character that is no token becomes its bytes
	unknown  int32            // the token for what is none, or none
	fuse     bool             // one unknown token for all side by side
	cache    *cache
}

// newModel makes the model of d for t, whose names and cut are set.
func newModel(t *Tokenizer, d *modelDocument) (model, error) {
	m := model{ids: d.vocab, bytes: t.cut.bytes, fallback: d.fallback, unknown: none, fuse: d.fuse, cache: newCache()}
	if d.unknown != "" {
		id, ok := d.vocab[d.unknown]
		if !ok {
			return m, invalid("model.unk_token", "%s is no token", quote(d.unknown))
		}
		m.unknown = id
	}
	if err := m.begin(); err != nil {
		return m, err
	}
	if d.whole {
		m.whole = d.vocab
		if m.bytes {
			m.whole = make(map[string]int32, len(d.vocab))
			for name, id := range d.vocab {
				if b, ok := fromAlphabet(name); ok {
					m.whole[b] = id
				}
			}
		}
	}
	m.merges = newPairs(len(d.merges))
	for i, p := range d.merges {
		var ids [3]int32
		for j, name := range [3]string{p[0], p[1], p[0] + p[1]} {
			id, ok := d.vocab[name]
			if !ok {
				return m, invalid("model.merges", "merge %d of %s and %s: %s is no token", i, quote(p[0]), quote(p[1]), quote(name))
			}
			ids[j] = id
		}
		m.merges.set(ids[0], ids[1], merge{rank: int32(i), id: ids[2]})
	}
	return m, nil
}

// begin fills byteID.
func (m *model) begin() error {
	if m.bytes && m.fallback {
		return unsupported("model.byte_fallback", "true, with a pre_tokenizer ByteLevel")
	}
	for b := range 256 {
		m.byteID[b] = none
		name := string(alphabet[b])
		if !m.bytes {
			name = fmt.Sprintf("<0x%02X>", b)
		}
		if id, ok := m.ids[name]; ok && (m.bytes || m.fallback) {
			m.byteID[b] = id
		} else if m.fallback {
			return invalid("model.byte_fallback", "true, but %s is no token", quote(name))
		}
	}
	return nil
}

// uncovered warns of what word must leave out.
func (m *model) uncovered() []error {
	if m.unknown != none || m.fallback {
		return nil
	}
	if !m.bytes {
		return []error{fmt.Errorf("model.unk_token: null, without byte_fallback: characters that are no tokens are left out")}
	}
	var missing []string
	for b, id := range m.byteID {
		if id == none {
			missing = append(missing, fmt.Sprintf("0x%02X", b))
		}
	}
	if missing == nil {
		return nil
	}
	return []error{fmt.Errorf("model.vocab: no token for the bytes %s: they are left out", strings.Join(missing, " "))}
}

// boundary returns the mark of SentencePiece if it can be the beginning of a
// word: if no merge makes a token in which it follows another character, then
// none can cross such a place, and the words on both sides merge by themselves.
func (m *model) boundary(d *modelDocument) (mark string, ok bool) {
	mark = "▁"
	if _, ok := m.ids[mark]; m.bytes || d.whole || !ok {
		return "", false
	}
	for _, p := range d.merges {
		if s := p[0] + p[1]; strings.Contains(strings.TrimLeft(s, mark), mark) {
			return "", false
		}
	}
	return mark, true
}

// scratch is what merging a word needs, kept for the next one.
type scratch struct {
	symbols []symbol
	heap    []candidate
	unknown bool // the last symbol is the unknown token, or would be
}

// symbol is a token of a word on the way; -1 ends the list in both directions.
type symbol struct{ id, prev, next int32 }

// gone is the id of a symbol that has been merged into the one before it.
const gone = int32(-2)

// word appends the tokens of s.
func (m *model) word(dst []int32, s string, w *scratch) []int32 {
	if s == "" {
		return dst
	}
	if id, ok := m.whole[s]; ok {
		return append(dst, id)
	}
	if len(s) > maxCachedBytes {
		return m.mergeWord(dst, s, w)
	}
	if got, ok := m.cache.find(s, dst); ok {
		return got
	}
	start := len(dst)
	dst = m.mergeWord(dst, s, w)
	m.cache.keep(s, dst[start:])
	return dst
}

func (m *model) mergeWord(dst []int32, s string, w *scratch) []int32 {
	w.symbols, w.unknown = w.symbols[:0], false
	if m.bytes {
		m.splitBytes(s, w)
	} else {
		m.splitCharacters(s, w)
	}
	m.mergeAll(w)
	for i := int32(0); i >= 0 && len(w.symbols) > 0; i = w.symbols[i].next {
		dst = append(dst, w.symbols[i].id)
	}
	return dst
}

func (w *scratch) push(id int32) {
	n := int32(len(w.symbols))
	if n > 0 {
		w.symbols[n-1].next = n
	}
	w.symbols = append(w.symbols, symbol{id, n - 1, -1})
}

func (m *model) splitBytes(s string, w *scratch) {
	for i := range len(s) {
		m.pushOr(w, m.byteID[s[i]])
	}
}

// splitCharacters pushes a token for every character of s, and for every byte
// that is none.
func (m *model) splitCharacters(s string, w *scratch) {
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRuneInString(s[i:])
		c := s[i : i+n]
		i += n
		if id, ok := m.ids[c]; ok {
			m.pushOr(w, id)
		} else if m.fallback {
			for j := range n {
				w.push(m.byteID[c[j]])
			}
		} else {
			m.pushOr(w, none)
		}
	}
}

// pushOr pushes id, or for none the unknown token, unless it is fused with the
// one before it.
func (m *model) pushOr(w *scratch, id int32) {
	if id != none {
		w.push(id)
	} else if m.unknown != none && !(w.unknown && m.fuse) {
		w.push(m.unknown)
	}
	w.unknown = id == none
}

// candidate is a merge that was possible when it was pushed.
type candidate struct {
	rank, at int32 // at: of the left symbol
	id       int32 // of what it makes
}

func (c candidate) before(d candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.at < d.at
}

// mergeAll works in O(n log n): the candidates are a heap. One that has become
// stale is known by what its place would make now.
func (m *model) mergeAll(w *scratch) {
	w.heap = w.heap[:0]
	for i := range len(w.symbols) - 1 {
		m.consider(w, int32(i))
	}
	for len(w.heap) > 0 {
		c := w.pop()
		left := &w.symbols[c.at]
		if left.id == gone || left.next < 0 {
			continue
		}
		right := &w.symbols[left.next]
		if now, ok := m.merges.get(left.id, right.id); !ok || now.id != c.id {
			continue
		}
		left.id, right.id = c.id, gone
		left.next = right.next
		if left.next >= 0 {
			w.symbols[left.next].prev = c.at
			m.consider(w, c.at)
		}
		if left.prev >= 0 {
			m.consider(w, left.prev)
		}
	}
}

// consider pushes the merge of symbol at and the one after it, if there is one.
func (m *model) consider(w *scratch, at int32) {
	left := w.symbols[at]
	if p, ok := m.merges.get(left.id, w.symbols[left.next].id); ok {
		w.pushHeap(candidate{p.rank, at, p.id})
	}
}

func (w *scratch) pushHeap(c candidate) {
	h := append(w.heap, c)
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !c.before(h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = c
	w.heap = h
}

func (w *scratch) pop() candidate {
	h := w.heap
	top, c := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for {
		down := 2*i + 1
		if down >= len(h) {
			break
		}
		if down+1 < len(h) && h[down+1].before(h[down]) {
			down++
		}
		if !h[down].before(c) {
			break
		}
		h[i] = h[down]
		i = down
	}
	if len(h) > 0 {
		h[i] = c
	}
	w.heap = h
	return top
}
