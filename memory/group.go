package memory

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// recording is an episode on its way to the disk.
type recording struct {
	ctx     context.Context
	episode agent.Episode
	learned agent.Episode // it, without recalled text: what is learned from
	body    []byte
	lessons []agent.Lesson

	contrasts map[string]agent.Contrast // by the ID of the lesson

	done chan struct{} // closed once err says what became of it
	err  error
}

func (r *recording) finish(err error) {
	r.err = err
	close(r.done)
}

// queue is the recordings that wait for a commit. Whoever holds the lead takes
// all that wait and commits them together, so that the disk is synced once a
// group and not once an episode.
type queue struct {
	lead chan struct{} // holds one token while a group is planned and committed

	mu      sync.Mutex
	waiting []*recording // in order of arrival
}

func newQueue() queue { return queue{lead: make(chan struct{}, 1)} }

func (q *queue) add(r *recording) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, r)
}

// withdraw takes r back, or reports that a group has it.
func (q *queue) withdraw(r *recording) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, r)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// take empties the queue but for episodes whose ID the group has already: what
// becomes of those depends on what becomes of it.
func (q *queue) take() []*recording {
	q.mu.Lock()
	defer q.mu.Unlock()
	var group, later []*recording
	ids := map[string]bool{}
	for _, r := range q.waiting {
		if ids[r.episode.ID] {
			later = append(later, r)
			continue
		}
		ids[r.episode.ID] = true
		group = append(group, r)
	}
	q.waiting = later
	return group
}

// commit queues r and returns what became of it.
func (s *Store) commit(r *recording) error {
	s.queue.add(r)
	for {
		select {
		case <-r.done:
			return r.err
		case <-r.ctx.Done():
			if s.queue.withdraw(r) {
				return r.ctx.Err()
			}
			<-r.done // a group has it, and says whether it came in time
			return r.err
		case s.queue.lead <- struct{}{}:
			s.commitGroup(s.queue.take())
			<-s.queue.lead
		}
	}
}

// commitGroup finishes all of group. What the disk refuses together it is asked
// for one by one, so that an episode that it cannot hold fails alone.
func (s *Store) commitGroup(group []*recording) {
	for {
		group = slices.DeleteFunc(group, func(r *recording) bool {
			err := r.ctx.Err()
			if err != nil {
				r.finish(err)
			}
			return err != nil
		})
		if len(group) == 0 {
			return
		}
		ctx, stop := whileAny(group)
		left, err := s.commitOnce(ctx, group)
		stop()
		if errors.Is(err, errStale) {
			group = left
			continue
		}
		together := err == nil || errors.Is(err, ErrBusy) || errors.Is(err, ErrClosed)
		for i, r := range left {
			if together || len(left) == 1 {
				r.finish(err)
			} else {
				s.commitGroup(left[i : i+1])
			}
		}
		return
	}
}

// whileAny is a context that lives as long as that of any of the group.
func whileAny(group []*recording) (context.Context, context.CancelFunc) {
	if len(group) == 1 {
		return context.WithCancel(group[0].ctx)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(group[0].ctx))
	var alive atomic.Int64
	alive.Store(int64(len(group)))
	stops := []func() bool{}
	for _, r := range group {
		stops = append(stops, context.AfterFunc(r.ctx, func() {
			if alive.Add(-1) == 0 {
				cancel()
			}
		}))
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// commitOnce plans the changes on what memory knows now and commits them. It
// finishes those of group that fail by themselves and returns the others, with
// errStale if they are to be planned anew: another process was faster, or one
// of the group turned out to be known.
func (s *Store) commitOnce(ctx context.Context, group []*recording) ([]*recording, error) {
	if err := s.current(ctx); err != nil {
		return group, err
	}
	gen, overall := s.gen, s.overall
	changed, group, err := s.planGroup(ctx, group)
	s.mu.RUnlock()
	if err != nil || len(group) == 0 {
		return group, err
	}
	if err := s.vectorize(ctx, changed.items); err != nil {
		return group, err
	}
	left := group
	err = s.archive.Write(ctx, func(tx *archive.Tx) error {
		if tx.Generation() != gen+1 {
			return errStale
		}
		var err error
		if left, err = putEpisodes(ctx, tx, group); err != nil {
			return err
		}
		tx.Describe(s.o.Clock(), recordedNote(group).text())
		if !reflect.DeepEqual(changed.overall, overall) {
			if err := putOverall(ctx, tx, changed.overall); err != nil {
				return err
			}
		}
		return s.putItems(ctx, tx, changed.items)
	})
	if err != nil {
		return left, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return group, s.adopt(ctx, changed, gen)
}

// adopt takes into memory what was committed on top of generation gen. The
// caller holds the lock.
func (s *Store) adopt(ctx context.Context, changed changes, gen int64) error {
	if s.closed || s.gen > gen {
		return nil // durable, and a reader has already taken it in
	}
	if err := s.apply(ctx, changed.items); err != nil {
		return err
	}
	s.gen, s.overall = gen+1, changed.overall
	return nil
}

// putEpisodes adds the episodes of group. If some of them are in the archive,
// it finishes those and returns the others with errStale.
func putEpisodes(ctx context.Context, tx *archive.Tx, group []*recording) ([]*recording, error) {
	var left []*recording
	for i, r := range group {
		added, err := tx.PutEpisode(ctx, r.episode, r.body)
		switch {
		case errors.Is(err, ErrConflict), err == nil && !added:
			r.finish(err)
		case err != nil:
			return append(left, group[i:]...), err
		default:
			left = append(left, r)
		}
	}
	if len(left) < len(group) {
		return left, errStale
	}
	return left, nil
}

func (s *Store) putItems(ctx context.Context, tx *archive.Tx, changed []archive.Item) error {
	for i := range changed {
		if err := tx.PutItem(ctx, &changed[i]); err != nil {
			return err
		}
	}
	return s.putVectors(ctx, tx, changed)
}

// putVectors writes the vectors of items that have one.
func (s *Store) putVectors(ctx context.Context, tx *archive.Tx, items []archive.Item) error {
	for _, it := range items {
		if it.Vector == nil {
			continue
		}
		if err := tx.PutVector(ctx, it.ID, s.o.Embedder.ID(), it.Vector); err != nil {
			return err
		}
	}
	return nil
}
