package index_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/philippgille/chromem-go"
)

// BenchmarkScale is plain chromem-go with so many documents, of vectors of the
// width of embed.Hashed and texts as long as a lesson: opening its own store, and
// a query for the nearest 32. Its store is a file a document, so the largest is
// measured in memory only.
func BenchmarkScale(b *testing.B) {
	for _, size := range []struct {
		name           string
		items, queries int
	}{{"1k", 1000, 300}, {"10k", 10_000, 300}, {"100k", 100_000, 60}, {"1M", 1_000_000, 15}} {
		b.Run("items="+size.name+"/chromem", func(b *testing.B) {
			dir := ""
			if size.items <= 100_000 {
				dir = filepath.Join(b.TempDir(), "db")
			}
			db := fillChromem(b, dir, size.items)
			for b.Loop() {
				if dir != "" {
					begin := time.Now()
					var err error
					if db, err = chromem.NewPersistentDB(dir, false); err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(time.Since(begin).Microseconds())/1000, "open-ms")
				}
				c := db.GetCollection("c", noEmbedding)
				b.ReportMetric(float64(size.items-c.Count()), "lost")
				var took []time.Duration
				r := rand.New(rand.NewPCG(5, 6))
				for range size.queries {
					v := unitVector(r)
					begin := time.Now()
					if _, err := c.QueryEmbedding(b.Context(), v, 32, nil, nil); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begin))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "query-p50-ms")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "query-p99-ms")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func noEmbedding(context.Context, string) ([]float32, error) { panic("no text is embedded here") }

func unitVector(r *rand.Rand) []float32 {
	v := randomVector(r, 512)
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	for i, x := range v {
		v[i] = float32(float64(x) / math.Sqrt(sum))
	}
	return v
}

// fillChromem fills chromem-go's store in dir, or one in memory.
func fillChromem(b *testing.B, dir string, n int) *chromem.DB {
	b.Helper()
	db := chromem.NewDB()
	if dir != "" {
		var err error
		if db, err = chromem.NewPersistentDB(dir, false); err != nil {
			b.Fatal(err)
		}
	}
	c, err := db.CreateCollection("c", nil, noEmbedding)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for from := 0; from < n; from += 1000 {
		var docs []chromem.Document
		for i := from; i < min(n, from+1000); i++ {
			docs = append(docs, chromem.Document{
				ID: fmt.Sprintf("lesson-%07d", i), Metadata: map[string]string{"class": "lesson", "suite": "household", "kind": "kind_0"}, Embedding: unitVector(r),
				Content: fmt.Sprintf("When put a clean mug in fridge: avoid cabinet %d, drawer %d (no mug); instead try countertop %d.", i%7, i%5, i%3),
			})
		}
		if err := c.AddDocuments(b.Context(), docs, 4); err != nil {
			b.Fatal(err)
		}
	}
	return db
}
