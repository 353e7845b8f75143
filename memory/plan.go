package memory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// overlay is what memory knows, with the changes of a group's episodes laid
// over it. Whoever uses it holds the store's read lock.
type overlay struct {
	store   *Store
	changed map[string]*archive.Item // by ID
	order   []string                 // of first change
	lessons map[string]*agent.Lesson // those among changed
	added   []string                 // IDs of the lessons that are new, in order
	byKey   map[string]string        // as in Store, of what is new
	orders  int                      // the last Effect.Order
	overall agent.Effect             // of memory as a whole
}

// changes are what a group of episodes changes.
type changes struct {
	items   []archive.Item
	overall agent.Effect
}

// planGroup works out which items change when the episodes of group are
// recorded one after the other. It finishes those that cannot be planned and
// returns the others, with errStale if memory is behind what is to be planned on.
func (s *Store) planGroup(ctx context.Context, group []*recording) (changes, []*recording, error) {
	o := &overlay{store: s, changed: map[string]*archive.Item{}, lessons: map[string]*agent.Lesson{}, byKey: map[string]string{}, orders: s.orders, overall: s.overall}
	var planned []*recording
	for i, r := range group {
		if err := o.plan(ctx, r); errors.Is(err, errStale) {
			return changes{}, append(planned, group[i:]...), err
		} else if err != nil {
			r.finish(fmt.Errorf("episode %s: %w", r.episode.ID, err))
			continue
		}
		planned = append(planned, r)
	}
	c := changes{items: make([]archive.Item, len(o.order)), overall: o.overall}
	for i, id := range o.order {
		c.items[i] = *o.changed[id]
	}
	return c, planned, nil
}

// plan lays the changes that r's episode and its lessons make over what is
// there, or nothing if it returns an error.
func (o *overlay) plan(ctx context.Context, r *recording) error {
	e := r.learned
	var items []archive.Item
	if class := o.store.verbatimClass(e); class != "" {
		it, err := o.verbatim(ctx, e, class)
		if err != nil {
			return err
		}
		items = append(items, it)
	}
	d := draft{overlay: o, episode: e, lessons: map[string]*agent.Lesson{}}
	if e.Outcome.Success {
		d.contradict()
		d.contrast(r.contrasts)
	}
	if err := d.merge(r.lessons); err != nil {
		return err
	}
	for _, id := range d.order {
		it, err := lessonItem(*d.lessons[id])
		if err != nil {
			return err
		}
		items = append(items, it)
	}
	shown, err := o.recalled(ctx, e)
	if err != nil {
		return err
	}
	for i := range items {
		o.take(&items[i], d.lessons[items[i].ID])
	}
	return o.count(e, shown)
}

// take lays it, which is l if that is not nil, over what is there.
func (o *overlay) take(it *archive.Item, l *agent.Lesson) {
	if l != nil && !o.known(it.ID) {
		o.added = append(o.added, it.ID)
	}
	if o.changed[it.ID] == nil {
		o.order = append(o.order, it.ID)
	}
	o.changed[it.ID] = it
	if l != nil {
		o.lessons[it.ID] = l
	} else {
		o.byKey[it.Key] = it.ID
	}
}

func (o *overlay) known(id string) bool { return o.changed[id] != nil || o.store.items[id] != nil }

// scopeOf is the scope of an item that is known.
func (o *overlay) scopeOf(id string) string {
	if it := o.changed[id]; it != nil {
		return it.Scope
	}
	return o.store.items[id].Scope
}

// lesson is the lesson of that ID, which is not to be written to.
func (o *overlay) lesson(id string) *agent.Lesson {
	if l := o.lessons[id]; l != nil {
		return l
	}
	return &o.store.items[id].lesson
}

// taskLessons are the IDs of the lessons about a task of a suite, oldest first.
func (o *overlay) taskLessons(of place) []string {
	var ids []string
	for _, id := range o.store.byTask[of] {
		if o.store.items[id].Class == agent.KindLesson {
			ids = append(ids, id)
		}
	}
	for _, id := range o.added {
		if l := o.lessons[id]; l.Task != "" && of == (place{l.Scope, l.Suite, l.Task}) {
			ids = append(ids, id)
		}
	}
	return ids
}

// kindLessons are the IDs of the lessons about a kind of a suite and about no
// single task, oldest first.
func (o *overlay) kindLessons(of place) []string {
	ids := slices.Clone(o.store.byKind[of])
	for _, id := range o.added {
		if l := o.lessons[id]; l.Task == "" && of == (place{l.Scope, l.Suite, l.Kind}) {
			ids = append(ids, id)
		}
	}
	return ids
}

// verbatimClass is the class in which e is kept word for word, or none. A
// failure has one only in the form that is the control condition.
func (s *Store) verbatimClass(e agent.Episode) agent.ItemKind {
	switch {
	case e.Outcome.Success:
		return agent.KindDemonstration
	case s.o.Form == UniformVerbatim:
		return agent.KindRawFailure
	}
	return ""
}

// verbatim is the item for e, or the item of the same actions counted once
// more.
func (o *overlay) verbatim(ctx context.Context, e agent.Episode, class agent.ItemKind) (archive.Item, error) {
	key := actionsKey(e, class)
	old, ok := o.store.byKey[key]
	if !ok {
		old, ok = o.byKey[key]
	}
	if !ok {
		if o.known(e.ID) {
			return archive.Item{}, fmt.Errorf("its ID is that of a lesson: %w", ErrConflict)
		}
		return verbatimItem(e, class)
	}
	var it archive.Item
	if c := o.changed[old]; c != nil {
		it = *c
	} else {
		var err error
		if it, err = o.store.lookup(ctx, old); err != nil {
			return archive.Item{}, err
		}
	}
	v, err := decodeVerbatim(it.Body)
	if err != nil {
		return archive.Item{}, err
	}
	v.Seen++
	v.Tags = withTags(v.Tags, e.Task.Tags)
	it.Body, err = json.Marshal(v)
	return it, err
}
