package memory

import (
	"context"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/lesson"
)

// contrastOf is the first of successes that is a contrast to a failure by what a
// lesson made of it says, or none.
func contrastOf(l agent.Lesson, failure agent.Episode, successes []agent.Episode) agent.Contrast {
	for _, s := range successes {
		if step, ok := lesson.Contrast(l, failure, s); ok {
			return agent.Contrast{Success: s.ID, Failure: failure.ID, Step: step}
		}
	}
	return agent.Contrast{}
}

// contrasts are those that a success is to the failures of earlier candidates of
// its kind, by the ID of the lesson. A failure that is recorded at the same time
// may be missed.
func (s *Store) contrasts(ctx context.Context, e agent.Episode) (map[string]agent.Contrast, error) {
	if !e.Outcome.Success {
		return nil, nil
	}
	if err := s.current(ctx); err != nil {
		return nil, err
	}
	var candidates []agent.Lesson
	for _, id := range slices.Backward(s.byKind[place{e.Task.Scope, e.Task.Suite, e.Task.Kind}]) {
		l := s.items[id].lesson
		if l.State == agent.LessonCandidate && l.Expires.IsZero() && l.Contrast.Success == "" && l.Mistake != "" && len(candidates) < MaxContrasts {
			candidates = append(candidates, cloneLesson(l))
		}
	}
	s.mu.RUnlock()
	out := map[string]agent.Contrast{}
	for _, l := range candidates {
		for _, id := range l.For[:min(len(l.For), MaxTrials)] {
			failure, err := s.Episode(ctx, id)
			if err != nil {
				return nil, expected(err)
			}
			if c := contrastOf(l, s.unrecalled(failure), []agent.Episode{e}); c.Success != "" {
				out[l.ID] = c
				break
			}
		}
	}
	return out, nil
}

// contrast takes in what a success is a contrast to.
func (d *draft) contrast(found map[string]agent.Contrast) {
	for _, id := range d.related("") {
		c, ok := found[id]
		if old := d.lesson(id); !ok || old.Contrast.Success != "" || !slices.Contains(old.For, c.Failure) {
			continue
		}
		l := d.edit(id)
		l.Contrast = c
		d.store.settle(l)
	}
}
