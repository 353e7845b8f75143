package archive

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Commit is one write and what it changed.
type Commit struct {
	Generation int64     // that it made
	Time       time.Time // zero if its owner did not say
	Note       string    // the owner's
	Changes    []Change  // in the order in which they were made
}

// Change is how an item changed.
type Change struct {
	ID            string
	Before, After *Item // without Vector; nil: it was, or is, not there
}

// Describe says when a write was made and what it is, for the history.
func (t *Tx) Describe(at time.Time, note string) { t.time, t.note = at, note }

// remember keeps what an item was before the first change of this write, nil if
// it was not there, and what it is to be.
func (t *Tx) remember(id string, before, after *Item) {
	if i, ok := t.changed[id]; ok {
		t.changes[i].After = after
		return
	}
	t.changed[id] = len(t.changes)
	t.changes = append(t.changes, Change{id, before, after})
}

// keepHistory writes this commit's row of the history: of each item what it was
// before, as it differs from what it is now, so that the past is reached by going
// back from the present.
func (t *Tx) keepHistory(ctx context.Context) error {
	at := int64(0)
	if !t.time.IsZero() {
		at = t.time.UnixNano()
	}
	changes := encodeChanges(t.changes)
	_, err := t.exec(ctx, `INSERT INTO history (gen, time, note, changes, hash) VALUES (?, ?, ?, ?, ?)`,
		t.gen, at, t.note, changes, historyHash(t.gen, at, t.note, changes))
	return err
}

func historyHash(gen, at int64, note string, changes []byte) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %d:%s%d:", gen, at, len(note), note, len(changes))
	h.Write(changes)
	return h.Sum(nil)
}

// Points are the first and the last generation that can be gone back to.
func (a *Archive) Points(ctx context.Context) (first, last int64, err error) {
	first, last, err = points(ctx, a.db)
	return first, last, a.classify(err)
}

func points(ctx context.Context, from rowQuerier) (first, last int64, err error) {
	err = from.QueryRowContext(ctx, `SELECT (SELECT value FROM meta WHERE key = 'history'), (SELECT value FROM meta WHERE key = 'generation')`).Scan(&first, &last)
	return first, last, err
}

// PointAt is the generation of the last commit at or before a time, or
// ErrNotFound if the history does not reach back so far.
func (a *Archive) PointAt(ctx context.Context, at time.Time) (int64, error) {
	var gen int64
	err := a.db.QueryRowContext(ctx, `SELECT gen FROM history WHERE time > 0 AND time <= ? ORDER BY gen DESC LIMIT 1`, at.UnixNano()).Scan(&gen)
	if !errors.Is(err, sql.ErrNoRows) {
		return gen, a.classify(err)
	}
	first, _, err := a.Points(ctx)
	if err == nil && first > 0 {
		err = fmt.Errorf("%s: state at %s: its history begins at generation %d, later: %w", a.path, at.UTC().Format(time.RFC3339), first, ErrNotFound)
	}
	return first, err
}

// Commit returns one commit without its changes, or ErrNotFound.
func (a *Archive) Commit(ctx context.Context, gen int64) (Commit, error) {
	r, err := a.scanHistory(a.db.QueryRowContext(ctx, `SELECT gen, time, note, changes, hash FROM history WHERE gen = ?`, gen).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Commit{}, fmt.Errorf("%s: commit of generation %d: %w", a.path, gen, ErrNotFound)
	}
	return r.commit(), err
}

// Log calls visit with each commit, the newest first, until it returns false or
// the history ends.
func (a *Archive) Log(ctx context.Context, visit func(Commit) bool) error {
	return a.snapshot(ctx, func(conn *sql.Conn) error {
		first, _, err := points(ctx, conn)
		if err != nil {
			return a.classify(err)
		}
		return a.back(ctx, conn, first, visit)
	})
}

// Changed returns how the items differ between two generations, those that are
// equal left out, in the order of their Seq, equal ones by ID. A generation that
// the history does not reach is ErrNotFound.
func (a *Archive) Changed(ctx context.Context, from, to int64) ([]Change, error) {
	between := map[string]*Change{} // from the earlier to the later
	early, late := min(from, to), max(from, to)
	err := a.snapshot(ctx, func(conn *sql.Conn) error {
		first, last, err := points(ctx, conn)
		if err != nil {
			return a.classify(err)
		}
		for _, gen := range []int64{early, late} {
			if gen < first || gen > last {
				return fmt.Errorf("%s: generation %d: the history reaches from %d to %d: %w", a.path, gen, first, last, ErrNotFound)
			}
		}
		return a.back(ctx, conn, early, func(c Commit) bool {
			for _, ch := range c.Changes {
				if c.Generation > late {
					continue
				}
				if between[ch.ID] == nil {
					between[ch.ID] = &Change{ch.ID, nil, ch.After}
				}
				between[ch.ID].Before = ch.Before
			}
			return true
		})
	})
	if err != nil {
		return nil, err
	}
	var out []Change
	for _, c := range between {
		if same(c.Before, c.After) {
			continue
		}
		if from > to {
			c.Before, c.After = c.After, c.Before
		}
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Change) int { return cmp.Or(cmp.Compare(a.seq(), b.seq()), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func (c Change) seq() int64 {
	if c.After != nil {
		return c.After.Seq
	}
	return c.Before.Seq
}

func same(a, b *Item) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Seq == b.Seq && a.parts() == b.parts()
}

// historyPage is how many rows of the history are read at a time.
const historyPage = 64

// back goes back from the present to the state of generation to, and calls visit
// with each commit on the way, the newest first, until it returns false.
func (a *Archive) back(ctx context.Context, conn *sql.Conn, to int64, visit func(Commit) bool) error {
	var gen int64
	if err := conn.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'generation'`).Scan(&gen); err != nil {
		return a.classify(err)
	}
	state := map[string]*Item{} // items that changed, as they were after the commit that is looked at
	for gen > to {
		var page []historyRow
		rows, err := conn.QueryContext(ctx, `SELECT gen, time, note, changes, hash FROM history WHERE gen <= ? AND gen > ? ORDER BY gen DESC LIMIT ?`, gen, to, historyPage)
		if err != nil {
			return a.classify(err)
		}
		for rows.Next() {
			r, err := a.scanHistory(rows.Scan)
			if err != nil {
				return errors.Join(err, rows.Close())
			}
			page = append(page, r)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return a.classify(err)
		}
		for _, r := range page {
			if r.gen != gen {
				break
			}
			c, err := a.undo(ctx, conn, r, state)
			if err != nil {
				return err
			}
			if gen--; !visit(c) {
				return nil
			}
		}
		if len(page) == 0 || page[len(page)-1].gen != gen+1 {
			return fmt.Errorf("%s: history: commit of generation %d is missing: %w", a.path, gen, ErrCorrupt)
		}
	}
	return nil
}

// undo is the commit of a row with its changes, which it takes back in state.
func (a *Archive) undo(ctx context.Context, conn *sql.Conn, r historyRow, state map[string]*Item) (Commit, error) {
	c := r.commit()
	deltas, err := decodeChanges(r.changes)
	if err != nil {
		return c, fmt.Errorf("%s: history: commit of generation %d: %w", a.path, r.gen, err)
	}
	for _, d := range deltas {
		after, known := state[d.id]
		if !known {
			it, err := a.itemOn(ctx, conn, d.id)
			if err == nil {
				after = &it
			} else if !errors.Is(err, ErrNotFound) {
				return c, err
			}
		}
		before, err := d.undo(after)
		if err != nil {
			return c, fmt.Errorf("%s: history: commit of generation %d: item %s: %w", a.path, r.gen, d.id, err)
		}
		state[d.id] = before
		c.Changes = append(c.Changes, Change{d.id, before, after})
	}
	return c, nil
}

// historyRow is a commit as it lies in the file.
type historyRow struct {
	gen, at       int64
	note          string
	changes, hash []byte
}

func (a *Archive) scanHistory(scan func(...any) error) (historyRow, error) {
	var r historyRow
	if err := scan(&r.gen, &r.at, &r.note, &r.changes, &r.hash); err != nil {
		return r, a.classify(err)
	}
	if string(r.hash) != string(historyHash(r.gen, r.at, r.note, r.changes)) {
		return r, fmt.Errorf("%s: history: commit of generation %d: its hash differs: %w", a.path, r.gen, ErrCorrupt)
	}
	return r, nil
}

func (r historyRow) commit() Commit {
	c := Commit{Generation: r.gen, Note: r.note}
	if r.at != 0 {
		c.Time = time.Unix(0, r.at).UTC()
	}
	return c
}

// Revert makes the items that changes name what they were before: with what
// Changed returns from a generation to the present, all items are those of that
// generation again. The vectors of items whose text does not change are kept.
// Items are numbered without a gap, so what is removed has the last numbers, and
// what is added again, in the order of Changed, gets those that it had.
func (t *Tx) Revert(ctx context.Context, changes []Change) error {
	for _, c := range changes {
		if c.Before != nil {
			continue
		}
		if err := t.deleteItem(ctx, c.ID); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if c.Before == nil {
			continue
		}
		it := *c.Before
		if err := t.PutItem(ctx, &it); err != nil {
			return err
		}
	}
	_, err := t.tx.ExecContext(ctx, `UPDATE meta SET value = ? WHERE key = 'reverted'`, t.gen)
	return err
}

// Reverted is the generation of the last Revert, 0 if there was none.
func (a *Archive) Reverted(ctx context.Context) (int64, error) {
	var gen int64
	err := a.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'reverted'`).Scan(&gen)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("%s: does not say whether it was rolled back: %w", a.path, ErrCorrupt)
	}
	return gen, a.classify(err)
}

// deleteItem removes an item with its vectors.
func (t *Tx) deleteItem(ctx context.Context, id string) error {
	old, err := t.archive.itemOn(ctx, t.tx, id)
	if err != nil {
		return err
	}
	for _, statement := range []string{`DELETE FROM vectors WHERE item = ?`, `DELETE FROM items WHERE seq = ?`} {
		if _, err := t.tx.ExecContext(ctx, statement, old.Seq); err != nil {
			return fmt.Errorf("item %s: %w", id, err)
		}
	}
	t.remember(id, &old, nil)
	return nil
}

// Forget drops the history but for the last keep commits before this one, and
// returns how many it dropped.
func (t *Tx) Forget(ctx context.Context, keep int64) (dropped int64, err error) {
	first := max(0, t.gen-1-keep)
	res, err := t.tx.ExecContext(ctx, `DELETE FROM history WHERE gen <= ?`, first)
	if err != nil {
		return 0, err
	}
	if dropped, err = res.RowsAffected(); err != nil {
		return 0, err
	}
	_, err = t.tx.ExecContext(ctx, `UPDATE meta SET value = max(value, ?) WHERE key = 'history'`, first)
	return dropped, err
}

// checkHistory goes all the way back.
func (a *Archive) checkHistory(ctx context.Context) error {
	return a.Log(ctx, func(Commit) bool { return true })
}
