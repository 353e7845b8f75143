package memory

import (
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/importer/importertest"
)

// TestRealEpisodes records episodes of a model and asks for each task that it
// failed what memory knows.
func TestRealEpisodes(t *testing.T) {
	all := importertest.Episodes(t, "knowagent_alfworld_llama2-13b_D0.jsonl.gz")[:200]
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
