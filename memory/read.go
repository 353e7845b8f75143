package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// EpisodeFilter selects episodes. A zero field selects all.
type EpisodeFilter struct {
	Scope             *string // nil: all
	Suite, Kind, Task string
	Success           *bool // nil: both
	MaxEpisodes       int   // the latest so many; 0: all
}

// Episode returns the episode as it was recorded. It returns ErrNotFound, or
// ErrCorrupt if its bytes are not those that were recorded.
func (s *Store) Episode(ctx context.Context, id string) (agent.Episode, error) {
	b, err := s.EpisodeJSON(ctx, id)
	if err != nil {
		return agent.Episode{}, err
	}
	e, err := archive.DecodeEpisode(b)
	if err != nil {
		return agent.Episode{}, fmt.Errorf("episode %s: %w", id, err)
	}
	return e, nil
}

// EpisodeJSON is like Episode but returns the bytes as they are kept.
func (s *Store) EpisodeJSON(ctx context.Context, id string) ([]byte, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	return s.archive.EpisodeBytes(ctx, id)
}

// Episodes returns the episodes that f selects in the order of recording.
func (s *Store) Episodes(ctx context.Context, f EpisodeFilter) ([]agent.Episode, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	return s.archive.Episodes(ctx, f.query())
}

// EpisodeHead says which task an episode is of, and how it ended.
type EpisodeHead = archive.EpisodeHead

// EpisodeHeads returns the heads of the episodes that f selects in the order of
// recording, for who does not want to hold all episodes at a time.
func (s *Store) EpisodeHeads(ctx context.Context, f EpisodeFilter) ([]EpisodeHead, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	return s.archive.EpisodeHeads(ctx, f.query())
}

func (f EpisodeFilter) query() archive.EpisodeQuery {
	q := archive.EpisodeQuery{Scope: f.Scope, Suite: f.Suite, Kind: f.Kind, Task: f.Task, MaxEpisodes: f.MaxEpisodes}
	if f.Success != nil {
		q.Outcome = archive.Failures
		if *f.Success {
			q.Outcome = archive.Successes
		}
	}
	return q
}

// LessonFilter selects lessons. A zero field selects all.
type LessonFilter struct {
	Scope             *string // nil: all
	Suite, Kind, Task string
	State             agent.LessonState
	MaxLessons        int // 0: all
}

// Lesson returns a lesson in whatever state it is, or ErrNotFound.
func (s *Store) Lesson(ctx context.Context, id string) (agent.Lesson, error) {
	if err := s.current(ctx); err != nil {
		return agent.Lesson{}, err
	}
	defer s.mu.RUnlock()
	e := s.items[id]
	if e == nil || e.Class != agent.KindLesson {
		return agent.Lesson{}, fmt.Errorf("lesson %s: %w", id, ErrNotFound)
	}
	return cloneLesson(e.lesson), nil
}

func cloneLesson(l agent.Lesson) agent.Lesson {
	l.For, l.Against, l.Tags = slices.Clone(l.For), slices.Clone(l.Against), slices.Clone(l.Tags)
	l.Effect.Coins, l.Harm.Coins = slices.Clone(l.Effect.Coins), slices.Clone(l.Harm.Coins)
	return l
}

// Lessons returns the lessons that f selects, oldest first, equally old ones by
// ID.
func (s *Store) Lessons(ctx context.Context, f LessonFilter) ([]agent.Lesson, error) {
	if err := s.current(ctx); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	var out []agent.Lesson
	for _, e := range s.items {
		l := e.lesson
		if e.Class == agent.KindLesson && within(f.Scope, l.Scope) && match(f.Suite, l.Suite) && match(f.Kind, l.Kind) && match(f.Task, l.Task) && match(f.State, l.State) {
			out = append(out, cloneLesson(l))
		}
	}
	slices.SortFunc(out, func(a, b agent.Lesson) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return bound(out, f.MaxLessons), nil
}

// DemonstrationFilter selects demonstrations. A zero field selects all.
type DemonstrationFilter struct {
	Scope             *string // nil: all
	Suite, Kind, Task string
	MaxDemonstrations int // 0: all
}

// Demonstration returns a demonstration by the ID of its episode, or
// ErrNotFound.
func (s *Store) Demonstration(ctx context.Context, id string) (agent.Demonstration, error) {
	if err := s.current(ctx); err != nil {
		return agent.Demonstration{}, err
	}
	e := s.items[id]
	s.mu.RUnlock()
	if e == nil || e.Class != agent.KindDemonstration {
		return agent.Demonstration{}, fmt.Errorf("demonstration %s: %w", id, ErrNotFound)
	}
	episode, err := s.Episode(ctx, id)
	return agent.Demonstration{Episode: episode, Seen: e.seen}, expected(err)
}

// DemonstrationHead says what a demonstration is of.
type DemonstrationHead struct {
	ID                       string // of the episode
	Scope, Suite, Kind, Task string
	Steps                    int
	Seen                     int // episodes with the same task and actions
}

// DemonstrationHeads returns the heads of the demonstrations that f selects in
// the order of their IDs, which for UUIDv7 is that of recording. It reads no
// episode.
func (s *Store) DemonstrationHeads(ctx context.Context, f DemonstrationFilter) ([]DemonstrationHead, error) {
	if err := s.current(ctx); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	var out []DemonstrationHead
	for id, e := range s.items {
		if e.Class == agent.KindDemonstration && within(f.Scope, e.Scope) && match(f.Suite, e.Suite) && match(f.Kind, e.Kind) && match(f.Task, e.Task) {
			out = append(out, DemonstrationHead{id, e.Scope, e.Suite, e.Kind, e.Task, e.steps, e.seen})
		}
	}
	slices.SortFunc(out, func(a, b DemonstrationHead) int { return cmp.Compare(a.ID, b.ID) })
	return bound(out, f.MaxDemonstrations), nil
}

// Demonstrations returns the demonstrations that f selects in the order of
// DemonstrationHeads.
func (s *Store) Demonstrations(ctx context.Context, f DemonstrationFilter) ([]agent.Demonstration, error) {
	heads, err := s.DemonstrationHeads(ctx, f)
	if err != nil {
		return nil, err
	}
	var out []agent.Demonstration
	for _, h := range heads {
		d, err := s.Demonstration(ctx, h.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func match[S ~string](want, have S) bool { return want == "" || want == have }

// within reports whether a scope is the one that is asked for.
func within(want *string, have string) bool { return want == nil || *want == have }

func bound[E any](s []E, most int) []E {
	if most > 0 && len(s) > most {
		return s[:most]
	}
	return s
}

// expected is the error of looking up what must be there: not to find it is
// damage.
func expected(err error) error {
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("%w: %v", ErrCorrupt, err)
	}
	return err
}

// open reports whether the store is open.
func (s *Store) open() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return ErrClosed
	}
	return nil
}
