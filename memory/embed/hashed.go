// Package embed turns text into vectors without a model: equal texts get equal
// vectors, texts that share words or parts of words get near ones.
package embed

import (
	"context"
	"fmt"
	"math"
	"strings"
	"unicode"
)

// DefaultDim is the width of the zero Hashed.
const DefaultDim = 512

// Hashed embeds by feature hashing (Weinberger et al. 2009,
// arXiv:0902.2206): words and the 3- to 5-grams of their characters are hashed
// to a component and a sign, weighted, summed and brought to length 1. The
// zero Hashed is ready for use.
//
// The weight of a feature is (1 + ln count) times a fixed stand-in for its
// inverse document frequency. Unlike TF-IDF over a corpus, because a stored
// vector must not depend on what is stored after it: words of grammar weigh
// little, numbers half, all others alike. The true document frequencies come
// in with BM25, with which recall fuses these vectors.
type Hashed struct {
	Width int // components; 0: DefaultDim
}

// ID names the function: two Hashed with the same ID give the same vectors.
func (h Hashed) ID() string { return fmt.Sprintf("hashed-tfidf-v1/%d", h.Dim()) }

// Dim is the width of the vectors.
func (h Hashed) Dim() int {
	if h.Width <= 0 {
		return DefaultDim
	}
	return h.Width
}

// Embed returns one vector a text, of length 1, or of length 0 for a text
// without letters and digits. It returns an error only if ctx has ended.
func (h Hashed) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[i] = h.embed(t)
	}
	return out, nil
}

// Weights of the two families of features and of the words.
const (
	gramWeight    = 0.3 // a character n-gram against its word
	stopWeight    = 0.1 // a word of grammar against a content word
	numeralWeight = 0.5 // a number
	minGram       = 3
	maxGram       = 5
)

func (h Hashed) embed(text string) []float32 {
	counts := map[string]int{}
	var order []string // of first occurrence: sums of floats must not follow map order
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if counts[w] == 0 {
			order = append(order, w)
		}
		counts[w]++
	}
	sum := make([]float64, h.Dim())
	for _, w := range order {
		weight := (1 + math.Log(float64(counts[w]))) * wordWeight(w)
		h.add(sum, "w "+w, weight)
		if weight < stopWeight*2 {
			continue
		}
		padded := []rune("^" + w + "$")
		for n := minGram; n <= maxGram; n++ {
			for i := 0; i+n <= len(padded); i++ {
				h.add(sum, "g "+string(padded[i:i+n]), weight*gramWeight)
			}
		}
	}
	var norm float64
	for _, x := range sum {
		norm += x * x
	}
	v := make([]float32, len(sum))
	if norm == 0 {
		return v
	}
	norm = math.Sqrt(norm)
	for i, x := range sum {
		v[i] = float32(x / norm)
	}
	return v
}

// add hashes feature to a component and a sign with FNV-1a.
func (h Hashed) add(sum []float64, feature string, weight float64) {
	const offset, prime = 14695981039346656037, 1099511628211
	x := uint64(offset)
	for i := range len(feature) {
		x = (x ^ uint64(feature[i])) * prime
	}
	x ^= x >> 29 // FNV's low bits are its weak ones
	if x>>63 == 1 {
		weight = -weight
	}
	sum[x%uint64(len(sum))] += weight
}

func wordWeight(w string) float64 {
	if strings.Contains(stopWords, " "+w+" ") {
		return stopWeight
	}
	for _, r := range w {
		if unicode.IsLetter(r) {
			return 1
		}
	}
	return numeralWeight
}

// stopWords are the words of grammar, each between blanks.
const stopWords = " a an and are as at be by for from has have in into is it its of on or some that the their them then there this to under was were when with you your "
