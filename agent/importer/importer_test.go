package importer_test

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/importer"
	"github.com/surefoot-ai/surefoot/agent/importer/importertest"
)

func format(t testing.TB, name string) importer.Format {
	t.Helper()
	for _, f := range importer.Formats() {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no format %s", name)
	return importer.Format{}
}

// read returns all episodes up to the first error.
func read(f importer.Format, r io.Reader) (out []agent.Episode, err error) {
	for e, err := range f.Read(r, "file") {
		if err != nil {
			return out, err
		}
		out = append(out, e)
	}
	return out, nil
}

func TestKnowAgent(t *testing.T) {
	const text = `{"name": "look-Mug-1/trial_1", "result": true, "traj": "You are in a room.\nYour task is to: find a mug.\n> Think: Where?\n> ActionPath: Start\n> go to desk 1\nOn the desk 1, you see a mug 1.\n> take mug 1\nYou pick it up."}
{"name": "look-Mug-2/trial_2", "result": 0, "traj": "Hall.\r\nYour task is to: wait\r\n> wait\r\nNothing happens."}`
	got, err := read(format(t, "knowagent"), strings.NewReader(text))
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	want := agent.Episode{
		ID: got[0].ID, Task: agent.Task{ID: "look-Mug-1/trial_1", Suite: "alfworld", Kind: "look", Goal: "find a mug"},
		Steps: []agent.Step{
			{Observation: agent.Observation{Text: "You are in a room.\nYour task is to: find a mug."}, Action: "go to desk 1"},
			{Observation: agent.Observation{Text: "On the desk 1, you see a mug 1."}, Action: "take mug 1"},
		},
		Final:   agent.Observation{Text: "You pick it up."},
		Outcome: agent.Outcome{Success: true, Score: 1, Terminated: true},
		Origin:  agent.Origin{Format: "knowagent", Source: "file", Record: 1},
	}
	if !reflect.DeepEqual(got[0], want) {
		t.Errorf("%+v\nwant\n%+v", got[0], want)
	}
	if e := got[1]; e.Outcome.Success || e.Outcome.Cause != agent.CauseBudget || e.Task.Goal != "wait" || e.Origin.Record != 2 || e.ID == got[0].ID || e.Final.Text != "Nothing happens." {
		t.Errorf("%+v", e)
	}
	again, err := read(format(t, "knowagent"), strings.NewReader(text))
	if err != nil || !reflect.DeepEqual(again, got) {
		t.Errorf("again %+v, %v", again, err)
	}
}

func TestTauBench(t *testing.T) {
	const text = `[{"task_id": 7, "reward": 0.0, "trial": 2, "info": {}, "traj": [
		{"role": "system", "content": "Rules."}, {"role": "user", "content": "Hello,\nI want\ta seat."},
		{"role": "assistant", "content": "Who are you?"}, {"role": "user", "content": "Jane"},
		{"role": "assistant", "content": null, "tool_calls": [{"id": "a", "function": {"name": "find", "arguments": "{\"user\":\"jane\"}"}}]},
		{"role": "tool", "name": "find", "content": "{\"seat\": 1}"}, {"role": "assistant", "content": "Done."}, {"role": "user", "content": "###STOP###"}]}]`
	got, err := read(format(t, "tau-bench"), strings.NewReader(text))
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	e := got[0]
	var saw, did []string
	for _, s := range e.Steps {
		saw, did = append(saw, s.Observation.Text), append(did, string(s.Action))
	}
	if want := []string{"Who are you?", `find {"user":"jane"}`, "Done."}; !reflect.DeepEqual(did, want) {
		t.Errorf("actions %q, want %q", did, want)
	}
	if want := []string{"Hello,\nI want\ta seat.", "Jane", `{"seat": 1}`}; !reflect.DeepEqual(saw, want) {
		t.Errorf("observations %q, want %q", saw, want)
	}
	if !reflect.DeepEqual(e.Task, agent.Task{ID: "7", Suite: "tau-bench", Goal: "Hello, I want a seat."}) || e.Trial != 2 || e.Outcome.Success || e.Outcome.Cause != agent.CausePolicy || e.Final.Text != "###STOP###" {
		t.Errorf("%+v", e)
	}
}

// This program's own episodes keep what they have.
func TestOwnEpisodes(t *testing.T) {
	const text = `{"id": "e1", "task": {"id": "t", "suite": "s", "kind": "k", "goal": "g"}, "trial": 1, "seed": 18446744073709551615, "steps": null, "outcome": {"success": true, "score": 1}, "origin": {"format": "knowagent", "source": "x", "record": 3}}`
	got, err := read(format(t, "episodes"), strings.NewReader(text+"\n"+strings.ReplaceAll(text, "e1", "e2")))
	if err != nil || len(got) != 2 || got[0].ID != "e1" || got[1].ID != "e2" || got[0].Seed != 1<<64-1 || got[0].Origin.Record != 3 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Whatever is wrong is named with its place, after what was right before it.
func TestWrongRecords(t *testing.T) {
	good := map[string]string{
		"knowagent": `{"name": "a", "traj": "Your task is to: b"}`,
		"tau-bench": `{"task_id": 1, "reward": 1, "traj": [{"role": "user", "content": "x"}]}`,
		"episodes":  `{"id": "i", "task": {"goal": "g"}}`,
	}
	for name, first := range good {
		for _, second := range []string{`{}`, `7`, `"x"`, `null`, `{"name": 7}`, `{"task_id": "x"}`, `{"id": []}`, `{"name": "a", "traj": "no task"}`, `{"task_id": 1, "reward": 1, "traj": [{"role": "system", "content": "x"}]}`, `}`, `nonsense`} {
			got, err := read(format(t, name), strings.NewReader(first+"\n"+second))
			if !errors.Is(err, importer.ErrFormat) || !strings.HasPrefix(err.Error(), "file: record 2: ") || len(got) != 1 {
				t.Errorf("%s, then %s: %d episodes, %v", name, second, len(got), err)
			}
		}
		if got, err := read(format(t, name), strings.NewReader(first+`{"na`)); len(got) != 1 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s, cut: %d episodes, %v", name, len(got), err)
		}
		broken := errors.New("broken")
		if _, err := read(format(t, name), io.MultiReader(strings.NewReader(first), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
		for _, nothing := range []string{"", " \n", "[]", " [ ]"} {
			if got, err := read(format(t, name), strings.NewReader(nothing)); len(got) != 0 || err != nil {
				t.Errorf("%s, %q: %v, %v", name, nothing, got, err)
			}
		}
		if got, err := read(format(t, name), strings.NewReader("["+first+","+first+"]")); len(got) != 2 || err != nil {
			t.Errorf("%s in an array: %v, %v", name, got, err)
		}
	}
}

// The recorded episodes of other people are read whole.
func TestRealFiles(t *testing.T) {
	won := map[string][2]int{ // episodes, and of them successes
		"knowagent_alfworld_llama2-13b_D0.jsonl.gz": {510, 134},
		"knowagent_alfworld_llama2-13b_D1.jsonl.gz": {510, 182},
		"gpt-4o-airline.json.gz":                    {200, 84},
	}
	for file := range importertest.Files() {
		got := importertest.Episodes(t, file)
		n, ids := 0, map[string]bool{}
		for _, e := range got {
			ids[e.ID] = true
			if e.Outcome.Success {
				n++
			}
			if len(e.Steps) == 0 {
				t.Errorf("%s: record %d has no steps", file, e.Origin.Record)
			}
		}
		if want := won[file]; len(got) != want[0] || n != want[1] || len(ids) != len(got) {
			t.Errorf("%s: %d episodes, %d won, %d IDs; want %v", file, len(got), n, len(ids), want)
		}
	}
}

// Nothing makes it panic, and every episode it yields has an ID and a goal.
func FuzzRead(f *testing.F) {
	f.Add(`{"name": "a", "traj": "Your task is to: b\n> c\nd"}`)
	f.Add(`[{"task_id": 1, "reward": 1, "traj": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]}]}]`)
	f.Add(`{"id": "i", "task": {"goal": "g"}} {"id": "j"}`)
	f.Add(`[[[`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range importer.Formats() {
			got, err := read(format, strings.NewReader(text))
			for _, e := range got {
				if e.ID == "" || e.Task.Goal == "" {
					t.Errorf("%s: %+v", format.Name, e)
				}
			}
			if err != nil && len(got) == 0 && !strings.Contains(err.Error(), "record 1") {
				t.Errorf("%s: %v", format.Name, err)
			}
		}
	})
}
