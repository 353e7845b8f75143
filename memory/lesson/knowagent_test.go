package lesson

import (
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/importer/importertest"
)

func render(l agent.Lesson) string {
	return "When " + l.Trigger + ": avoid " + l.Mistake + "; instead " + l.Remedy + "."
}

func TestKnowagentFailures(t *testing.T) {
	won := map[string][]agent.Episode{}
	var lost []agent.Episode
	for _, e := range importertest.Episodes(t, "knowagent_alfworld_llama2-13b_D0.jsonl.gz") {
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
