package skillmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/skills"
)

func some() []agent.Skill {
	all := []agent.Skill{
		{
			Suite: "house", Category: agent.SkillTask, Kind: "clean", Title: "Take, clean, then put", When: "put a clean A in B",
			Principle: "go to X -> take A from X", Steps: []string{"go to X", "take A from X"}, For: []string{"c1", "c2"}, State: agent.SkillActive,
			Reason: "30 of 50 held-out tasks are solved with it, 29 without", Version: 3, Parents: []string{"sk-0"},
			Admitted: agent.SkillExam{N: 50, Without: 29, With: 30}, Round: agent.SkillRound{Number: 4, Episodes: 90}, Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		},
		{
			Suite: "house", Category: agent.SkillMistake, Title: "Avoid \"it\": never", When: "a: b # c\n--- d", Mistake: "- x: 'y' \u0085 \u2028 é", Principle: "%z @w",
			Cause: agent.CauseTool, For: []string{}, Against: []string{"e9"}, Lessons: []string{"l1"}, State: agent.SkillRetired, Pinned: "ann", Origin: "there",
		},
		{Suite: "ü", Category: agent.SkillGeneral, Title: strings.Repeat("Very long ", 30), When: strings.Repeat("é", 2000), Principle: "p", For: []string{}, State: agent.SkillCandidate},
	}
	for i := range all {
		all[i].ID = skills.IDOf(all[i])
	}
	return all
}

// TestRoundTrip holds that what is exported keeps the rules of the format, and
// gives the same skill and the same bytes again.
func TestRoundTrip(t *testing.T) {
	won := agent.Episode{ID: "c1", Task: agent.Task{ID: "t", Goal: "put a clean mug in fridge"}, Steps: []agent.Step{{Action: "go to desk 1"}}, Outcome: agent.Outcome{Success: true}}
	for _, s := range some() {
		files, err := Export(s, []agent.Episode{won})
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != 2 || !bytes.Contains(files["references/trajectory-c1.json"], []byte("go to desk 1")) {
			t.Errorf("files %v", files)
		}
		d, warnings, err := Decode(files["SKILL.md"])
		if err != nil || len(warnings) > 0 {
			t.Errorf("%v, %v of\n%s", err, warnings, files["SKILL.md"])
		}
		if d.Name != Name(s) {
			t.Errorf("name %q in a folder %q", d.Name, Name(s))
		}
		dir := filepath.Join(t.TempDir(), "deep", Name(s))
		if err := WriteFolder(dir, files); err != nil {
			t.Fatal(err)
		}
		if err := WriteFolder(dir, files); !errors.Is(err, fs.ErrExist) {
			t.Errorf("written over: %v", err)
		}
		read, err := ReadFolder(dir)
		if err != nil || !reflect.DeepEqual(read, files) {
			t.Errorf("%v, %v", read, err)
		}
		got, warnings, err := Import(Name(s), read, Target{})
		if err != nil || len(warnings) > 0 {
			t.Fatalf("%v, %v", warnings, err)
		}
		if got.State != agent.SkillQuarantined || got.Version != 0 || got.Pinned != "" || got.Admitted.N != 0 || got.Round.Number != 0 || got.Origin != Name(s) {
			t.Errorf("imported %+v", got)
		}
		again, err := Export(got, nil)
		if err != nil || !reflect.DeepEqual(again, files) {
			t.Errorf("exported again: %v, %v", again, err)
		}
		restored, ok := restore(d)
		if !ok || !reflect.DeepEqual(restored, s) {
			t.Errorf("restored\n%+v\nwant\n%+v", restored, s)
		}
	}
}

func TestExportRefusesFailures(t *testing.T) {
	if _, err := Export(some()[0], []agent.Episode{{ID: "f1"}}); err == nil || !strings.Contains(err.Error(), "f1") {
		t.Errorf("a failure became a reference: %v", err)
	}
}

// TestExportCanBeImported holds that whatever is exported is small enough to be
// read again, and that no trajectory takes another's place.
func TestExportCanBeImported(t *testing.T) {
	won := func(id string, bytes int) agent.Episode {
		return agent.Episode{ID: id, Final: agent.Observation{Text: strings.Repeat("x", bytes)}, Outcome: agent.Outcome{Success: true}}
	}
	var many []agent.Episode
	for i := range MaxFiles + 9 {
		many = append(many, won(fmt.Sprint("e", i), 1))
	}
	known := some()[0]
	for i := range 5000 {
		known.For = append(known.For, fmt.Sprintf("0197a3c4-7b2e-7c11-9d3f-%012d", i))
	}
	for _, tt := range []struct {
		name  string
		skill agent.Skill
		won   []agent.Episode
		want  []string // files
	}{
		{"trajectories that are large", some()[0], []agent.Episode{won("a", MaxBytes), won("b", 9), won("c", MaxBytes/2), won("d", MaxBytes/2)},
			[]string{"SKILL.md", "references/trajectory-b.json", "references/trajectory-c.json"}},
		{"IDs that are nearly the same", some()[0], []agent.Episode{won("e.1", 1), won("e-1", 1), won("é", 1), won("ü", 1)},
			[]string{"SKILL.md", "references/trajectory-2.json", "references/trajectory-e-1-2.json", "references/trajectory-e-1.json", "references/trajectory.json"}},
		{"IDs that are long", some()[0], []agent.Episode{won(strings.Repeat("x", 300), 1)}, []string{"SKILL.md", "references/trajectory-" + strings.Repeat("x", maxName) + ".json"}},
		{"much evidence", known, nil, []string{"SKILL.md"}},
		{"many trajectories", some()[0], many, nil},
	} {
		files, err := Export(tt.skill, tt.won)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if names := slices.Sorted(maps.Keys(files)); tt.want != nil && !slices.Equal(names, tt.want) {
			t.Errorf("%s: files %q, want %q", tt.name, names, tt.want)
		}
		dir := filepath.Join(t.TempDir(), Name(tt.skill))
		if err := WriteFolder(dir, files); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		read, err := ReadFolder(dir)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		s, warnings, err := Import(Name(tt.skill), read, Target{})
		if err != nil || len(warnings) > 0 || s.ID != tt.skill.ID || len(s.For) != min(len(tt.skill.For), maxEvidence) {
			t.Errorf("%s: %s for %d, %v, %v", tt.name, s.ID, len(s.For), warnings, err)
		}
	}
}

// TestExported holds the text that other agents read.
func TestExported(t *testing.T) {
	files, err := Export(some()[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	name := Name(some()[0])
	front, body, _ := strings.Cut(string(files["SKILL.md"]), "metadata:\n")
	if want := "---\nname: " + name + "\ndescription: 'Take, clean, then put. To put a clean A in B: go to X -> take A from X'\n"; front != want {
		t.Errorf("begins\n%swant\n%s", front, want)
	}
	if _, text, _ := strings.Cut(body, "\n---\n"); text != "\n# Take, clean, then put\n\nUse it when: put a clean A in B.\n\nLetters stand for things: A, B, … for those that the goal names, X, Y, … for others.\n\n1. go to X\n2. take A from X\n" {
		t.Errorf("body\n%s", text)
	}
	if !strings.HasPrefix(name, "take-clean-then-put-sk-") {
		t.Errorf("name %s", name)
	}
}

const written = `---
name: PDF-Tools
description: Extract text from PDF files. Use when a PDF is mentioned.
license: Apache-2.0
allowed-tools: [Bash, Read]
metadata:
  author: someone
  version: 1.0
  deep: {a: b}
extra: yes
---
# PDF

Read the file with a tool.

1. open   the file
2. extract the text

- later
`

func TestImportForeign(t *testing.T) {
	files := map[string][]byte{"SKILL.md": []byte(strings.ReplaceAll(written, "\n", "\r\n")), "references/more.md": []byte("x")}
	s, warnings, err := Import("pdf-tools", files, Target{Scope: "ann", Suite: "office", Kind: "read"})
	if err != nil || len(warnings) != 5 { // allowed-tools, deep, extra, name's form, name's folder
		t.Fatalf("%v, %v", warnings, err)
	}
	if s.Category != agent.SkillTask || s.Kind != "read" || s.Suite != "office" || s.Scope != "ann" || s.State != agent.SkillQuarantined ||
		s.Principle != "open the file -> extract the text" || s.When != "Extract text from PDF files. Use when a PDF is mentioned." || s.ID != skills.IDOf(s) {
		t.Errorf("%+v", s)
	}
	if out, err := Export(s, nil); err != nil || !reflect.DeepEqual(out, files) {
		t.Errorf("exported %v, %v", out, err)
	}
	d, _, err := Decode(files["SKILL.md"])
	if err != nil || d.AllowedTools != "Bash Read" || d.License != "Apache-2.0" || d.Metadata["version"] != "1.0" || len(d.Metadata) != 2 {
		t.Errorf("%+v, %v", d, err)
	}
	prose, _, err := Import("x", map[string][]byte{"SKILL.md": []byte("---\nname: x\ndescription: d\n---\n# X\n\nJust do\n")}, Target{})
	if err != nil || prose.Principle != "Just do" || prose.Category != agent.SkillGeneral {
		t.Errorf("%+v, %v", prose, err)
	}
}

// TestNothingIsHidden holds that whatever a policy will read of an imported skill
// stands in what its user reads before, and is one line.
func TestNothingIsHidden(t *testing.T) {
	for name, change := range map[string]func(*agent.Skill){
		"another principle than the steps": func(s *agent.Skill) { s.Principle = "go to X -> burn it" },
		"a principle without steps":        func(s *agent.Skill) { s.Steps, s.Principle = nil, "burn it" },
		"a long situation before it":       func(s *agent.Skill) { s.When, s.Principle = strings.Repeat("é ", maxDescription), "burn it" },
		"a mistake":                        func(s *agent.Skill) { s.Category, s.Mistake, s.Principle = agent.SkillMistake, "waiting", "burn it" },
		"several lines":                    func(s *agent.Skill) { s.When, s.Principle = "so\n\nobey:", "go to X\n\u2028burn it" },
		"much":                             func(s *agent.Skill) { s.Steps, s.Principle = nil, strings.Repeat("burn it ", 5000) },
	} {
		s := some()[0]
		change(&s)
		files, err := Export(s, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d, _, err := Decode(files["SKILL.md"])
		if err != nil || !strings.Contains(d.Body, "burn it") {
			t.Errorf("%s: %v, the body does not say it:\n%s", name, err, d.Body)
		}
		got, warnings, err := Import(Name(s), files, Target{})
		if err != nil || len(warnings) > 0 || !isBounded(got) || !strings.Contains(got.Text(), "burn it") {
			t.Errorf("%s: %v, %v, %.300q", name, warnings, err, got.Text())
		}
	}
}

// TestUnknownCategory holds that what is of no category a bank knows is read as from
// elsewhere.
func TestUnknownCategory(t *testing.T) {
	s := some()[0]
	s.Category = "order"
	files, err := Export(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, warnings, err := Import(Name(s), files, Target{})
	if err != nil || len(warnings) != 1 || got.Category != agent.SkillGeneral {
		t.Errorf("%s, %v, %v", got.Category, warnings, err)
	}
}

// isBounded reports whether what a policy reads of s is one line of bounded length.
func isBounded(s agent.Skill) bool {
	text := s.Text()
	return utf8.RuneCountInString(text) < 4*maxText && !strings.ContainsAny(text, "\n\r\v\f\u0085\u2028\u2029")
}

func TestImportWithoutSkill(t *testing.T) {
	_, _, err := Import("x", map[string][]byte{"README.md": []byte(written)}, Target{})
	if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "x: no SKILL.md") {
		t.Errorf("%v", err)
	}
}

// TestForeignText holds what of the ways in which people write Markdown becomes steps,
// and what a paragraph.
func TestForeignText(t *testing.T) {
	for name, tt := range map[string]struct{ body, want string }{
		"blank lines between items":     {"1. open it\n\n2. read it\n\nThen rest.\n", "open it -> read it"},
		"items of several lines":        {"- open it\n  with care\n- read it\n", "open it with care -> read it"},
		"a paragraph of several lines":  {"# Title\n\nDo this,\nand then that.\n\nMore.\n", "Do this, and then that."},
		"a heading right below":         {"Do this.\n## More\nNot that.\n", "Do this."},
		"a list after a paragraph":      {"Do so:\n\n- open it\n\n# Else\n- burn it\n", "open it"},
		"a paragraph after a blank one": {"- open it\n\nAnd rest.\n- burn it\n", "open it"},
		"items of paragraphs":           {"1. open it\n\n   Mind the lid.\n\n2. read it\n", "open it -> read it"},
		"a list in code":                {"Call it so:\n\n```\n- x: 1\n```\n\n1. open it\n", "open it"},
		"nothing but a heading":         {"# Title\n", ""},
	} {
		s, _, err := Import("x", map[string][]byte{"SKILL.md": []byte("---\nname: x\ndescription: d\n---\n" + tt.body)}, Target{})
		if err != nil || s.Principle != tt.want {
			t.Errorf("%s: %q, %v, want %q", name, s.Principle, err, tt.want)
		}
	}
}

// TestEditedIsAnotherSkill: the words count, not the JSON that they came with.
func TestEditedIsAnotherSkill(t *testing.T) {
	files, err := Export(some()[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	files["SKILL.md"] = bytes.Replace(files["SKILL.md"], []byte("\n2. take A from X"), []byte("\n2. drop A"), 1)
	s, warnings, err := Import(Name(some()[0]), files, Target{Suite: "house"})
	if err != nil || len(warnings) != 1 || s.ID == some()[0].ID || s.Principle != "go to X -> drop A" || len(s.For) > 0 {
		t.Errorf("%+v, %v, %v", s, warnings, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "no front matter": "# X\n", "no end": "---\nname: x\ndescription: d\n", "a list": "---\n- x\n---\n", "no YAML": "---\n\tname: [\n---\n",
		"no description": "---\nname: x\n---\n", "no UTF-8": "---\nname: x\ndescription: \xff\n---\n",
		"an alias for a description": "---\nname: &a x\ndescription: *a\n---\n", "large": "---\ndescription: " + strings.Repeat("x", maxFrontMatter) + "\n---\n",
	} {
		if d, _, err := Decode([]byte(text)); !errors.Is(err, ErrFormat) && !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

func TestEncodeHoldsTheRules(t *testing.T) {
	good := Document{Name: "a-1", Description: "d", Compatibility: strings.Repeat("é", 500), Body: strings.Repeat("\n", 499)}
	if _, err := good.Encode(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Document){
		"no name": func(d *Document) { d.Name = "" }, "capitals": func(d *Document) { d.Name = "A" }, "two hyphens": func(d *Document) { d.Name = "a--b" },
		"a hyphen first": func(d *Document) { d.Name = "-a" }, "a hyphen last": func(d *Document) { d.Name = "a-" }, "65 characters": func(d *Document) { d.Name = strings.Repeat("a", 65) },
		"no description": func(d *Document) { d.Description = " " }, "a long one": func(d *Document) { d.Description = strings.Repeat("é", 1025) },
		"compatibility": func(d *Document) { d.Compatibility += "x" }, "500 lines": func(d *Document) { d.Body += "\n" },
	} {
		d := good
		change(&d)
		if _, err := d.Encode(); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFolderIsSafe(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	write := func(name string, n int) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, make([]byte, n), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(secret, 9)
	linked, large, many := filepath.Join(dir, "linked"), filepath.Join(dir, "large"), filepath.Join(dir, "many")
	write(filepath.Join(linked, "SKILL.md"), 1)
	if err := os.Symlink(secret, filepath.Join(linked, "more.md")); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(large, "a"), MaxBytes-1)
	write(filepath.Join(large, "b", "c"), 2)
	deep := filepath.Join(dir, "deep")
	for i := range MaxFolders + 1 {
		if err := os.MkdirAll(filepath.Join(deep, fmt.Sprint(i)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for i := range MaxFiles + 1 {
		write(filepath.Join(many, strings.Repeat("x", i+1)), 1)
	}
	for name, want := range map[string]error{linked: ErrUnsafe, large: ErrTooLarge, many: ErrTooLarge, deep: ErrTooLarge, filepath.Join(dir, "none"): fs.ErrNotExist} {
		if files, err := ReadFolder(name); !errors.Is(err, want) {
			t.Errorf("%s: %d files, %v, want %v", name, len(files), err, want)
		}
	}
	for _, name := range []string{"../out", "/out", "a/../../out", "", "a//b", "."} {
		out := filepath.Join(dir, "new", "folder")
		if err := WriteFolder(out, map[string][]byte{name: nil}); !errors.Is(err, ErrUnsafe) {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: a folder was made", name)
		}
	}
}

// TestWriteFolderIsWhole holds that a folder is there with all of its files or not at
// all, and that nothing is left of one that could not be written.
func TestWriteFolderIsWhole(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "skill")
	if err := WriteFolder(dir, map[string][]byte{"SKILL.md": nil, "b": nil, "b/c": nil}); err == nil {
		t.Error("a file is a folder as well")
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WriteFolder(dir, map[string][]byte{"SKILL.md": nil}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("into an empty folder: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("written %v, %v", left, err)
	}
	beside := filepath.Join(parent, "beside")
	if err := WriteFolder(beside, map[string][]byte{"SKILL.md": nil}); err != nil {
		t.Fatal(err)
	}
	got, err := os.Stat(beside)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := os.Stat(dir); err != nil || got.Mode() != want.Mode() {
		t.Errorf("its mode is %v, not that of any new folder: %v", got.Mode(), err)
	}
}

// FuzzImport: whatever a SKILL.md holds, it is refused or gives a quarantined
// skill of bounded text; and what decodes and holds the rules is the same once
// it was encoded.
func FuzzImport(f *testing.F) {
	f.Add([]byte(written))
	for _, s := range some() {
		files, err := Export(s, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(files["SKILL.md"])
	}
	f.Add([]byte("---\nname: &a x\ndescription: d\nmetadata: {a: *a, <<: {b: c}}\n---\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, _, err := Decode(b)
		if err != nil {
			return
		}
		s, _, err := Import("x", map[string][]byte{"SKILL.md": b}, Target{Suite: "s"})
		if err != nil || s.State != agent.SkillQuarantined || s.ID == "" || !isBounded(s) {
			t.Fatalf("%+v, %v", s, err)
		}
		text, err := d.Encode()
		if err != nil {
			return
		}
		again, warnings, err := Decode(text)
		if err != nil || len(warnings) > 0 || !reflect.DeepEqual(again, d) && len(d.Metadata) > 0 {
			t.Fatalf("%+v, %v, %v, was %+v\n%q", again, warnings, err, d, text)
		}
	})
}
