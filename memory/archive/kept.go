package archive

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// keptPrefix begins the keys of what Keep keeps; before each value lies its hash.
const keptPrefix = "kept/"

func keptHash(key, value string) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%d:%s%s", len(key), key, value))
	return hex.EncodeToString(h[:])
}

// Keep keeps a value under a key, in place of an earlier one. It is no part of
// the history.
func (t *Tx) Keep(ctx context.Context, key, value string) error {
	_, err := t.tx.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
		keptPrefix+key, keptHash(key, value)+value)
	return err
}

// Kept returns the value that Keep keeps under a key, or ErrNotFound.
func (a *Archive) Kept(ctx context.Context, key string) (string, error) {
	var v string
	err := a.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = ?`, keptPrefix+key).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%s: %s: %w", a.path, key, ErrNotFound)
	}
	if err != nil {
		return "", a.classify(err)
	}
	return a.unseal(key, v)
}

func (a *Archive) unseal(key, sealed string) (string, error) {
	n := hex.EncodedLen(sha256.Size)
	if len(sealed) < n || sealed[:n] != keptHash(key, sealed[n:]) {
		return "", fmt.Errorf("%s: %s: its hash differs: %w", a.path, key, ErrCorrupt)
	}
	return sealed[n:], nil
}

// checkKept holds what is kept against its hashes.
func (a *Archive) checkKept(ctx context.Context) error {
	var wrong []error
	err := eachRow(ctx, a.db, `SELECT key, value FROM meta WHERE key GLOB '`+keptPrefix+`*'`, func(scan func(...any) error) error {
		var key, value string
		if err := scan(&key, &value); err != nil {
			return err
		}
		_, err := a.unseal(strings.TrimPrefix(key, keptPrefix), value)
		wrong = append(wrong, err)
		return nil
	})
	return errors.Join(append(wrong, a.classify(err))...)
}
