package skills

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/importer/importertest"
)

// knowAgent reads the won episodes of an LLM on ALFWorld, without its thoughts.
func knowAgent(t *testing.T) []agent.Demonstration {
	t.Helper()
	var out []agent.Demonstration
	for _, name := range []string{"D0", "D1"} {
		for _, e := range importertest.Episodes(t, "knowagent_alfworld_llama2-13b_"+name+".jsonl.gz") {
			if e.Outcome.Success {
				e.ID = fmt.Sprintf("%s-%d", name, len(out))
				out = append(out, agent.Demonstration{Episode: e, Seen: 1})
			}
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
