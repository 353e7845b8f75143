package archive

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/surefoot-ai/surefoot/agent"
)

// Query asks for the items of a suite whose text matches words.
type Query struct {
	Text        string // its words, any of which may match
	Suite, Kind string // Kind empty: every kind of the suite
	Class       agent.ItemKind
	AnyTask     bool // only items that are about no single task
	MaxItems    int  // > 0
}

// Hit is an item found. A greater BM25 is a better match; it is > 0 unless the
// word is in more than half of the items.
type Hit struct {
	ID   string
	BM25 float64
}

// maxDocShare is the share of items above which a word is left out of a search
// if another word is left: it tells nothing and costs time for every item.
const maxDocShare = 0.2

// Search returns the best matches first, equal ones by ID. BM25 with FTS5's
// k1 = 1.2 and b = 0.75.
func (a *Archive) Search(ctx context.Context, q Query) ([]Hit, error) {
	words := queryWords(q.Text)
	if len(words) == 0 || q.MaxItems <= 0 {
		return nil, nil
	}
	words, err := a.telling(ctx, words)
	if err != nil || len(words) == 0 {
		return nil, err
	}
	match := `"` + strings.Join(words, `" OR "`) + `"`
	rows, err := a.db.QueryContext(ctx, `SELECT i.id, -bm25(search) AS score
		FROM search JOIN items i ON i.seq = search.rowid
		WHERE search MATCH ? AND i.suite = ? AND i.class = ? AND (?4 = '' OR i.kind = ?4) AND (i.task = '' OR NOT ?5)
		ORDER BY score DESC, i.id LIMIT ?6`, match, q.Suite, q.Class, q.Kind, q.AnyTask, q.MaxItems)
	if err != nil {
		return nil, fmt.Errorf("search for %s: %w", match, classify(err))
	}
	defer rows.Close()
	var out []Hit
	for rows.Next() {
		var h Hit
		if err := rows.Scan(&h.ID, &h.BM25); err != nil {
			return nil, classify(err)
		}
		out = append(out, h)
	}
	return out, classify(rows.Err())
}

// telling keeps the words that are in some items but not in most; if all are
// in most, the rarest. The order is that of words.
func (a *Archive) telling(ctx context.Context, words []string) ([]string, error) {
	var total float64
	if err := a.db.QueryRowContext(ctx, `SELECT count(*) FROM items`).Scan(&total); err != nil {
		return nil, classify(err)
	}
	var out []string
	rarest, least := "", total+1
	for _, w := range words {
		var docs float64
		if err := a.db.QueryRowContext(ctx, `SELECT coalesce(max(doc), 0) FROM search_terms WHERE term = ?`, w).Scan(&docs); err != nil {
			return nil, classify(err)
		}
		if docs == 0 {
			continue
		}
		if docs < least {
			rarest, least = w, docs
		}
		if docs <= maxDocShare*total || total < 100 {
			out = append(out, w)
		}
	}
	if len(out) == 0 && rarest != "" {
		out = []string{rarest}
	}
	return out, nil
}

// maxQueryWords bounds the work of one search.
const maxQueryWords = 32

// queryWords are the distinct words of s as the tokenizer of the table sees
// them, in order: nothing but letters and digits, so that no operator of the
// query language can be among them.
func queryWords(s string) []string {
	var out []string
	seen := map[string]bool{}
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if !seen[w] && len(out) < maxQueryWords {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}
