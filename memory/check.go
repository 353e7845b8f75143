package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// Check reads the whole store and returns ErrCorrupt with all that is wrong:
// damaged bytes, a demonstration or a lesson without the episodes it comes
// from, a demonstration of a failure, a raw failure in a form that has none.
func (s *Store) Check(ctx context.Context) error {
	if err := s.current(ctx); err != nil {
		return err
	}
	defer s.mu.RUnlock()
	if err := s.archive.Check(ctx); err != nil {
		return err
	}
	all, err := s.archive.Outcomes(ctx)
	if err != nil {
		return err
	}
	var wrong []error
	bad := func(e *entry, format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("%s %s: %s: %w", e.Class, e.ID, fmt.Sprintf(format, args...), ErrCorrupt))
	}
	for _, id := range s.sortedIDs() {
		e := s.items[id]
		if e.Class == agent.KindSkill {
			if e.skill.ID != id || e.skill.State == "" || e.skill.Scope != e.Scope {
				bad(e, "its columns differ from its body")
			}
			continue // its evidence may be another memory's
		}
		if e.Class != agent.KindLesson {
			success, ok := all[id]
			if !ok || success != (e.Class == agent.KindDemonstration) {
				bad(e, "no such episode with that outcome")
			}
			if e.Class == agent.KindRawFailure && s.o.Form != UniformVerbatim {
				bad(e, "the form is %s", s.o.Form)
			}
			continue
		}
		if len(e.lesson.For) == 0 {
			bad(e, "no evidence")
		}
		for _, evidence := range slices.Concat(e.lesson.For, e.lesson.Against) {
			if _, ok := all[evidence]; !ok {
				bad(e, "episode %s is not there", evidence)
			}
		}
	}
	return errors.Join(wrong...)
}

func (s *Store) sortedIDs() []string {
	ids := make([]string, 0, len(s.items))
	for id := range s.items {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
