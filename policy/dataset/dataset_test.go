package dataset

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/surefoot-ai/surefoot/agent"
)

// shelf is a Source over a slice.
type shelf []agent.Episode

func (s shelf) Episode(_ context.Context, id string) (agent.Episode, error) {
	for _, e := range s {
		if e.ID == id {
			return e, nil
		}
	}
	return agent.Episode{}, errors.New("not on the shelf")
}

func (s shelf) input() Input {
	in := Input{Source: s}
	for _, e := range s {
		in.Heads = append(in.Heads, Head{e.ID, e.Task.Suite, e.Task.ID, e.Task.Scope})
	}
	return in
}

// play is an episode of task, whose steps are "what was seen > what was done".
func play(id, task string, success bool, steps ...string) agent.Episode {
	e := agent.Episode{ID: id, Task: agent.Task{ID: task, Suite: "doors", Kind: "open", Goal: "open <" + task + ">"}}
	for _, s := range steps {
		seen, done, _ := strings.Cut(s, " > ")
		e.Steps = append(e.Steps, agent.Step{Observation: agent.Observation{Text: seen}, Action: agent.Action(done)})
	}
	e.Outcome.Success = success
	if !success {
		e.Outcome.Cause = agent.CausePolicy
	}
	return e
}

func write(t *testing.T, s shelf, o Options) ([]byte, Report) {
	t.Helper()
	var b bytes.Buffer
	r, err := Write(t.Context(), &b, s.input(), o)
	if err != nil && !errors.Is(err, ErrNoRecords) {
		t.Fatal(err)
	}
	return b.Bytes(), r
}

func ofFormat(f Format) Options {
	o := DefaultOptions()
	o.Format = f
	return o
}

// doors are episodes of every sort.
func doors() shelf {
	told := play("told", "red", true, "A door. > push")
	told.Context.Items = []agent.Item{{ID: "l", Kind: agent.KindLesson, Text: "Do not wait."}}
	outage := play("outage", "red", false, "A door. > shout")
	outage.Outcome.Transient = true
	broken := play("broken", "red", false, "A door. > shout")
	broken.Outcome.Cause = agent.CauseEnvironment
	return shelf{
		play("long", "red", true, "A door. > knock", "Nothing. > push"),
		play("blue", "blue", false, "A window. > wait"),
		play("late", "red", false, "A door. > knock", "Nothing. > wait", "Nothing. > wait"),
		told, outage, broken,
		play("short", "red", true, "A door. > push"),
		play("cut", "red", false, "A door. > knock"),
		play("other", "red", false, "A wall. > wait"),
		play("early", "red", false, "A door. > \"kick\" & run"),
		play("empty", "red", true),
		play("silent", "red", false, "A door. > knock", "Nothing."),
		play("garbled", "red", false, "A \xff. > knock"),
	}
}

func TestFormats(t *testing.T) {
	const (
		door    = `{"role":"user","content":"Task: open <red>\nA door."}`
		toldAt  = `{"role":"user","content":"Do not wait.\n\nTask: open <red>\nA door."}`
		wall    = `{"role":"user","content":"Task: open <red>\nA wall."}`
		window  = `{"role":"user","content":"Task: open <blue>\nA window."}`
		nothing = `{"role":"user","content":"Nothing."}`
		knock   = `{"role":"assistant","content":"knock"}`
		push    = `{"role":"assistant","content":"push"}`
		wait    = `{"role":"assistant","content":"wait"}`
		kick    = `{"role":"assistant","content":"\"kick\" & run"}`
		red     = `"suite":"doors","kind":"open","task_id":"red","goal":"open <red>","ground_truth":["push"],`
	)
	unusable := []LeftOut{
		{"no step", []string{"empty"}},
		{"a step without an action", []string{"silent"}},
		{"a text that is not UTF-8", []string{"garbled"}},
		{"failed by the environment or a passing fault, not by the policy", []string{"outage", "broken"}},
	}
	tests := []struct {
		format      Format
		omitContext bool
		want        []string
		episodes    int
		leftOut     []LeftOut
	}{
		{SFT, false, []string{
			`{"messages":[` + door + `,` + knock + `,` + nothing + `,` + push + `]}`,
			`{"messages":[` + toldAt + `,` + push + `]}`,
			`{"messages":[` + door + `,` + push + `]}`,
		}, 3, []LeftOut{{"failed, and sft imitates", []string{"late", "cut", "other", "early", "blue"}}}},
		{DPO, false, []string{
			`{"prompt":[` + door + `,` + knock + `,` + nothing + `],"chosen":[` + push + `],"rejected":[` + wait + `]}`,
			`{"prompt":[` + door + `],"chosen":[` + push + `],"rejected":[` + knock + `]}`,
			`{"prompt":[` + door + `],"chosen":[` + knock + `],"rejected":[` + kick + `]}`,
		}, 5, []LeftOut{
			{"failed, with no success of the same task to be compared with", []string{"blue"}},
			{"failed, and did as every success of the same task for as long as both saw the same", []string{"other"}},
			{"succeeded, and was compared with no failure", []string{"told"}},
		}},
		{KTO, true, []string{
			`{"prompt":[` + door + `],"completion":[` + knock + `],"label":true}`,
			`{"prompt":[` + door + `,` + knock + `,` + nothing + `],"completion":[` + push + `],"label":true}`,
			`{"prompt":[` + door + `],"completion":[` + knock + `],"label":false}`,
			`{"prompt":[` + door + `,` + knock + `,` + nothing + `],"completion":[` + wait + `],"label":false}`,
			`{"prompt":[` + door + `,` + knock + `,` + nothing + `,` + wait + `,` + nothing + `],"completion":[` + wait + `],"label":false}`,
			`{"prompt":[` + door + `],"completion":[` + push + `],"label":true}`,
			`{"prompt":[` + door + `],"completion":[` + push + `],"label":true}`,
			`{"prompt":[` + door + `],"completion":[` + knock + `],"label":false}`,
			`{"prompt":[` + wall + `],"completion":[` + wait + `],"label":false}`,
			`{"prompt":[` + door + `],"completion":[` + kick + `],"label":false}`,
			`{"prompt":[` + window + `],"completion":[` + wait + `],"label":false}`,
		}, 8, nil},
		{GRPO, false, []string{
			`{"prompt":[` + door + `],` + red + `"attempts":5,"successes":2}`,
			`{"prompt":[` + toldAt + `],` + red + `"attempts":1,"successes":1}`,
			`{"prompt":[` + wall + `],` + red + `"attempts":1,"successes":0}`,
			`{"prompt":[` + window + `],"suite":"doors","kind":"open","task_id":"blue","goal":"open <blue>","ground_truth":[],"attempts":1,"successes":0}`,
		}, 8, nil},
	}
	for _, tt := range tests {
		o := ofFormat(tt.format)
		o.OmitContext = tt.omitContext
		got, report := write(t, doors(), o)
		if want := strings.Join(tt.want, "\n") + "\n"; string(got) != want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.format, got, want)
		}
		want := Report{len(tt.want), tt.episodes, append(slices.Clone(unusable), tt.leftOut...)}
		if !reflect.DeepEqual(report, want) {
			t.Errorf("%s: report\n%+v, want\n%+v", tt.format, report, want)
		}
	}
}

// TestVerl reads the Parquet file back, with the library and column by column
// in the layout that pyarrow and the datasets library write.
func TestVerl(t *testing.T) {
	got, report := write(t, doors(), ofFormat(Verl))
	rows, err := parquet.Read[verlRecord](bytes.NewReader(got), int64(len(got)))
	if err != nil {
		t.Fatal(err)
	}
	record := func(index, attempts, successes int, task, first, truth string) verlRecord {
		return verlRecord{
			"doors", []message{{"user", first}}, "open", verlRewardModel{"rule", truth},
			verlExtraInfo{string(SplitOf("doors", task, 0.1)), int64(index), task, "open <" + task + ">", int64(attempts), int64(successes)},
		}
	}
	want := []verlRecord{
		record(0, 5, 2, "red", "Task: open <red>\nA door.", "push"),
		record(1, 1, 1, "red", "Do not wait.\n\nTask: open <red>\nA door.", "push"),
		record(2, 1, 0, "red", "Task: open <red>\nA wall.", "push"),
		record(3, 1, 0, "blue", "Task: open <blue>\nA window.", ""),
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("got\n%+v, want\n%+v", rows, want)
	}
	if report.Records != 4 || report.Episodes != 8 {
		t.Errorf("report %+v", report)
	}
	f, err := parquet.OpenFile(bytes.NewReader(got), int64(len(got)))
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for _, c := range f.Schema().Columns() {
		columns = append(columns, strings.Join(c, "."))
	}
	wantColumns := []string{
		"data_source", "prompt.list.element.role", "prompt.list.element.content", "ability", "reward_model.style", "reward_model.ground_truth",
		"extra_info.split", "extra_info.index", "extra_info.task_id", "extra_info.goal", "extra_info.attempts", "extra_info.successes",
	}
	if !slices.Equal(columns, wantColumns) {
		t.Errorf("columns %q, want %q", columns, wantColumns)
	}
}

// TestGroundTruth holds that it is the shortest success, the first of equals.
func TestGroundTruth(t *testing.T) {
	s := shelf{
		play("e0", "t", false, "A door. > wait"),
		play("e1", "t", true, "A door. > knock", "Nothing. > wait", "Nothing. > push"),
		play("e2", "t", true, "A door. > knock", "Nothing. > push"),
		play("e3", "t", true, "A door. > push", "Open. > go"),
	}
	lines, _ := write(t, s, ofFormat(GRPO))
	if want := `"ground_truth":["knock","push"]`; !bytes.Contains(lines, []byte(want)) {
		t.Errorf("%s lacks %s", lines, want)
	}
	file, _ := write(t, s, ofFormat(Verl))
	rows, err := parquet.Read[verlRecord](bytes.NewReader(file), int64(len(file)))
	if err != nil || len(rows) != 1 || rows[0].RewardModel.GroundTruth != "knock\npush" {
		t.Errorf("%+v, %v", rows, err)
	}
}

// TestVerlRowGroups holds that a file of several row groups is read back in
// order.
func TestVerlRowGroups(t *testing.T) {
	var s shelf
	for i := range maxRowGroup + 10 {
		s = append(s, play(fmt.Sprint("e", i), fmt.Sprint("t", i), i%2 == 0, "A door. > push"))
	}
	in := s.input()
	in.Source = byIndex(s)
	var b bytes.Buffer
	if _, err := Write(t.Context(), &b, in, ofFormat(Verl)); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.RowGroups()); n != 2 {
		t.Errorf("%d row groups, want 2", n)
	}
	rows, err := parquet.Read[verlRecord](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil || len(rows) != len(s) {
		t.Fatalf("%d rows, want %d, error %v", len(rows), len(s), err)
	}
	for i, r := range rows {
		if r.ExtraInfo.Index != int64(i) || r.ExtraInfo.TaskID != s[i].Task.ID || r.ExtraInfo.Successes != int64(1-i%2) {
			t.Fatalf("row %d: %+v", i, r.ExtraInfo)
		}
	}
}

// byIndex is a Source of the episodes e0, e1, ….
type byIndex shelf

func (s byIndex) Episode(_ context.Context, id string) (agent.Episode, error) {
	var i int
	_, err := fmt.Sscanf(id, "e%d", &i)
	return s[i], err
}

// random episodes of few tasks and few words, so that many begin alike.
func random(r *rand.Rand) shelf {
	pick := func(words string) string { f := strings.Fields(words); return f[r.IntN(len(f))] }
	var s shelf
	for i := range 1 + r.IntN(40) {
		var steps []string
		for range r.IntN(5) {
			steps = append(steps, pick("door door wall")+" > "+pick("push push pull wait"))
		}
		e := play(fmt.Sprint("e", i), pick("t0 t1 t2 t3 t4 t5"), r.IntN(2) == 0, steps...)
		if r.IntN(4) == 0 {
			e.Context.Items = []agent.Item{{Text: "hint"}}
		}
		e.Outcome.Transient = !e.Outcome.Success && r.IntN(8) == 0
		s = append(s, e)
	}
	return s
}

// TestProperties holds of random episodes that every one is accounted for
// exactly once, that the two splits together are all of it and share no task,
// and that the same input gives the same bytes.
func TestProperties(t *testing.T) {
	for seed := range uint64(200) {
		s := random(rand.New(rand.NewPCG(seed, 1)))
		for _, f := range Formats() {
			o := ofFormat(f)
			o.ValidationShare = 0.4
			all, whole := write(t, s, o)
			again, _ := write(t, s, o)
			if !bytes.Equal(all, again) {
				t.Fatalf("seed %d, %s: other bytes the second time", seed, f)
			}
			records := 0
			for _, split := range Splits() {
				o.Split = split
				_, r := write(t, s, o)
				n := r.Episodes
				seen := map[string]bool{}
				for _, l := range r.LeftOut {
					n += len(l.Episodes)
					for _, id := range l.Episodes {
						seen[id] = true
					}
				}
				if n != len(s) || len(seen) != n-r.Episodes {
					t.Fatalf("seed %d, %s, %s: %+v does not account for %d episodes", seed, f, split, r, len(s))
				}
				if split != All {
					records += r.Records
				}
			}
			if records != whole.Records {
				t.Fatalf("seed %d, %s: the splits have %d records, all %d", seed, f, records, whole.Records)
			}
		}
	}
}

// TestSplitsShareNoTask reads the task of every record of both splits.
func TestSplitsShareNoTask(t *testing.T) {
	for seed := range uint64(50) {
		s := random(rand.New(rand.NewPCG(seed, 2)))
		in := map[string]Split{}
		for _, split := range []Split{Train, Validation} {
			o := ofFormat(GRPO)
			o.Split, o.ValidationShare = split, 0.5
			b, _ := write(t, s, o)
			for line := range bytes.Lines(b) {
				var r struct {
					TaskID string `json:"task_id"`
				}
				if err := json.Unmarshal(line, &r); err != nil {
					t.Fatal(err)
				}
				if was, ok := in[r.TaskID]; ok && was != split {
					t.Fatalf("seed %d: task %s is in both splits", seed, r.TaskID)
				}
				in[r.TaskID] = split
			}
		}
	}
}

// TestComparisonsAreOfEqualHistories holds of random episodes that a DPO
// prompt, with the chosen action, begins a success and, with the rejected one,
// a failure of one task.
func TestComparisonsAreOfEqualHistories(t *testing.T) {
	compared := 0
	for seed := range uint64(100) {
		s := random(rand.New(rand.NewPCG(seed, 3)))
		b, _ := write(t, s, ofFormat(DPO))
		for line := range bytes.Lines(b) {
			var r comparison
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatal(err)
			}
			if len(r.Prompt)%2 != 1 || len(r.Chosen) != 1 || len(r.Rejected) != 1 || r.Chosen[0] == r.Rejected[0] {
				t.Fatalf("seed %d: %s", seed, line)
			}
			begins := func(success bool, task string, action message) bool {
				want := append(slices.Clone(r.Prompt), action)
				return slices.ContainsFunc(s, func(e agent.Episode) bool {
					if e.Outcome.Success != success || e.Task.ID != task || 2*len(e.Steps) < len(want) {
						return false
					}
					for i, m := range want[1:] {
						text := e.Steps[(i+1)/2].Observation.Text
						if i%2 == 0 {
							text = string(e.Steps[i/2].Action)
						}
						if m.Content != text {
							return false
						}
					}
					text := want[0].Content
					return strings.HasSuffix(text, "Task: "+e.Task.Goal+"\n"+e.Steps[0].Observation.Text) &&
						strings.HasPrefix(text, e.Context.Text())
				})
			}
			_, task, _ := strings.Cut(r.Prompt[0].Content, "open <")
			task, _, _ = strings.Cut(task, ">")
			if !begins(true, task, r.Chosen[0]) || !begins(false, task, r.Rejected[0]) {
				t.Fatalf("seed %d: no such histories: %s", seed, line)
			}
			compared++
		}
	}
	if compared < 100 {
		t.Errorf("only %d comparisons", compared)
	}
}

func TestSplitOf(t *testing.T) {
	n := 0
	for i := range 10000 {
		task := fmt.Sprint("t", i)
		if SplitOf("s", task, 0) != Train || SplitOf("s", task, 1) != Validation {
			t.Fatalf("task %s: not all or nothing", task)
		}
		if SplitOf("s", task, 0.1) == Validation {
			n++
			if SplitOf("s", task, 0.2) != Validation {
				t.Fatalf("task %s leaves validation when its share grows", task)
			}
		}
	}
	// The standard deviation of the count is 30.
	if n < 880 || n > 1120 {
		t.Errorf("%d of 10000 tasks are for validation, want about 1000", n)
	}
	// Where these tasks are may never change: a file that was exported is
	// trained on with one that will be. By printf and sha256sum, their hashes
	// begin with 59, b1, 57 and 1c.
	got := []Split{SplitOf("a", "b", 0.5), SplitOf("a", "c", 0.5), SplitOf("a", "d", 0.5), SplitOf("a", "e", 0.5)}
	if want := []Split{Validation, Train, Validation, Validation}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWriteErrors(t *testing.T) {
	s := doors()
	in := s.input()
	bad := func(h Head) Input { i := in; i.Heads = []Head{h}; return i }
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	with := func(change func(*Options)) Options { o := DefaultOptions(); change(&o); return o }
	tests := []struct {
		ctx  context.Context
		in   Input
		o    Options
		want string
	}{
		{t.Context(), bad(Head{"x", "doors", "red", ""}), DefaultOptions(), "dataset: episode x: not on the shelf"},
		{t.Context(), bad(Head{"long", "doors", "blue", ""}), DefaultOptions(), "dataset: episode long of task doors/blue: the source has long of doors/red"},
		{t.Context(), bad(Head{"empty", "doors", "red", ""}), DefaultOptions(), ErrNoRecords.Error()},
		{t.Context(), Input{}, ofFormat(Verl), ErrNoRecords.Error()},
		{cancelled, in, DefaultOptions(), context.Canceled.Error()},
		{t.Context(), in, ofFormat("csv"), `dataset: Options.Format is "csv", must be one of ["sft" "dpo" "kto" "grpo" "verl"]`},
		{t.Context(), in, with(func(o *Options) { o.Split = "test" }), `dataset: Options.Split is "test", must be one of ["train" "validation" "all"]`},
		{t.Context(), in, with(func(o *Options) { o.ValidationShare = 1.5 }), "dataset: Options.ValidationShare is 1.5, must be in [0,1]"},
		{t.Context(), in, with(func(o *Options) { o.ValidationShare = math.NaN() }), "dataset: Options.ValidationShare is NaN, must be in [0,1]"},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		if _, err := Write(tt.ctx, &b, tt.in, tt.o); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

// disk is a Writer that is full after some bytes.
type disk struct {
	to   io.Writer
	room int
}

var errFull = errors.New("no space left")

func (d *disk) Write(p []byte) (int, error) {
	n := min(len(p), d.room)
	d.room -= n
	if n, err := d.to.Write(p[:n]); err != nil {
		return n, err
	}
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

// TestFullDisk holds that wherever the disk is full, the error says so, what
// was at the path stays, and nothing else is left.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "data")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := append(doors(), play("huge", "red", true, strings.Repeat("A door. ", 3000)+" > push")) // more than any buffer
	for _, f := range Formats() {
		whole, _ := write(t, s, ofFormat(f))
		export := func(room int) error {
			return WriteFile(path, func(w io.Writer) error {
				_, err := Write(t.Context(), &disk{w, room}, s.input(), ofFormat(f))
				return err
			})
		}
		for room := 0; room < len(whole); room += 1 + len(whole)/40 {
			if err := export(room); !errors.Is(err, errFull) || !strings.HasPrefix(err.Error(), path+": ") {
				t.Fatalf("%s, room for %d of %d bytes: %v", f, room, len(whole), err)
			}
			if b, err := os.ReadFile(path); err != nil || string(b) != "old" {
				t.Fatalf("%s: %q, %v", f, b, err)
			}
			if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
				t.Fatalf("%s: %v, %v", f, files, err)
			}
		}
		if err := export(len(whole)); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, whole) {
			t.Fatalf("%s: %d bytes, %v; want %d", f, len(b), err, len(whole))
		}
		if i, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && i.Mode() != 0o644 {
			t.Fatalf("%s: mode %v, %v", f, i.Mode(), err)
		}
		if err := WriteFile(path, func(w io.Writer) error { _, err := io.WriteString(w, "old"); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteFile(filepath.Join(dir, "no", "data"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	// A folder cannot be replaced.
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, "folder"), func(io.Writer) error { return nil }); err == nil {
		t.Error("a folder was replaced")
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("%v, %v", files, err)
	}
}
