package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/surefoot-ai/surefoot/agent"
)

// EncodeEpisode is the form in which an episode is kept. It fails on what JSON
// cannot hold: a reward or log-probability that is not finite.
func EncodeEpisode(e agent.Episode) ([]byte, error) { return json.Marshal(e) }

// DecodeEpisode reads what EncodeEpisode wrote. Anything else is ErrCorrupt;
// there is no input on which it panics.
func DecodeEpisode(b []byte) (agent.Episode, error) {
	var e agent.Episode
	if err := json.Unmarshal(b, &e); err != nil {
		return agent.Episode{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if e.ID == "" {
		return agent.Episode{}, fmt.Errorf("%w: no episode ID", ErrCorrupt)
	}
	return e, nil
}

// PutEpisode adds e, whose encoding is body, and reports whether it was new.
// The same ID with the same bytes is no change; with other bytes it is
// ErrConflict.
func (t *Tx) PutEpisode(ctx context.Context, e agent.Episode, body []byte) (added bool, err error) {
	hash := sha256.Sum256(body)
	res, err := t.exec(ctx, `INSERT INTO episodes (id, scope, suite, kind, task, success, hash, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		e.ID, e.Task.Scope, e.Task.Suite, e.Task.Kind, e.Task.ID, e.Outcome.Success, hash[:], body)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		t.added = append(t.added, hash[:])
		return n == 1, err
	}
	var old []byte
	if err := t.queryRow(ctx, `SELECT hash FROM episodes WHERE id = ?`, e.ID).Scan(&old); err != nil {
		return false, err
	}
	if !bytes.Equal(old, hash[:]) {
		return false, fmt.Errorf("episode %s: %w", e.ID, ErrConflict)
	}
	return false, nil
}

// HasEpisode reports whether an episode with this ID and these bytes is there.
// Other bytes under the ID are ErrConflict.
func (a *Archive) HasEpisode(ctx context.Context, id string, body []byte) (bool, error) {
	var old []byte
	err := a.queryRow(ctx, `SELECT hash FROM episodes WHERE id = ?`, id).Scan(&old)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, a.classify(err)
	}
	if hash := sha256.Sum256(body); !bytes.Equal(old, hash[:]) {
		return false, fmt.Errorf("episode %s: %w", id, ErrConflict)
	}
	return true, nil
}

// EpisodeBytes returns an episode's JSON exactly as it was recorded, or
// ErrNotFound or, if the bytes are not those that were recorded, ErrCorrupt.
func (a *Archive) EpisodeBytes(ctx context.Context, id string) ([]byte, error) {
	var hash, body []byte
	err := a.queryRow(ctx, `SELECT hash, body FROM episodes WHERE id = ?`, id).Scan(&hash, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("episode %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("episode %s: %w", id, a.classify(err))
	}
	if err := verify(id, hash, body); err != nil {
		return nil, err
	}
	if err := isOf(id, body); err != nil {
		return nil, err
	}
	return body, nil
}

// isOf returns ErrCorrupt unless body is the episode's of that ID: a damaged index
// leads to another row, which is whole.
func isOf(id string, body []byte) error {
	name, err := json.Marshal(id)
	if err != nil {
		return fmt.Errorf("episode %s: %w", id, err)
	}
	if rest, ok := bytes.CutPrefix(body, []byte(`{"id":`)); !ok || !bytes.HasPrefix(rest, name) { // what EncodeEpisode writes first
		return fmt.Errorf("episode %s: its bytes are of another one: %w", id, ErrCorrupt)
	}
	return nil
}

func verify(id string, hash, body []byte) error {
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], hash) {
		return fmt.Errorf("episode %s: hash of its %d bytes differs: %w", id, len(body), ErrCorrupt)
	}
	return nil
}

// Outcome selects episodes by how they ended.
type Outcome int

const (
	AnyOutcome Outcome = iota
	Failures
	Successes
)

// EpisodeQuery selects episodes. A zero field selects all.
type EpisodeQuery struct {
	Scope             *string // nil: all
	Suite, Kind, Task string
	Outcome           Outcome
	MaxEpisodes       int // the latest so many; 0: all
}

// Episodes returns the episodes that q selects in the order of recording.
func (a *Archive) Episodes(ctx context.Context, q EpisodeQuery) ([]agent.Episode, error) {
	rows, err := a.selectEpisodes(ctx, "id, hash, body", q)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []agent.Episode
	for rows.Next() {
		var id string
		var hash, body []byte
		if err := rows.Scan(&id, &hash, &body); err != nil {
			return nil, a.classify(err)
		}
		if err := verify(id, hash, body); err != nil {
			return nil, err
		}
		e, err := DecodeEpisode(body)
		if err != nil {
			return nil, fmt.Errorf("episode %s: %w", id, err)
		}
		out = append(out, e)
	}
	return out, a.classify(rows.Err())
}

// EpisodeHead says which task an episode is of, and how it ended.
type EpisodeHead struct {
	ID, Scope, Suite, Kind, Task string
	Success                      bool
}

// EpisodeHeads returns the heads of the episodes that q selects in the order of
// recording. It reads no body.
func (a *Archive) EpisodeHeads(ctx context.Context, q EpisodeQuery) ([]EpisodeHead, error) {
	rows, err := a.selectEpisodes(ctx, "id, scope, suite, kind, task, success", q)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []EpisodeHead
	for rows.Next() {
		var h EpisodeHead
		if err := rows.Scan(&h.ID, &h.Scope, &h.Suite, &h.Kind, &h.Task, &h.Success); err != nil {
			return nil, a.classify(err)
		}
		out = append(out, h)
	}
	return out, a.classify(rows.Err())
}

// selectEpisodes returns columns of the episodes that q selects in the
// order of recording. Only what is asked for is compared, so that SQLite can use
// its indices.
func (a *Archive) selectEpisodes(ctx context.Context, columns string, q EpisodeQuery) (*sql.Rows, error) {
	limit := -1
	if q.MaxEpisodes > 0 {
		limit = q.MaxEpisodes
	}
	where := "1"
	var args []any
	and := func(column string, value any) {
		where += " AND " + column + " = ?"
		args = append(args, value)
	}
	for _, c := range [][2]string{{"suite", q.Suite}, {"kind", q.Kind}, {"task", q.Task}} {
		if c[1] != "" {
			and(c[0], c[1])
		}
	}
	if q.Scope != nil {
		and("scope", *q.Scope)
	}
	if q.Outcome != AnyOutcome {
		and("success", q.Outcome == Successes)
	}
	st, err := a.statement(ctx, `SELECT `+columns+` FROM (
			SELECT * FROM episodes WHERE `+where+` ORDER BY seq DESC LIMIT ?
		) ORDER BY seq`)
	if err != nil {
		return nil, a.classify(err)
	}
	rows, err := st.QueryContext(ctx, append(args, limit)...)
	return rows, a.classify(err)
}

// Outcomes returns for the ID of every episode whether it was a success.
func (a *Archive) Outcomes(ctx context.Context) (map[string]bool, error) {
	rows, err := a.db.QueryContext(ctx, `SELECT id, success FROM episodes`)
	if err != nil {
		return nil, a.classify(err)
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var id string
		var success bool
		if err := rows.Scan(&id, &success); err != nil {
			return nil, a.classify(err)
		}
		out[id] = success
	}
	return out, a.classify(rows.Err())
}
