package memory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// quoting returns e as an agent and a world write it that repeat text in any
// place: in actions, alone and within a call, in observations, in the end.
func quoting(e agent.Episode, text string) agent.Episode {
	var steps []agent.Step
	for i, s := range e.Steps {
		said := s
		said.Action = agent.Action([]string{text, "  " + strings.ReplaceAll(text, " ", "\n ") + "\n"}[i%2])
		s.Observation.Text = []string{text + "\n\n" + s.Observation.Text, s.Observation.Text + text}[i%2]
		steps = append(steps, said, s)
	}
	e.Steps = steps
	e.Final.Text += "\n" + text
	e.Outcome.Feedback += text
	return e
}

// lessonsText is all lessons, as they are shown, with their evidence.
func lessonsText(t *testing.T, s *Store) string {
	t.Helper()
	ls, err := s.Lessons(t.Context(), LessonFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range ls {
		out = append(out, fmt.Sprintf("%s %s %v %v %.3f", RenderLesson(l), l.State, l.For, l.Against, l.Confidence))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// Of episodes that repeat recalled text the same is learned as of those that do
// not, whether or not the agent kept what was recalled.
func TestRecalledTextIsNotLearned(t *testing.T) {
	first := []agent.Episode{mugWon("won"), play("lost", ladle(), false, "go to cabinet 2", "open cabinet 2")}
	again := []agent.Episode{
		play("lost-2", ladle(), false, "go to drawer 1", "open drawer 1", "take ladle 2 from drawer 1"),
		play("lost-3", mug(), false, "go to countertop 1", "move mug 1 to countertop 1", "go to countertop 1"),
		ladleWon("won-2"),
	}
	plain := openStore(t, t.TempDir(), Options{})
	record(t, plain, first...)
	c := recall(t, plain, ladle(), 1000)
	record(t, plain, again...)
	want := lessonsText(t, plain)
	kept := []agent.ItemKind{}
	cases := 0
	for _, it := range c.Items {
		kept = append(kept, it.Kind)
		for _, context := range []agent.Context{c, {}} {
			known := it.Kind == agent.KindLesson && strings.Contains(want, it.Text) // as it is at the end
			if len(context.Items) == 0 && !known {
				continue // of what was forgotten only lessons are known again, while they are the same
			}
			cases++
			s := openStore(t, t.TempDir(), Options{})
			record(t, s, first...)
			for _, e := range again {
				e.Context = context
				e = quoting(e, it.Text)
				record(t, s, e)
				b, err := json.Marshal(e)
				if raw, _ := s.EpisodeJSON(t.Context(), e.ID); err != nil || string(raw) != string(b) {
					t.Errorf("%s is not kept as it was", e.ID)
				}
			}
			if got := lessonsText(t, s); got != want {
				t.Errorf("%s, %d items kept:\n%s\nwant\n%s", it.Kind, len(context.Items), got, want)
			}
			for _, r := range recall(t, s, ladle(), 10000).Items {
				if r.Kind == agent.KindDemonstration && it.Kind == agent.KindLesson && strings.Contains(strings.Join(strings.Fields(r.Text), " "), it.Text) {
					t.Errorf("the demonstration %s holds the lesson %q:\n%s", r.ID, it.Text, r.Text)
				}
			}
		}
	}
	if cases < len(kept)+1 {
		t.Errorf("%d cases of %d items: none without a context", cases, len(kept))
	}
	if !slices.Contains(kept, agent.KindLesson) || !slices.Contains(kept, agent.KindDemonstration) {
		t.Fatalf("recalled only %v", kept)
	}
}

func TestMark(t *testing.T) {
	const lesson = "When put a clean A in B: avoid X (loop); instead Y."
	for _, tt := range []struct{ text, want string }{
		{"look", "look"},
		{lesson, ""},
		{"think: " + lesson + " I will.", "think:  I will."},
		{strings.ReplaceAll(lesson, " ", "\n\t"), ""},
		{`say {"text":"` + strings.TrimSuffix(lesson, ".") + `"}`, `say {"text":""}`},
		{`say {"text":"` + strings.ReplaceAll(lesson, " ", `\n`) + `"}`, `say {"text":""}`},
		{lesson + "\n" + lesson, "\n"},
		{"When put a clean A in B: avoid X", "When put a clean A in B: avoid X"},
	} {
		m := newMark(lesson)
		if got := m.cut(tt.text); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}
