package skills

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// ErrNoTasks is returned where there is no held-out task to examine on.
var ErrNoTasks = errors.New("no held-out tasks to examine skills on")

// Examiner plays held-out tasks. The same tasks come in the same order at each
// call, and policy and chance in a task are the same each time.
type Examiner interface {
	// HeldOut reports whether an episode, named by its ID, is of a held-out
	// task: no skill may rest on it.
	HeldOut(ctx context.Context, episode string) (bool, error)

	// Contexts returns what is recalled for each held-out task if skills are all
	// that there is to recall.
	Contexts(ctx context.Context, skills []agent.Skill) ([]agent.Context, error)

	// Play plays the held-out task that is the index of one of Contexts, with what
	// is recalled for it, and reports whether it is solved.
	Play(ctx context.Context, task int, recalled agent.Context) (solved bool, err error)
}

// gate admits skills, or refuses them.
type gate struct {
	*draft
	examiner Examiner
	now      []agent.Context // for each held-out task, with the active skills; nil: not known yet
	solved   map[play]bool
	unread   int // candidates that are recalled for no held-out task
}

// play is a held-out task with a context: what is the same is not played twice.
type play struct {
	task int
	text string
}

// admitAll lets in those of the parts that pass, and those of the others, of which
// Rules.MaxNew are examined at most. None is examined twice.
func (g *gate) admitAll(ctx context.Context, parts, others []agent.Skill) error {
	for _, s := range parts {
		if _, err := g.admit(ctx, s); err != nil {
			return err
		}
	}
	left := g.rules.MaxNew
	for _, s := range others {
		if left == 0 {
			break
		}
		if slices.Contains(g.order, s.ID) {
			continue // it was one of the parts
		}
		examined, err := g.admit(ctx, s)
		if err != nil {
			return err
		}
		if examined {
			left--
		}
	}
	return nil
}

// admit lets s in if it has support, if none of its evidence is of a held-out
// task, if there is room or a weaker one in its place, and if it passes exam.
// Only what failed the last is kept on record: what lacks support may have it
// later, and is distilled anew then; and what is recalled for no held-out task
// cannot be examined, and stays a candidate. It reports whether s was examined.
func (g *gate) admit(ctx context.Context, s agent.Skill) (examined bool, err error) {
	if support(s) < g.rules.Support {
		return false, nil
	}
	for _, id := range slices.Concat(s.For, s.Against) {
		leak, err := g.examiner.HeldOut(ctx, id)
		if leak || err != nil {
			return false, err
		}
	}
	weakest, full := g.weakest(groupOf(s))
	if full && (weakest.ID == "" || support(weakest) >= support(s)) {
		return false, nil
	}
	s = clone(s)
	s.State = agent.SkillActive
	next := append(without(without(g.active(), s.ID), weakest.ID), s)
	slices.SortFunc(next, func(a, b agent.Skill) int { return cmp.Compare(a.ID, b.ID) })
	with, err := g.contexts(ctx, next)
	if err != nil {
		return false, err
	}
	if !slices.ContainsFunc(with, func(c agent.Context) bool { return recalls(c, s.ID) }) {
		g.unread++
		return false, nil
	}
	if s.Admitted, err = g.exam(ctx, with); err != nil {
		return false, fmt.Errorf("skill %s: %w", s.ID, err)
	}
	x := s.Admitted
	s.Reason = fmt.Sprintf("of %d held-out tasks that it could change %d are solved with it, %d without", x.N, x.With, x.Without)
	if !passed(x) {
		g.retire(Refused, s, s.Reason)
		return true, nil
	}
	g.put(Admitted, s)
	if weakest.ID != "" {
		g.retire(Displaced, weakest, "displaced by "+s.ID)
	}
	g.now = with
	return true, nil
}

// exam plays each held-out task for which another context is recalled than now in
// a pair: once with that one and once as it is now, the rest of it being the
// same. Tasks for which nothing changes cannot come out differently, and are not
// played. It ends when the tasks that are solved with one context only lead by
// Rules.Lead over those that are solved with the other only, else with the last
// task. The skill passes if as many tasks are solved with it as without, and any at
// all: who solves nothing shows nothing.
//
// Until the tasks run out this is the sequential probability ratio test (Wald
// 1945, "Sequential Tests of Statistical Hypotheses") on the pairs that differ,
// of a skill that wins two thirds of these against one that wins one third: at
// a lead of k it errs with a probability of 1/(1+2^k), 3% at 5. Where they run out
// first, the skill changed the score by less than the lead, and what decides is
// only whether it lowered it.
func (g *gate) exam(ctx context.Context, with []agent.Context) (agent.SkillExam, error) {
	var x agent.SkillExam
	for i, c := range with {
		if c.Text() == g.now[i].Text() {
			continue
		}
		before, err := g.play(ctx, i, g.now[i])
		if err != nil {
			return x, err
		}
		after, err := g.play(ctx, i, c)
		if err != nil {
			return x, err
		}
		x.N++
		if before {
			x.Without++
		}
		if after {
			x.With++
		}
		if lead := x.With - x.Without; max(lead, -lead) >= g.rules.Lead {
			break
		}
	}
	return x, nil
}

// passed reports whether a skill was let in by x: who solves nothing shows nothing.
func passed(x agent.SkillExam) bool { return x.With >= x.Without && x.With > 0 }

// contexts are what is recalled with skills active; those of now are known after
// it.
func (g *gate) contexts(ctx context.Context, skills []agent.Skill) ([]agent.Context, error) {
	if g.now == nil {
		now, err := g.examiner.Contexts(ctx, g.active())
		if err != nil {
			return nil, err
		}
		if len(now) == 0 {
			return nil, ErrNoTasks
		}
		g.now = now
	}
	with, err := g.examiner.Contexts(ctx, skills)
	if err == nil && len(with) != len(g.now) {
		err = fmt.Errorf("skills: %d held-out tasks, and %d before", len(with), len(g.now))
	}
	return with, err
}

func (g *gate) play(ctx context.Context, task int, c agent.Context) (bool, error) {
	p := play{task, c.Text()}
	if solved, known := g.solved[p]; known {
		return solved, nil
	}
	solved, err := g.examiner.Play(ctx, task, c)
	if err == nil {
		g.solved[p] = solved
	}
	return solved, err
}

func recalls(c agent.Context, id string) bool {
	return slices.ContainsFunc(c.Items, func(it agent.Item) bool { return it.ID == id })
}
