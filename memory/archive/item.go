package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/surefoot-ai/surefoot/agent"
)

// Item is something learned, in the form in which it is kept and searched.
type Item struct {
	Seq               int64 // by which a search names it; given by the archive
	ID                string
	Class             agent.ItemKind
	Suite, Kind, Task string
	Key               string    // equal for items that are the same but for their ID; the owner's
	Text              string    // what is searched: by its words, and by the vector that was made of it
	Doc               string    // as a reader sees it
	Body              []byte    // JSON of the owner
	Vector            []float32 // nil if the embedder that was asked for has none of it
}

// hash is the SHA-256 of what is kept of it but its Seq, each part with its
// length before it, and of the generation of its last change.
func (it *Item) hash(gen int64) []byte {
	size := 32
	parts := [...]string{it.ID, string(it.Class), it.Suite, it.Kind, it.Task, it.Key, it.Text, it.Doc}
	for _, p := range parts {
		size += 20 + len(p)
	}
	b := make([]byte, 0, size+len(it.Body))
	for _, p := range parts {
		b = append(append(strconv.AppendInt(b, int64(len(p)), 10), ':'), p...)
	}
	b = append(append(strconv.AppendInt(b, int64(len(it.Body)), 10), ':'), it.Body...)
	h := sha256.Sum256(strconv.AppendInt(b, gen, 10))
	return h[:]
}

// PutItem adds it or, by its ID, replaces it, and sets it.Seq; the vectors of a
// replaced item whose text changed are dropped. Vector is not written: see
// PutVector. The item is not to be changed before the write ends.
func (t *Tx) PutItem(ctx context.Context, it *Item) error {
	if it.Body == nil {
		it.Body = []byte{} // nil would be NULL
	}
	var before *Item
	seq := int64(0)
	old, err := t.archive.itemOn(ctx, t.tx, it.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		err = t.queryRow(ctx, `INSERT INTO items (id, class, suite, kind, task, key, text, doc, body, hash, gen)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
			it.ID, it.Class, it.Suite, it.Kind, it.Task, it.Key, it.Text, it.Doc, it.Body, it.hash(t.gen), t.gen).Scan(&seq)
	case err == nil:
		before, seq = &old, old.Seq
		_, err = t.exec(ctx, `UPDATE items SET class = ?, suite = ?, kind = ?, task = ?, key = ?, text = ?, doc = ?, body = ?, hash = ?, gen = ?
			WHERE seq = ?`, it.Class, it.Suite, it.Kind, it.Task, it.Key, it.Text, it.Doc, it.Body, it.hash(t.gen), t.gen, seq)
		if err == nil && old.Text != it.Text {
			_, err = t.exec(ctx, `DELETE FROM vectors WHERE item = ?`, seq)
		}
	}
	if err != nil {
		return fmt.Errorf("item %s: %w", it.ID, err)
	}
	it.Seq = seq
	t.remember(it.ID, before, it)
	return nil
}

// Item returns one item, without vector, or ErrNotFound.
func (a *Archive) Item(ctx context.Context, id string) (Item, error) {
	return a.itemOn(ctx, a.db, id)
}

func (a *Archive) itemOn(ctx context.Context, from rowQuerier, id string) (Item, error) {
	it, err := a.scanItem(from.QueryRowContext(ctx, `SELECT seq, id, class, suite, kind, task, key, text, doc, body, gen, hash, NULL, NULL, NULL
		FROM items WHERE id = ?`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Item{}, fmt.Errorf("item %s: %w", id, ErrNotFound)
	}
	return it, err
}

func (a *Archive) scanItem(scan func(...any) error) (Item, error) {
	var r itemRow
	if err := r.scan(scan); err != nil {
		return Item{}, a.classify(err)
	}
	return a.itemOf(&r)
}

// itemRow is an item as it lies in the file, with a vector.
type itemRow struct {
	Item
	gen            int64
	width          sql.NullInt64 // not valid: there is no vector
	hash           []byte
	data, dataHash []byte
}

func (r *itemRow) scan(scan func(...any) error) error {
	return scan(&r.Seq, &r.ID, &r.Class, &r.Suite, &r.Kind, &r.Task, &r.Key, &r.Text, &r.Doc, &r.Body, &r.gen, &r.hash, &r.width, &r.data, &r.dataHash)
}

// itemOf is the item of a row, if its hashes are right.
func (a *Archive) itemOf(r *itemRow) (Item, error) {
	it := r.Item
	if !bytes.Equal(r.hash, it.hash(r.gen)) {
		return Item{}, fmt.Errorf("%s: item %s: its hash differs: %w", a.path, it.ID, ErrCorrupt)
	}
	if r.width.Valid {
		if !bytes.Equal(r.dataHash, vectorHash(r.data)) {
			return Item{}, fmt.Errorf("%s: vector of item %s: its hash differs: %w", a.path, it.ID, ErrCorrupt)
		}
		v, err := DecodeVector(r.data, int(r.width.Int64))
		if err != nil {
			return Item{}, fmt.Errorf("item %s: %w", it.ID, err)
		}
		it.Vector = v
	}
	return it, nil
}
