package memory

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

// kept makes a memory with successes and failures, closed, and returns its
// folder and episodes.
func kept(t *testing.T, form Form) (dir string, es []agent.Episode) {
	t.Helper()
	dir = t.TempDir()
	s, err := Open(dir, Options{Form: form, NewID: ids("lesson")})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		es = append(es, crashEpisode(fmt.Sprint("0-", i)))
	}
	es = append(es, mugWon("won"), mugWon("won-again"))
	record(t, s, es...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, es
}

// change runs a statement on a closed memory, behind its back.
func change(t *testing.T, dir, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// contents are all that a memory knows, but for vectors.
func contents(t *testing.T, dir string) string {
	t.Helper()
	s, err := OpenAny(dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	es, err := s.Episodes(t.Context(), EpisodeFilter{})
	if err != nil {
		t.Fatal(err)
	}
	ls, err := s.Lessons(t.Context(), LessonFilter{})
	if err != nil {
		t.Fatal(err)
	}
	ds, err := s.Demonstrations(t.Context(), DemonstrationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal([]any{s.o.Form, es, ls, ds})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBackupWhileWriting(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{NewID: ids("l")})
	record(t, s, mugWon("before"))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for n := range 3 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := s.Record(t.Context(), crashEpisode(fmt.Sprint(n, "-", i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	to := filepath.Join(t.TempDir(), "backup.db")
	for i := range 3 {
		name := fmt.Sprint(to, i)
		if err := Backup(t.Context(), dir, name, BackupOptions{}); err != nil {
			t.Fatal(err)
		}
		other := t.TempDir()
		if kept, err := Restore(t.Context(), other, name, BackupOptions{}); err != nil || kept != "" {
			t.Fatal(kept, err)
		}
		if err := Verify(t.Context(), other); err != nil {
			t.Error(err)
		}
		if !strings.Contains(contents(t, other), `"before"`) {
			t.Error("an episode from before the backup is not in it")
		}
	}
	cancel()
	wg.Wait()
	left, err := filepath.Glob(filepath.Join(filepath.Dir(to), ".*"))
	if len(left) > 0 || err != nil {
		t.Errorf("left over: %s, %v", left, err)
	}
}

func TestBackupReplacesNothingByItself(t *testing.T) {
	dir, _ := kept(t, UniformAbstract)
	want := contents(t, dir)
	to := filepath.Join(t.TempDir(), "backup.db")
	if err := os.WriteFile(to, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Backup(t.Context(), dir, to, BackupOptions{}); !errors.Is(err, ErrExists) {
		t.Errorf("over a file: %v", err)
	}
	if err := Backup(t.Context(), dir, to, BackupOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	other, _ := kept(t, Asymmetric)
	was := contents(t, other)
	if _, err := Restore(t.Context(), other, to, BackupOptions{}); !errors.Is(err, ErrExists) {
		t.Errorf("over a memory: %v", err)
	}
	s := openStore(t, other, Options{})
	if _, err := Restore(t.Context(), other, to, BackupOptions{Force: true}); !errors.Is(err, ErrBusy) {
		t.Errorf("over a memory that is open: %v", err)
	}
	s.Close()
	if got := contents(t, other); got != was {
		t.Error("a restore that was refused changed the memory")
	}
	aside, err := Restore(t.Context(), other, to, BackupOptions{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := contents(t, other); got != want {
		t.Errorf("restored\n%s\nwant\n%s", got, want)
	}
	back := t.TempDir()
	if _, err := Restore(t.Context(), back, aside, BackupOptions{}); err != nil || contents(t, back) != was {
		t.Errorf("what was replaced is not what was there: %v", err)
	}
	// A backup that is damaged replaces nothing.
	b, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	copy(b[bytes.LastIndex(b, []byte("You are in the middle")):], "You are in the MIDDLE")
	if err := os.WriteFile(to, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), other, to, BackupOptions{Force: true}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a damaged backup: %v", err)
	}
	if got := contents(t, other); got != want {
		t.Error("a damaged backup changed the memory")
	}
}

func TestDerivedDataIsMadeAnew(t *testing.T) {
	for _, statement := range []string{
		`DELETE FROM vectors`, `UPDATE vectors SET data = zeroblob(4 * width)`, `UPDATE vectors SET width = 1, data = x'00000000'`,
	} {
		dir, _ := kept(t, Asymmetric)
		before := contents(t, dir)
		change(t, dir, statement)
		err := Verify(t.Context(), dir)
		if gone := statement == `DELETE FROM vectors`; !gone && !errors.Is(err, ErrCorrupt) || gone && err != nil {
			t.Errorf("%s: %v", statement, err) // vectors that are missing are made at every Open
		}
		h, err := Examine(t.Context(), dir, Options{})
		if seen := strings.HasPrefix(statement, "D"); err != nil || seen && len(h.Problems) == 0 || len(h.Next) == 0 { // it counts, and reads nothing
			t.Errorf("%s: %+v, %v", statement, h, err)
		}
		if n, err := Reindex(t.Context(), dir, Options{}); err != nil || n == 0 {
			t.Errorf("%s: reindexed %d items, %v", statement, n, err)
		}
		if err := Verify(t.Context(), dir); err != nil {
			t.Errorf("%s, then reindexed: %v", statement, err)
		}
		if h, err := Examine(t.Context(), dir, Options{}); err != nil || len(h.Problems) > 0 {
			t.Errorf("%s, then reindexed: %+v, %v", statement, h, err)
		}
		if after := contents(t, dir); after != before {
			t.Errorf("%s: other contents", statement)
		}
	}
}

// What a repair that was killed left is named, and nothing else is.
func TestExamineNamesLeftovers(t *testing.T) {
	dir, _ := kept(t, Asymmetric)
	for _, name := range []string{".repair-123", "notes", ".restore-9"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h, err := Examine(t.Context(), dir, Options{})
	if err != nil || len(h.Problems) != 2 || !strings.Contains(h.Problems[0], ".repair-123") || !strings.Contains(h.Problems[1], ".restore-9") {
		t.Errorf("%q, %v", h.Problems, err)
	}
}

func TestRepair(t *testing.T) {
	for _, tt := range []struct {
		name, statement string
		lost            []string // beginnings of lines
		episodes        int
	}{
		{"body", `UPDATE episodes SET body = replace(body, 'cabinet', 'cabinot') WHERE id = '0-2'`, []string{"episode 0-2: "}, 13},
		{"missing", `DELETE FROM episodes WHERE id = '0-3'`, []string{"lesson", "episode number 4, whose ID cannot be read: it is not there"}, 13},
		{"lesson", `UPDATE items SET body = replace(body, 'cabinet', 'cabinot') WHERE class = 'lesson'`, []string{"lesson"}, 14},
		{"demonstration", `UPDATE items SET doc = 'x' WHERE class = 'demonstration'`, nil, 14},
		{"count", `UPDATE meta SET value = 99 WHERE key = 'episodes'`, []string{"85 episodes of which"}, 14},
		{"chain", `UPDATE meta SET value = x'00' WHERE key = 'chain'`, nil, 14},
		{"form", `UPDATE meta SET value = 'oddly' WHERE key = 'setting/form'`, []string{"the form"}, 14},
		{"table", `DROP TABLE items`, nil, 14},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, es := kept(t, Asymmetric)
			change(t, dir, tt.statement)
			damaged, err := os.ReadFile(filepath.Join(dir, fileName))
			if err != nil {
				t.Fatal(err)
			}
			r, err := Repair(t.Context(), dir, Options{})
			if err != nil || r.Damage == "" || r.Episodes != tt.episodes {
				t.Fatalf("%+v, %v", r, err)
			}
			for _, want := range tt.lost {
				if !strings.Contains("\n"+strings.Join(r.Lost, "\n"), "\n"+want) {
					t.Errorf("lost %q, want %q among it", r.Lost, want)
				}
			}
			if len(tt.lost) == 0 && len(r.Lost) > 0 {
				t.Errorf("lost %q", r.Lost)
			}
			if now, err := os.ReadFile(r.Kept); err != nil || !bytes.Equal(now, damaged) {
				t.Errorf("what was damaged is not as it was: %v", err)
			}
			s := openStore(t, dir, Options{})
			for _, e := range es {
				got, err := s.Episode(t.Context(), e.ID)
				if errors.Is(err, ErrNotFound) && tt.episodes < len(es) {
					continue
				}
				if err != nil || !reflect.DeepEqual(got, e) {
					t.Errorf("episode %s: %v", e.ID, err)
				}
			}
			if d, err := s.Demonstration(t.Context(), "won"); err != nil || d.Seen != 2 {
				t.Errorf("%+v, %v", d, err)
			}
		})
	}
}

func TestRepairLeavesWhatIsWhole(t *testing.T) {
	dir, _ := kept(t, UniformVerbatim)
	before := contents(t, dir)
	if r, err := Repair(t.Context(), dir, Options{}); err != nil || r.Damage != "" || r.Kept != "" {
		t.Errorf("%+v, %v", r, err)
	}
	// All comes back out of the episodes and the lessons, in every form.
	for _, form := range []Form{Asymmetric, UniformVerbatim, UniformAbstract} {
		dir, _ := kept(t, form)
		before := contents(t, dir)
		change(t, dir, `UPDATE vectors SET data = zeroblob(4 * width)`)
		if r, err := Repair(t.Context(), dir, Options{}); err != nil || len(r.Lost)+len(r.Changed) > 0 {
			t.Errorf("%s: %+v, %v", form, r, err)
		}
		if after := contents(t, dir); after != before {
			t.Errorf("%s:\n%s\nbefore\n%s", form, after, before)
		}
	}
	if after := contents(t, dir); after != before {
		t.Error("other contents")
	}
	if before, after, err := Compact(t.Context(), dir, CompactOptions{}); err != nil || after > before || after == 0 {
		t.Errorf("compacted from %d to %d bytes, %v", before, after, err)
	}
}

// TestRepairOfLyingDisks repairs what a disk damaged anywhere: there is a memory
// afterwards that verifies, with right bytes only.
func TestRepairOfLyingDisks(t *testing.T) {
	r := source(t)
	all := states(t, 12)
	clean := closedState(t, all[len(all)-1])
	best, enough, n := 0, len(all[0].acknowledged), rounds(t, 12)
	for i := 0; i < n || best < enough && i < 20*n; i++ { // a file that was cut, or is whole after all, saves nothing
		s := clean
		s.db = bytes.Clone(clean.db)
		what := damage(r, &s, all[r.IntN(len(all)-1)])
		dir := lay(t, s)
		done, err := Repair(t.Context(), dir, Options{})
		if errors.Is(err, ErrNewerSchema) {
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if done.Damage != "" && len(done.Lost) == 0 && done.Episodes < len(s.acknowledged) {
			t.Errorf("%s: %d episodes of %d, and none is lost", what, done.Episodes, len(s.acknowledged))
		}
		best = max(best, done.Episodes)
		if !acceptable(t, dir, nil, what) {
			t.Errorf("%s: damaged after its repair", what)
		}
		store := openStore(t, dir, Options{})
		for _, id := range s.acknowledged {
			if got, err := store.Episode(t.Context(), id); err == nil && !reflect.DeepEqual(got, crashEpisode(id)) {
				t.Errorf("%s: episode %s has other bytes", what, id)
			}
		}
	}
	if best < enough {
		t.Errorf("at most %d episodes were saved", best)
	}
}

// TestInterrupted ends the context of each command at some moment: the memory is
// as before or the command is done, and nothing lies about.
func TestInterrupted(t *testing.T) {
	r := source(t)
	dir, _ := kept(t, Asymmetric)
	want := contents(t, dir)
	backup := filepath.Join(t.TempDir(), "b.db")
	if err := Backup(t.Context(), dir, backup, BackupOptions{}); err != nil {
		t.Fatal(err)
	}
	done := 0
	commands := []func(ctx context.Context) error{
		func(ctx context.Context) error { return Backup(ctx, dir, backup, BackupOptions{Force: true}) },
		func(ctx context.Context) error {
			_, err := Restore(ctx, dir, backup, BackupOptions{Force: true})
			return err
		},
		func(ctx context.Context) error {
			change(t, dir, `UPDATE vectors SET data = zeroblob(4 * width)`)
			_, err := Repair(ctx, dir, Options{})
			return errors.Join(err, ignore(Reindex(t.Context(), dir, Options{})))
		},
		func(ctx context.Context) error { return ignore(Reindex(ctx, dir, Options{})) },
		func(ctx context.Context) error {
			_, _, err := Compact(ctx, dir, CompactOptions{})
			return err
		},
	}
	for i := range rounds(t, 5*4) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(60_000))*time.Microsecond)
		err := commands[i%len(commands)](ctx)
		if err == nil {
			done++
		} else if ctx.Err() == nil {
			t.Errorf("command %d: %v", i%len(commands), err)
		}
		cancel()
		if got := contents(t, dir); got != want {
			t.Fatalf("command %d, %v: other contents", i%len(commands), err)
		}
		if err := Verify(t.Context(), dir); err != nil {
			t.Fatalf("command %d: %v", i%len(commands), err)
		}
		for _, in := range []string{dir, filepath.Dir(backup)} {
			if left, err := filepath.Glob(filepath.Join(in, ".*")); len(left) > 0 || err != nil {
				t.Errorf("command %d left %s, %v", i%len(commands), left, err)
			}
		}
	}
	other := t.TempDir()
	if _, err := Restore(t.Context(), other, backup, BackupOptions{}); err != nil || contents(t, other) != want {
		t.Errorf("the backup is not whole: %v", err)
	}
	t.Logf("%d commands came to their end", done)
}

func ignore(_ int64, err error) error { return err }
