package index

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// Words finds documents by the words that they share with a query: BM25 with
// k1 = 1.2 and b = 0.75 (Robertson and Zaragoza 2009, "The Probabilistic Relevance
// Framework", eq. 3.15, times k1 + 1), over the documents of one collection. A
// word is a run of letters, digits and marks, in lower case.
//
// Unlike the paper, the weight of a word is ln(1 + (N - n + 1/2) / (n + 1/2)), as
// in Lucene: the paper's is below 0 for a word that more than half of the documents
// have.
//
// Words is not safe for concurrent use, but for concurrent searches.
type Words struct {
	collections map[string]*wordCollection
}

// NewWords returns an empty index.
func NewWords() *Words { return &Words{collections: map[string]*wordCollection{}} }

// Match is a document found. A greater BM25 is a better match; it is > 0.
type Match struct {
	ID   string
	BM25 float64
}

const (
	bm25K1 = 1.2
	bm25B  = 0.75

	maxQueryWords = 32 // distinct words of a query that are looked at; the first
)

// wordCollection is the documents of a collection and where their words are.
type wordCollection struct {
	docs  []wordDoc
	slot  map[string]int // in docs, by ID
	terms map[string]*term
	words int // of all documents
}

// wordDoc is a document; one that was deleted or replaced has no words.
type wordDoc struct {
	id, text string
	words    int
}

// term is a word and the documents that have it.
type term struct {
	docs     int // that were not deleted
	postings []posting
}

type posting struct{ slot, count uint32 }

func newWordCollection() *wordCollection {
	return &wordCollection{slot: map[string]int{}, terms: map[string]*term{}}
}

// Put adds documents or replaces those of the same ID, by their Text.
func (w *Words) Put(collection string, docs ...Document) {
	c := w.collections[collection]
	if c == nil {
		c = newWordCollection()
		w.collections[collection] = c
	}
	for _, d := range docs {
		if at, ok := c.slot[d.ID]; ok && c.docs[at].text == d.Text {
			continue
		}
		c.delete(d.ID)
		c.add(d.ID, d.Text)
	}
	c.tidy()
}

// Delete removes the documents with these IDs; unknown ones and an unknown
// collection are no errors.
func (w *Words) Delete(collection string, ids ...string) {
	c := w.collections[collection]
	if c == nil {
		return
	}
	for _, id := range ids {
		c.delete(id)
	}
	c.tidy()
}

// Search returns the n documents that match text best, the best first, equal
// ones by ID; only such as have one of its words.
func (w *Words) Search(collection, text string, n int) []Match {
	c := w.collections[collection]
	if c == nil || n <= 0 {
		return nil
	}
	scores := c.scores(text)
	best := newSelection(min(n, len(c.docs)))
	for slot, score := range scores {
		if score > 0 && score >= best.floor {
			best.add(Hit{ID: c.docs[slot].id, Similarity: score})
		}
	}
	best.cut()
	out := make([]Match, len(best.hits))
	for i, h := range best.hits {
		out[i] = Match{ID: h.ID, BM25: h.Similarity}
	}
	return out
}

// scores is the BM25 of each slot, nil if no document has a word of text.
func (c *wordCollection) scores(text string) []float64 {
	var scores []float64
	var seen []string
	mean := float64(c.words) / float64(len(c.slot))
	for word := range wordsOf(text) {
		if slices.Contains(seen, word) {
			continue
		}
		if seen = append(seen, word); len(seen) > maxQueryWords {
			break
		}
		t := c.terms[word]
		if t == nil || t.docs == 0 {
			continue
		}
		if scores == nil {
			scores = make([]float64, len(c.docs))
		}
		n := float64(t.docs)
		weight := math.Log(1+(float64(len(c.slot))-n+0.5)/(n+0.5)) * (bm25K1 + 1)
		for _, p := range t.postings {
			if words := c.docs[p.slot].words; words > 0 {
				count := float64(p.count)
				scores[p.slot] += weight * count / (count + bm25K1*(1-bm25B+bm25B*float64(words)/mean))
			}
		}
	}
	return scores
}

func (c *wordCollection) add(id, text string) {
	at := len(c.docs)
	d := wordDoc{id: id, text: text}
	for word := range wordsOf(text) {
		d.words++
		t := c.terms[word]
		if t == nil {
			t = &term{}
			c.terms[strings.Clone(word)] = t
		}
		if last := len(t.postings) - 1; last >= 0 && t.postings[last].slot == uint32(at) {
			t.postings[last].count++
			continue
		}
		t.docs++
		t.postings = append(t.postings, posting{uint32(at), 1})
	}
	c.docs = append(c.docs, d)
	c.slot[id] = at
	c.words += d.words
}

// delete leaves the slot of a document empty.
func (c *wordCollection) delete(id string) {
	at, known := c.slot[id]
	if !known {
		return
	}
	d := c.docs[at]
	c.words -= d.words
	c.docs[at] = wordDoc{}
	delete(c.slot, id)
	seen := map[string]bool{}
	for word := range wordsOf(d.text) {
		if !seen[word] {
			seen[word] = true
			c.terms[word].docs--
		}
	}
}

// tidy builds the collection anew once more than half of its slots are empty.
func (c *wordCollection) tidy() {
	if len(c.docs) < 64 || len(c.slot) > len(c.docs)/2 {
		return
	}
	live := newWordCollection()
	for _, d := range c.docs {
		if d.id != "" {
			live.add(d.id, d.text)
		}
	}
	*c = *live
}

// wordsOf are the words of s, in order.
func wordsOf(s string) func(yield func(string) bool) {
	return strings.FieldsFuncSeq(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}
