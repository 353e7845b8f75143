package household

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// file makes a game file of a problem.
func file(tb testing.TB, problem string) []byte {
	tb.Helper()
	b, err := json.Marshal(gameFile{
		Domain:  "; ours\n(define (domain alfred))",
		Grammar: `grammar :: """{"task": [{"rhs": "Your task is to: tidy up."}]}""";`,
		Problem: problem,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestParseErrorsNameThePlace(t *testing.T) {
	ok := strings.Replace(smallRoom, "GOAL", twoApples, 1)
	swap := func(old, new string) []byte {
		t.Helper()
		if !strings.Contains(ok, old) {
			t.Fatalf("%q is not in the problem", old)
		}
		return file(t, strings.Replace(ok, old, new, 1))
	}
	long := func(kind string, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(kind, "#", strings.Repeat("x", i+1)))
		}
		return b.String()
	}
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "f: json byte 0: unexpected end of JSON input"},
		{"cut off", file(t, ok)[:100], "f: json byte 100: unexpected end of JSON input"},
		{"not JSON", []byte(`{"grammar": 7}`), "f: json byte 13: json: cannot unmarshal number"},
		{"another domain", []byte(`{"pddl_domain": "(define (domain blocks))"}`), "f: pddl_domain byte 0: not ALFWorld's domain"},
		{"no grammar", []byte(`{"pddl_domain": "(domain alfred)"}`), "f: grammar line 1 (byte 0): no rules"},
		{"grammar not closed", []byte(`{"pddl_domain": "(domain alfred)", "grammar": "\n\"\"\" {}"}`), "f: grammar line 2 (byte 4): the triple quotes"},
		{"grammar not JSON", []byte(`{"pddl_domain": "(domain alfred)", "grammar": "\n\"\"\" {}} \"\"\""}`), "f: grammar line 2 (byte 8): invalid character"},
		{"no task", []byte(`{"pddl_domain": "(domain alfred)", "grammar": "\"\"\"{}\"\"\""}`), `f: grammar line 1 (byte 3): no rule "task"`},
		{"no problem", file(t, ""), `f: pddl_problem line 1 (byte 0): the text ends where "(define" should be`},
		{"problem cut off", file(t, ok[:len(ok)-300]), "f: pddl_problem line "},
		{"unknown section", swap("(:domain alfred)", "(:gaol)"), `f: pddl_problem line 1 (byte 21): ":gaol" where a section's name should be`},
		{"word for a section", swap("(:domain alfred)", "x"), `f: pddl_problem line 1 (byte 20): "x" where a section's "(" should be`},
		{"ids without a type", swap("Desk_bar_a - receptacle", "Desk_bar_a receptacle )"), "line 4 (byte "},
		{"unknown predicate", swap("(openable Drawer_bar_a)", "(locked Drawer_bar_a)"), `line 15 (byte 1056): the predicate "locked" is not supported`},
		{"undeclared", swap("(openable Drawer_bar_a)", "(openable Drawer_bar_z)"), `openable: "drawer_bar_z" is not declared as receptacle`},
		{"wrong type", swap("(openable Drawer_bar_a)", "(openable Apple_bar_a)"), `openable: "apple_bar_a" is not declared as receptacle`},
		{"too few arguments", swap("(openable Drawer_bar_a)", "(openable)"), "openable takes another number of arguments than 0"},
		{"too many arguments", swap("(openable Drawer_bar_a)", "(openable Drawer_bar_a L1)"), "openable takes another number of arguments than 2"},
		{"three arguments", swap("(openable Drawer_bar_a)", "(openable Drawer_bar_a L1 L2)"), `"l2" where ")" after the predicate's arguments should be`},
		{"two places of the agent", swap("(openable Drawer_bar_a)", "(atLocation agent1 L1)"), "the agent is at two locations"},
		{"two places of a receptacle", swap("(openable Drawer_bar_a)", "(receptacleAtLocation Drawer_bar_a L2)"), "the receptacle is at two locations"},
		{"nowhere", swap("(atLocation agent1 L0)", ""), "the agent is nowhere before the goal"},
		{"goal not last", file(t, ok[:len(ok)-1]+" (:init))"), "the goal must be the last section"},
		{"no goal", file(t, "(define (problem p))"), "line 1 (byte 19): there is no goal"},
		{"goal of another kind", file(t, strings.Replace(smallRoom, "GOAL", "(forall (?o - object) (isClean ?o))", 1)), "where"},
		{"goal undeclared variable", file(t, strings.Replace(smallRoom, "GOAL", "(isClean ?o)", 1)), "variable ?o is not declared"},
		{"goal without place", file(t, strings.Replace(smallRoom, "GOAL", "(exists (?o - object) (objectType ?o AppleType))", 1)), "must be alike, and go into one receptacle"},
		{"goal of strange type", file(t, strings.Replace(smallRoom, "GOAL", strings.Replace(twoApples, "AppleType", "PearType", 1), 1)), "no object type of the room is given for ?o1"},
		{"goal of strange receptacle", file(t, strings.Replace(smallRoom, "GOAL", strings.Replace(twoApples, "FridgeType", "SafeType", 1), 1)), "no receptacle type of the room"},
		{"goal not distinct", file(t, strings.Replace(smallRoom, "GOAL", strings.Replace(twoApples, "(not (= ?o1 ?o2))", "", 1), 1)), "must differ from each other"},
		{"goal too deep", file(t, strings.Replace(smallRoom, "GOAL", strings.Repeat("(and ", 5000), 1)), "the goal is too large"},
		{"goal too wide", file(t, strings.Replace(smallRoom, "GOAL", "(and "+strings.Repeat("(isClean x)", 5000)+")", 1)), "the goal is too large"},
		{"too many objects", swap("  Apple_bar_a", long(" o# - object", 600)+" Apple_bar_a"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := tt.data
			if tt.name == "too many objects" {
				data = bytes.Replace(data, []byte("(openable Drawer_bar_a)"), []byte(long("(pickupable o#)", 600)), 1)
				tt.want = "the room is too large"
			}
			g, err := Parse("f", data)
			if g != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %s", err, tt.want)
			}
			f, ok := errors.AsType[*FormatError](err)
			if !ok || !errors.Is(err, ErrFormat) || f.File != "f" {
				t.Errorf("%T %+v is no FormatError of the file", err, err)
			}
		})
	}
	if _, err := Parse("f", file(t, ok)); err != nil {
		t.Errorf("the problem that the errors were made from: %v", err)
	}
	if _, err := Parse("f", make([]byte, MaxFileBytes+1)); !errors.Is(err, ErrFormat) {
		t.Errorf("too large: %v", err)
	}
}

func TestTaskIDComesFromTheName(t *testing.T) {
	for name, want := range map[string]string{
		"a/b/train/TASK/TRIAL/game.tw-pddl": "TASK/TRIAL",
		"TASK/game.tw-pddl":                 "TASK",
		"x/gen-3.tw-pddl":                   "gen-3",
		"gen-3":                             "gen-3",
		"":                                  ".",
	} {
		if got := taskID(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestDisplayNames(t *testing.T) {
	got := displayNames([]string{"mug_bar_b", "mug_bar_a", "sink_bar_1_bar_sinkbasin", "sink_bar_1", "chair", "mug_bar_a"})
	want := map[string]string{"mug_bar_a": "mug 2", "mug_bar_b": "mug 1", "sink_bar_1_bar_sinkbasin": "sinkbasin 1", "sink_bar_1": "sink 1", "chair": "chair"}
	for id, name := range want {
		if got[id] != name {
			t.Errorf("%s: %q, want %q", id, got[id], name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	paths := []string{}
	for _, p := range []string{"train/b/t2", "train/b/t1", "train/a/t3", "other/a/t"} {
		p = filepath.Join(dir, "[odd]", "json_2.1.1", filepath.FromSlash(p), "game.tw-pddl")
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	want := []string{paths[2], paths[1], paths[0]}
	for _, d := range []string{filepath.Join(dir, "[odd]"), filepath.Join(dir, "[odd]", "json_2.1.1")} {
		got, err := List(d, "train")
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", d, got, err)
		}
	}
	if got, err := List(filepath.Join(dir, "[odd]", "json_2.1.1", "train"), ""); err != nil || !slices.Equal(got, want) {
		t.Errorf("no split: %q, %v", got, err)
	}
	if _, err := List(dir, "valid_seen"); !errors.Is(err, ErrNoGames) || !strings.Contains(err.Error(), "valid_seen") {
		t.Errorf("no games: %v", err)
	}
	if _, err := Load(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// FuzzParse parses anything; what it accepts plays, and survives Encode.
func FuzzParse(f *testing.F) {
	for _, goal := range []string{appleInFridge, appleInLight, twoApples} {
		f.Add(file(f, strings.Replace(smallRoom, "GOAL", goal, 1)))
	}
	g, err := Generate(1, DefaultGenerateOptions())
	if err != nil {
		f.Fatal(err)
	}
	b, err := g.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"pddl_domain":"(domain alfred)","grammar":"\"\"\"{}\"\"\"","pddl_problem":"(define (:objects a - agent) (:init) (:goal (and)))"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := Parse("f", data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		e := NewEnvironment(g, Current)
		obs, err := e.Reset(t.Context(), g.Task())
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			r, err := e.Step(t.Context(), obs.Admissible[i*7%len(obs.Admissible)])
			if err != nil {
				t.Fatal(err)
			}
			obs = r.Observation
		}
		b, err := g.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse("f", b); err != nil {
			t.Fatalf("encoded: %v\n%s", err, b)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	data, err := os.ReadFile(official(b, "valid_train", 50)[1])
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("f", data); err != nil {
			b.Fatal(err)
		}
	}
}
