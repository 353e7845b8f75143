package index

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/viterin/vek/vek32"
)

// Flat is an exact Index for many documents: the vectors of a collection, at
// length 1, lie one after another in memory, and a query compares all of them
// by SIMD. It keeps no text and no metadata.
type Flat struct {
	mu          sync.RWMutex // guards all below
	collections map[string]*slab
}

// NewFlat returns an empty index.
func NewFlat() *Flat { return &Flat{collections: map[string]*slab{}} }

// chunkFloats is about how many numbers lie in one piece of memory, half a
// megabyte: a slab grows by pieces, so that nothing is copied and less than one
// piece is to spare.
const chunkFloats = 1 << 17

// soloFloats is how many numbers one goroutine compares in less time than it
// takes to start others: half a millisecond.
const soloFloats = 1 << 20

// slab is the vectors of a collection. Row r of vectors is of document ids[r].
type slab struct {
	width, chunkRows int
	chunks           [][]float32 // (chunkRows, width) each, row-major; the last may not be full
	ids              []string
	row              map[string]int // by ID
}

func newSlab(width int) *slab {
	return &slab{width: width, chunkRows: max(1, chunkFloats/width), row: map[string]int{}}
}

// at is the vector of row r.
func (s *slab) at(r int) []float32 {
	from := r % s.chunkRows * s.width
	return s.chunks[r/s.chunkRows][from : from+s.width]
}

// put keeps v at length 1.
func (s *slab) put(id string, v []float32) {
	r, known := s.row[id]
	if !known {
		r = len(s.ids)
		s.ids = append(s.ids, id)
		s.row[id] = r
		if r/s.chunkRows == len(s.chunks) {
			s.chunks = append(s.chunks, make([]float32, s.chunkRows*s.width))
		}
	}
	unitInto(s.at(r), v)
}

// delete puts the last row into the place of the one of id.
func (s *slab) delete(id string) {
	r, known := s.row[id]
	if !known {
		return
	}
	last := len(s.ids) - 1
	copy(s.at(r), s.at(last))
	s.ids[r] = s.ids[last]
	s.row[s.ids[r]] = r
	delete(s.row, id)
	s.ids[last] = ""
	s.ids = s.ids[:last]
	used := (last + s.chunkRows - 1) / s.chunkRows
	clear(s.chunks[used:])
	s.chunks = s.chunks[:used]
}

// Put implements [Index].
func (f *Flat) Put(_ context.Context, collection string, docs ...Document) error {
	if len(docs) == 0 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.collections[collection]
	width := len(docs[0].Vector)
	if s != nil {
		width = s.width
	}
	if err := fit(collection, width, docs); err != nil {
		return err
	}
	if s == nil {
		s = newSlab(width)
		f.collections[collection] = s
	}
	for _, d := range docs {
		s.put(d.ID, d.Vector)
	}
	return nil
}

// Delete implements [Index].
func (f *Flat) Delete(_ context.Context, collection string, ids ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.collections[collection]; s != nil {
		for _, id := range ids {
			s.delete(id)
		}
	}
	return nil
}

// Query implements [Index].
func (f *Flat) Query(ctx context.Context, collection string, vector []float32, n int) ([]Hit, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	s := f.collections[collection]
	if s == nil || n <= 0 {
		return nil, nil
	}
	if err := fitQuery(collection, s.width, vector); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.nearest(unit(vector), min(n, len(s.ids))), nil
}

// nearest compares q, of length 1, with all rows, on as many goroutines as pay.
func (s *slab) nearest(q []float32, n int) []Hit {
	rows := len(s.ids)
	workers := max(1, min(runtime.GOMAXPROCS(0), rows*s.width/soloFloats))
	parts := make([]selection, workers)
	var wg sync.WaitGroup
	for w := range workers {
		parts[w] = newSelection(n)
		scan := func() { s.scan(&parts[w], q, rows*w/workers, rows*(w+1)/workers) }
		if w == workers-1 {
			scan()
		} else {
			wg.Go(scan)
		}
	}
	wg.Wait()
	all := parts[0]
	for _, p := range parts[1:] {
		all.hits = append(all.hits, p.hits...)
	}
	all.cut()
	return all.hits
}

// scan selects among the rows in [from, to).
func (s *slab) scan(sel *selection, q []float32, from, to int) {
	for r := from; r < to; r++ {
		if sim := float64(vek32.Dot(q, s.at(r))); sim >= sel.floor {
			sel.add(Hit{ID: s.ids[r], Similarity: max(-1, min(1, sim))})
		}
	}
}

// selection is the n nearest of the hits that were added, and some more.
type selection struct {
	n     int
	floor float64 // the n-th similarity when they were last cut
	hits  []Hit
}

func newSelection(n int) selection { return selection{n: n, floor: math.Inf(-1)} }

func (s *selection) add(h Hit) {
	if s.hits = append(s.hits, h); len(s.hits) >= 2*s.n {
		s.cut()
		s.floor = s.hits[s.n-1].Similarity
	}
}

// cut leaves the n nearest, nearest first.
func (s *selection) cut() {
	slices.SortFunc(s.hits, nearer)
	s.hits = s.hits[:min(s.n, len(s.hits))]
}

// nearer orders hits: the nearest first, equal ones by ID.
func nearer(a, b Hit) int {
	return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(a.ID, b.ID))
}

// fit returns an error unless all of docs can be kept in a collection.
func fit(collection string, width int, docs []Document) error {
	for i, d := range docs {
		if d.ID == "" {
			return fmt.Errorf("document %d for collection %q has no ID", i, collection)
		}
		if len(d.Vector) != width || !comparable(d.Vector) {
			return fmt.Errorf("document %s, width %d, for collection %q of width %d: %w", d.ID, len(d.Vector), collection, width, ErrVector)
		}
	}
	return nil
}

// fitQuery returns an error unless vector can be compared in a collection.
func fitQuery(collection string, width int, vector []float32) error {
	if len(vector) != width || !comparable(vector) {
		return fmt.Errorf("query of width %d for collection %q of width %d: %w", len(vector), collection, width, ErrVector)
	}
	return nil
}
