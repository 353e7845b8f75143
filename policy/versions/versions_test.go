package versions

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// open opens dir with a clock that goes on by a second at each look, and checks
// it at the end of the test.
func open(t testing.TB, dir string) *Folder {
	t.Helper()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f, err := Open(dir, Options{Clock: func() time.Time { now = now.Add(time.Second); return now }})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// add adds the policy named text.
func add(t testing.TB, f *Folder, text, parent string) string {
	t.Helper()
	l, err := f.Add([]byte(text), Lineage{Parent: parent, Objective: "nsr", Data: DataOf([]string{"e1", "e2"})})
	if err != nil {
		t.Fatal(err)
	}
	return l.Version
}

func TestLineage(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	want := Lineage{
		Objective: "w-reinforce", Data: DataOf([]string{"e1", "e2", "e3"}), Updates: 4, Guard: "entropy", Note: "a note", Drift: 0.25,
		Before: map[string]float64{"first": 0.5}, After: map[string]float64{"first": 0.75},
	}
	want.Data.Cursor, want.Data.Dropped = "c", 2
	got, err := f.Add([]byte("policy"), want)
	if err != nil {
		t.Fatal(err)
	}
	want.Version, want.Number, want.Created = Of([]byte("policy")), 1, time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("added %+v, want %+v", got, want)
	}
	all, err := open(t, dir).Versions()
	if err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], Version{want, Rejected, false}) {
		t.Errorf("read %+v, %v", all, err)
	}
	if data, err := f.Policy(want.Version); err != nil || string(data) != "policy" {
		t.Errorf("policy file %q, %v", data, err)
	}
	// printf 'e1\ne2\ne3\n' | sha256sum
	if d := want.Data; d.First != "e1" || d.Last != "e3" || d.Episodes != 3 || d.Digest != "782e4c1e21d102a6f8510a1690fe4e25d611d9d91370540b571c9f1530d0f604" {
		t.Errorf("data is %+v", d)
	}
	// printf policy | sha256sum
	if want.Version != "823412d1eacb" {
		t.Errorf("version is %s", want.Version)
	}
}

// The version that was current at a time follows of the moves until then.
func TestCurrentAt(t *testing.T) {
	now := time.Unix(0, 0)
	f, err := Open(t.TempDir(), Options{Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	at := func(seconds int64, do func() error) {
		t.Helper()
		now = time.Unix(seconds, 0)
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	for i, data := range []string{"a", "b"} {
		at(int64(10*i), func() error {
			l, err := f.Add([]byte(data), Lineage{})
			made = append(made, l.Version)
			return err
		})
	}
	at(20, func() error { return f.Promote(made[0], "", "") })
	at(30, func() error { return f.Promote(made[1], made[0], "") })
	at(40, func() error { _, _, err := f.Rollback(""); return err })
	for seconds, want := range map[int64]string{19: "", 20: made[0], 30: made[1], 39: made[1], 40: made[0], 99: made[0]} {
		got, err := f.CurrentAt(time.Unix(seconds, 0))
		if got != want || (want == "") != errors.Is(err, ErrNone) {
			t.Errorf("at %d: %q, %v; want %q", seconds, got, err, want)
		}
	}
}

func TestMoves(t *testing.T) {
	f := open(t, t.TempDir())
	if _, err := f.Current(); !errors.Is(err, ErrNone) {
		t.Errorf("current of an empty folder: %v", err)
	}
	if _, _, err := f.Rollback(""); !errors.Is(err, ErrNone) {
		t.Errorf("rollback of an empty folder: %v", err)
	}
	a := add(t, f, "a", "")
	b := add(t, f, "b", a)
	c := add(t, f, "c", b)
	for i, s := range []struct {
		do      string // promote TO over FROM, or back
		to      string
		over    string
		err     error
		current string
		states  []State
	}{
		{"promote", a, "", nil, a, []State{Promoted, Candidate, Candidate}},
		{"promote", b, "", ErrMoved, a, []State{Promoted, Candidate, Candidate}},
		{"promote", "0123456789ab", a, ErrNotFound, a, []State{Promoted, Candidate, Candidate}},
		{"promote", "../a", a, ErrNotFound, a, []State{Promoted, Candidate, Candidate}},
		{"promote", b, a, nil, b, []State{Promoted, Promoted, Candidate}},
		{"promote", b, b, nil, b, []State{Promoted, Promoted, Candidate}},
		{"promote", c, b, nil, c, []State{Promoted, Promoted, Promoted}},
		{"back", b, "", nil, b, []State{Promoted, Promoted, RolledBack}},
		{"back", a, "", nil, a, []State{Promoted, RolledBack, RolledBack}},
		{"back", "", "", ErrNone, a, []State{Promoted, RolledBack, RolledBack}},
		{"promote", c, a, nil, c, []State{Promoted, RolledBack, Promoted}},
		{"back", a, "", nil, a, []State{Promoted, RolledBack, RolledBack}},
	} {
		var err error
		if s.do == "promote" {
			err = f.Promote(s.to, s.over, "")
		} else {
			_, _, err = f.Rollback("")
		}
		if !errors.Is(err, s.err) {
			t.Fatalf("%d: %v, want %v", i, err, s.err)
		}
		if got, err := f.Current(); err != nil || got != s.current {
			t.Fatalf("%d: current is %s, %v, want %s", i, got, err, s.current)
		}
		all, err := f.Versions()
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range all {
			if v.State != s.states[j] || v.Current != (v.Version == s.current) {
				t.Errorf("%d: version %d is %s, current %v", i, j, v.State, v.Current)
			}
		}
	}
	if moves, err := f.Moves(); err != nil || len(moves) != 7 {
		t.Errorf("%d moves, %v", len(moves), err)
	}
	if _, err := f.Add([]byte("b"), Lineage{}); !errors.Is(err, ErrExists) {
		t.Errorf("adding again: %v", err)
	}
	if _, err := f.Add([]byte("d"), Lineage{Parent: "0123456789ab"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("adding a child of nobody: %v", err)
	}
	if err := f.Check(); err != nil {
		t.Error(err)
	}
}

var errCrash = errors.New("crash")

// crashAfter ends the process, as far as the folder goes, at write n.
func crashAfter(n int) func(operation) error {
	return func(operation) error {
		if n--; n < 0 {
			return errCrash
		}
		return nil
	}
}

// TestCrash ends the process at every write of a random history, and goes on in
// another: what was acknowledged is there, what was not has happened whole or
// not at all.
func TestCrash(t *testing.T) {
	const seed = 1
	for at := range 400 {
		dir := t.TempDir()
		rng := rand.New(rand.NewPCG(seed, 0))
		f := open(t, dir)
		f.crash = crashAfter(at)
		f.sync = func(*os.File) error { return f.crash("sync") } // what a process wrote outlives it without
		model := history{policies: map[string]string{}}
		crashed := false
		for i := range 12 {
			before := model.clone()
			err := model.step(f, rng, i)
			if errors.Is(err, errCrash) {
				f, crashed = open(t, dir), true
				f.sync = func(*os.File) error { return nil }
				if got := read(t, f); !got.equal(before) && !got.equal(model) {
					t.Fatalf("seed %d, write %d: holds %+v, neither %+v nor %+v", seed, at, got, before, model)
				} else {
					model = got
				}
			} else if err != nil {
				t.Fatalf("seed %d, write %d: %v", seed, at, err)
			}
		}
		if got := read(t, f); !got.equal(model) {
			t.Fatalf("seed %d, write %d: holds %+v, want %+v", seed, at, got, model)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, tmpPrefix+"*")); len(left) > 0 && !crashed {
			t.Errorf("write %d: left %v", at, left)
		}
		if !crashed {
			if at < 50 {
				t.Fatalf("only %d writes: the test shows little", at)
			}
			return
		}
	}
	t.Fatal("the history has more writes than were tried")
}

// history is a folder as it should be.
type history struct {
	policies map[string]string // file by version
	stack    []string
}

func (h history) clone() history {
	return history{maps.Clone(h.policies), slices.Clone(h.stack)}
}

func (h history) equal(o history) bool {
	return maps.Equal(h.policies, o.policies) && slices.Equal(h.stack, o.stack)
}

// step does one random thing to f, and to h as if it had gone well.
func (h *history) step(f *Folder, rng *rand.Rand, i int) error {
	versions := slices.Sorted(maps.Keys(h.policies))
	switch what := rng.IntN(4); {
	case what < 2 || len(versions) == 0:
		text := fmt.Sprintf("policy %d", i)
		h.policies[Of([]byte(text))] = text
		_, err := f.Add([]byte(text), Lineage{Parent: last(h.stack)})
		return err
	case what == 2:
		to, over := versions[rng.IntN(len(versions))], last(h.stack)
		if to != over {
			h.stack = append(h.stack, to)
		}
		return f.Promote(to, over, "")
	case len(h.stack) > 1:
		h.stack = h.stack[:len(h.stack)-1]
		_, _, err := f.Rollback("")
		return err
	}
	return nil
}

// read is what f holds. It fails if anything is damaged.
func read(t *testing.T, f *Folder) history {
	t.Helper()
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	all, err := f.Versions()
	if err != nil {
		t.Fatal(err)
	}
	h := history{policies: map[string]string{}}
	for i, v := range all {
		if v.Number != i+1 {
			t.Fatalf("version %d has number %d", i+1, v.Number)
		}
		data, err := f.Policy(v.Version)
		if err != nil {
			t.Fatal(err)
		}
		h.policies[v.Version] = string(data)
	}
	if _, h.stack, err = f.moves(); err != nil {
		t.Fatal(err)
	}
	return h
}

// Every file is durable before it gets its name, and the name before Add returns.
func TestSynced(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	var synced []string
	f.sync = func(file *os.File) error {
		synced = append(synced, filepath.Base(file.Name()))
		return nil
	}
	v := add(t, f, "a", "")
	if err := f.Promote(v, "", ""); err != nil {
		t.Fatal(err)
	}
	base := filepath.Base(dir)
	want := []string{tmpPrefix + v + policySuffix, base, tmpPrefix + v + lineageSuffix, base, tmpPrefix + currentFile, base}
	if !slices.Equal(synced, want) {
		t.Errorf("synced %v, want %v", synced, want)
	}
}

// Writers of several folders on one directory do not lose each other's work.
func TestWriters(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			f := open(t, dir)
			for i := range 5 {
				add(t, f, fmt.Sprintf("%d-%d", w, i), "")
			}
		})
	}
	wg.Wait()
	if h := read(t, open(t, dir)); len(h.policies) != 20 {
		t.Errorf("%d versions, want 20", len(h.policies))
	}
}

// TestDamage names every file that anything was done to.
func TestDamage(t *testing.T) {
	for name, damage := range map[string]func(text string) string{
		"cut":        func(s string) string { return s[:len(s)/2] },
		"emptied":    func(string) string { return "" },
		"a digit":    func(s string) string { return strings.Replace(s, "1", "2", 1) },
		"a byte":     func(s string) string { return s[:len(s)-5] + "~" + s[len(s)-4:] },
		"twice":      func(s string) string { return s + s },
		"a brace":    func(s string) string { return s + "}" },
		"other JSON": func(string) string { return `{"sha256":"","body":null}` },
	} {
		for _, suffix := range []string{policySuffix, lineageSuffix, "current"} {
			dir := t.TempDir()
			f := open(t, dir)
			v := add(t, f, "the policy 1 of the test", "")
			if err := f.Promote(v, "", ""); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, v+suffix)
			if suffix == "current" {
				file = filepath.Join(dir, currentFile)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(damage(string(text))), 0o644); err != nil {
				t.Fatal(err)
			}
			err = f.Check()
			if c, ok := errors.AsType[*CorruptError](err); !ok || c.File != file || !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s, %s: %v", name, filepath.Base(file), err)
			}
			if err := f.Promote(v, v, ""); suffix == "current" && !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s, %s: promoted all the same: %v", name, suffix, err)
			}
		}
	}
}

// What is missing, or of another version, is damage too.
func TestMissing(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	a, b := add(t, f, "a", ""), add(t, f, "b", "")
	if err := f.Promote(a, "", ""); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Rename(at(a+lineageSuffix), at("away")); err != nil {
		t.Fatal(err)
	}
	if err := f.Check(); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), currentFile) {
		t.Errorf("current without lineage: %v", err)
	}
	if err := os.Rename(at(b+lineageSuffix), at(a+lineageSuffix)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Versions(); !errors.Is(err, ErrCorrupt) {
		t.Errorf("lineage of another version: %v", err)
	}
	if err := errors.Join(os.Rename(at("away"), at(a+lineageSuffix)), os.Remove(at(a+policySuffix))); err != nil {
		t.Fatal(err)
	}
	if err := f.Check(); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), a+policySuffix) {
		t.Errorf("no policy file: %v", err)
	}
	if _, _, err := f.Rollback(""); !errors.Is(err, ErrNone) {
		t.Errorf("rollback of one: %v", err)
	}
}

// A list of moves that cannot have happened is refused.
func TestImpossibleMoves(t *testing.T) {
	const a, b = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
	for name, moves := range map[string][]Move{
		"from nowhere":   {{From: a, To: b}},
		"to no version":  {{To: "x"}},
		"back from none": {{To: a, Back: true}},
		"back too far":   {{To: a}, {From: a, To: b, Back: true}},
		"a gap":          {{To: a}, {From: b, To: a}},
	} {
		text, err := seal(moves)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := decodeMoves(currentFile, text); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzMoves(f *testing.F) {
	text, _ := seal([]Move{{To: "aaaaaaaaaaaa"}, {From: "aaaaaaaaaaaa", To: "bbbbbbbbbbbb"}, {From: "bbbbbbbbbbbb", To: "aaaaaaaaaaaa", Back: true}})
	f.Add(text)
	f.Add([]byte(`{"sha256":"","body":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		moves, _, err := decodeMoves(currentFile, data)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		again, err := seal(moves)
		if err != nil {
			t.Fatal(err)
		}
		if back, _, err := decodeMoves(currentFile, again); err != nil || !reflect.DeepEqual(back, moves) {
			t.Fatalf("%v, %v", back, err)
		}
	})
}

func FuzzLineage(f *testing.F) {
	const name = "aaaaaaaaaaaa.json"
	text, _ := seal(Lineage{Version: "aaaaaaaaaaaa", Number: 1, Data: DataOf(nil)})
	f.Add(text)
	f.Add([]byte(`{"sha256":"","body":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := decodeLineage(name, data)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		again, err := seal(l)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decodeLineage(name, again); err != nil || back.Number != l.Number {
			t.Fatalf("%v, %v", back, err)
		}
	})
}
