package archive

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// oldArchive makes an archive as schema 1 had it.
func oldArchive(t *testing.T, path string) []byte {
	t.Helper()
	body, err := EncodeEpisode(episode("e", true))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range []struct {
		statement string
		args      []any
	}{
		{migrations[0], nil},
		{fmt.Sprintf(`PRAGMA journal_mode = WAL; PRAGMA application_id = %d; PRAGMA user_version = 1`, applicationID), nil},
		{`INSERT INTO episodes (id, suite, kind, task, success, hash, body) VALUES ('e', 's', 'k', 't-e', 1, ?, ?)`, []any{sum(body), body}},
		{`INSERT INTO items (id, class, suite, kind, task, key, text, doc, body, gen) VALUES ('i', 'lesson', 's', 'k', '', '', 'x', 'doc', x'', 1)`, nil},
		{`INSERT INTO search (rowid, text) VALUES (1, 'x')`, nil},
		{`INSERT INTO vectors VALUES (1, 'm', 2, ?)`, []any{EncodeVector([]float32{1, 2})}},
	} {
		if _, err := db.Exec(s.statement, s.args...); err != nil {
			t.Fatalf("%s: %v", s.statement, err)
		}
	}
	return body
}

func sum(b []byte) []byte { return vectorHash(b) }

func TestOlderSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	body := oldArchive(t, path)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, open := range []func() (*Archive, error){
		func() (*Archive, error) { return OpenReadOnly(t.Context(), path) },
		func() (*Archive, error) { return Open(t.Context(), path) },
	} {
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, before) {
			t.Errorf("reading changed the file: %v", err)
		}
		a, err := open()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := a.EpisodeBytes(t.Context(), "e"); err != nil || !bytes.Equal(got, body) {
			t.Errorf("episode %q, %v", got, err)
		}
		if items, err := itemsOf(t, a, 0, "m"); err != nil || len(items) != 1 || len(items[0].Vector) != 2 {
			t.Errorf("items %+v, %v", items, err)
		}
		if err := a.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSchema2 opens an archive as schema 2 had it, whose search table is whole,
// gone or damaged: items and vectors are as they were, and one that is damaged is
// named and not hashed anew.
func TestSchema2(t *testing.T) {
	for name, statement := range map[string]string{
		"whole": ``, "search gone": `DROP TABLE search_terms; DROP TABLE search`, "search empty": `DELETE FROM search_data`,
		"item": `UPDATE items SET doc = 'other' WHERE id = 'b'`, "vector": `UPDATE vectors SET data = x'0000000000000000' WHERE item = 2`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.db")
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			run := func(statement string, args ...any) {
				t.Helper()
				if _, err := db.Exec(statement, args...); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			run(migrations[0])
			run(migrations[1])
			run(fmt.Sprintf(`PRAGMA journal_mode = WAL; PRAGMA application_id = %d; PRAGMA user_version = 2; UPDATE meta SET value = 1 WHERE key = 'generation'`, applicationID))
			for i, id := range []string{"a", "b", "c"} {
				it := Item{ID: id, Class: agent.KindLesson, Suite: "s", Text: "x", Doc: "doc", Body: []byte{}}
				run(`INSERT INTO items (id, class, suite, kind, task, key, text, doc, body, gen, hash) VALUES (?, 'lesson', 's', '', '', '', 'x', 'doc', x'', 1, ?)`, id, it.hash(1))
				run(`INSERT INTO search (rowid, text) VALUES (?, 'x')`, i+1)
				for _, embedder := range []string{"n", "m"} {
					data := EncodeVector([]float32{float32(i), float32(embedder[0])})
					run(`INSERT INTO vectors VALUES (?, ?, 2, ?, ?)`, i+1, embedder, data, vectorHash(data))
				}
			}
			if statement != "" {
				run(statement)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			a, err := Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			items, err := itemsOf(t, a, 0, "m")
			check := a.Check(t.Context())
			if name == "item" || name == "vector" {
				if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "item b:") || !errors.Is(check, ErrCorrupt) {
					t.Errorf("read: %v; check: %v", err, check)
				}
				return
			}
			if err != nil || check != nil || len(items) != 3 {
				t.Fatalf("%d items, %v; check: %v", len(items), err, check)
			}
			for i, it := range items {
				if len(it.Vector) != 2 || it.Vector[0] != float32(i) || it.Vector[1] != 'm' {
					t.Errorf("item %s with %v", it.ID, it.Vector)
				}
			}
		})
	}
}

// TestLostEndIsFound takes an archive back to an earlier state, as a disk does
// that loses the end of the write-ahead log: whole, but older than its head.
func TestLostEndIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	a, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	put(t, a, episode("e", true))
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	earlier, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	put(t, a, episode("f", true))
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, earlier, 0o644); err != nil {
		t.Fatal(err)
	}
	opens := map[string]func() (*Archive, error){
		"writing": func() (*Archive, error) { return Open(t.Context(), path) },
		"reading": func() (*Archive, error) { return OpenReadOnly(t.Context(), path) },
	}
	for name, open := range opens {
		if a, err := open(); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "has 1 episodes after 1 writes, but "+path+"-head tells of 2 after 2") {
			t.Errorf("%s: %v, %v", name, a, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); !errors.Is(err, ErrCorrupt) {
		t.Errorf("without the archive: %v", err)
	}
	// A head that is not whole proves nothing.
	if err := os.WriteFile(path, earlier, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+headSuffix, []byte("surefoot head 1: writes 0009"), 0o644); err != nil {
		t.Fatal(err)
	}
	if a, err := Open(t.Context(), path); err != nil || a.Close() != nil {
		t.Error(err)
	}
}

// readerEnv holds, in the child of TestReadOnlyFolder, the archive to read.
const readerEnv = "SUREFOOT_READ_ARCHIVE"

// TestReadOnlyFolder reads from a folder that the reading user cannot write to:
// a child without privileges if this is root. The archive is closed, then of an
// older schema, then with a write-ahead log whose index is missing.
func TestReadOnlyFolder(t *testing.T) {
	if path := os.Getenv(readerEnv); path != "" {
		readUnwritable(t, path)
		return
	}
	if runtime.GOOS == "windows" {
		t.Skip("folders of Windows have other permissions")
	}
	base, err := os.MkdirTemp("", "surefoot-") // t.TempDir's parent is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func(path string){
		"closed": func(path string) {
			a, err := Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			put(t, a, episode("e", true))
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
		},
		"older": func(path string) { oldArchive(t, path) },
		"log": func(path string) {
			a, err := Open(t.Context(), path+"-live")
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			put(t, a, episode("e", true))
			for _, suffix := range []string{"", walSuffix} {
				if err := copyFile(path+suffix, path+"-live"+suffix); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(base, name)
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "a.db")
			make(path)
			if err := os.Chmod(dir, 0o555); err != nil {
				t.Fatal(err)
			}
			defer os.Chmod(dir, 0o755)
			c := exec.Command(executableFor(t, base), "-test.run", "^TestReadOnlyFolder$")
			c.Env, c.Dir = append(os.Environ(), readerEnv+"="+path, "TMPDIR="+os.TempDir()), base
			unprivileged(c)
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// executableFor is this program at a place where every user can run it.
func executableFor(t *testing.T, base string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(base, "test-program")
	if _, err := os.Stat(to); err != nil {
		if err := copyFile(to, exe); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(to, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func readUnwritable(t *testing.T, path string) {
	if a, err := Open(t.Context(), path); err == nil {
		err = a.Write(t.Context(), func(tx *Tx) error { return tx.PutItem(t.Context(), &Item{ID: "x"}) })
		t.Fatalf("opened for writing: %v", err)
	} else if !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), path) {
		t.Errorf("for writing: %v", err)
	}
	a, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.EpisodeBytes(t.Context(), "e"); err != nil {
		t.Error(err)
	}
	if err := a.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if err := a.Write(t.Context(), func(tx *Tx) error { return tx.PutItem(t.Context(), &Item{ID: "x", Class: agent.KindLesson}) }); !errors.Is(err, ErrReadOnly) {
		t.Errorf("write: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}
