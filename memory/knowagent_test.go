package memory

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// knowagent reads recorded episodes of a 13B model on ALFWorld, skipping the
// test where there is no third-party data, and failing it then on CI.
func knowagent(t *testing.T) []agent.Episode {
	t.Helper()
	dir := os.Getenv("SUREFOOT_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, "trajectories", "knowagent_alfworld_llama2-13b_D0.jsonl.gz"))
	if err != nil {
		msg := "no third-party data: put trajectories/knowagent_alfworld_llama2-13b_D0.jsonl.gz of zjunlp/KnowAgent under $SUREFOOT_DATA"
		if os.Getenv("CI") == "true" {
			t.Fatal(msg)
		}
		t.Skip(msg)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []agent.Episode
	for in := json.NewDecoder(bufio.NewReader(z)); in.More(); {
		var rec struct {
			Name   string
			Result any // true, false, or now and then 0
			Traj   string
		}
		if err := in.Decode(&rec); err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(rec.Name, "-")
		e := agent.Episode{ID: fmt.Sprintf("e%03d", len(out)), Task: agent.Task{ID: rec.Name, Suite: "alfworld", Kind: kind}}
		e.Outcome.Success = rec.Result == true
		if !e.Outcome.Success {
			e.Outcome.Cause = agent.CauseBudget
		}
		for line := range strings.Lines(rec.Traj) {
			line = strings.TrimRight(line, "\n")
			goal, isGoal := strings.CutPrefix(line, "Your task is to: ")
			action, isAction := strings.CutPrefix(line, "> ")
			switch {
			case isAction && (strings.HasPrefix(action, "Think:") || strings.HasPrefix(action, "ActionPath:")):
				continue
			case isAction:
				e.Steps = append(e.Steps, agent.Step{Observation: e.Final, Action: agent.Action(action)})
				e.Final = agent.Observation{}
				continue
			case isGoal:
				e.Task.Goal = goal
			}
			e.Final.Text = strings.TrimPrefix(e.Final.Text+"\n"+line, "\n")
		}
		out = append(out, e)
	}
	return out
}

// TestRealEpisodes records episodes of a model and asks for each task that it
// failed what memory knows.
func TestRealEpisodes(t *testing.T) {
	all := knowagent(t)[:200]
	s := openStore(t, t.TempDir(), Options{})
	record(t, s, all...)
	lost := map[string]agent.Episode{}
	for _, e := range all {
		if !e.Outcome.Success {
			lost[e.ID] = e
		}
	}
	ls, err := s.Lessons(t.Context(), LessonFilter{})
	if err != nil {
		t.Fatal(err)
	}
	taught := map[string]bool{}
	rules := 0
	for _, l := range ls {
		for _, id := range l.For {
			taught[id] = taught[id] || l.Task != ""
		}
		if l.State == agent.LessonQuarantined {
			t.Errorf("quarantined: %+v", l)
		}
		if l.Task == "" {
			rules++
			if len(l.For) > 9 || rules%10 == 0 {
				t.Logf("%s, for %d, against %d, confidence %.2f: %s", l.State, len(l.For), len(l.Against), l.Confidence, RenderLesson(l))
			}
		}
	}
	t.Logf("%d failures, %d lessons about tasks, %d about kinds", len(lost), len(ls)-rules, rules)
	shown := 0
	for id, e := range lost {
		if !taught[id] {
			t.Errorf("%s: no lesson about its task", id)
		}
		c := recall(t, s, e.Task, 600)
		if len(c.Items) == 0 || c.Items[0].Kind != agent.KindLesson {
			t.Errorf("%s: context %s", id, c.Text())
		}
		if shown++; shown <= 2 {
			t.Logf("%d tokens:\n%s", c.Tokens(), c.Text())
		}
		for _, it := range c.Items {
			if it.Kind == agent.KindDemonstration && lost[it.ID].ID != "" {
				t.Errorf("%s: a failure is shown as a demonstration", it.ID)
			}
		}
		lessons := agent.Context{}
		for _, it := range c.Items {
			if it.Kind == agent.KindLesson {
				lessons.Items = append(lessons.Items, it)
			}
		}
		noTrace(t, lessons, e)
	}
}
