package lesson

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// dataDir is the folder of third-party data. A test that needs it is skipped
// where there is none, and fails on CI.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("SUREFOOT_DATA")
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			if root == filepath.Dir(root) {
				t.Fatal("no go.mod above the test")
			}
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, "trajectories")); err != nil {
		msg := "no third-party data: put trajectories/knowagent_alfworld_llama2-13b_D{0,1}.jsonl.gz of zjunlp/KnowAgent under $SUREFOOT_DATA"
		if os.Getenv("CI") == "true" {
			t.Fatal(msg)
		}
		t.Skip(msg)
	}
	return dir
}

// knowagent reads recorded episodes of a 13B model on ALFWorld: old wording, no
// admissible actions.
func knowagent(t *testing.T, file string) []agent.Episode {
	t.Helper()
	f, err := os.Open(filepath.Join(dataDir(t), "trajectories", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []agent.Episode
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var rec struct {
			Name   string
			Result any // true, false, or now and then 0
			Traj   string
		}
		if err := json.Unmarshal(lines.Bytes(), &rec); err != nil {
			t.Fatal(err)
		}
		out = append(out, episodeOf(rec.Name, rec.Traj, rec.Result == true))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func episodeOf(name, traj string, won bool) agent.Episode {
	kind, _, _ := strings.Cut(name, "-")
	e := agent.Episode{ID: name, Task: agent.Task{ID: name, Suite: "alfworld", Kind: kind}}
	e.Outcome = agent.Outcome{Success: won, Cause: agent.CauseBudget}
	if won {
		e.Outcome.Cause = ""
	}
	var obs []string
	for line := range strings.Lines(traj) {
		line = strings.TrimRight(line, "\n")
		action, ok := strings.CutPrefix(line, "> ")
		if !ok {
			if goal, ok := strings.CutPrefix(line, "Your task is to: "); ok {
				e.Task.Goal = goal
			}
			obs = append(obs, line)
			continue
		}
		if strings.HasPrefix(action, "Think:") || strings.HasPrefix(action, "ActionPath:") {
			continue
		}
		e.Steps = append(e.Steps, agent.Step{Observation: agent.Observation{Text: strings.Join(obs, "\n")}, Action: agent.Action(action)})
		obs = nil
	}
	e.Final.Text = strings.Join(obs, "\n")
	return e
}

func render(l agent.Lesson) string {
	return "When " + l.Trigger + ": avoid " + l.Mistake + "; instead " + l.Remedy + "."
}

func TestKnowagentFailures(t *testing.T) {
	won := map[string][]agent.Episode{}
	var lost []agent.Episode
	for _, e := range knowagent(t, "knowagent_alfworld_llama2-13b_D0.jsonl.gz") {
		if e.Outcome.Success {
			won[e.Task.Kind] = append(won[e.Task.Kind], e)
		} else {
			lost = append(lost, e)
		}
	}
	for i, e := range lost {
		s := won[e.Task.Kind]
		ls, err := Default{}.Abstract(t.Context(), e, s[:min(8, len(s))])
		if err != nil {
			t.Fatal(err)
		}
		if len(ls) == 0 || ls[0].Task != e.Task.ID {
			t.Errorf("%s: lessons %+v, want the first about the task", e.ID, ls)
		}
		for _, l := range ls {
			if Quotes(l, e) {
				t.Errorf("%s: lesson quotes the trace: %+v", e.ID, l)
			}
			if i%25 == 0 {
				t.Logf("task=%-5v %d words: %s", l.Task != "", len(strings.Fields(render(l))), render(l))
			}
		}
	}
}
