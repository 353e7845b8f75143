package archive

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/surefoot-ai/surefoot/agent"
)

// Check reads the whole file and returns ErrCorrupt with all that is wrong: the
// file's structure, an episode that is damaged, missing or in another place, an
// item or a vector that is damaged, a vector of no item.
func (a *Archive) Check(ctx context.Context) error {
	gen, episodes, err := a.head.read()
	if err != nil {
		return err
	}
	var wrong []error
	for _, check := range []func(context.Context) error{
		func(ctx context.Context) error { return a.checkHead(ctx, gen, episodes) },
		a.checkStructure, a.checkEpisodes, a.checkItems, a.checkVectors, a.checkHistory, a.checkKept,
	} {
		err := check(ctx)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			return err
		}
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// checkStructure asks SQLite.
func (a *Archive) checkStructure(ctx context.Context) error {
	rows, err := a.db.QueryContext(ctx, `PRAGMA integrity_check`)
	if err != nil {
		return a.classify(err)
	}
	defer rows.Close()
	var wrong []error
	for rows.Next() {
		var verdict string
		if err := rows.Scan(&verdict); err != nil {
			return a.classify(err)
		}
		if verdict != "ok" {
			wrong = append(wrong, fmt.Errorf("%s: %s: %w", a.path, verdict, ErrCorrupt))
		}
	}
	return errors.Join(append(wrong, a.classify(rows.Err()))...)
}

// snapshot calls f with a connection that sees one state of the file.
func (a *Archive) snapshot(ctx context.Context, f func(*sql.Conn) error) error {
	conn, err := a.db.Conn(ctx)
	if err != nil {
		return a.classify(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `BEGIN`); err != nil {
		return a.classify(err)
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
	return f(conn)
}

func (a *Archive) checkEpisodes(ctx context.Context) error {
	var wrong []error
	err := a.snapshot(ctx, func(conn *sql.Conn) error {
		var want, have tally
		if err := conn.QueryRowContext(ctx, selectTally).Scan(&want.episodes, &want.chain); err != nil {
			return a.named(err)
		}
		err := eachRow(ctx, conn, `SELECT id, scope, suite, kind, task, success, hash, body FROM episodes ORDER BY seq`, func(scan func(...any) error) error {
			var e agent.Episode
			var hash, body []byte
			if err := scan(&e.ID, &e.Task.Scope, &e.Task.Suite, &e.Task.Kind, &e.Task.ID, &e.Outcome.Success, &hash, &body); err != nil {
				return err
			}
			have = tally{have.episodes + 1, link(have.chain, hash)}
			wrong = append(wrong, checkEpisode(e, hash, body))
			return nil
		})
		if err != nil {
			return a.named(err)
		}
		if have.episodes != want.episodes {
			return fmt.Errorf("%s: %d episodes, %d were recorded: %w", a.path, have.episodes, want.episodes, ErrCorrupt)
		}
		if !bytes.Equal(have.chain, want.chain) {
			return fmt.Errorf("%s: the chain of its %d episodes differs: %w", a.path, have.episodes, ErrCorrupt)
		}
		return nil
	})
	return errors.Join(append(wrong, err)...)
}

// checkEpisode holds what the columns say of an episode against its body.
func checkEpisode(columns agent.Episode, hash, body []byte) error {
	if err := verify(columns.ID, hash, body); err != nil {
		return err
	}
	e, err := DecodeEpisode(body)
	if err != nil {
		return fmt.Errorf("episode %s: %w", columns.ID, err)
	}
	if e.ID != columns.ID || e.Task.Scope != columns.Task.Scope || e.Task.Suite != columns.Task.Suite || e.Task.Kind != columns.Task.Kind || e.Task.ID != columns.Task.ID || e.Outcome.Success != columns.Outcome.Success {
		return fmt.Errorf("episode %s: its columns differ from its body: %w", columns.ID, ErrCorrupt)
	}
	return nil
}

func (a *Archive) checkItems(ctx context.Context) error {
	rows, err := a.db.QueryContext(ctx, `SELECT i.seq, i.id, i.class, i.scope, i.suite, i.kind, i.task, i.key, i.text, i.doc, i.body, i.gen, i.hash, v.width, v.data, v.hash
		FROM items i LEFT JOIN vectors v ON v.item = i.seq ORDER BY i.seq`)
	if err != nil {
		return a.classify(err)
	}
	defer rows.Close()
	var wrong []error
	for rows.Next() {
		if _, err := a.scanItem(rows.Scan); err != nil {
			wrong = append(wrong, err)
		}
	}
	return errors.Join(append(wrong, a.classify(rows.Err()))...)
}

func (a *Archive) checkVectors(ctx context.Context) error {
	var odd int
	err := a.db.QueryRowContext(ctx, `SELECT count(*) FROM vectors WHERE item NOT IN (SELECT seq FROM items)`).Scan(&odd)
	if err != nil {
		return a.classify(err)
	}
	if odd > 0 {
		return fmt.Errorf("%s: %d vectors of no item: %w", a.path, odd, ErrCorrupt)
	}
	return nil
}
