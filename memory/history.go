package memory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// Commit is one write to a memory, and what it changed.
type Commit struct {
	Generation   int64             `json:"generation"`    // that it made
	Time         time.Time         `json:"time,omitzero"` // zero: not known
	Recorded     []RecordedEpisode `json:"recorded,omitempty"`
	RolledBackTo *int64            `json:"rolled_back_to,omitempty"` // generation
	Done         string            `json:"done,omitempty"`           // else
	Changes      []ItemChange      `json:"changes"`
}

// RecordedEpisode is an episode of a commit.
type RecordedEpisode struct {
	ID      string `json:"id"`
	Success bool   `json:"success"`
}

// ItemChange is what became of an item in one commit.
type ItemChange struct {
	ID     string         `json:"id"`
	Kind   agent.ItemKind `json:"kind"`
	Change ChangeOf       `json:"change"`
	State  string         `json:"state,omitempty"` // of a lesson or a skill, if it is another than before
}

// ChangeOf says in what way an item changed.
type ChangeOf string

// The ways.
const (
	ItemAdded        ChangeOf = "new"
	ItemRemoved      ChangeOf = "removed"      // by a rollback
	ItemSupported    ChangeOf = "supported"    // a lesson or a skill, by episodes
	ItemContradicted ChangeOf = "contradicted" // a lesson, by an episode
	ItemSeen         ChangeOf = "seen again"   // a demonstration: the same actions in the same task
	ItemCounted      ChangeOf = "counted"      // for its effect
	ItemChanged      ChangeOf = "changed"
)

// note is what a commit says of itself in the archive.
type note struct {
	Recorded     []RecordedEpisode `json:"recorded,omitempty"`
	RolledBackTo *int64            `json:"rolled_back_to,omitempty"`
	Done         string            `json:"done,omitempty"`
}

func (n note) text() string {
	b, err := json.Marshal(n)
	if err != nil {
		panic("memory: internal error: " + err.Error()) // it holds strings and numbers
	}
	return string(b)
}

// recordedNote is the note of a group of recordings.
func recordedNote(group []*recording) note {
	var n note
	for _, r := range group {
		n.Recorded = append(n.Recorded, RecordedEpisode{r.episode.ID, r.episode.Outcome.Success})
	}
	return n
}

// History returns the first and the last generation of the memory that Diff and
// Rollback know. The last is the present.
func (s *Store) History(ctx context.Context) (first, last int64, err error) {
	if err := s.open(); err != nil {
		return 0, 0, err
	}
	return s.archive.Points(ctx)
}

// PointAt returns the generation of the last commit at or before a time. It
// returns ErrNotFound if the history does not reach back so far.
func (s *Store) PointAt(ctx context.Context, at time.Time) (int64, error) {
	if err := s.open(); err != nil {
		return 0, err
	}
	return s.archive.PointAt(ctx, at)
}

// CommitTime returns when a generation was made, the zero time if that is not
// known.
func (s *Store) CommitTime(ctx context.Context, gen int64) (time.Time, error) {
	if err := s.open(); err != nil {
		return time.Time{}, err
	}
	c, err := s.archive.Commit(ctx, gen)
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	return c.Time, err
}

// Log returns the latest commits, the newest first, at most so many; 0: all.
func (s *Store) Log(ctx context.Context, maxCommits int) ([]Commit, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	var out []Commit
	var wrong error
	err := s.archive.Log(ctx, func(from archive.Commit) bool {
		var c Commit
		if c, wrong = commitOf(from); wrong != nil {
			return false
		}
		out = append(out, c)
		return len(out) != maxCommits
	})
	return out, errors.Join(err, wrong)
}

func commitOf(from archive.Commit) (Commit, error) {
	c := Commit{Generation: from.Generation, Time: from.Time, Changes: []ItemChange{}}
	if from.Note != "" {
		var n note
		if err := json.Unmarshal([]byte(from.Note), &n); err != nil {
			return c, fmt.Errorf("commit of generation %d: its note: %w: %w", from.Generation, ErrCorrupt, err)
		}
		c.Recorded, c.RolledBackTo, c.Done = n.Recorded, n.RolledBackTo, n.Done
	}
	for _, ch := range from.Changes {
		ic, err := itemChange(ch)
		if err != nil {
			return c, fmt.Errorf("commit of generation %d: %w", from.Generation, err)
		}
		c.Changes = append(c.Changes, ic)
	}
	return c, nil
}

// itemChange says what a change of an item was.
func itemChange(c archive.Change) (ItemChange, error) {
	out := ItemChange{ID: c.ID, Change: ItemChanged}
	var both [2]*entry // before and after
	for i, it := range []*archive.Item{c.Before, c.After} {
		if it == nil {
			continue
		}
		var err error
		if both[i], err = newEntry(*it); err != nil {
			return out, err
		}
		out.Kind = it.Class
	}
	before, after := both[0], both[1]
	switch {
	case after == nil:
		out.Change = ItemRemoved
		return out, nil
	case before == nil:
		out.Change = ItemAdded
	case len(after.lesson.Against)+len(after.skill.Against) > len(before.lesson.Against)+len(before.skill.Against):
		out.Change = ItemContradicted
	case len(after.lesson.For)+len(after.skill.For) > len(before.lesson.For)+len(before.skill.For):
		out.Change = ItemSupported
	case after.seen > before.seen:
		out.Change = ItemSeen
	case !reflect.DeepEqual(after.effect, before.effect):
		out.Change = ItemCounted
	}
	if before == nil || before.state() != after.state() {
		out.State = after.state()
	}
	return out, nil
}

// state is that of a lesson or a skill.
func (e *entry) state() string {
	if e.Class == agent.KindSkill {
		return string(e.skill.State)
	}
	return string(e.lesson.State)
}

// RolledBack is what Rollback did.
type RolledBack struct {
	Generation int64 `json:"generation"` // the present
	To         int64 `json:"to"`
	Restored   int   `json:"restored"` // items that were not there any more
	Changed    int   `json:"changed"`
	Removed    int   `json:"removed"` // items that were not there then
}

// Rollback makes the items of the memory, its skills, lessons and demonstrations, those of
// a generation that History reaches, else ErrNotFound. It is a commit of its own
// with a generation of its own, whole or not at all: nothing is lost, and a
// rollback can be rolled back. Other open stores see it like any commit.
//
// Episodes are evidence and stay: those recorded since are in no context any
// more, but can be read and trained on, count as trials of their task, and keep
// their IDs. What was counted of memory as a whole, see Overall, stays as well.
func (s *Store) Rollback(ctx context.Context, to int64) (RolledBack, error) {
	if s.o.ReadOnly {
		return RolledBack{}, fmt.Errorf("roll back to generation %d: %s: opened to be read only: %w", to, s.dir, ErrReadOnly)
	}
	select {
	case s.queue.lead <- struct{}{}:
		defer func() { <-s.queue.lead }()
	case <-ctx.Done():
		return RolledBack{}, ctx.Err()
	}
	for {
		r, err := s.rollBack(ctx, to)
		if !errors.Is(err, errStale) {
			return r, err
		}
	}
}

func (s *Store) rollBack(ctx context.Context, to int64) (RolledBack, error) {
	r := RolledBack{To: to}
	if err := s.current(ctx); err != nil {
		return r, err
	}
	r.Generation = s.gen
	s.mu.RUnlock()
	changes, err := s.archive.Changed(ctx, to, r.Generation)
	if err != nil || len(changes) == 0 {
		return r, err
	}
	var embed []archive.Item // what has another text again
	for _, c := range changes {
		switch {
		case c.Before == nil:
			r.Removed++
			continue
		case c.After == nil:
			r.Restored++
		default:
			r.Changed++
		}
		if c.After == nil || c.After.Text != c.Before.Text {
			embed = append(embed, *c.Before)
		}
	}
	if err := s.vectorize(ctx, embed); err != nil {
		return r, err
	}
	err = s.archive.Write(ctx, func(tx *archive.Tx) error {
		if tx.Generation() != r.Generation+1 {
			return errStale
		}
		tx.Describe(s.o.Clock(), note{RolledBackTo: &to}.text())
		if err := tx.Revert(ctx, changes); err != nil {
			return err
		}
		return s.putVectors(ctx, tx, embed)
	})
	if err != nil {
		return r, err
	}
	r.Generation++
	return r, nil // whoever comes next takes it in
}

// reload takes in the archive as a store does that is opened anew: after a
// rollback, what is in memory may be there no more. The caller holds the lock.
func (s *Store) reload(ctx context.Context) error {
	fresh := emptyStore(s.o, s.dir, s.archive)
	if err := fresh.refresh(ctx); err != nil {
		return err
	}
	s.index, s.words, s.gen, s.items = fresh.index, fresh.words, fresh.gen, fresh.items
	s.byTask, s.byKind, s.byKey, s.kinds, s.orders = fresh.byTask, fresh.byKind, fresh.byKey, fresh.kinds, fresh.orders
	s.skills, s.overall = fresh.skills, fresh.overall
	return nil
}

// lookup is an item that memory knows, as it is in the archive. If it is not
// there any more because another process rolled back, that is errStale, else
// ErrCorrupt. The caller holds the read lock.
func (s *Store) lookup(ctx context.Context, id string) (archive.Item, error) {
	it, err := s.archive.Item(ctx, id)
	if !errors.Is(err, ErrNotFound) {
		return it, err
	}
	if gen, err := s.archive.Generation(ctx); err != nil || gen != s.gen {
		return it, errors.Join(err, errStale)
	}
	return it, expected(err)
}
