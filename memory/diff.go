package memory

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// Difference is how an item differs between two generations.
type Difference struct {
	ID     string         `json:"id"`
	Kind   agent.ItemKind `json:"kind"`
	Change ChangeOf       `json:"change"` // ItemAdded, ItemRemoved or ItemChanged
	Fields []FieldChange  `json:"fields"` // that differ, in the order of a lesson's or demonstration's
}

// FieldChange is a field of an item that differs, in words.
type FieldChange struct {
	Name string `json:"name"`
	From string `json:"from"` // "": it had none, or the item was not there
	To   string `json:"to"`
}

// Diff returns how the items of generation to differ from those of generation
// from, in the order in which they were first recorded. It returns ErrNotFound
// for a generation that History does not reach.
func (s *Store) Diff(ctx context.Context, from, to int64) ([]Difference, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	changes, err := s.archive.Changed(ctx, from, to)
	if err != nil {
		return nil, err
	}
	out := make([]Difference, len(changes))
	for i, c := range changes {
		if out[i], err = differenceOf(c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func differenceOf(c archive.Change) (Difference, error) {
	d := Difference{ID: c.ID, Change: ItemChanged}
	var both [2][]string
	for i, it := range []*archive.Item{c.Before, c.After} {
		if it == nil {
			continue
		}
		e, err := newEntry(*it)
		if err != nil {
			return d, err
		}
		d.Kind, both[i] = it.Class, e.fields()
	}
	before, after := both[0], both[1]
	switch {
	case before == nil:
		d.Change, before = ItemAdded, make([]string, len(after))
	case after == nil:
		d.Change, after = ItemRemoved, make([]string, len(before))
	}
	for i, name := range fieldNames(d.Kind) {
		if before[i] != after[i] {
			d.Fields = append(d.Fields, FieldChange{name, before[i], after[i]})
		}
	}
	return d, nil
}

// fieldNames are the names of what fields returns.
func fieldNames(kind agent.ItemKind) []string {
	switch kind {
	case agent.KindSkill:
		return []string{"scope", "about", "title", "skill", "state", "why", "pinned", "version", "for", "against", "parents", "effect"}
	case agent.KindLesson:
		return []string{"scope", "about", "when", "mistake", "instead", "cause", "state", "confidence", "for", "against", "expires", "effect"}
	}
	return []string{"scope", "about", "goal", "steps", "seen", "effect"}
}

// fields are the fields of an item in words.
func (e *entry) fields() []string {
	about := "kind " + e.Kind
	if e.Task != "" {
		about = "task " + e.Task
	}
	if e.Class == agent.KindSkill {
		k := e.skill
		return []string{
			e.Scope, about, k.Title, k.Text(), string(k.State), k.Reason, k.Pinned, strconv.Itoa(k.Version),
			strings.Join(k.For, " "), strings.Join(k.Against, " "), strings.Join(k.Parents, " "), effectText(e.effect),
		}
	}
	if e.Class != agent.KindLesson {
		return []string{e.Scope, about, e.Text, strconv.Itoa(e.steps), strconv.Itoa(e.seen), effectText(e.effect)}
	}
	l, expires := e.lesson, ""
	if !l.Expires.IsZero() {
		expires = l.Expires.UTC().Format(time.RFC3339)
	}
	return []string{
		e.Scope, about, l.Trigger, l.Mistake, l.Remedy, string(l.Cause), string(l.State), strconv.FormatFloat(l.Confidence, 'f', 2, 64),
		strings.Join(l.For, " "), strings.Join(l.Against, " "), expires, effectText(e.effect),
	}
}

func effectText(e agent.Effect) string {
	if e.Order == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d shown, %d of %d withheld", e.Shown.Successes, e.Shown.N, e.Withheld.Successes, e.Withheld.N)
}
