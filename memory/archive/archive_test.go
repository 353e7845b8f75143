package archive

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// openArchive opens an archive and checks it when the test ends.
func openArchive(t testing.TB, path string) *Archive {
	t.Helper()
	a, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Check(context.Background()); err != nil {
			t.Errorf("check: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return a
}

func write(t testing.TB, a *Archive, f func(*Tx) error) {
	t.Helper()
	if err := a.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func episode(id string, success bool) agent.Episode {
	return agent.Episode{ID: id, Task: agent.Task{ID: "t-" + id, Suite: "s", Kind: "k", Goal: "g"},
		Steps: []agent.Step{{Action: "go", Observation: agent.Observation{Text: "ünïcode \x00 </script> \u2028"}}}, Outcome: agent.Outcome{Success: success}}
}

func put(t testing.TB, a *Archive, e agent.Episode) []byte {
	t.Helper()
	body, err := EncodeEpisode(e)
	if err != nil {
		t.Fatal(err)
	}
	write(t, a, func(tx *Tx) error {
		_, err := tx.PutEpisode(t.Context(), e, body)
		return err
	})
	return body
}

func TestEpisodes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?#%.db") // signs that mean something in a URL
	a := openArchive(t, path)
	var want []agent.Episode
	for i := range 6 {
		e := episode(fmt.Sprint("e", i), i%2 == 0)
		e.Task.Suite = fmt.Sprint("s", i/3)
		want = append(want, e)
		body := put(t, a, e)
		got, err := a.EpisodeBytes(t.Context(), e.ID)
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("%s: %q, %v; want %q", e.ID, got, err, body)
		}
	}
	for _, tt := range []struct {
		q    EpisodeQuery
		want []int
	}{
		{EpisodeQuery{}, []int{0, 1, 2, 3, 4, 5}},
		{EpisodeQuery{Suite: "s1"}, []int{3, 4, 5}},
		{EpisodeQuery{Outcome: Successes}, []int{0, 2, 4}},
		{EpisodeQuery{Outcome: Failures, Suite: "s0"}, []int{1}},
		{EpisodeQuery{Task: "t-e3", Kind: "k"}, []int{3}},
		{EpisodeQuery{Kind: "other"}, nil},
		{EpisodeQuery{MaxEpisodes: 2}, []int{4, 5}},
	} {
		got, err := a.Episodes(t.Context(), tt.q)
		if err != nil {
			t.Fatal(err)
		}
		var w []agent.Episode
		for _, i := range tt.want {
			w = append(w, want[i])
		}
		if !reflect.DeepEqual(got, w) {
			t.Errorf("%+v: %d episodes %+v", tt.q, len(got), got)
		}
		heads, err := a.EpisodeHeads(t.Context(), tt.q)
		if err != nil {
			t.Fatal(err)
		}
		var h []EpisodeHead
		for _, i := range tt.want {
			h = append(h, EpisodeHead{want[i].ID, want[i].Task.Scope, want[i].Task.Suite, want[i].Task.Kind, want[i].Task.ID, want[i].Outcome.Success})
		}
		if !slices.Equal(heads, h) {
			t.Errorf("%+v: heads %+v, want %+v", tt.q, heads, h)
		}
	}
	if _, err := a.EpisodeBytes(t.Context(), "e9"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown episode: %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the archive is not where it should be: %v", err)
	}
}

func TestEpisodeTwice(t *testing.T) {
	a := openArchive(t, filepath.Join(t.TempDir(), "a.db"))
	e := episode("e", true)
	body := put(t, a, e)
	if known, err := a.HasEpisode(t.Context(), "e", body); !known || err != nil {
		t.Errorf("known %v, %v", known, err)
	}
	if known, err := a.HasEpisode(t.Context(), "f", body); known || err != nil {
		t.Errorf("known %v, %v", known, err)
	}
	err := a.Write(t.Context(), func(tx *Tx) error {
		added, err := tx.PutEpisode(t.Context(), e, body)
		if added || err != nil {
			t.Errorf("the same bytes again: added %v, %v", added, err)
		}
		_, err = tx.PutEpisode(t.Context(), e, append(body, ' '))
		return err
	})
	if !errors.Is(err, ErrConflict) {
		t.Errorf("other bytes: %v", err)
	}
	if _, err := a.HasEpisode(t.Context(), "e", nil); !errors.Is(err, ErrConflict) {
		t.Errorf("other bytes: %v", err)
	}
}

func TestWriteIsAllOrNothing(t *testing.T) {
	a := openArchive(t, filepath.Join(t.TempDir(), "a.db"))
	boom := errors.New("boom")
	before, err := a.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = a.Write(t.Context(), func(tx *Tx) error {
		if _, err := tx.PutEpisode(t.Context(), episode("e", true), []byte("{}")); err != nil {
			t.Error(err)
		}
		if err := tx.PutItem(t.Context(), &Item{ID: "i", Text: "x"}); err != nil {
			t.Error(err)
		}
		return boom
	})
	if err != boom {
		t.Errorf("error %v", err)
	}
	if _, err := a.EpisodeBytes(t.Context(), "e"); !errors.Is(err, ErrNotFound) {
		t.Errorf("episode: %v", err)
	}
	if _, err := a.Item(t.Context(), "i"); !errors.Is(err, ErrNotFound) {
		t.Errorf("item: %v", err)
	}
	if after, err := a.Generation(t.Context()); after != before || err != nil {
		t.Errorf("generation %d after %d, %v", after, before, err)
	}
}

func TestItems(t *testing.T) {
	a := openArchive(t, filepath.Join(t.TempDir(), "a.db"))
	items := []Item{
		{ID: "l1", Class: agent.KindLesson, Suite: "s", Kind: "k", Text: "avoid the cabinet", Doc: "doc", Body: []byte(`{"a":1}`), Vector: []float32{1, -0.5}},
		{ID: "l2", Class: agent.KindLesson, Suite: "s", Kind: "k", Task: "t", Text: "avoid the drawer", Body: []byte("y")},
		{ID: "d1", Class: agent.KindDemonstration, Suite: "s", Kind: "j", Key: "key", Text: "open the cabinet", Body: []byte("x")},
	}
	write(t, a, func(tx *Tx) error {
		for i := range items {
			if err := tx.PutItem(t.Context(), &items[i]); err != nil {
				return err
			}
		}
		return tx.PutVector(t.Context(), "l1", "m1", items[0].Vector)
	})
	got, err := itemsOf(t, a, 0, "m1")
	if err != nil || !reflect.DeepEqual(got, items) {
		t.Errorf("items\n%+v, %v; want\n%+v", got, err, items)
	}
	if got, err = itemsOf(t, a, 0, "m2"); err != nil || got[0].Vector != nil {
		t.Errorf("vector %v of another embedder, %v", got[0].Vector, err)
	}
	gen, err := a.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	items[0].Body = []byte("same text")
	write(t, a, func(tx *Tx) error { return tx.PutItem(t.Context(), &items[0]) })
	if got, err = itemsOf(t, a, gen, "m1"); err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], items[0]) {
		t.Errorf("changed %+v, %v", got, err)
	}
	items[0].Text = "avoid the shelf"
	write(t, a, func(tx *Tx) error { return tx.PutItem(t.Context(), &items[0]) })
	if got, err = itemsOf(t, a, gen, "m1"); err != nil || got[0].Vector != nil {
		t.Errorf("vector %v of the text before, %v", got[0].Vector, err)
	}
}

// itemsOf are the items that changed after generation since.
func itemsOf(t testing.TB, a *Archive, since int64, embedder string) ([]Item, error) {
	t.Helper()
	var out []Item
	err := Items(t.Context(), a, since, embedder, func(it Item) (Item, error) {
		it.Body = bytes.Clone(it.Body)
		return it, nil
	}, func(some []Item) error {
		for _, it := range some {
			it.Vector = slices.Clone(it.Vector)
			out = append(out, it)
		}
		return nil
	})
	return out, err
}

func TestOpenRefuses(t *testing.T) {
	raw := func(path, statement string) {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		make func(path string)
		want error
	}{
		{"newer schema", func(p string) { raw(p, fmt.Sprintf("PRAGMA user_version = %d", SchemaVersion+1)) }, ErrNewerSchema},
		{"another program's file", func(p string) { raw(p, "PRAGMA user_version = 1") }, ErrCorrupt},
		{"no database", func(p string) {
			if err := os.WriteFile(p, bytes.Repeat([]byte("not a database "), 100), 0o644); err != nil {
				t.Fatal(err)
			}
		}, ErrCorrupt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.db")
			tt.make(path)
			if a, err := Open(t.Context(), path); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
				if err == nil {
					a.Close()
				}
			}
		})
	}
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "no folder", "a.db")); err == nil {
		t.Error("opened in a folder that is not there")
	}
}

func TestDamageIsFound(t *testing.T) {
	for _, tt := range []struct{ name, statement string }{
		{"episode", `UPDATE episodes SET body = CAST(replace(CAST(body AS TEXT), 'go', 'no') AS BLOB)`},
		{"episode that was never JSON", `UPDATE episodes SET body = x'00', hash = x'6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'`},
		{"episode that is missing", `DELETE FROM episodes WHERE id = 'e'`},
		{"episode in another place", `UPDATE episodes SET seq = 3 WHERE id = 'e'`},
		{"outcome", `UPDATE episodes SET success = 0`},
		{"vector", `UPDATE vectors SET data = x'0000'`},
		{"vector of other numbers", `UPDATE vectors SET data = x'0000803f0000803f'`},
		{"item", `UPDATE items SET doc = 'other'`},
		{"orphaned vector", `PRAGMA foreign_keys = 0; UPDATE vectors SET item = 7`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := Open(t.Context(), filepath.Join(t.TempDir(), "a.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			put(t, a, episode("e", true))
			put(t, a, episode("f", true))
			write(t, a, func(tx *Tx) error {
				if err := tx.PutItem(t.Context(), &Item{ID: "i", Text: "x", Body: []byte{}}); err != nil {
					return err
				}
				return tx.PutVector(t.Context(), "i", "m", []float32{1, 2})
			})
			if err := a.Check(t.Context()); err != nil {
				t.Fatalf("before: %v", err)
			}
			if _, err := a.db.Exec(tt.statement); err != nil {
				t.Fatal(err)
			}
			if err := a.Check(t.Context()); !errors.Is(err, ErrCorrupt) {
				t.Errorf("check: %v", err)
			}
			_, byID := a.EpisodeBytes(t.Context(), "e")
			_, list := a.Episodes(t.Context(), EpisodeQuery{})
			if tt.name == "episode" && (!errors.Is(byID, ErrCorrupt) || !errors.Is(list, ErrCorrupt)) {
				t.Errorf("read: %v, %v", byID, list)
			}
			if _, err := itemsOf(t, a, 0, "m"); (strings.HasPrefix(tt.name, "vector") || tt.name == "item") && !errors.Is(err, ErrCorrupt) {
				t.Errorf("items: %v", err)
			}
		})
	}
}

func TestSetting(t *testing.T) {
	a := openArchive(t, filepath.Join(t.TempDir(), "a.db"))
	for _, v := range []string{"first", "second"} {
		if got, err := a.Setting(t.Context(), "k", v); got != "first" || err != nil {
			t.Errorf("%s, %v", got, err)
		}
	}
}

func Example() {
	dir, err := os.MkdirTemp("", "archive")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	a, err := Open(ctx, filepath.Join(dir, "memory.db"))
	if err != nil {
		panic(err)
	}
	defer a.Close()
	e := agent.Episode{ID: "e1", Task: agent.Task{ID: "t"}, Outcome: agent.Outcome{Success: true}}
	body, err := EncodeEpisode(e)
	if err != nil {
		panic(err)
	}
	err = a.Write(ctx, func(tx *Tx) error {
		_, err := tx.PutEpisode(ctx, e, body)
		return err
	})
	if err != nil {
		panic(err)
	}
	back, err := a.EpisodeBytes(ctx, "e1")
	fmt.Println(bytes.Equal(back, body), err)
	// Output: true <nil>
}
