package memory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/effect"
)

// Query asks for a context. A filter that is zero lets everything through. Items
// are filtered before the best are taken, so that what is let through is found
// however much is not.
type Query struct {
	Task      agent.Task // nothing of another Scope or Suite than its is found
	MaxTokens int        // of the context; below 0: 0

	Kinds        []agent.ItemKind    // of the items; others than the form shows give nothing
	Tiers        []Tier              // without TierSuite nothing of other kinds of task stands in
	States       []agent.LessonState // of lessons. One that is retired or quarantined is explained, but never in the context
	Tags         []string            // an item must have all of them, see agent.Task.Tags
	Since, Until time.Time           // of what was learned in [Since, Until): a lesson when it was first made, a demonstration when its episode started
}

// Search does what Recall does, for the items that q lets through, and returns
// the reasons as well.
func (s *Store) Search(ctx context.Context, q Query) (agent.Context, Explanation, error) {
	return s.recall(ctx, q)
}

// Recall returns what memory knows for task in at most maxTokens tokens, each
// item counted by Options.CountTokens, the separators not: skills if
// Options.SkillTokens lets them in, the general ones before those of the kind; lessons, those
// about the task before those about its kind, then demonstrations of the kind,
// cut to fit at the bounds of steps. Items of other kinds of the suite stand in
// only where the kind has none at all: the lessons of another kind mislead whoever
// could have read demonstrations of the right one. All are of the scope of task: none
// of another is ever considered, nor does it weigh on what is. The same store and
// task give the same context; equals are in the order of their IDs. See
// [Store.Explain] for the reasons.
//
// So that it can be measured whether an item helps, one that would be recalled is
// now and then withheld by chance: by that of Options.HoldOut, and the more often
// the likelier it is that it harms. Context.Withheld names it, Context.Chances says
// how often, and Record counts the outcome. An item whose measured effect is harm is not recalled any more; one
// that helps comes before its like. A lesson that evidence retired, or that has
// expired, is tested again after RetestAfter: it is recalled again, half of the
// time, until it is known to help, or a contradiction or its effect retires it.
// And now and then, by that of Options.HoldOutAll, all of the context is withheld,
// so that it can be measured whether memory helps: Context.AllWithheld says so, see
// [Store.Overall].
func (s *Store) Recall(ctx context.Context, task agent.Task, maxTokens int) (agent.Context, error) {
	c, _, err := s.recall(ctx, Query{Task: task, MaxTokens: maxTokens})
	return c, err
}

// Explain does what Recall does and returns the reasons instead.
func (s *Store) Explain(ctx context.Context, task agent.Task, maxTokens int) (Explanation, error) {
	_, x, err := s.recall(ctx, Query{Task: task, MaxTokens: maxTokens})
	return x, err
}

// lets reports whether e passes the filters but those of kind and tier.
func (q *Query) lets(e *entry) bool {
	if e.Class == agent.KindLesson && len(q.States) > 0 && !slices.Contains(q.States, e.lesson.State) {
		return false
	}
	for _, tag := range q.Tags {
		if !slices.Contains(e.tags, tag) {
			return false
		}
	}
	return !e.learned.Before(q.Since) && (q.Until.IsZero() || e.learned.Before(q.Until))
}

func (q *Query) letsKind(k agent.ItemKind) bool {
	return len(q.Kinds) == 0 || slices.Contains(q.Kinds, k)
}

func (q *Query) letsTier(t Tier) bool { return len(q.Tiers) == 0 || slices.Contains(q.Tiers, t) }

// validate names the first field that is not as it must be.
func (q *Query) validate() error {
	if err := checkScope(q.Task); err != nil {
		return err
	}
	for _, k := range q.Kinds {
		if !slices.Contains([]agent.ItemKind{agent.KindSkill, agent.KindLesson, agent.KindDemonstration, agent.KindRawFailure}, k) {
			return fmt.Errorf("memory: Query.Kinds: %q is no kind of item of a memory", k)
		}
	}
	for _, t := range q.Tiers {
		if tierOrder(t) < 0 {
			return fmt.Errorf("memory: Query.Tiers: %q is no tier", t)
		}
	}
	for _, st := range q.States {
		if !slices.Contains([]agent.LessonState{agent.LessonCandidate, agent.LessonActive, agent.LessonRetired, agent.LessonQuarantined}, st) {
			return fmt.Errorf("memory: Query.States: %q is no state of a lesson", st)
		}
	}
	if !q.Until.IsZero() && !q.Since.Before(q.Until) {
		return fmt.Errorf("memory: Query.Until %s is not after Query.Since %s", q.Until.Format(time.RFC3339), q.Since.Format(time.RFC3339))
	}
	return nil
}

// recallable reports whether e may be in a context at all.
func (s *Store) recallable(e *entry) bool {
	switch e.Class {
	case agent.KindLesson:
		return s.unfit(e.lesson) == ""
	case agent.KindSkill:
		return e.skill.State == agent.SkillActive && e.verdict != effect.Harms
	}
	return e.verdict != effect.Harms
}

// scored is the ID of an item that was found, and how good it is.
type scored struct {
	id    string
	score float64
}

// best are the first of what find returns, which is asked for more until
// MaxCandidates of them pass the filters and may be recalled. Of those that may not
// be recalled at most as many are among them.
func (q *query) best(find func(n int) ([]scored, error)) ([]scored, error) {
	for n := MaxCandidates; ; n *= 4 {
		found, err := find(n)
		if err != nil {
			return nil, err
		}
		var out []scored
		good, bad := 0, 0
		for _, h := range found {
			e := q.items[h.id]
			if !q.lets(e) {
				continue
			}
			if q.recallable(e) {
				good++
			} else if bad++; bad > MaxCandidates {
				continue
			}
			if out = append(out, h); good == MaxCandidates {
				return out, nil
			}
		}
		if len(found) < n {
			return out, nil
		}
	}
}

// nearest are the items of a collection nearest to the task by their vectors.
func (q *query) nearest(ctx context.Context, collection string, n int) ([]scored, error) {
	if q.vector == nil {
		return nil, nil
	}
	hits, err := q.index.Query(ctx, collection, q.vector, n)
	out := make([]scored, len(hits))
	for i, h := range hits {
		out[i] = scored{h.ID, h.Similarity}
	}
	return out, err
}

// matches are those of a collection that share words with the task.
func (q *query) matches(collection string, n int) []scored {
	found := q.words.Search(collection, q.text, n)
	out := make([]scored, len(found))
	for i, m := range found {
		out[i] = scored{m.ID, m.BM25}
	}
	return out
}
