package index_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/surefoot-ai/surefoot/memory/index"
	"github.com/surefoot-ai/surefoot/memory/index/indextest"
)

func TestChromem(t *testing.T) {
	indextest.Run(t, func(testing.TB) index.Index { return index.NewChromem() })
}

func TestChromemConcurrently(t *testing.T) {
	x := index.NewChromem()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 50 {
				id := fmt.Sprint(g, i)
				if err := x.Put(t.Context(), "c", index.Document{ID: id, Vector: []float32{float32(i), 1}}); err != nil {
					t.Error(err)
				}
				if _, err := x.Query(t.Context(), "c", []float32{1, 1}, 10); err != nil {
					t.Error(err)
				}
				if i%3 == 0 {
					if err := x.Delete(t.Context(), "c", id); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}

func Example() {
	x := index.NewChromem()
	ctx := context.Background()
	if err := x.Put(ctx, "fruit", index.Document{ID: "apple", Vector: []float32{1, 0}}, index.Document{ID: "pear", Vector: []float32{1, 1}}); err != nil {
		panic(err)
	}
	hits, err := x.Query(ctx, "fruit", []float32{0, 2}, 1)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s %.2f\n", hits[0].ID, hits[0].Similarity)
	// Output: pear 0.71
}
