package skills

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// past is what a source holds, sorted into categories.
type past struct {
	categories *Categories
	plans      []plan         // the Kind of their tasks is the category
	lessons    []agent.Lesson // and so is theirs
	attempts   []Attempt      // and that of their tasks
}

// readAttempts returns those of src.
func readAttempts(ctx context.Context, src Source) ([]Attempt, error) {
	attempts, err := src.Attempts(ctx)
	if err != nil {
		return nil, fmt.Errorf("attempts: %w", err)
	}
	return attempts, nil
}

// read sorts what src holds, whose attempts were read before.
func read(ctx context.Context, src Source, attempts []Attempt) (past, error) {
	var p past
	demos, err := src.Demonstrations(ctx)
	if err != nil {
		return p, fmt.Errorf("demonstrations: %w", err)
	}
	lessons, err := src.Lessons(ctx)
	if err != nil {
		return p, fmt.Errorf("lessons: %w", err)
	}
	for _, d := range demos {
		if err := ctx.Err(); err != nil {
			return p, err
		}
		if plan, ok := newPlan(d.Episode); ok {
			p.plans = append(p.plans, plan)
		}
	}
	p.categories = discover(p.plans)
	for i := range p.plans {
		p.plans[i].task.Kind = p.categories.Of(p.plans[i].task)
	}
	p.attempts = slices.Clone(attempts)
	of := map[string]string{} // episode -> category
	for i := range p.attempts {
		a := &p.attempts[i]
		a.Task.Kind = p.categories.Of(a.Task)
		of[a.Episode] = a.Task.Kind
	}
	p.lessons = slices.Clone(lessons)
	for i := range p.lessons {
		if l := &p.lessons[i]; l.Kind == "" {
			l.Kind = shared(l.For, of)
		}
	}
	return p, nil
}

// shared is the category of all of these episodes that are known, "" if they are
// of several.
func shared(episodes []string, of map[string]string) string {
	category := ""
	for _, id := range episodes {
		c := of[id]
		if c != "" && category != "" && c != category {
			return ""
		}
		category = cmp.Or(category, c)
	}
	return category
}
