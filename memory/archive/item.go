package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"github.com/surefoot-ai/surefoot/agent"
)

// Item is something learned, in the form in which it is kept and searched.
type Item struct {
	Seq               int64 // by which a search names it; given by the archive
	ID                string
	Class             agent.ItemKind
	Suite, Kind, Task string
	Key               string    // equal for items that are the same but for their ID; the owner's
	Text              string    // what is searched: by BM25 as it is, by the vector that was made of it
	Doc               string    // as a reader sees it
	Body              []byte    // JSON of the owner
	Vector            []float32 // nil if the embedder that was asked for has none of it
}

// hash is the SHA-256 of what is kept of it but its Seq, each part with its
// length before it, and of the generation of its last change.
func (it *Item) hash(gen int64) []byte {
	h := sha256.New()
	for _, part := range []string{it.ID, string(it.Class), it.Suite, it.Kind, it.Task, it.Key, it.Text, it.Doc, string(it.Body)} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	fmt.Fprint(h, gen)
	return h.Sum(nil)
}

// PutItem adds it or, by its ID, replaces it, and sets it.Seq; the vectors of a
// replaced item whose text changed are dropped. Vector is not written: see
// PutVector.
func (t *Tx) PutItem(ctx context.Context, it *Item) error {
	if it.Body == nil {
		it.Body = []byte{} // nil would be NULL
	}
	seq := int64(0)
	var old string
	err := t.queryRow(ctx, `SELECT seq, text FROM items WHERE id = ?`, it.ID).Scan(&seq, &old)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = t.queryRow(ctx, `INSERT INTO items (id, class, suite, kind, task, key, text, doc, body, hash, gen)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
			it.ID, it.Class, it.Suite, it.Kind, it.Task, it.Key, it.Text, it.Doc, it.Body, it.hash(t.gen), t.gen).Scan(&seq)
		if err == nil {
			_, err = t.exec(ctx, `INSERT INTO search (rowid, text) VALUES (?, ?)`, seq, it.Text)
		}
	case err == nil:
		_, err = t.exec(ctx, `UPDATE items SET class = ?, suite = ?, kind = ?, task = ?, key = ?, text = ?, doc = ?, body = ?, hash = ?, gen = ?
			WHERE seq = ?`, it.Class, it.Suite, it.Kind, it.Task, it.Key, it.Text, it.Doc, it.Body, it.hash(t.gen), t.gen, seq)
		if err == nil && old != it.Text {
			_, err = t.exec(ctx, `DELETE FROM vectors WHERE item = ?`, seq)
		}
		if err == nil && old != it.Text {
			_, err = t.exec(ctx, `UPDATE search SET text = ? WHERE rowid = ?`, it.Text, seq)
		}
	}
	if err != nil {
		return fmt.Errorf("item %s: %w", it.ID, err)
	}
	it.Seq = seq
	return nil
}

// Items returns the items changed after generation since, oldest first, with
// the vectors that embedder made of them. Since 0 returns all.
func (a *Archive) Items(ctx context.Context, since int64, embedder string) ([]Item, error) {
	rows, err := a.db.QueryContext(ctx, `SELECT i.seq, i.id, i.class, i.suite, i.kind, i.task, i.key, i.text, i.doc, i.body, i.gen, i.hash, v.width, v.data, v.hash
		FROM items i LEFT JOIN vectors v ON v.item = i.seq AND v.embedder = ?
		WHERE i.gen > ? ORDER BY i.seq`, embedder, since)
	if err != nil {
		return nil, a.classify(err)
	}
	defer rows.Close()
	var out []Item
	for rows.Next() {
		it, err := a.scanItem(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	return out, a.classify(rows.Err())
}

// Item returns one item, without vector, or ErrNotFound.
func (a *Archive) Item(ctx context.Context, id string) (Item, error) {
	it, err := a.scanItem(a.queryRow(ctx, `SELECT seq, id, class, suite, kind, task, key, text, doc, body, gen, hash, NULL, NULL, NULL
		FROM items WHERE id = ?`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Item{}, fmt.Errorf("item %s: %w", id, ErrNotFound)
	}
	return it, err
}

func (a *Archive) scanItem(scan func(...any) error) (Item, error) {
	var it Item
	var width sql.NullInt64
	var gen int64
	var hash, data, dataHash []byte
	if err := scan(&it.Seq, &it.ID, &it.Class, &it.Suite, &it.Kind, &it.Task, &it.Key, &it.Text, &it.Doc, &it.Body, &gen, &hash, &width, &data, &dataHash); err != nil {
		return Item{}, a.classify(err)
	}
	if !bytes.Equal(hash, it.hash(gen)) {
		return Item{}, fmt.Errorf("%s: item %s: its hash differs: %w", a.path, it.ID, ErrCorrupt)
	}
	if width.Valid {
		if !bytes.Equal(dataHash, vectorHash(data)) {
			return Item{}, fmt.Errorf("%s: vector of item %s: its hash differs: %w", a.path, it.ID, ErrCorrupt)
		}
		v, err := DecodeVector(data, int(width.Int64))
		if err != nil {
			return Item{}, fmt.Errorf("item %s: %w", it.ID, err)
		}
		it.Vector = v
	}
	return it, nil
}
