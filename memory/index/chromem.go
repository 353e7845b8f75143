package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/philippgille/chromem-go"
)

// Chromem is an Index over chromem-go, in memory only. It exists to keep the
// caller away from what chromem-go v0.7.0 does with a zero vector (NaN, ranked
// first), a vector of another width (every query fails), more results asked
// for than there are (an error), ties at the cut (map order) and an empty
// filter for deletion (everything goes).
type Chromem struct {
	mu     sync.RWMutex // guards widths, and a query against a change of its collection
	db     *chromem.DB
	widths map[string]int
}

// NewChromem returns an empty index.
func NewChromem() *Chromem {
	return &Chromem{db: chromem.NewDB(), widths: map[string]int{}}
}

// errNoEmbedding says that chromem-go was asked to embed, which only happens
// if a document without a vector got past Put.
var errNoEmbedding = errors.New("index: internal error: document without vector")

func noEmbedding(context.Context, string) ([]float32, error) { return nil, errNoEmbedding }

// Put implements [Index].
func (c *Chromem) Put(ctx context.Context, collection string, docs ...Document) error {
	if len(docs) == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	width, known := c.widths[collection]
	if !known {
		width = len(docs[0].Vector)
	}
	if err := fit(collection, width, docs); err != nil {
		return err
	}
	batch := make([]chromem.Document, len(docs))
	for i, d := range docs {
		batch[i] = chromem.Document{ID: d.ID, Content: d.Text, Metadata: maps.Clone(d.Metadata), Embedding: unit(d.Vector)}
	}
	col, err := c.db.GetOrCreateCollection(collection, nil, noEmbedding)
	if err != nil {
		return fmt.Errorf("collection %q: %w", collection, err)
	}
	c.widths[collection] = width
	for _, d := range batch {
		if err := col.AddDocument(ctx, d); err != nil {
			return fmt.Errorf("document %s: %w", d.ID, err)
		}
	}
	return nil
}

// Delete implements [Index].
func (c *Chromem) Delete(ctx context.Context, collection string, ids ...string) error {
	if len(ids) == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	col := c.db.GetCollection(collection, noEmbedding)
	if col == nil {
		return nil
	}
	return col.Delete(ctx, nil, nil, ids...)
}

// Query implements [Index].
func (c *Chromem) Query(ctx context.Context, collection string, vector []float32, n int) ([]Hit, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	col := c.db.GetCollection(collection, noEmbedding)
	if col == nil || n <= 0 {
		return nil, nil
	}
	count := col.Count()
	if err := fitQuery(collection, c.widths[collection], vector); err != nil {
		return nil, err
	}
	q := unit(vector)
	// Ask for more until the cut is not between equals, whose order is chance.
	for ask := min(n+1, count); ask > 0; ask = min(2*ask, count) {
		res, err := col.QueryEmbedding(ctx, q, ask, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("collection %q: %w", collection, err)
		}
		if ask < count && res[min(n, len(res))-1].Similarity == res[len(res)-1].Similarity {
			continue
		}
		hits := make([]Hit, len(res))
		for i, r := range res {
			hits[i] = Hit{ID: r.ID, Similarity: max(-1, min(1, float64(r.Similarity)))}
		}
		slices.SortFunc(hits, nearer)
		return hits[:min(n, len(hits))], nil
	}
	return nil, nil
}

// count is how many documents a collection has.
func (c *Chromem) count(collection string) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if col := c.db.GetCollection(collection, noEmbedding); col != nil {
		return col.Count()
	}
	return 0
}

// documents are all of a collection by ID, without text and metadata, and their
// width: 0 if the collection is unknown.
func (c *Chromem) documents(ctx context.Context, collection string) ([]Document, int, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	col, width := c.db.GetCollection(collection, noEmbedding), c.widths[collection]
	if col == nil || col.Count() == 0 {
		return nil, width, nil
	}
	any := make([]float32, width)
	any[0] = 1
	res, err := col.QueryEmbedding(ctx, any, col.Count(), nil, nil) // there is no other way to list them
	if err != nil {
		return nil, 0, fmt.Errorf("collection %q: %w", collection, err)
	}
	docs := make([]Document, len(res))
	for i, r := range res {
		docs[i] = Document{ID: r.ID, Vector: r.Embedding}
	}
	slices.SortFunc(docs, func(a, b Document) int { return cmp.Compare(a.ID, b.ID) })
	return docs, width, nil
}

// drop forgets a collection.
func (c *Chromem) drop(collection string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.widths, collection)
	return c.db.DeleteCollection(collection)
}

// unit is v at length 1, in a slice of its own. chromem-go normalises as well,
// but with a sum in float32, which overflows.
func unit(v []float32) []float32 {
	out := make([]float32, len(v))
	unitInto(out, v)
	return out
}

// unitInto writes v at length 1 into out, of the same width.
func unitInto(out, v []float32) {
	scale := 1 / math.Sqrt(squares(v))
	for i, x := range v {
		out[i] = float32(float64(x) * scale)
	}
}
