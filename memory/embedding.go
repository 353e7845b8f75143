package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// embedBatch is how many texts are embedded between two writes.
const embedBatch = 256

// embedMissing embeds the items for which the embedder has no vector in the
// archive: all after a change of embedder, those of an outage otherwise.
func (s *Store) embedMissing(ctx context.Context) error {
	var missing []*entry
	for _, e := range s.items {
		if !e.indexed && e.Text != "" {
			missing = append(missing, e)
		}
	}
	slices.SortFunc(missing, func(a, b *entry) int { return cmp.Compare(a.ID, b.ID) })
	for batch := range slices.Chunk(missing, embedBatch) {
		texts := make([]string, len(batch))
		for i, e := range batch {
			texts[i] = e.Text
		}
		vectors, err := s.embed(ctx, texts)
		if err != nil {
			return err
		}
		changed, err := s.keepVectors(ctx, batch, vectors)
		if err != nil {
			return err
		}
		if err := s.apply(ctx, changed); err != nil {
			return err
		}
	}
	return nil
}

// keepVectors writes the vectors of a batch, unless the store is read-only, and
// returns the items with them.
func (s *Store) keepVectors(ctx context.Context, batch []*entry, vectors [][]float32) ([]archive.Item, error) {
	var changed []archive.Item
	for i, e := range batch {
		if !s.fits(vectors[i]) {
			continue
		}
		it, err := s.archive.Item(ctx, e.ID)
		if errors.Is(err, ErrNotFound) {
			continue // another process has rolled back
		}
		if err != nil {
			return nil, err
		}
		it.Vector = vectors[i]
		changed = append(changed, it)
	}
	if s.o.ReadOnly || len(changed) == 0 {
		return changed, nil
	}
	return changed, s.archive.Write(ctx, func(tx *archive.Tx) error {
		for _, it := range changed {
			if err := tx.PutVector(ctx, it.ID, s.o.Embedder.ID(), it.Vector); err != nil {
				return err
			}
		}
		tx.Describe(s.o.Clock(), note{Done: "vectors of " + s.o.Embedder.ID()}.text())
		return nil
	})
}

// embed calls the Embedder and checks what it returns.
func (s *Store) embed(ctx context.Context, texts []string) ([][]float32, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	id, dim := s.o.Embedder.ID(), s.o.Embedder.Dim()
	vectors, err := s.guarded(ctx, texts)
	if err != nil {
		return nil, fmt.Errorf("embedder %s: %w", id, err)
	}
	if len(vectors) != len(texts) {
		return nil, fmt.Errorf("embedder %s: %d vectors for %d texts", id, len(vectors), len(texts))
	}
	for i, v := range vectors {
		if len(v) != dim {
			return nil, fmt.Errorf("embedder %s: vector %d has width %d, not %d", id, i, len(v), dim)
		}
		for _, x := range v {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return nil, fmt.Errorf("embedder %s: vector %d has a component %v", id, i, x)
			}
		}
	}
	return vectors, nil
}

// guarded calls the embedder and turns a panic into an error: others may wait for
// the commit that it is called for.
func (s *Store) guarded(ctx context.Context, texts []string) (vectors [][]float32, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &agent.PanicError{Where: "embedder", Value: p, Stack: string(debug.Stack())}
		}
	}()
	return s.o.Embedder.Embed(ctx, texts)
}
