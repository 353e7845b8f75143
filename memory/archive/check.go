package archive

import (
	"context"
	"fmt"
)

// Check reads the whole file and returns ErrCorrupt if it, an episode, an item
// or a vector is damaged, or if the search index does not agree with the items.
func (a *Archive) Check(ctx context.Context) error {
	var verdict string
	if err := a.db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return fmt.Errorf("%s: %w", a.path, classify(err))
	}
	if verdict != "ok" {
		return fmt.Errorf("%s: %s: %w", a.path, verdict, ErrCorrupt)
	}
	if err := a.checkEpisodes(ctx); err != nil {
		return err
	}
	var odd int
	err := a.db.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM items i LEFT JOIN search s ON s.rowid = i.seq WHERE s.text IS NOT i.text) +
		(SELECT count(*) FROM search WHERE rowid NOT IN (SELECT seq FROM items)) +
		(SELECT count(*) FROM vectors WHERE item NOT IN (SELECT seq FROM items) OR length(data) <> 4 * width)`).Scan(&odd)
	if err != nil {
		return fmt.Errorf("%s: %w", a.path, classify(err))
	}
	if odd > 0 {
		return fmt.Errorf("%s: %d items whose search entry or vector does not fit: %w", a.path, odd, ErrCorrupt)
	}
	return nil
}

func (a *Archive) checkEpisodes(ctx context.Context) error {
	rows, err := a.db.QueryContext(ctx, `SELECT id, hash, body FROM episodes ORDER BY seq`)
	if err != nil {
		return classify(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var hash, body []byte
		if err := rows.Scan(&id, &hash, &body); err != nil {
			return classify(err)
		}
		if err := verify(id, hash, body); err != nil {
			return err
		}
		if _, err := DecodeEpisode(body); err != nil {
			return fmt.Errorf("episode %s: %w", id, err)
		}
	}
	return classify(rows.Err())
}
