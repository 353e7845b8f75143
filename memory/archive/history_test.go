package archive

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

// stateOf is all items with their vectors, as they are in the file.
func stateOf(t testing.TB, a *Archive) []Item {
	t.Helper()
	items, err := itemsOf(t, a, 0, "m")
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// churn makes a commit that adds and changes some items.
func churn(t testing.TB, a *Archive, r *rand.Rand, n int) {
	t.Helper()
	have := stateOf(t, a)
	write(t, a, func(tx *Tx) error {
		tx.Describe(time.Unix(int64(1000*n), 0), fmt.Sprint("commit ", n))
		for i := range r.IntN(4) {
			it := Item{ID: fmt.Sprint("i", n, "-", i), Class: agent.KindLesson, Suite: "s", Text: strings.Repeat("long ", r.IntN(5)), Body: []byte(`{"n":0,"tail":"x"}`)}
			if len(have) > 0 && r.IntN(2) == 0 {
				it = have[r.IntN(len(have))]
				if it.Body = fmt.Appendf(nil, `{"n":%d,"tail":"x"}`, r.IntN(20)); r.IntN(2) == 0 {
					it.Text = fmt.Sprint("text ", r.IntN(5))
				}
			}
			if err := tx.PutItem(t.Context(), &it); err != nil {
				return err
			}
			if err := tx.PutVector(t.Context(), it.ID, "m", []float32{float32(len(it.Text))}); err != nil {
				return err
			}
		}
		return nil
	})
}

// revert goes back to a generation as the owner of an archive does.
func revert(t testing.TB, a *Archive, to int64) {
	t.Helper()
	_, now, err := a.Points(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	changes, err := a.Changed(t.Context(), to, now)
	if err != nil {
		t.Fatal(err)
	}
	write(t, a, func(tx *Tx) error {
		if err := tx.Revert(t.Context(), changes); err != nil {
			return err
		}
		for _, c := range changes {
			if c.Before != nil {
				if err := tx.PutVector(t.Context(), c.ID, "m", []float32{float32(len(c.Before.Text))}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// TestHistory makes random commits and reverts, and holds what the history says
// against what was there.
func TestHistory(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	a := openArchive(t, filepath.Join(t.TempDir(), "a.db"))
	past := [][]Item{nil} // by generation
	for n := 1; n < 120; n++ {
		if r.IntN(6) == 0 {
			to := r.IntN(n)
			revert(t, a, int64(to))
			if got := stateOf(t, a); !reflect.DeepEqual(got, past[to]) {
				t.Fatalf("after going back to %d:\n%+v\nwant\n%+v", to, got, past[to])
			}
		} else {
			churn(t, a, r, n)
		}
		past = append(past, stateOf(t, a))
	}
	find := func(gen int, id string) *Item {
		i := slices.IndexFunc(past[gen], func(it Item) bool { return it.ID == id })
		if i < 0 {
			return nil
		}
		it := past[gen][i]
		it.Vector = nil
		return &it
	}
	gen := len(past) - 1
	err := a.Log(t.Context(), func(c Commit) bool {
		if c.Generation != int64(gen) {
			t.Fatalf("generation %d, want %d", c.Generation, gen)
		}
		for _, ch := range c.Changes {
			if !reflect.DeepEqual(ch.Before, find(gen-1, ch.ID)) || !reflect.DeepEqual(ch.After, find(gen, ch.ID)) {
				t.Errorf("generation %d: %s: %+v → %+v", gen, ch.ID, ch.Before, ch.After)
			}
		}
		gen--
		return true
	})
	if err != nil || gen != 0 {
		t.Fatalf("the log ends at %d: %v", gen, err)
	}
	for range 20 {
		from, to := r.IntN(len(past)), r.IntN(len(past))
		changes, err := a.Changed(t.Context(), int64(from), int64(to))
		if err != nil {
			t.Fatal(err)
		}
		named := map[string]bool{}
		for _, ch := range changes {
			named[ch.ID] = true
			if !reflect.DeepEqual(ch.Before, find(from, ch.ID)) || !reflect.DeepEqual(ch.After, find(to, ch.ID)) {
				t.Errorf("from %d to %d: %s: %+v → %+v", from, to, ch.ID, ch.Before, ch.After)
			}
		}
		for _, it := range slices.Concat(past[from], past[to]) {
			if f, g := find(from, it.ID), find(to, it.ID); !named[it.ID] && !same(f, g) {
				t.Errorf("from %d to %d: %s is not named", from, to, it.ID)
			}
		}
	}
}

func TestPoints(t *testing.T) {
	a := openArchive(t, filepath.Join(t.TempDir(), "a.db"))
	r := rand.New(rand.NewPCG(1, 1))
	at := func(seconds int64, want int64, wrong error) {
		t.Helper()
		if gen, err := a.PointAt(t.Context(), time.Unix(seconds, 0)); gen != want && wrong == nil || !errors.Is(err, wrong) {
			t.Errorf("at %d: generation %d, %v; want %d, %v", seconds, gen, err, want, wrong)
		}
	}
	at(5, 0, nil)
	for n := 1; n <= 10; n++ {
		churn(t, a, r, n)
	}
	at(999, 0, nil)
	at(1000, 1, nil)
	at(3500, 3, nil)
	at(1e6, 10, nil)
	if c, err := a.Commit(t.Context(), 4); err != nil || c.Note != "commit 4" || c.Time.Unix() != 4000 {
		t.Errorf("commit %+v, %v", c, err)
	}
	var dropped int64
	write(t, a, func(tx *Tx) (err error) {
		dropped, err = tx.Forget(t.Context(), 3)
		return err
	})
	if first, last, err := a.Points(t.Context()); dropped != 7 || first != 7 || last != 11 || err != nil {
		t.Errorf("dropped %d, %d to %d, %v", dropped, first, last, err)
	}
	at(1e6, 10, nil) // whoever forgot did not say when
	at(6500, 0, ErrNotFound)
	if _, err := a.Changed(t.Context(), 6, 11); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "generation 6: the history reaches from 7 to 11") {
		t.Errorf("before the history: %v", err)
	}
	if _, err := a.Changed(t.Context(), 7, 12); !errors.Is(err, ErrNotFound) {
		t.Errorf("after the present: %v", err)
	}
	revert(t, a, 7)
	if gen, err := a.Reverted(t.Context()); gen != 12 || err != nil {
		t.Errorf("reverted by %d, %v", gen, err)
	}
}

// TestDamagedHistory changes the rows of the history: Check names each change.
func TestDamagedHistory(t *testing.T) {
	for _, statement := range []string{
		`UPDATE history SET note = 'x' WHERE gen = 3`,
		`UPDATE history SET changes = x'00' WHERE gen = 3`,
		`DELETE FROM history WHERE gen = 3`,
		`DELETE FROM history WHERE gen = (SELECT max(gen) FROM history)`,
		`UPDATE meta SET value = 0 WHERE key = 'history'`,
	} {
		a, err := Open(t.Context(), filepath.Join(t.TempDir(), "a.db"))
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 1))
		for n := 1; n <= 6; n++ {
			churn(t, a, r, n)
		}
		write(t, a, func(tx *Tx) error { _, err := tx.Forget(t.Context(), 5); return err })
		if err := a.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := a.db.Exec(statement); err != nil {
			t.Fatal(err)
		}
		if err := a.Check(t.Context()); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "history: commit of generation") {
			t.Errorf("%s: %v", statement, err)
		}
		a.Close()
	}
}

// TestHistoryBegins opens an archive of before there was a history.
func TestHistoryBegins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	oldArchive(t, path)
	a := openArchive(t, path)
	first, last, err := a.Points(t.Context())
	if err != nil || first != last {
		t.Fatalf("%d to %d, %v", first, last, err)
	}
	then := stateOf(t, a)
	churn(t, a, rand.New(rand.NewPCG(1, 4)), 2)
	if now := stateOf(t, a); reflect.DeepEqual(now, then) {
		t.Fatal("nothing changed")
	}
	revert(t, a, first)
	now := stateOf(t, a)
	for _, items := range [][]Item{now, then} {
		for i := range items {
			items[i].Vector = nil
		}
	}
	if !reflect.DeepEqual(now, then) {
		t.Errorf("%+v, want %+v", now, then)
	}
}

func FuzzDecodeChanges(f *testing.F) {
	was := Item{Seq: 3, ID: "i", Class: agent.KindLesson, Suite: "s", Text: "a b c", Body: []byte(`{"n":1}`)}
	is := was
	is.Body = []byte(`{"n":2}`)
	f.Add(encodeChanges([]Change{{"i", &was, &is}, {"j", nil, &is}, {"k", &was, nil}}))
	f.Add([]byte{1, 'i', 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		deltas, err := decodeChanges(bytes.Clone(b))
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("%v", err)
			}
			return
		}
		for _, d := range deltas {
			before, err := d.undo(&is)
			if err != nil && !errors.Is(err, ErrCorrupt) {
				t.Errorf("%v", err)
			}
			if before == nil {
				continue
			}
			again, err := decodeChanges(encodeChanges([]Change{{d.id, before, &is}}))
			if err != nil || len(again) != 1 {
				t.Fatalf("%+v, %v", again, err)
			}
			if got, err := again[0].undo(&is); err != nil || !reflect.DeepEqual(got, before) {
				t.Errorf("%+v, %v; want %+v", got, err, before)
			}
		}
	})
}
