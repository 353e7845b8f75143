package archive

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Hit is an item found. A greater BM25 is a better match; it is > 0 unless the
// words are in more than half of the items.
type Hit struct {
	Seq  int64 // of the item
	BM25 float64
}

// Bounds of the work of one search.
const (
	maxQueryWords = 32  // distinct words that are looked at
	maxPostings   = 500 // items in which the words that are searched may be, each word counted
)

// Search returns the items that have any of the words of text, the best matches
// first, equal ones in the order of Seq: BM25 with FTS5's k1 = 1.2 and b = 0.75.
//
// So that a search takes milliseconds however many items there are, only the
// rarest words are searched: as many as are in maxPostings items together, and
// at least one. The others would hardly change the order, for they weigh
// little.
func (a *Archive) Search(ctx context.Context, text string) ([]Hit, error) {
	words, err := a.telling(ctx, queryWords(text))
	if err != nil || len(words) == 0 {
		return nil, err
	}
	match := `"` + strings.Join(words, `" OR "`) + `"`
	rows, err := a.db.QueryContext(ctx, `SELECT rowid, -bm25(search) FROM search WHERE search MATCH ?`, match)
	if err != nil {
		return nil, fmt.Errorf("search for %s: %w", match, a.classify(err))
	}
	defer rows.Close()
	var out []Hit
	for rows.Next() {
		var h Hit
		if err := rows.Scan(&h.Seq, &h.BM25); err != nil {
			return nil, a.classify(err)
		}
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Hit) int { return cmp.Or(cmp.Compare(b.BM25, a.BM25), cmp.Compare(a.Seq, b.Seq)) })
	return out, a.classify(rows.Err())
}

// telling keeps the rarest words that are in some item, in the order of words.
func (a *Archive) telling(ctx context.Context, words []string) ([]string, error) {
	if len(words) == 0 {
		return nil, nil
	}
	args := make([]any, len(words))
	for i, w := range words {
		args[i] = w
	}
	rows, err := a.db.QueryContext(ctx, `SELECT term, doc FROM search_terms WHERE term IN (?`+strings.Repeat(", ?", len(words)-1)+`)`, args...)
	if err != nil {
		return nil, a.classify(err)
	}
	defer rows.Close()
	type count struct {
		word string
		docs int
	}
	var counts []count
	for rows.Next() {
		var c count
		if err := rows.Scan(&c.word, &c.docs); err != nil {
			return nil, a.classify(err)
		}
		counts = append(counts, c)
	}
	if err := rows.Err(); err != nil {
		return nil, a.classify(err)
	}
	slices.SortFunc(counts, func(a, b count) int { return cmp.Or(cmp.Compare(a.docs, b.docs), cmp.Compare(a.word, b.word)) })
	var out []string
	left := maxPostings
	for i, c := range counts {
		if left -= c.docs; left < 0 && i > 0 {
			break
		}
		out = append(out, c.word)
	}
	return out, nil
}

// queryWords are the distinct words of s as the tokenizer of the table sees
// them, in order: nothing but letters and digits, so that no operator of the
// query language can be among them.
func queryWords(s string) []string {
	var out []string
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(out) < maxQueryWords && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}
