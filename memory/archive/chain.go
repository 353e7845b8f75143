package archive

import (
	"context"
	"crypto/sha256"
	"database/sql"
)

// link is the chain after one more episode. The chain of all episodes, in the
// order of recording, is kept in the file: an episode that is missing, or in
// another place, shows, even where SQLite's own structure does not suffer.
func link(chain, hash []byte) []byte {
	h := sha256.Sum256(append(append([]byte{}, chain...), hash...))
	return h[:]
}

// tally is how many episodes were ever recorded, and their chain.
type tally struct {
	episodes int64
	chain    []byte
}

const selectTally = `SELECT (SELECT value FROM meta WHERE key = 'episodes'), (SELECT value FROM meta WHERE key = 'chain')`

// extend takes the hashes of episodes that were added into the tally.
func (t *Tx) extend(ctx context.Context) error {
	if err := t.queryRow(ctx, selectTally).Scan(&t.tally.episodes, &t.tally.chain); err != nil || len(t.added) == 0 {
		return err
	}
	for _, h := range t.added {
		t.tally = tally{t.tally.episodes + 1, link(t.tally.chain, h)}
	}
	return putTally(ctx, t.exec, t.tally)
}

func putTally(ctx context.Context, exec func(ctx context.Context, query string, args ...any) (sql.Result, error), n tally) error {
	for key, value := range map[string]any{"episodes": n.episodes, "chain": n.chain} {
		if _, err := exec(ctx, `UPDATE meta SET value = ? WHERE key = ?`, value, key); err != nil {
			return err
		}
	}
	return nil
}

// hashAll fills what schema 2 has more than schema 1.
func (a *Archive) hashAll(ctx context.Context, tx *sql.Tx) error {
	var n tally
	err := eachRow(ctx, tx, `SELECT hash FROM episodes ORDER BY seq`, func(scan func(...any) error) error {
		var hash []byte
		err := scan(&hash)
		n = tally{n.episodes + 1, link(n.chain, hash)}
		return err
	})
	if err != nil {
		return err
	}
	type change struct {
		statement string
		args      []any
	}
	var changes []change
	err = eachRow(ctx, tx, `SELECT seq, id, class, suite, kind, task, key, text, doc, body, gen FROM items`, func(scan func(...any) error) error {
		var it Item
		var gen int64
		err := scan(&it.Seq, &it.ID, &it.Class, &it.Suite, &it.Kind, &it.Task, &it.Key, &it.Text, &it.Doc, &it.Body, &gen)
		changes = append(changes, change{`UPDATE items SET hash = ? WHERE seq = ?`, []any{it.hash(gen), it.Seq}})
		return err
	})
	if err != nil {
		return err
	}
	err = eachRow(ctx, tx, `SELECT item, embedder, data FROM vectors`, func(scan func(...any) error) error {
		var item int64
		var embedder string
		var data []byte
		err := scan(&item, &embedder, &data)
		changes = append(changes, change{`UPDATE vectors SET hash = ? WHERE item = ? AND embedder = ?`, []any{vectorHash(data), item, embedder}})
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range changes {
		if _, err := tx.ExecContext(ctx, c.statement, c.args...); err != nil {
			return err
		}
	}
	if n.chain == nil {
		n.chain = []byte{}
	}
	return putTally(ctx, tx.ExecContext, n)
}

// querier is a *sql.DB, *sql.Conn or *sql.Tx.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// rowQuerier is a *sql.DB, *sql.Conn or *sql.Tx.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// eachRow calls f with the Scan of each row.
func eachRow(ctx context.Context, from querier, query string, f func(scan func(...any) error) error) error {
	rows, err := from.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
