// Package indextest holds implementations of index.Index to its contract.
package indextest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/surefoot-ai/surefoot/memory/index"
)

// Run tests the implementation of which open returns an empty one.
func Run(t *testing.T, open func(testing.TB) index.Index) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, index.Index)
	}{
		{"empty", testEmpty}, {"order", testOrder}, {"ties", testTies}, {"replace", testReplace},
		{"delete", testDelete}, {"unfit vectors", testUnfit}, {"no sharing", testNoSharing}, {"random", testRandom},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, open(t)) })
	}
}

func put(t *testing.T, x index.Index, collection string, docs ...index.Document) {
	t.Helper()
	if err := x.Put(t.Context(), collection, docs...); err != nil {
		t.Fatal(err)
	}
}

func query(t *testing.T, x index.Index, collection string, v []float32, n int) []string {
	t.Helper()
	hits, err := x.Query(t.Context(), collection, v, n)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, h := range hits {
		ids = append(ids, h.ID)
		if !(h.Similarity >= -1 && h.Similarity <= 1) {
			t.Errorf("%s: similarity %v", h.ID, h.Similarity)
		}
	}
	return ids
}

func want(t *testing.T, got []string, ids ...string) {
	t.Helper()
	if len(got) == 0 && len(ids) == 0 {
		return
	}
	if !reflect.DeepEqual(got, ids) {
		t.Errorf("got %v, want %v", got, ids)
	}
}

func doc(id string, v ...float32) index.Document {
	return index.Document{ID: id, Text: "text of " + id, Vector: v}
}

func testEmpty(t *testing.T, x index.Index) {
	want(t, query(t, x, "none", []float32{1}, 3))
	put(t, x, "c")
	if err := x.Delete(t.Context(), "none", "a"); err != nil {
		t.Error(err)
	}
	put(t, x, "c", doc("a", 1))
	if err := x.Delete(t.Context(), "c", "a"); err != nil {
		t.Error(err)
	}
	want(t, query(t, x, "c", []float32{1}, 3))
}

func testOrder(t *testing.T, x index.Index) {
	put(t, x, "c", doc("far", 0, 1), doc("near", 100, 1), doc("opposite", -2, 0), doc("between", 1, 1))
	v := []float32{3, 0}
	want(t, query(t, x, "c", v, 10), "near", "between", "far", "opposite")
	want(t, query(t, x, "c", v, 2), "near", "between")
	want(t, query(t, x, "c", v, 0))
	want(t, query(t, x, "c", v, -1))
	want(t, query(t, x, "other", v, 1))
}

func testTies(t *testing.T, x index.Index) {
	for i := range 100 {
		put(t, x, "c", doc(fmt.Sprintf("d%02d", 99-i), 1, 1))
	}
	for range 10 {
		want(t, query(t, x, "c", []float32{1, 0}, 3), "d00", "d01", "d02")
	}
}

func testReplace(t *testing.T, x index.Index) {
	put(t, x, "c", doc("a", 1, 0), doc("b", 0, 1))
	put(t, x, "c", doc("a", -1, 0))
	want(t, query(t, x, "c", []float32{1, 0}, 5), "b", "a")
}

func testDelete(t *testing.T, x index.Index) {
	put(t, x, "c", doc("a", 1, 0), doc("b", 0, 1))
	put(t, x, "other", doc("a", 1, 0))
	for _, ids := range [][]string{nil, {}, {"unknown"}} {
		if err := x.Delete(t.Context(), "c", ids...); err != nil {
			t.Error(err)
		}
	}
	want(t, query(t, x, "c", []float32{1, 0}, 5), "a", "b")
	if err := x.Delete(t.Context(), "c", "a", "unknown"); err != nil {
		t.Error(err)
	}
	want(t, query(t, x, "c", []float32{1, 0}, 5), "b")
	want(t, query(t, x, "other", []float32{1, 0}, 5), "a")
}

func testUnfit(t *testing.T, x index.Index) {
	put(t, x, "c", doc("a", 1, 0))
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, v := range [][]float32{nil, {}, {0, 0}, {1}, {1, 2, 3}, {nan, 1}, {1, inf}} {
		if err := x.Put(t.Context(), "c", doc("good", 1, 1), doc("bad", v...)); !errors.Is(err, index.ErrVector) {
			t.Errorf("put %v: error %v", v, err)
		}
		if _, err := x.Query(t.Context(), "c", v, 1); !errors.Is(err, index.ErrVector) {
			t.Errorf("query %v: error %v", v, err)
		}
	}
	if err := x.Put(t.Context(), "c", doc("", 1, 0)); err == nil {
		t.Error("a document without ID was taken")
	}
	want(t, query(t, x, "c", []float32{1, 0}, 5), "a")
	put(t, x, "huge", doc("a", 3e38, 3e38), doc("b", 1e-38, 0))
	want(t, query(t, x, "huge", []float32{2e38, 2e38}, 5), "a", "b")
}

func testNoSharing(t *testing.T, x index.Index) {
	v, m := []float32{3, 0}, map[string]string{"k": "v"}
	put(t, x, "c", index.Document{ID: "a", Vector: v, Metadata: m}, doc("b", 0, 1))
	v[0], v[1], m["k"] = 0, 1, "changed"
	q := []float32{5, 0}
	want(t, query(t, x, "c", q, 5), "a", "b")
	if q[0] != 5 || v[1] != 1 {
		t.Errorf("query %v, vector %v were written to", q, v)
	}
}

// testRandom compares with a plain scan over a map.
func testRandom(t *testing.T, x index.Index) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, 0))
	model := map[string][]float32{}
	for step := range 300 {
		id := fmt.Sprintf("d%d", r.IntN(40))
		switch r.IntN(4) {
		case 0:
			if err := x.Delete(context.Background(), "c", id); err != nil {
				t.Fatal(err)
			}
			delete(model, id)
		case 1, 2:
			v := []float32{r.Float32() - 0.5, r.Float32() - 0.5, r.Float32() - 0.5}
			put(t, x, "c", doc(id, v...))
			model[id] = v
		default:
			q := []float32{r.Float32() - 0.5, r.Float32() - 0.5, r.Float32() - 0.5}
			n := 1 + r.IntN(10)
			got := query(t, x, "c", q, n)
			if len(got) != min(n, len(model)) {
				t.Fatalf("seed %d step %d: %d hits of %d documents, asked for %d", seed, step, len(got), len(model), n)
			}
			last := 2.0
			for _, id := range got {
				if model[id] == nil {
					t.Fatalf("seed %d step %d: %s is not there", seed, step, id)
				}
				s := cosine(q, model[id])
				if s > last+1e-5 {
					t.Fatalf("seed %d step %d: %s is nearer than the one before", seed, step, id)
				}
				last = s
			}
			for id, v := range model {
				if cosine(q, v) > last+1e-5 && len(got) == n && !contains(got, id) {
					t.Fatalf("seed %d step %d: %s is missing", seed, step, id)
				}
			}
		}
	}
}

func contains(ids []string, id string) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return false
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}
