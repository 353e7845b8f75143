package index_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/memory/index"
)

func matchedIDs(ms []index.Match) string {
	var ids []string
	for _, m := range ms {
		ids = append(ids, m.ID)
	}
	return strings.Join(ids, " ")
}

func text(id, s string) index.Document { return index.Document{ID: id, Text: s} }

func TestWords(t *testing.T) {
	x := index.NewWords()
	x.Put("c", text("ladle", "Put a clean LADLE in countertop-1"), text("mug", "put a mug in the drawer"), text("two", "ladle, ladle: two ladles"), text("none", "…"))
	x.Put("other", text("away", "ladle"))
	for query, want := range map[string]string{
		"ladle":         "two ladle", // twice in a shorter text
		"mug drawer":    "mug",
		"COUNTERTOP":    "ladle",
		"1 ladles":      "two ladle",
		"fork":          "",
		"":              "",
		`" OR mug NEAR`: "mug",
		"…":             "",
	} {
		if got := matchedIDs(x.Search("c", query, 10)); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
	if got := x.Search("unknown", "ladle", 10); got != nil {
		t.Errorf("unknown collection: %v", got)
	}
	if got := x.Search("c", "ladle", 0); got != nil {
		t.Errorf("none asked for: %v", got)
	}
	x.Put("c", text("mug", "put a fork away"))
	x.Delete("c", "two", "unknown")
	x.Delete("unknown", "two")
	if got := matchedIDs(x.Search("c", "mug ladle fork", 10)); got != "mug ladle" {
		t.Errorf("after changes: %q", got)
	}
}

// TestWordsBM25 holds the numbers of a collection that is small enough to work
// them out by hand: 3 documents of 2, 4 and 3 words.
func TestWordsBM25(t *testing.T) {
	x := index.NewWords()
	x.Put("c", text("a", "red mug"), text("b", "red red blue plate"), text("c", "green old plate"))
	weight := func(docs float64) float64 { return math.Log(1 + (3-docs+0.5)/(docs+0.5)) }
	part := func(count, words float64) float64 {
		return count * 2.2 / (count + 1.2*(0.25+0.75*words/3))
	}
	want := []index.Match{
		{ID: "b", BM25: weight(2)*part(2, 4) + weight(1)*part(1, 4)},
		{ID: "a", BM25: weight(2) * part(1, 2)},
	}
	got := x.Search("c", "red blue", 5)
	if len(got) != 2 {
		t.Fatalf("got %v", got)
	}
	for i, w := range want {
		if got[i].ID != w.ID || !(math.Abs(got[i].BM25-w.BM25) <= 1e-12) {
			t.Errorf("match %d is %v, want %v", i, got[i], w)
		}
	}
}

// TestWordsModel puts, replaces and deletes at random: what is found is what an
// index finds that was made of the documents that are there, whatever was there
// before.
func TestWordsModel(t *testing.T) {
	const seed = 5
	r := rand.New(rand.NewPCG(seed, 0))
	sentence := func() string {
		var words []string
		for range r.IntN(8) {
			words = append(words, fmt.Sprint("w", r.IntN(30)))
		}
		return strings.Join(words, " ")
	}
	x, model := index.NewWords(), map[string]string{}
	for step := range 3000 {
		id := fmt.Sprint("d", r.IntN(100))
		switch r.IntN(5) {
		case 0:
			x.Delete("c", id)
			delete(model, id)
		case 1, 2:
			s := sentence()
			x.Put("c", text(id, s))
			model[id] = s
		case 3: // the same again
			if s, ok := model[id]; ok {
				x.Put("c", text(id, s))
			}
		default:
			fresh := index.NewWords()
			var docs []index.Document
			for id, s := range model {
				docs = append(docs, text(id, s))
			}
			fresh.Put("c", docs...)
			q, n := sentence(), 1+r.IntN(20)
			got, want := x.Search("c", q, n), fresh.Search("c", q, n)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d step %d: %q: %v, want %v", seed, step, q, got, want)
			}
			has := 0
			for _, s := range model {
				if slices.ContainsFunc(strings.Fields(q), func(w string) bool { return slices.Contains(strings.Fields(s), w) }) {
					has++
				}
			}
			if len(got) != min(n, has) {
				t.Fatalf("seed %d step %d: %q: %d found of %d", seed, step, q, len(got), has)
			}
		}
	}
}
