package skills

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// Examiner scores skills on held-out tasks.
type Examiner interface {
	// HeldOut reports whether an episode, named by its ID, is of a held-out
	// task: no skill may rest on it.
	HeldOut(ctx context.Context, episode string) (bool, error)

	// Score plays the held-out tasks with skills as all that is recalled. The
	// tasks and the chance in them are the same at each call.
	Score(ctx context.Context, skills []agent.Skill) (successes, n int, err error)
}

// gate admits skills, or refuses them.
type gate struct {
	*draft
	examiner Examiner
	current  int // successes with the active skills, of n
	n        int // 0: not known yet
}

// admit lets s in if it has support, if none of its evidence is of a held-out
// task, if there is room or a weaker one in its place, and if the held-out score
// is no lower with it than without. Only what failed the last is kept on
// record: what lacks support may have it later, and is distilled anew then.
func (g *gate) admit(ctx context.Context, s agent.Skill) error {
	if support(s) < g.rules.Support {
		return nil
	}
	for _, id := range slices.Concat(s.For, s.Against) {
		leak, err := g.examiner.HeldOut(ctx, id)
		if err != nil {
			return err
		}
		if leak {
			return nil
		}
	}
	weakest, full := g.weakest(groupOf(s))
	if full && (weakest.ID == "" || support(weakest) >= support(s)) {
		return nil
	}
	if g.n == 0 {
		if err := g.score(ctx); err != nil {
			return err
		}
	}
	s = clone(s)
	s.State = agent.SkillActive
	next := append(without(without(g.active(), s.ID), weakest.ID), s)
	slices.SortFunc(next, func(a, b agent.Skill) int { return cmp.Compare(a.ID, b.ID) })
	with, n, err := g.examiner.Score(ctx, next)
	if err != nil {
		return err
	}
	if n != g.n {
		return fmt.Errorf("skill %s: examined on %d held-out tasks, the others on %d", s.ID, n, g.n)
	}
	s.Admitted = agent.SkillExam{N: n, Without: g.current, With: with}
	if with < g.current {
		g.retire(Refused, s, fmt.Sprintf("with it %d of %d held-out tasks are solved, without it %d", with, n, g.current))
		return nil
	}
	s.Reason = fmt.Sprintf("%d of %d held-out tasks are solved with it, %d without", with, n, g.current)
	g.put(Admitted, s)
	if weakest.ID != "" {
		weakest.Admitted = agent.SkillExam{}
		g.retire(Displaced, weakest, "displaced by "+s.ID)
	}
	g.current = with
	return nil
}

// score finds how many held-out tasks are solved with what is active.
func (g *gate) score(ctx context.Context) error {
	var err error
	if g.current, g.n, err = g.examiner.Score(ctx, g.active()); err != nil {
		return err
	}
	if g.n < 1 {
		return fmt.Errorf("skills: there are no held-out tasks to examine on")
	}
	return nil
}
