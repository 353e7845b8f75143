package archive

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// manyItems is an archive of n items, of which every third has no vector of "m"
// and every other one also one of "other".
func manyItems(t *testing.T, n int) *Archive {
	t.Helper()
	a, err := Open(t.Context(), filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	write(t, a, func(tx *Tx) error {
		for i := range n {
			it := Item{ID: fmt.Sprintf("i%04d", i), Class: agent.KindLesson, Text: "x"}
			if err := tx.PutItem(t.Context(), &it); err != nil {
				return err
			}
			for name, has := range map[string]bool{"m": i%3 > 0, "other": i%2 > 0} {
				if !has {
					continue
				}
				if err := tx.PutVector(t.Context(), it.ID, name, []float32{float32(i), float32(len(name))}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return a
}

// TestManyItems reads several batches: all are there, in order, each with its own
// vector, whether all are asked for or all that changed.
func TestManyItems(t *testing.T) {
	const n = 5*itemBatch + 7
	a := manyItems(t, n)
	for since := range int64(2) {
		if since == 1 { // all of them
			if _, err := a.db.Exec(`UPDATE meta SET value = 7 WHERE key = 'generation'`); err != nil {
				t.Fatal(err)
			}
			write(t, a, func(tx *Tx) error {
				for i := range n {
					if err := tx.PutItem(t.Context(), &Item{ID: fmt.Sprintf("i%04d", i), Class: agent.KindLesson, Text: "x"}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		got, err := itemsOf(t, a, 7*since, "m")
		if err != nil || len(got) != n {
			t.Fatalf("since %d: %d items, %v", 7*since, len(got), err)
		}
		for i, it := range got {
			if want := fmt.Sprintf("i%04d", i); it.ID != want || (it.Vector != nil) != (i%3 > 0) || it.Vector != nil && (it.Vector[0] != float32(i) || it.Vector[1] != 1) {
				t.Fatalf("since %d: item %d is %s with %v", 7*since, i, it.ID, it.Vector)
			}
		}
	}
}

// TestManyItemsEnd sees that the first damaged item, or the first error of who
// reads, ends a read, with the batches before it and none after it.
func TestManyItemsEnd(t *testing.T) {
	a := manyItems(t, 20*itemBatch)
	const bad = 3*itemBatch + 5
	read := func(decode func(Item) (string, error), most int) (int, error) {
		taken := 0
		err := Items(t.Context(), a, 0, "m", decode, func(ids []string) error {
			if taken >= most {
				return errors.New("enough")
			}
			taken += len(ids)
			return nil
		})
		return taken, err
	}
	name := func(it Item) (string, error) { return it.ID, nil }
	if n, err := read(name, itemBatch); n != itemBatch || err == nil || err.Error() != "enough" {
		t.Errorf("take: %d, %v", n, err)
	}
	refused := errors.New("refused")
	if n, err := read(func(it Item) (string, error) {
		if it.ID == fmt.Sprintf("i%04d", bad) {
			return "", refused
		}
		return it.ID, nil
	}, 1e6); n != 3*itemBatch || !errors.Is(err, refused) {
		t.Errorf("decode: %d, %v", n, err)
	}
	if _, err := a.db.Exec(fmt.Sprintf(`UPDATE items SET doc = 'other' WHERE id >= 'i%04d'`, bad)); err != nil {
		t.Fatal(err)
	}
	if n, err := read(name, 1e6); n != 3*itemBatch || !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), fmt.Sprintf("i%04d:", bad)) {
		t.Errorf("damage: %d, %v", n, err)
	}
}

// TestStatements sees that statements are compiled once, not once a write.
func TestStatements(t *testing.T) {
	a := openArchive(t, filepath.Join(t.TempDir(), "a.db"))
	compiled := 0
	for i := range 20 {
		put(t, a, episode(fmt.Sprint("e", i), true))
		write(t, a, func(tx *Tx) error {
			if err := tx.PutItem(t.Context(), &Item{ID: fmt.Sprint("i", i), Text: "x"}); err != nil {
				return err
			}
			return tx.PutVector(t.Context(), fmt.Sprint("i", i), "m", []float32{1})
		})
		if _, err := a.Item(t.Context(), fmt.Sprint("i", i)); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			compiled = len(a.prepared.statements)
		}
	}
	if n := len(a.prepared.statements); n != compiled || n < 6 {
		t.Errorf("%d statements, %d after the first writes", n, compiled)
	}
}
