package index_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/surefoot-ai/surefoot/memory/index"
	"github.com/surefoot-ai/surefoot/memory/index/indextest"
)

func TestFlat(t *testing.T) {
	indextest.Run(t, func(testing.TB) index.Index { return index.NewFlat() })
}

// TestBySize moves collections at their first document, in the middle of the
// suite, and never.
func TestBySize(t *testing.T) {
	for _, from := range []int{0, 1, 3, 20, index.FlatFrom} {
		t.Run(fmt.Sprint(from), func(t *testing.T) {
			indextest.Run(t, func(testing.TB) index.Index { return index.NewBySizeFrom(from) })
		})
	}
}

func randomDocs(r *rand.Rand, n, width int) []index.Document {
	docs := make([]index.Document, n)
	for i := range docs {
		docs[i] = index.Document{ID: fmt.Sprintf("r%d", i), Vector: randomVector(r, width)}
	}
	return docs
}

func randomVector(r *rand.Rand, width int) []float32 {
	v := make([]float32, width)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// TestSameHits puts, replaces and deletes the same documents, some of them with
// the same vector, in all three indices: beyond the size at which BySize moves a
// collection, and beyond that at which Flat takes several goroutines. All find
// the same, but that two that are equal up to rounding may change places.
func TestSameHits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	const seed, width = 11, 512
	r := rand.New(rand.NewPCG(seed, 0))
	all := map[string]index.Index{"chromem": index.NewChromem(), "flat": index.NewFlat(), "bysize": index.NewBySize()}
	common := randomVector(r, width)
	each := func(do func(index.Index) error) {
		t.Helper()
		for name, x := range all {
			if err := do(x); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	compare := func(q []float32, n int) {
		t.Helper()
		want, err := all["chromem"].Query(t.Context(), "c", q, n)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"flat", "bysize"} {
			got, err := all[name].Query(t.Context(), "c", q, n)
			if err != nil {
				t.Fatal(err)
			}
			sameHits(t, fmt.Sprintf("seed %d: %s", seed, name), got, want)
		}
	}
	for round := range 12 {
		var docs []index.Document
		for range 500 {
			d := index.Document{ID: fmt.Sprintf("d%04d", r.IntN(6000)), Vector: common}
			if r.IntN(10) > 0 {
				d.Vector = randomVector(r, width)
			}
			docs = append(docs, d)
		}
		each(func(x index.Index) error { return x.Put(t.Context(), "c", docs...) })
		var gone []string
		for range 40 {
			gone = append(gone, fmt.Sprintf("d%04d", r.IntN(6000)))
		}
		each(func(x index.Index) error { return x.Delete(t.Context(), "c", gone...) })
		for _, n := range []int{1, 32, 700, 10000} {
			compare(randomVector(r, width), n)
		}
		compare(common, 40+round)
	}
}

// sameHits compares, with a tolerance of rounding: where two hits have another
// order, their similarities are equal within it.
func sameHits(t *testing.T, what string, got, want []index.Hit) {
	t.Helper()
	const rounding = 2e-6
	if len(got) != len(want) {
		t.Fatalf("%s: %d hits, want %d", what, len(got), len(want))
	}
	similarity := map[string]float64{}
	for _, h := range want {
		similarity[h.ID] = h.Similarity
	}
	for i, h := range got {
		if !(math.Abs(h.Similarity-want[i].Similarity) <= rounding) {
			t.Fatalf("%s: hit %d is %+v, want %+v", what, i, h, want[i])
		}
		last := want[len(want)-1].Similarity
		if s, ok := similarity[h.ID]; ok && !(math.Abs(s-h.Similarity) <= rounding) || !ok && !(math.Abs(h.Similarity-last) <= rounding) {
			t.Fatalf("%s: hit %d is %+v, want %+v", what, i, h, want[i])
		}
	}
	if !slices.IsSortedFunc(got, func(a, b index.Hit) int {
		if a.Similarity > b.Similarity || a.Similarity == b.Similarity && a.ID < b.ID {
			return -1
		}
		return 1
	}) {
		t.Fatalf("%s: not in order", what)
	}
}

// TestBySizeRefuses sees that a Put that moves a collection is still all or
// nothing.
func TestBySizeRefuses(t *testing.T) {
	x := index.NewBySize()
	if err := x.Put(t.Context(), "c", index.Document{ID: "a", Vector: []float32{1, 0}}); err != nil {
		t.Fatal(err)
	}
	docs := randomDocs(rand.New(rand.NewPCG(3, 4)), index.FlatFrom+1, 3)
	if err := x.Put(t.Context(), "c", docs...); err == nil {
		t.Error("vectors of another width were taken")
	}
	if hits, err := x.Query(t.Context(), "c", []float32{1, 0}, 5); err != nil || len(hits) != 1 {
		t.Errorf("%v, %v", hits, err)
	}
	docs = randomDocs(rand.New(rand.NewPCG(3, 4)), index.FlatFrom+1, 2)
	docs[7].ID = ""
	if err := x.Put(t.Context(), "c", docs...); err == nil {
		t.Error("a document without ID was taken")
	}
	if hits, err := x.Query(t.Context(), "c", []float32{1, 0}, 5); err != nil || len(hits) != 1 {
		t.Errorf("%v, %v", hits, err)
	}
}

func TestBySizeConcurrently(t *testing.T) {
	x := index.NewBySize()
	const each = index.FlatFrom/4 + 50
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range each {
				if err := x.Put(t.Context(), "c", index.Document{ID: fmt.Sprint(g, i), Vector: []float32{float32(i), 1}}); err != nil {
					t.Error(err)
				}
				if i%20 != 0 {
					continue
				}
				if _, err := x.Query(t.Context(), "c", []float32{1, 1}, 10); err != nil {
					t.Error(err)
				}
				if err := x.Delete(t.Context(), "c", fmt.Sprint(g, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	hits, err := x.Query(t.Context(), "c", []float32{1, 1}, 5000)
	if want := 4 * (each - (each+19)/20); err != nil || len(hits) != want {
		t.Errorf("%d hits, %v; want %d", len(hits), err, want)
	}
}

// BenchmarkQuery is one query for the 32 nearest of n vectors of width 512.
func BenchmarkQuery(b *testing.B) {
	for _, n := range []int{100, 300, 1000, 3000, 10000} {
		docs := randomDocs(rand.New(rand.NewPCG(1, 2)), n, 512)
		for _, x := range []struct {
			name string
			index.Index
		}{{"chromem", index.NewChromem()}, {"flat", index.NewFlat()}} {
			b.Run(fmt.Sprintf("%s/n=%d", x.name, n), func(b *testing.B) {
				if err := x.Put(b.Context(), "c", docs...); err != nil {
					b.Fatal(err)
				}
				r := rand.New(rand.NewPCG(5, 6))
				for b.Loop() {
					if _, err := x.Query(b.Context(), "c", randomVector(r, 512), 32); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
