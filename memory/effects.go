package memory

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
	"github.com/surefoot-ai/surefoot/memory/effect"
	"github.com/surefoot-ai/surefoot/memory/lesson"
)

// measure takes in what was counted.
func (e *entry) measure(counted agent.Effect) {
	e.effect, e.verdict = counted, verdictOf(counted)
}

// withholds reports whether an item that would be recalled for a task is to be
// left out: a coin that falls as it must for what memory has seen by now; and with
// which probability it does. The caller holds the read lock.
func (s *Store) withholds(e *entry, task agent.Task) (chance float64, withheld bool) {
	if s.o.HoldOut < 0 {
		return 0, false
	}
	chance = effect.Counts(e.effect).HoldOut(s.o.HoldOut)
	if s.onProbation(e.lesson) {
		chance = 0.5
	}
	return chance, s.chance(task, e.ID) < chance
}

// chance is a number in [0,1), as good as random, that follows from what memory
// has seen by now. The caller holds the read lock.
func (s *Store) chance(task agent.Task, what string) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %q %q %q %q", s.gen, task.Suite, task.ID, task.Goal, what)
	x := h.Sum64()
	x = (x ^ x>>32) * 0xd6e8feb86659fd93 // FNV alone mixes its last bytes little
	x = (x ^ x>>32) * 0xd6e8feb86659fd93
	return float64((x^x>>32)>>11) / (1 << 53)
}

// recalled are the items that an episode says were recalled for it and that are
// not lessons, as they are now.
func (o *overlay) recalled(ctx context.Context, e agent.Episode) (map[string]archive.Item, error) {
	out := map[string]archive.Item{}
	if !countable(e) {
		return nil, nil
	}
	for _, id := range recalledIDs(e) {
		known := o.store.items[id]
		if known == nil || known.Class == agent.KindLesson || o.changed[id] != nil {
			continue
		}
		it, err := o.store.lookup(ctx, id)
		if err != nil {
			return nil, err
		}
		out[id] = it
	}
	return out, nil
}

// countable reports whether an episode says something of the effect of what was
// recalled for it: chance had a part in that, and the outcome was the agent's.
func countable(e agent.Episode) bool {
	return e.Context.HoldOut > 0 && !e.Context.AllWithheld && !lesson.Transient(e)
}

// recalledIDs are those of the items that were shown and, after them, withheld.
func recalledIDs(e agent.Episode) []string {
	var out []string
	for _, it := range e.Context.Items {
		out = append(out, it.ID)
	}
	return append(out, e.Context.Withheld...)
}

// count adds the outcome of e to the effects of what was recalled for it.
func (o *overlay) count(e agent.Episode, recalled map[string]archive.Item) error {
	o.countOverall(e)
	if !countable(e) {
		return nil
	}
	ids := recalledIDs(e)
	for i, id := range ids {
		if !o.known(id) || o.scopeOf(id) != e.Task.Scope || slices.Index(ids, id) < i {
			continue
		}
		chance, ok := e.Context.Chances[id]
		if !ok {
			chance = e.Context.HoldOut
		}
		add := func(f *agent.Effect) {
			*f = agent.Effect(effect.Counts(*f).With(effect.Draw{Chance: chance, Withheld: i >= len(e.Context.Items), Success: e.Outcome.Success}))
			if f.Order == 0 {
				o.orders++
				f.Order = o.orders
			}
		}
		if err := o.edit(id, recalled, add); err != nil {
			return err
		}
	}
	return nil
}

// edit changes the effect of one item.
func (o *overlay) edit(id string, recalled map[string]archive.Item, change func(*agent.Effect)) error {
	it, changed := recalled[id], o.changed[id]
	if changed != nil {
		it = *changed
	}
	if o.lessons[id] != nil || changed == nil && o.store.items[id].Class == agent.KindLesson {
		l := cloneLesson(*o.lesson(id))
		o.store.change(&l, func(probation bool) bool { return counted(&l, probation, change) })
		item, err := lessonItem(l)
		if err == nil {
			o.take(&item, &l)
		}
		return err
	}
	if it.Class == agent.KindSkill {
		return o.editSkill(it, change)
	}
	v, err := decodeVerbatim(it.Body)
	if err != nil {
		return fmt.Errorf("item %s: %w", id, err)
	}
	change(&v.Effect)
	if it.Body, err = json.Marshal(v); err == nil {
		o.take(&it, nil)
	}
	return err
}

// editSkill changes the effect of a skill.
func (o *overlay) editSkill(it archive.Item, change func(*agent.Effect)) error {
	var k agent.Skill
	err := json.Unmarshal(it.Body, &k)
	if err != nil {
		return fmt.Errorf("skill %s: %w: %w", it.ID, ErrCorrupt, err)
	}
	change(&k.Effect)
	if it.Body, err = json.Marshal(k); err == nil {
		o.take(&it, nil)
	}
	return err
}

// MeasuredEffect is what was measured of one item.
type MeasuredEffect struct {
	ID   string         `json:"id"`
	Kind agent.ItemKind `json:"kind"`
	agent.Effect
	Difference effect.Interval `json:"difference"` // of the success rates, shown less withheld, at the item's level
	Verdict    effect.Verdict  `json:"verdict,omitempty"`
}

// Effects are those of all items that were recalled since anything was withheld
// by chance, in the order in which they were first counted. All intervals hold at
// once and at all times with a probability of 95%, see package effect.
func (s *Store) Effects(ctx context.Context) ([]MeasuredEffect, error) {
	if err := s.current(ctx); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	var out []MeasuredEffect
	for _, e := range s.items {
		if e.effect.Order > 0 {
			out = append(out, MeasuredEffect{
				ID: e.ID, Kind: e.Class, Effect: e.effect, Verdict: e.verdict,
				Difference: effect.Counts(e.effect).Interval(effect.Level(effectAlpha, e.effect.Order)),
			})
		}
	}
	slices.SortFunc(out, func(a, b MeasuredEffect) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}
