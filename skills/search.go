package skills

import (
	"math"
	"strings"
	"unicode"
)

// index is BM25 over short texts: Robertson and Zaragoza 2009, "The
// Probabilistic Relevance Framework: BM25 and Beyond", eq. 3.15, with the idf
// of eq. 3.4 plus 1 within the logarithm so that it is never negative.
type index struct {
	counts []map[string]int // word -> times, one map a text
	length []int            // words of each text
	texts  map[string]int   // word -> texts that have it
	mean   float64          // words of a text
}

// The usual constants of BM25: how fast further occurrences of a word stop to
// matter, and how much length does.
const (
	saturation    = 1.2
	normalisation = 0.75
)

func newIndex(texts []string) *index {
	x := &index{texts: map[string]int{}}
	total := 0
	for _, t := range texts {
		counts := map[string]int{}
		ws := words(t)
		for _, w := range ws {
			counts[w]++
		}
		for w := range counts {
			x.texts[w]++
		}
		x.counts = append(x.counts, counts)
		x.length = append(x.length, len(ws))
		total += len(ws)
	}
	x.mean = float64(total) / float64(max(1, len(texts)))
	return x
}

// similarity is that of each text to query, ≥ 0, in the order of the texts.
func (x *index) similarity(query string) []float64 {
	out := make([]float64, len(x.counts))
	n := float64(len(x.counts))
	seen := map[string]bool{}
	for _, w := range words(query) {
		if seen[w] || x.texts[w] == 0 {
			continue
		}
		seen[w] = true
		have := float64(x.texts[w])
		idf := math.Log(1 + (n-have+0.5)/(have+0.5))
		for i, counts := range x.counts {
			if tf := float64(counts[w]); tf > 0 {
				out[i] += idf * tf / (tf + saturation*(1-normalisation+normalisation*float64(x.length[i])/x.mean))
			}
		}
	}
	return out
}

// words are the words of s that are no grammar, in lower case and singular.
func words(s string) []string {
	fields := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	out := fields[:0]
	for _, w := range fields {
		if !isGrammar(w) {
			out = append(out, singular(w))
		}
	}
	return out
}
