package archive

import (
	"context"
	"database/sql"
	"fmt"
)

// SchemaVersion is the version this package writes. It is kept in the file's
// user_version.
const SchemaVersion = 4

// applicationID marks the file as ours: "SURE".
const applicationID = 0x53555245

// createHistory begins the history of changes with the state that is there.
const createHistory = `
CREATE TABLE history (
	gen     INTEGER PRIMARY KEY,      -- generation that the commit made
	time    INTEGER NOT NULL,         -- nanoseconds since 1970; 0: not known
	note    TEXT    NOT NULL,         -- the owner's
	changes BLOB    NOT NULL,         -- what the items were before, see encodeChanges
	hash    BLOB    NOT NULL          -- SHA-256, see historyHash
);
INSERT INTO meta (key, value) VALUES
	('history', (SELECT value FROM meta WHERE key = 'generation')),  -- generation at which it begins
	('reverted', 0);                                                 -- generation of the last Revert
`

// The versions from which on all has hashes, and a scope.
const (
	hashedSchema = 2
	scopedSchema = 4
)

// addScope puts all that is there into the scope without a name.
const addScope = `
ALTER TABLE episodes ADD COLUMN scope TEXT NOT NULL DEFAULT '';
ALTER TABLE items    ADD COLUMN scope TEXT NOT NULL DEFAULT '';
DROP INDEX episodes_task;
DROP INDEX episodes_kind;
CREATE INDEX episodes_task ON episodes (suite, task, success, scope);
CREATE INDEX episodes_kind ON episodes (suite, kind, success, scope);
`

// migrations[v] brings a file of version v to version v+1, in one transaction
// together with all the others it needs.
var migrations = [SchemaVersion]string{
	`
CREATE TABLE meta (
	key   TEXT PRIMARY KEY,
	value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE episodes (
	seq     INTEGER PRIMARY KEY,      -- order of recording
	id      TEXT    NOT NULL UNIQUE,
	suite   TEXT    NOT NULL,
	kind    TEXT    NOT NULL,
	task    TEXT    NOT NULL,
	success INTEGER NOT NULL,
	hash    BLOB    NOT NULL,         -- SHA-256 of body
	body    BLOB    NOT NULL          -- the episode's JSON as recorded
);
CREATE INDEX episodes_task ON episodes (suite, task, success);
CREATE INDEX episodes_kind ON episodes (suite, kind, success);

CREATE TABLE items (
	seq   INTEGER PRIMARY KEY,
	id    TEXT    NOT NULL UNIQUE,
	class TEXT    NOT NULL,           -- agent.ItemKind
	suite TEXT    NOT NULL,
	kind  TEXT    NOT NULL,
	task  TEXT    NOT NULL,
	key   TEXT    NOT NULL,           -- equal for items that are the same but for their ID
	text  TEXT    NOT NULL,           -- what is searched
	doc   TEXT    NOT NULL,           -- as a reader sees it, or empty
	body  BLOB    NOT NULL,           -- JSON of the owner
	gen   INTEGER NOT NULL            -- generation of its last change
);
CREATE INDEX items_gen ON items (gen);

CREATE TABLE vectors (
	item     INTEGER NOT NULL REFERENCES items (seq),
	embedder TEXT    NOT NULL,
	width    INTEGER NOT NULL,
	data     BLOB    NOT NULL,        -- width little-endian float32
	PRIMARY KEY (item, embedder)
) WITHOUT ROWID;

CREATE VIRTUAL TABLE search USING fts5 (text, tokenize = 'unicode61');
CREATE VIRTUAL TABLE search_terms USING fts5vocab (search, row);

INSERT INTO meta (key, value) VALUES ('generation', 0);
`,
	`
ALTER TABLE items   ADD COLUMN hash BLOB NOT NULL DEFAULT x'';  -- SHA-256, see Item.hash
ALTER TABLE vectors ADD COLUMN hash BLOB NOT NULL DEFAULT x'';  -- SHA-256 of data

INSERT INTO meta (key, value) VALUES ('episodes', 0), ('chain', x'');  -- how many, and see link
`,
	// Words are searched in memory now. In a table without rowid SQLite reads
	// whole vectors to compare their keys.
	`
DROP TABLE IF EXISTS search_terms;
DROP TABLE IF EXISTS search;

ALTER TABLE vectors RENAME TO old_vectors;
CREATE TABLE vectors (
	item     INTEGER NOT NULL REFERENCES items (seq),
	embedder TEXT    NOT NULL,
	width    INTEGER NOT NULL,
	data     BLOB    NOT NULL,        -- width little-endian float32
	hash     BLOB    NOT NULL,        -- SHA-256 of data
	UNIQUE (item, embedder)
);
INSERT INTO vectors SELECT item, embedder, width, data, hash FROM old_vectors ORDER BY item;
DROP TABLE old_vectors;
`,
	addScope + createHistory,
}

// schemaOf is the version of an archive, 0 for an empty file. Other files, and
// later versions, are refused.
func schemaOf(ctx context.Context, from rowQuerier) (int, error) {
	var version, app int
	if err := from.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return 0, err
	}
	if err := from.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&app); err != nil {
		return 0, err
	}
	switch {
	case version > SchemaVersion:
		return 0, fmt.Errorf("schema %d, this program knows %d: %w", version, SchemaVersion, ErrNewerSchema)
	case version > 0 && app != applicationID, version == 0 && app == applicationID, version < 0:
		return 0, fmt.Errorf("not an archive of this program: %w", ErrCorrupt)
	}
	return version, nil
}

// migrate brings the file to SchemaVersion or refuses it.
func (a *Archive) migrate(ctx context.Context) error {
	return a.inTx(ctx, func(tx *sql.Tx) error {
		version, err := schemaOf(ctx, tx)
		a.schema = version
		if err != nil || version == SchemaVersion {
			return err
		}
		for v := version; v < SchemaVersion; v++ {
			if _, err := tx.ExecContext(ctx, migrations[v]); err != nil {
				return fmt.Errorf("migration from schema %d: %w", v, err)
			}
		}
		if version < hashedSchema {
			if err := a.hashAll(ctx, tx); err != nil {
				return fmt.Errorf("migration from schema %d: %w", version, err)
			}
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d; PRAGMA application_id = %d`, SchemaVersion, applicationID))
		return err
	})
}
