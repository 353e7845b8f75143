package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// Lost is a row that cannot be read, or not be trusted.
type Lost struct {
	Seq    int64
	ID     string // "" if that cannot be read either
	Reason string
}

// Found receives what Salvage reads, in the order of recording.
type Found struct {
	Episode func(e agent.Episode, body []byte) error
	Item    func(Item) error // without Vector
}

// Salvaged is what Salvage could not read.
type Salvaged struct{ Episodes, Items []Lost }

// Claims is what a damaged archive says of itself, as far as it can be read.
type Claims struct {
	Form     string // as set by its owner
	Episodes int64  // that were recorded, by its own count or its head's
}

// Peek reads the claims of the archive at path. It returns ErrNewerSchema if
// that is what it is. It may change the file, so give it a copy.
func Peek(ctx context.Context, path string) (Claims, error) {
	var c Claims
	a := newArchive(path)
	_, episodes, err := a.head.read()
	if err != nil {
		return c, err
	}
	if a.db, err = connect(path, ""); err != nil {
		return c, err
	}
	defer a.db.Close()
	if _, err := schemaOf(ctx, a.db); errors.Is(err, ErrNewerSchema) {
		return c, a.named(err)
	}
	// What stays empty here is lost.
	_ = a.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'setting/form'`).Scan(&c.Form)
	_ = a.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'episodes'`).Scan(&c.Episodes)
	c.Episodes = max(c.Episodes, episodes)
	return c, ctx.Err()
}

// Salvage reads what it can of the damaged archive at path: every episode and
// every item whose hash is right. It may change the file, so give it a copy.
func Salvage(ctx context.Context, path string, found Found) (Salvaged, error) {
	var s Salvaged
	a := newArchive(path)
	var err error
	if a.db, err = connect(path, ""); err != nil {
		return s, err
	}
	defer a.db.Close()
	s.Episodes, err = a.salvageRows(ctx, "episodes", func(seq int64) error {
		e, body, err := a.salvageEpisode(ctx, seq)
		if err != nil {
			return err
		}
		return stop(found.Episode(e, body))
	})
	if err != nil {
		return s, err
	}
	added := []string{"scope", "hash"}
	if version, err := schemaOf(ctx, a.db); err == nil && version < scopedSchema {
		added[0] = "''" // there was none
		if version < hashedSchema {
			added[1] = "NULL" // nor one of these
		}
	}
	s.Items, err = a.salvageRows(ctx, "items", func(seq int64) error {
		it, err := a.salvageItem(ctx, seq, added)
		if err != nil {
			return err
		}
		return stop(found.Item(it))
	})
	return s, err
}

// stopError ends a salvage: it is the owner's error, not the file's.
type stopError struct{ error }

func stop(err error) error {
	if err == nil {
		return nil
	}
	return stopError{err}
}

// salvageRows calls read for the row of every seq that a table or its indices
// tell of, and returns those for which it fails.
func (a *Archive) salvageRows(ctx context.Context, table string, read func(seq int64) error) ([]Lost, error) {
	ids := map[int64]string{}
	for _, query := range []string{
		`SELECT seq, id FROM ` + table + ` INDEXED BY sqlite_autoindex_` + table + `_1 ORDER BY id`,
		`SELECT seq, id FROM ` + table + ` INDEXED BY sqlite_autoindex_` + table + `_1 ORDER BY id DESC`,
		`SELECT seq, '' FROM ` + table + ` NOT INDEXED ORDER BY seq`,
		`SELECT seq, '' FROM ` + table + ` NOT INDEXED ORDER BY seq DESC`,
	} {
		// An error ends what this way leads to; the others lead to the rest.
		_ = eachRow(ctx, a.db, query, func(scan func(...any) error) error {
			var seq int64
			var id string
			err := scan(&seq, &id)
			if err == nil && ids[seq] == "" {
				ids[seq] = id
			}
			return err
		})
	}
	fillGaps(ids)
	var lost []Lost
	for _, seq := range slices.Sorted(maps.Keys(ids)) {
		if err := ctx.Err(); err != nil {
			return lost, err
		}
		err := read(seq)
		if s, ok := errors.AsType[stopError](err); ok {
			return lost, s.error
		}
		if errors.Is(err, sql.ErrNoRows) {
			err = errors.New("it is not there")
		}
		if err != nil {
			lost = append(lost, Lost{seq, ids[seq], err.Error()})
		}
	}
	return lost, nil
}

// fillGaps adds the numbers that are missing up to the greatest: rows are
// numbered from 1 without a gap, also after a Revert. A number that is out of all
// proportion is damage itself.
func fillGaps(ids map[int64]string) {
	greatest := int64(0)
	for seq := range ids {
		if seq > greatest && seq <= 2*int64(len(ids))+1000 {
			greatest = seq
		}
	}
	for seq := int64(1); seq <= greatest; seq++ {
		if _, ok := ids[seq]; !ok {
			ids[seq] = ""
		}
	}
}

func (a *Archive) salvageEpisode(ctx context.Context, seq int64) (agent.Episode, []byte, error) {
	var id string
	var hash, body []byte
	if err := a.db.QueryRowContext(ctx, `SELECT id, hash, body FROM episodes NOT INDEXED WHERE seq = ?`, seq).Scan(&id, &hash, &body); err != nil {
		return agent.Episode{}, nil, err
	}
	if err := verify(id, hash, body); err != nil {
		return agent.Episode{}, nil, err
	}
	e, err := DecodeEpisode(body)
	return e, body, err
}

// salvageItem reads one item; added are the scope and the hash, which not all
// schemas have, as columns or constants.
func (a *Archive) salvageItem(ctx context.Context, seq int64, added []string) (Item, error) {
	var it Item
	var gen int64
	var have []byte
	err := a.db.QueryRowContext(ctx, `SELECT seq, id, class, `+added[0]+`, suite, kind, task, key, text, doc, body, gen, `+added[1]+` FROM items NOT INDEXED WHERE seq = ?`, seq).
		Scan(&it.Seq, &it.ID, &it.Class, &it.Scope, &it.Suite, &it.Kind, &it.Task, &it.Key, &it.Text, &it.Doc, &it.Body, &gen, &have)
	if err != nil {
		return it, err
	}
	if have != nil && string(have) != string(it.hash(gen)) {
		return it, fmt.Errorf("its hash differs: %w", ErrCorrupt)
	}
	return it, nil
}
