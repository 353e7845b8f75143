package skills

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// dataFile finds a file of the test data below the folder that SUREFOOT_DATA
// names, or beside the repository.
func dataFile(t *testing.T, name string) string {
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
			if filepath.Dir(root) == root {
				t.Fatal("no go.mod above the test")
			}
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "data")
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		line := fmt.Sprintf("%s is missing: get zjunlp/KnowAgent's ALFWorld trajectories and set SUREFOOT_DATA", path)
		if os.Getenv("CI") == "true" {
			t.Fatal(line)
		}
		t.Skip(line)
	}
	return path
}

// knowAgent reads the won episodes of an LLM on ALFWorld, without its thoughts.
func knowAgent(t *testing.T) []agent.Demonstration {
	t.Helper()
	var out []agent.Demonstration
	for _, name := range []string{"D0", "D1"} {
		f, err := os.Open(dataFile(t, "trajectories/knowagent_alfworld_llama2-13b_"+name+".jsonl.gz"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(z)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var r struct {
				Name, Traj string
				Result     any // true or 1
			}
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
			if r.Result != true && r.Result != 1.0 {
				continue
			}
			kind, _, _ := strings.Cut(r.Name, "-")
			e := agent.Episode{ID: fmt.Sprintf("%s-%d", name, len(out)), Task: agent.Task{ID: r.Name, Suite: "alfworld", Kind: kind}, Outcome: agent.Outcome{Success: true}}
			parts := strings.Split(r.Traj, "\n> ")
			seen := parts[0]
			_, e.Task.Goal, _ = strings.Cut(seen, "task is to: ")
			for _, p := range parts[1:] {
				action, after, _ := strings.Cut(p, "\n")
				if strings.HasPrefix(action, "Think:") || strings.HasPrefix(action, "ActionPath") {
					continue
				}
				e.Steps = append(e.Steps, agent.Step{Observation: agent.Observation{Text: seen}, Action: agent.Action(action)})
				seen = after
			}
			e.Final.Text = seen
			out = append(out, agent.Demonstration{Episode: e, Seen: 1})
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestKnowAgent distils what a language model did in ALFWorld's games.
func TestKnowAgent(t *testing.T) {
	demos := knowAgent(t)
	if len(demos) != 316 {
		t.Fatalf("%d won episodes, want 316", len(demos))
	}
	found := distil(t, shelf{demos: demos}, Options{})
	best := map[string]string{} // kind -> the plan with most evidence
	instance := regexp.MustCompile(`[a-z] \d`)
	steps, words := 0, 0
	for _, s := range found {
		if best[s.Kind] == "" {
			best[s.Kind] = s.Principle
		}
		if instance.MatchString(s.Text()) {
			t.Errorf("%s names an instance: %s", s.ID, s.Text())
		}
		if n := len(strings.Fields(s.Title)); n < 3 || n > 5 {
			t.Errorf("title of %d words: %s", n, s.Title)
		}
		if !slices.IsSorted(s.For) || len(s.For) == 0 {
			t.Errorf("evidence %v", s.For)
		}
		steps += len(s.Steps)
		words += len(strings.Fields(s.Text()))
	}
	for kind, want := range map[string]string{
		"":                               "go to X -> take Y from X",
		"look_at_obj_in_light":           "go to X -> take A from X -> go to Y -> use B",
		"pick_and_place_simple":          "go to X -> take A from X -> go to B -> put A in/on B",
		"pick_clean_then_place_in_recep": "go to X -> take A from X -> go to sinkbasin -> clean A with sinkbasin -> go to B -> open B -> put A in/on B",
		"pick_cool_then_place_in_recep":  "go to X -> take A from X -> go to fridge -> cool A with fridge -> go to B -> put A in/on B",
		"pick_heat_then_place_in_recep":  "go to X -> take A from X -> go to microwave -> heat A with microwave -> go to B -> put A in/on B",
		"pick_two_obj_and_place":         "go to X -> take A from X -> go to B -> put A in/on B -> go to X -> take A2 from X -> go to B -> put A2 in/on B",
	} {
		if best[kind] != want {
			t.Errorf("%s: %s, want %s", kind, best[kind], want)
		}
	}
	t.Logf("%d skills, %.1f steps and %.1f words each", len(found), float64(steps)/float64(len(found)), float64(words)/float64(len(found)))
}
