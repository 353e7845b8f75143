package memory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// state is the files of a store at a moment at which nobody writes, and the
// episodes that were acknowledged by then.
type state struct {
	db, wal, head []byte
	acknowledged  []string
}

// states are what several recorders, and now and then a rollback, leave on the disk
// from commit to commit.
func states(t *testing.T, commits int) []state {
	t.Helper()
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	read := func(suffix string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, fileName+suffix))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var out []state
	var acknowledged []string
	for i := range commits {
		var wg sync.WaitGroup
		for n := range 3 {
			id := fmt.Sprint(n, "-", i)
			acknowledged = append(acknowledged, id)
			wg.Go(func() {
				if err := s.Record(context.Background(), crashEpisode(id)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if i%4 == 3 {
			_, last, err := s.History(context.Background())
			if err == nil {
				_, err = s.Rollback(context.Background(), max(0, last-3))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, state{read(""), read("-wal"), read("-head"), acknowledged[:len(acknowledged):len(acknowledged)]})
	}
	return out
}

// lay puts a state into a folder.
func lay(t *testing.T, s state) string {
	t.Helper()
	dir := t.TempDir()
	for suffix, b := range map[string][]byte{"": s.db, "-wal": s.wal, "-head": s.head} {
		if err := os.WriteFile(filepath.Join(dir, fileName+suffix), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// rounds is n, or n times $SUREFOOT_CRASHES if that is given.
func rounds(t *testing.T, n int) int {
	t.Helper()
	if v := os.Getenv("SUREFOOT_CRASHES"); v != "" {
		times, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		return n * times
	}
	return n
}

// source gives random numbers, and prints from what seed.
func source(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestPowerCut builds the files as a power cut leaves them in the middle of a
// commit, when the disk kept its promise: all that was synced is there, and of
// what was being appended to the write-ahead log a part, or a part of it old or
// garbage. The store opens without an error and every acknowledged episode is
// there.
func TestPowerCut(t *testing.T) {
	r := source(t)
	all := states(t, 30)
	midway := 0
	for range rounds(t, 25) {
		i := r.IntN(len(all) - 1)
		before, after := all[i], all[i+1]
		cut := before
		if bytes.Equal(before.db, after.db) && len(after.wal) > len(before.wal) {
			midway++
			synced := len(before.wal)
			cut.wal = bytes.Clone(after.wal[:synced+r.IntN(len(after.wal)-synced+1)])
			if tail := cut.wal[synced:]; len(tail) > 0 {
				switch at := r.IntN(len(tail)); r.IntN(3) {
				case 0: // the rest of a page was not written
					clear(tail[at:])
				case 1: // the first was not, the rest was
					clear(tail[:at])
				}
			}
		}
		verifyAfterKill(t, lay(t, cut), cut.acknowledged)
	}
	if midway == 0 {
		t.Error("no cut was in the middle of a commit")
	}
}

// TestLyingDisk damages what was synced: it cuts the file or the write-ahead
// log, makes pages half old, and flips bits. Nothing may panic or give wrong
// bytes, and where an acknowledged episode is not there, the damage is named
// when the store is opened or checked.
func TestLyingDisk(t *testing.T) {
	r := source(t)
	all := states(t, 12)
	last := len(all) - 1
	closed := closedState(t, all[last])
	named, whole := 0, 0
	for n := range rounds(t, 60) {
		s := all[last]
		if n%2 == 0 {
			s = closed
		}
		s.db, s.wal = bytes.Clone(s.db), bytes.Clone(s.wal)
		what := damage(r, &s, all[r.IntN(last)])
		if acceptable(t, lay(t, s), s.acknowledged, what) {
			whole++
		} else {
			named++
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d times all was there, %d times the damage was named", whole, named)
	if named == 0 {
		t.Error("no damage was found")
	}
}

// An episode is never read under another one's ID, though its row is whole: that
// is where a flipped bit in the index of the IDs leads.
func TestIndexLeadsElsewhere(t *testing.T) {
	dir := lay(t, closedState(t, states(t, 4)[3]))
	change(t, dir, `UPDATE episodes SET body = (SELECT body FROM episodes WHERE seq = 2), hash = (SELECT hash FROM episodes WHERE seq = 2) WHERE seq = 1`)
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	heads, err := s.EpisodeHeads(t.Context(), EpisodeFilter{})
	if err != nil || len(heads) < 2 {
		t.Fatal(heads, err)
	}
	if _, err := s.EpisodeJSON(t.Context(), heads[0].ID); !errors.Is(err, ErrCorrupt) {
		t.Errorf("episode %s with the bytes of %s: %v", heads[0].ID, heads[1].ID, err)
	}
	if _, err := s.EpisodeJSON(t.Context(), heads[1].ID); err != nil {
		t.Error(err)
	}
}

// closedState is s after a clean end: all in the one file.
func closedState(t *testing.T, s state) state {
	t.Helper()
	dir := lay(t, s)
	store, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	s.wal = nil
	if s.db, err = os.ReadFile(filepath.Join(dir, fileName)); err != nil {
		t.Fatal(err)
	}
	if s.head, err = os.ReadFile(filepath.Join(dir, fileName+"-head")); err != nil {
		t.Fatal(err)
	}
	return s
}

// damage changes s somewhere, with bytes of an older state, and says where.
func damage(r *rand.Rand, s *state, old state) string {
	file, from, name := &s.db, old.db, "file"
	if len(s.wal) > 0 && r.IntN(4) > 0 {
		file, from, name = &s.wal, old.wal, "log"
	}
	at := r.IntN(len(*file))
	end := min(len(*file), at+1+r.IntN(4096))
	switch r.IntN(4) {
	case 0:
		*file = (*file)[:at]
		return fmt.Sprint(name, " cut at ", at)
	case 1:
		copy((*file)[at:end], from[min(at, len(from)):])
		return fmt.Sprint(name, " old from ", at, " to ", end)
	case 2:
		clear((*file)[at:end])
		return fmt.Sprint(name, " zero from ", at, " to ", end)
	}
	bit := r.IntN(8)
	(*file)[at] ^= 1 << bit
	return fmt.Sprint(name, " bit ", bit, " of byte ", at)
}

// acceptable reports whether all is there in the store of dir. It fails the
// test if something is not and nobody says so.
func acceptable(t *testing.T, dir string, ids []string, what string) (whole bool) {
	t.Helper()
	damaged := func(err error) bool {
		return errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNewerSchema)
	}
	s, err := Open(dir, Options{})
	if err != nil {
		if !damaged(err) || !strings.Contains(err.Error(), fileName) {
			t.Errorf("%s: open: %v", what, err)
		}
		return false
	}
	defer s.Close()
	whole = true
	for _, id := range ids {
		want, err := json.Marshal(crashEpisode(id))
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.EpisodeJSON(t.Context(), id)
		if err != nil && !damaged(err) && !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: episode %s: %v", what, id, err)
		}
		if err == nil && !bytes.Equal(got, want) {
			t.Errorf("%s: episode %s has other bytes", what, id)
		}
		whole = whole && err == nil
	}
	_, list := s.Episodes(t.Context(), EpisodeFilter{})
	_, recalled := s.Recall(t.Context(), ladle(), 500)
	for _, err := range []error{list, recalled} {
		if err != nil && !damaged(err) {
			t.Errorf("%s: read: %v", what, err)
		}
	}
	check := s.Check(t.Context())
	if check != nil && !damaged(check) {
		t.Errorf("%s: check: %v", what, check)
	}
	if !whole && check == nil {
		t.Errorf("%s: episodes are missing, and nobody says so", what)
	}
	return whole && check == nil
}

// TestFlippedItems flips one bit at a time in a store that was closed: every
// lesson and demonstration that can be read is as it was, and none is missing
// unless Check says so.
func TestFlippedItems(t *testing.T) {
	r := source(t)
	clean := closedState(t, states(t, 4)[3])
	read := func(s *Store) (map[string]agent.Lesson, error) {
		ls, err := s.Lessons(t.Context(), LessonFilter{})
		out := map[string]agent.Lesson{}
		for _, l := range ls {
			out[l.ID] = l
		}
		return out, err
	}
	s, err := Open(lay(t, clean), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := read(s)
	if err != nil || len(want) == 0 {
		t.Fatalf("%d lessons, %v", len(want), err)
	}
	s.Close()
	for range rounds(t, 25) {
		flipped := clean
		flipped.db = bytes.Clone(clean.db)
		at, bit := r.IntN(len(clean.db)), r.IntN(8)
		flipped.db[at] ^= 1 << bit
		s, err := Open(lay(t, flipped), Options{})
		if err != nil {
			if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNewerSchema) {
				t.Errorf("bit %d of byte %d: %v", bit, at, err)
			}
			continue
		}
		got, err := read(s)
		for id, l := range got {
			if !reflect.DeepEqual(l, want[id]) {
				t.Errorf("bit %d of byte %d: lesson %s is %+v", bit, at, id, l)
			}
		}
		if check := s.Check(t.Context()); err == nil && len(got) < len(want) && !errors.Is(check, ErrCorrupt) {
			t.Errorf("bit %d of byte %d: %d lessons of %d: %v", bit, at, len(got), len(want), check)
		}
		s.Close()
	}
}

// TestFlippedSettings flips a bit of each byte of what the file says of itself:
// the store opens, or says that it is damaged.
func TestFlippedSettings(t *testing.T) {
	clean := closedState(t, states(t, 4)[3])
	settings := bytes.Index(clean.db, []byte("setting/"))
	if settings < 0 || !bytes.Contains(clean.db[settings:settings+150], []byte("reverted")) {
		t.Fatal("the settings are not where they were: the test shows nothing")
	}
	for at := settings - 10; at < settings+150; at++ {
		flipped := clean
		flipped.db = bytes.Clone(clean.db)
		flipped.db[at] ^= 1
		s, err := Open(lay(t, flipped), Options{})
		if err == nil {
			err = s.Close()
		}
		if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNewerSchema) {
			t.Errorf("byte %d: %v", at, err)
		}
	}
}
