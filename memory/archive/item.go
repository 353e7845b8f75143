package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/surefoot-ai/surefoot/agent"
)

// Item is something learned, in the form in which it is kept and searched.
type Item struct {
	Seq               int64 // by which a search names it; given by the archive
	ID                string
	Class             agent.ItemKind
	Scope             string
	Suite, Kind, Task string
	Key               string    // equal for items that are the same but for their ID; the owner's
	Text              string    // what is searched: by its words, and by the vector that was made of it
	Doc               string    // as a reader sees it; "" if Body says that
	Body              []byte    // JSON of the owner
	Vector            []float32 // nil if the embedder that was asked for has none of it
}

// hash is the SHA-256 of what is kept of it but its Seq, each part with its
// length before it, and of the generation of its last change.
func (it *Item) hash(gen int64) []byte {
	h := sha256.Sum256(it.appendHashed(nil, gen))
	return h[:]
}

// appendHashed appends to b what is hashed.
func (it *Item) appendHashed(b []byte, gen int64) []byte {
	for _, p := range [...]string{it.ID, string(it.Class), it.Suite, it.Kind, it.Task, it.Key, it.Text, it.Doc} {
		b = append(append(strconv.AppendInt(b, int64(len(p)), 10), ':'), p...)
	}
	b = append(append(strconv.AppendInt(b, int64(len(it.Body)), 10), ':'), it.Body...)
	b = strconv.AppendInt(b, gen, 10)
	if it.Scope != "" { // as before there were scopes
		b = append(append(b, ' '), it.Scope...)
	}
	return b
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
		err = t.queryRow(ctx, `INSERT INTO items (id, class, scope, suite, kind, task, key, text, doc, body, hash, gen)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
			it.ID, it.Class, it.Scope, it.Suite, it.Kind, it.Task, it.Key, it.Text, it.Doc, it.Body, it.hash(t.gen), t.gen).Scan(&seq)
	case err == nil:
		before, seq = &old, old.Seq
		_, err = t.exec(ctx, `UPDATE items SET class = ?, scope = ?, suite = ?, kind = ?, task = ?, key = ?, text = ?, doc = ?, body = ?, hash = ?, gen = ?
			WHERE seq = ?`, it.Class, it.Scope, it.Suite, it.Kind, it.Task, it.Key, it.Text, it.Doc, it.Body, it.hash(t.gen), t.gen, seq)
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
	it, err := a.scanItem(from.QueryRowContext(ctx, `SELECT seq, id, class, scope, suite, kind, task, key, text, doc, body, gen, hash, NULL, NULL, NULL
		FROM items WHERE id = ?`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Item{}, fmt.Errorf("item %s: %w", id, ErrNotFound)
	}
	if err == nil && it.ID != id { // a damaged index led to another row
		return Item{}, fmt.Errorf("item %s: the index leads to item %s: %w", id, it.ID, ErrCorrupt)
	}
	return it, err
}

func (a *Archive) scanItem(scan func(...any) error) (Item, error) {
	var r itemRow
	if err := r.scan(scan, &r.Body, &r.hash, &r.data, &r.dataHash); err != nil {
		return Item{}, a.classify(err)
	}
	return a.itemOf(&r, &space{})
}

// itemRow is an item as it lies in the file, with a vector.
type itemRow struct {
	Item
	gen            int64
	width          sql.NullInt64 // not valid: there is no vector
	hash           []byte
	data, dataHash []byte
}

// scan reads a row, the bytes in it to where the caller says.
func (r *itemRow) scan(scan func(...any) error, body, hash, data, dataHash any) error {
	return scan(&r.Seq, &r.ID, &r.Class, &r.Scope, &r.Suite, &r.Kind, &r.Task, &r.Key, &r.Text, &r.Doc, body, &r.gen, hash, &r.width, data, dataHash)
}

// space is memory that is used again.
type space struct {
	bytes   []byte    // of the rows
	hashed  []byte    // of one item
	vectors []float32 // of the items
}

// keep copies b into the space.
func (s *space) keep(b []byte) []byte {
	from := len(s.bytes)
	s.bytes = append(s.bytes, b...)
	return s.bytes[from:len(s.bytes):len(s.bytes)]
}

// vector is room for a vector in the space.
func (s *space) vector(width int) []float32 {
	from := len(s.vectors)
	s.vectors = slices.Grow(s.vectors, width)[:from+width]
	return s.vectors[from : from+width : from+width]
}

func (s *space) clear() { s.bytes, s.vectors = s.bytes[:0], s.vectors[:0] }

// itemOf is the item of a row, if its hashes are right. Its vector is in the space.
func (a *Archive) itemOf(r *itemRow, s *space) (Item, error) {
	it := r.Item
	s.hashed = it.appendHashed(s.hashed[:0], r.gen)
	if h := sha256.Sum256(s.hashed); !bytes.Equal(r.hash, h[:]) {
		return Item{}, fmt.Errorf("%s: item %s: its hash differs: %w", a.path, it.ID, ErrCorrupt)
	}
	if r.width.Valid {
		if h := sha256.Sum256(r.data); !bytes.Equal(r.dataHash, h[:]) {
			return Item{}, fmt.Errorf("%s: vector of item %s: its hash differs: %w", a.path, it.ID, ErrCorrupt)
		}
		v, err := decodeVector(r.data, int(r.width.Int64), s.vector)
		if err != nil {
			return Item{}, fmt.Errorf("item %s: %w", it.ID, err)
		}
		it.Vector = v
	}
	return it, nil
}
