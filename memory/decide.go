package memory

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// Decide puts a lesson into a state by hand, whatever its evidence is and will
// be, and returns it. An empty state undoes that, and the evidence decides again.
// by is who decides. It returns ErrNotFound, ErrState for another state than
// active, retired or quarantined, ErrNoName if by is blank, or ErrReadOnly.
func (s *Store) Decide(ctx context.Context, id string, state agent.LessonState, by string) (agent.Lesson, error) {
	by = strings.Join(strings.Fields(by), " ")
	switch {
	case state != "" && state != agent.LessonActive && state != agent.LessonRetired && state != agent.LessonQuarantined:
		return agent.Lesson{}, fmt.Errorf("lesson %s: %q: %w", id, state, ErrState)
	case by == "":
		return agent.Lesson{}, fmt.Errorf("lesson %s: %w", id, ErrNoName)
	case s.o.ReadOnly:
		return agent.Lesson{}, fmt.Errorf("lesson %s: %s: opened to be read only: %w", id, s.dir, ErrReadOnly)
	}
	select {
	case s.queue.lead <- struct{}{}:
		defer func() { <-s.queue.lead }()
	case <-ctx.Done():
		return agent.Lesson{}, ctx.Err()
	}
	decision := agent.Override{}
	if state != "" {
		decision = agent.Override{State: state, By: by, At: s.o.Clock().UTC()}
	}
	for {
		l, err := s.decide(ctx, id, decision)
		if !errors.Is(err, errStale) {
			return l, err
		}
	}
}

// decide commits a decision, or returns errStale if another process was faster.
// The caller has the lead.
func (s *Store) decide(ctx context.Context, id string, decision agent.Override) (agent.Lesson, error) {
	if err := s.current(ctx); err != nil {
		return agent.Lesson{}, err
	}
	gen, overall, e := s.gen, s.overall, s.items[id]
	var l agent.Lesson
	if e != nil {
		l = cloneLesson(e.lesson)
	}
	s.mu.RUnlock()
	if e == nil || e.Class != agent.KindLesson {
		return agent.Lesson{}, fmt.Errorf("lesson %s: %w", id, ErrNotFound)
	}
	l.Override = decision
	s.settle(&l)
	it, err := lessonItem(l)
	if err != nil {
		return agent.Lesson{}, err
	}
	changed := changes{items: []archive.Item{it}, overall: overall}
	if err := s.vectorize(ctx, changed.items); err != nil {
		return agent.Lesson{}, err
	}
	err = s.archive.Write(ctx, func(tx *archive.Tx) error {
		if tx.Generation() != gen+1 {
			return errStale
		}
		tx.Describe(s.o.Clock(), note{Done: "lesson " + id + ": " + l.Reason}.text())
		return s.putItems(ctx, tx, changed.items)
	})
	if err != nil {
		return agent.Lesson{}, fmt.Errorf("lesson %s: %w", id, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return l, s.adopt(ctx, changed, gen)
}
