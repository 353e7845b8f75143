package policy

import (
	"bytes"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

func TestMarks(t *testing.T) {
	task := agent.Task{Goal: "put some egg in fridge."}
	k := newMarker(task, agent.Context{})
	k.took("take egg 2 from table 1")
	m := k.step([]agent.Action{"take egg 2 from table 1", "take eggcup 1 from table 1", "go to fridge 1", "put nothing"})
	for _, c := range [][2]string{
		{"On the table 1, you see a egg 2, and a eggcup 1.", "On the table 1, you see a *egg 2, and a eggcup 1."},
		{"take egg 2 from table 1", "take *egg 2 from table 1"},
		{"egg", "*egg"},
		{"put some egg in fridge.", "*put some *egg in *fridge."}, // some and in are of no action
		{"Egg, œgg; 3", "Egg, œgg; 3"},
		{"", ""},
	} {
		if got := m.in(c[0]); got != c[1] {
			t.Errorf("%q is marked %q, want %q", c[0], got, c[1])
		}
	}
	for a, want := range map[agent.Action]string{"take egg 2 from table 1": "~take *egg 2 from table 1", "take egg 1 from table 1": "take *egg 1 from table 1"} {
		if got := m.action(a); got != want {
			t.Errorf("action %q is marked %q, want %q", a, got, want)
		}
	}
	var none *marker
	none.took("egg")
	if got := none.step([]agent.Action{"egg"}).action("egg"); got != "egg" {
		t.Errorf("without marks %q", got)
	}
}

// Marks add stars before words of the goal and nothing else.
func FuzzMarks(f *testing.F) {
	f.Add("put some egg in fridge.", "take egg 1 from fridge 1", "You see a egg 1.")
	f.Add("a", "*a", "a*a \xff\xc3a")
	f.Fuzz(func(t *testing.T, goal, action, text string) {
		m := newMarker(agent.Task{Goal: goal}, agent.Context{}).step([]agent.Action{agent.Action(action)})
		got := m.in(text)
		if !strings.Contains(text, "*") && strings.ReplaceAll(got, "*", "") != text {
			t.Errorf("%q became %q", text, got)
		}
		for w, marked := range m.shared {
			if marked && !(strings.Contains(goal, w) && strings.Contains(action, w)) {
				t.Errorf("%q is marked, of goal %q and action %q", w, goal, action)
			}
		}
	})
}

// A policy file says whether its model was trained with marks.
func TestMarksAreKept(t *testing.T) {
	l := toyLM(t, 1)
	for _, want := range []*LM{l, l.WithMarks()} {
		var b bytes.Buffer
		if err := want.Save(&b, nil); err != nil {
			t.Fatal(err)
		}
		got, _, err := Load(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		cool, err := got.WithTemperature(0)
		if err != nil {
			t.Fatal(err)
		}
		if got.marked != want.marked || cool.marked != want.marked {
			t.Errorf("marks %v, once loaded %v, at another temperature %v", want.marked, got.marked, cool.marked)
		}
	}
}
