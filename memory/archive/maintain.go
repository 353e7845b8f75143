package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// CopyTo writes a copy of the archive, as it is at one moment, to a file that
// is not there yet. Others may write meanwhile.
func (a *Archive) CopyTo(ctx context.Context, path string) error {
	_, err := a.db.ExecContext(ctx, `VACUUM INTO ?`, path)
	return a.classify(err)
}

// Compact gives the room of what was replaced back to the disk and empties the
// write-ahead log.
func (a *Archive) Compact(ctx context.Context) error {
	for _, statement := range []string{`VACUUM`, `PRAGMA wal_checkpoint(TRUNCATE)`} {
		if _, err := a.db.ExecContext(ctx, statement); err != nil {
			return a.classify(err)
		}
	}
	return nil
}

// Reindex drops the vectors that embedder made and those that are damaged. It
// returns how many items there are.
func (a *Archive) Reindex(ctx context.Context, embedder string) (items int64, err error) {
	err = a.Write(ctx, func(t *Tx) error {
		if _, err := t.tx.ExecContext(ctx, `DELETE FROM vectors WHERE item NOT IN (SELECT seq FROM items)`); err != nil {
			return err
		}
		if err := t.tx.QueryRowContext(ctx, `SELECT count(*) FROM items`).Scan(&items); err != nil {
			return err
		}
		return t.dropVectors(ctx, embedder)
	})
	return items, err
}

func (t *Tx) dropVectors(ctx context.Context, embedder string) error {
	type key struct {
		item     int64
		embedder string
	}
	var drop []key
	err := eachRow(ctx, t.tx, `SELECT item, embedder, width, data, hash FROM vectors`, func(scan func(...any) error) error {
		var k key
		var width int
		var data, hash []byte
		if err := scan(&k.item, &k.embedder, &width, &data, &hash); err != nil {
			return err
		}
		if _, err := DecodeVector(data, width); err != nil || string(hash) != string(vectorHash(data)) || k.embedder == embedder {
			drop = append(drop, k)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range drop {
		if _, err := t.tx.ExecContext(ctx, `DELETE FROM vectors WHERE item = ? AND embedder = ?`, k.item, k.embedder); err != nil {
			return err
		}
	}
	return nil
}

// Stat is what an archive holds, counted.
type Stat struct {
	Schema      int              `json:"schema"`
	Form        string           `json:"form"`
	Writes      int64            `json:"writes"`
	Episodes    int64            `json:"episodes"`
	Successes   int64            `json:"successes"`
	Items       map[string]int64 `json:"items"`       // by class; of lessons and skills also by state: "lesson active"
	Vectors     map[string]int64 `json:"vectors"`     // by embedder
	SpareBytes  int64            `json:"spare_bytes"` // of the file, that Compact gives back
	Commits     int64            `json:"commits"`     // in the history
	PastBytes   int64            `json:"past_bytes"`  // of the history
	LastEpisode string           `json:"last_episode"`
}

// Stat counts without reading a body, but those of lessons and skills.
func (a *Archive) Stat(ctx context.Context) (Stat, error) {
	s := Stat{Schema: a.schema, Items: map[string]int64{}, Vectors: map[string]int64{}}
	var form, last sql.NullString
	err := a.db.QueryRowContext(ctx, `SELECT
		(SELECT value FROM meta WHERE key = 'setting/form'), (SELECT value FROM meta WHERE key = 'generation'),
		(SELECT count(*) FROM episodes), (SELECT count(*) FROM episodes WHERE success),
		(SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size),
		(SELECT id FROM episodes ORDER BY seq DESC LIMIT 1),
		(SELECT count(*) FROM history), (SELECT coalesce(sum(length(note) + length(changes) + length(hash) + 16), 0) FROM history)`).
		Scan(&form, &s.Writes, &s.Episodes, &s.Successes, &s.SpareBytes, &last, &s.Commits, &s.PastBytes)
	if err != nil {
		return s, a.named(err)
	}
	s.Form, s.LastEpisode = form.String, last.String
	for into, query := range map[*map[string]int64]string{
		&s.Items: `SELECT class || CASE WHEN class IN ('lesson', 'skill') THEN ' ' || coalesce(json_extract(CAST(body AS TEXT), '$.state'), '') ELSE '' END AS name, count(*)
			FROM items GROUP BY name`,
		&s.Vectors: `SELECT embedder, count(*) FROM vectors GROUP BY embedder`,
	} {
		err := eachRow(ctx, a.db, query, func(scan func(...any) error) error {
			var name string
			var n int64
			err := scan(&name, &n)
			(*into)[name] = n
			return err
		})
		if err != nil {
			return s, a.named(err)
		}
	}
	return s, nil
}

// Sizes are the bytes of the files of an archive: of the file itself and of its
// write-ahead log.
func Sizes(path string) (file, log int64, err error) {
	st, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	wal, err := os.Stat(path + walSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return st.Size(), 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	return st.Size(), wal.Size(), nil
}

// Fold brings the archive at path into its one file, without a write-ahead log,
// so that the file can be moved. It returns ErrBusy if anybody has it open.
func Fold(ctx context.Context, path string) error {
	a := newArchive(path)
	var err error
	if a.db, err = connect(path, "&_pragma=busy_timeout(0)"); err != nil {
		return err
	}
	defer a.db.Close()
	var mode string
	if err := a.db.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode); err != nil {
		return a.classify(err)
	}
	if mode != "delete" {
		return fmt.Errorf("%s: its journal stays in mode %s: %w", path, mode, ErrBusy)
	}
	return nil
}

// Replace puts the folded archive at from in the place of the folded one at path,
// if there is one. At every moment there is one or the other.
func Replace(path, from string) error {
	for _, suffix := range []string{walSuffix, shmSuffix, headSuffix} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.Join(os.Rename(from, path), SyncFolderOf(path))
}

// Keep copies the archive at path to a name beside it that is not in use, and
// returns that.
func Keep(path, word string) (string, error) {
	for n := 1; ; n++ {
		to := fmt.Sprintf("%s.%s-%d", path, word, n)
		if _, err := os.Lstat(to); err == nil {
			continue
		}
		return to, errors.Join(CopyFiles(to, path), SyncFolderOf(path))
	}
}

// CopyFiles copies an archive that nobody writes to, with its write-ahead log
// and its head. The file itself comes last: where it is, all is.
func CopyFiles(to, from string) error {
	for _, suffix := range []string{walSuffix, headSuffix, ""} {
		if err := copyFile(to+suffix, from+suffix); err != nil && !(suffix != "" && errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	return nil
}

// RemoveFiles removes what CopyFiles made.
func RemoveFiles(path string) error {
	var all []error
	for _, suffix := range []string{"", walSuffix, headSuffix} {
		if err := os.Remove(path + suffix); !errors.Is(err, fs.ErrNotExist) {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}
