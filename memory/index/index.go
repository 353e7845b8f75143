// Package index finds documents: an [Index] those whose vectors are nearest to a
// vector, [Words] those that share words with a query.
//
// Both are caches in memory: they are rebuilt from the archive when a store is
// opened and promise nothing about disks. An Index reports a damaged or unfit
// vector as [ErrVector] instead of keeping it.
package index

import (
	"context"
	"errors"
	"math"
)

// ErrVector is returned for a vector that cannot be compared: empty, all
// zeros, with a component that is not finite, or of another width than the
// collection's.
var ErrVector = errors.New("vector cannot be compared")

// Document is what an index keeps. The index clones the metadata and the
// vector that it is given, and hands out no reference to its own.
type Document struct {
	ID       string // not empty; unique in its collection
	Text     string // as a reader sees it
	Metadata map[string]string
	Vector   []float32 // any length of vector; compared by angle
}

// Hit is a document found.
type Hit struct {
	ID         string
	Similarity float64 // cosine, in [-1,1]; higher is nearer
}

// Index keeps documents in named collections, which come into being with
// their first document. The first vector of a collection sets its width. An
// Index is safe for concurrent use. indextest.Run holds an implementation to
// this contract.
type Index interface {
	// Put adds documents or replaces those of the same ID. On an error (an
	// empty ID, ErrVector) none of them is kept.
	Put(ctx context.Context, collection string, docs ...Document) error

	// Delete removes the documents with these IDs; unknown ones, an unknown
	// collection and no IDs at all are not errors.
	Delete(ctx context.Context, collection string, ids ...string) error

	// Query returns the n documents nearest to vector, nearest first, equal
	// ones by ID; fewer if the collection has fewer, none if it is unknown or
	// n is not positive.
	Query(ctx context.Context, collection string, vector []float32, n int) ([]Hit, error)
}

// comparable reports whether v has an angle.
func comparable(v []float32) bool {
	sum := squares(v)
	return sum > 0 && !math.IsInf(sum, 0) && !math.IsNaN(sum)
}

// squares is the sum of the squares of v. It adds them up in four sums, so that
// none has to wait for the one before.
func squares(v []float32) float64 {
	var a, b, c, d float64
	for ; len(v) >= 4; v = v[4:] {
		a += float64(v[0]) * float64(v[0])
		b += float64(v[1]) * float64(v[1])
		c += float64(v[2]) * float64(v[2])
		d += float64(v[3]) * float64(v[3])
	}
	for _, x := range v {
		a += float64(x) * float64(x)
	}
	return a + b + c + d
}
