package index

import (
	"context"
	"sync"
)

// FlatFrom is how many documents of a collection chromem-go still holds in
// BySize: with more, of the width of embed.Hashed, it takes more than a quarter of
// a millisecond for a query, and Flat a fourth of that (BenchmarkQuery).
const FlatFrom = 256

// BySize is an Index that keeps each collection in chromem-go until it has more
// than FlatFrom documents, and from then on in a Flat.
type BySize struct {
	from  int          // FlatFrom
	mu    sync.RWMutex // guards moved, and a small collection against being moved
	small *Chromem
	large *Flat
	moved map[string]bool // collections that are in large
}

// NewBySize returns an empty index.
func NewBySize() *BySize {
	return &BySize{from: FlatFrom, small: NewChromem(), large: NewFlat(), moved: map[string]bool{}}
}

// of is the index that has the collection. The caller holds the lock.
func (b *BySize) of(collection string) Index {
	if b.moved[collection] {
		return b.large
	}
	return b.small
}

// Put implements [Index].
func (b *BySize) Put(ctx context.Context, collection string, docs ...Document) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.moved[collection] || len(docs) <= b.from {
		if err := b.of(collection).Put(ctx, collection, docs...); err != nil {
			return err
		}
		if b.moved[collection] || b.small.count(collection) <= b.from {
			return nil
		}
		docs = nil
	}
	return b.move(ctx, collection, docs)
}

// move brings a collection from chromem-go to Flat and adds docs.
func (b *BySize) move(ctx context.Context, collection string, docs []Document) error {
	old, width, err := b.small.documents(ctx, collection)
	if err != nil {
		return err
	}
	if width > 0 {
		if err := fit(collection, width, docs); err != nil {
			return err
		}
	}
	if err := b.large.Put(ctx, collection, append(old, docs...)...); err != nil {
		return err
	}
	b.moved[collection] = true
	return b.small.drop(collection)
}

// Delete implements [Index].
func (b *BySize) Delete(ctx context.Context, collection string, ids ...string) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.of(collection).Delete(ctx, collection, ids...)
}

// Query implements [Index].
func (b *BySize) Query(ctx context.Context, collection string, vector []float32, n int) ([]Hit, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.of(collection).Query(ctx, collection, vector, n)
}
