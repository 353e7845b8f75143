package browse

import (
	"context"
	"sync"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
)

// Options configure a Reader.
type Options struct {
	Scope *string          // whose lists and curves; nil: everyone's
	Clock func() time.Time // nil: time.Now. Only tells how old skills are
}

// Reader reads a memory for those who look at it. It is safe for concurrent
// use.
type Reader struct {
	store *memory.Store
	scope *string
	clock func() time.Time

	mu      sync.Mutex
	shelves map[string]shelf // by scope
	runs    []run            // of all episodes that Curves has read, in the order of recording
}

// shelf is the skills that were distilled, and when.
type shelf struct {
	generation int64 // of the memory
	candidates []agent.Skill
	made       time.Time
	took       time.Duration
}

// held reports whether the candidates are good enough although the memory went on.
func (s shelf) held(now time.Time) bool { return now.Sub(s.made) < patience*s.took }

// New returns a Reader of a store, which it does not close.
func New(store *memory.Store, o Options) *Reader {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &Reader{store: store, scope: o.Scope, clock: o.Clock, shelves: map[string]shelf{}}
}

// Generation is another number whenever the memory was written to, and once skills
// that were held although it was can be distilled anew.
func (r *Reader) Generation(ctx context.Context) (int64, error) {
	_, last, err := r.store.History(ctx)
	if err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock()
	for _, s := range r.shelves {
		if s.generation != last && s.held(now) {
			return 2*last + 1, nil
		}
	}
	return 2 * last, nil
}

// Counts returns the length of each list, in the order of Classes. The skills
// are not counted, as they would have to be distilled for it: -1.
func (r *Reader) Counts(ctx context.Context) ([]int, error) {
	ls, err := r.store.Lessons(ctx, memory.LessonFilter{Scope: r.scope})
	if err != nil {
		return nil, err
	}
	ds, err := r.store.DemonstrationHeads(ctx, memory.DemonstrationFilter{Scope: r.scope})
	if err != nil {
		return nil, err
	}
	es, err := r.store.EpisodeHeads(ctx, memory.EpisodeFilter{Scope: r.scope})
	return []int{-1, len(ls), len(ds), len(es)}, err
}
