package policy

import (
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

func lessons(texts ...string) agent.Context {
	var c agent.Context
	for _, t := range texts {
		c.Items = append(c.Items, agent.Item{Kind: agent.KindLesson, Text: t})
	}
	return c
}

// Before an action stands what lessons about the very goal say of what it names.
func TestHints(t *testing.T) {
	task := agent.Task{Goal: "clean some pot and  put it in shelf."}
	c := lessons(
		"When clean some pot and put it in shelf: avoid cabinets 1, 3-5, drawer 2, all 2 shelves, open fridge 1 (no effect) (no pot); instead pot 1 is at cabinet 6, try drawer 4, …, then go to bed 1.",
		"When clean some A and put it in B: avoid sofa 1; instead try bed 1.",
		"When clean some pot and put it in shelf 2: avoid sofa 1.",
		"When clean some pot and put it in shelf: do go to lamp 1 > take pot 1 from lamp 1.",
		"When clean some pot and put it in shelf: avoid drawer 4.",
	)
	c.Items = append(c.Items, agent.Item{Kind: agent.KindDemonstration, Text: "When clean some pot and put it in shelf: avoid sofa 1."})
	k := newMarker(task, c)
	k.took("go to cabinet 6")
	m := k.step(nil)
	for a, want := range map[agent.Action]string{
		"go to cabinet 1": "-", "go to cabinet 2": "", "go to cabinet 4": "-", "open cabinet 5": "-",
		"open cabinet 6": "+", "take pot 1 from cabinet 6": "+", "take pot 2 from cabinet 2": "", "go to cabinet 6": "~",
		"go to drawer 2": "-", "go to drawer 4": "+", "go to drawer 22": "", "go to shelf 2": "-", "go to shelf 9": "-", "close fridge 1": "-",
		"go to sofa 1": "", "go to bed 1": "", "go to lamp 1": "+", "inventory": "", "go to cabinets": "",
	} {
		if got := strings.TrimSuffix(strings.ReplaceAll(m.action(a), "*", ""), string(a)); got != want {
			t.Errorf("before %q stands %q, want %q", a, got, want)
		}
	}
	k.took("go to drawer 4")
	if m := k.step(nil); m.action("go to drawer 2") != "-go to drawer 2" {
		t.Error("a hint is gone before a pot is found")
	}
	k.took("take pot 3 from drawer 4")
	if m := k.step(nil); m.action("go to drawer 2") != "go to drawer 2" || m.action("go to lamp 1") != "go to lamp 1" {
		t.Error("a hint where to look for a pot holds when one was taken")
	}
	for _, c := range []agent.Context{{}, lessons("When clean some pot: avoid sofa 1."), lessons("When clean some pot and put it in shelf: avoid the sofa.")} {
		if newHints(task.Goal, c) != nil {
			t.Errorf("hints of %q", c.Text())
		}
	}
	var none *marker
	if got := none.step(nil).action("go to drawer 4"); got != "go to drawer 4" {
		t.Errorf("without marks %q", got)
	}
}

// A learner reads the marks that the actor read.
func TestHintsAreLearnedFrom(t *testing.T) {
	l := toyLM(t, 1).WithMarks()
	o := agent.Observation{Text: "Two doors.", Admissible: []agent.Action{"open door 1", "open door 2"}}
	e := agent.Episode{
		Task: agent.Task{Goal: "get out."}, Context: lessons("When get out: avoid door 1; instead try door 2."),
		Steps: []agent.Step{{Observation: o, Action: "open door 2"}},
	}
	tr, err := l.Trajectory(e)
	if err != nil {
		t.Fatal(err)
	}
	if text := l.tokens.Decode(tr.Tokens); !strings.HasSuffix(text, "> +open door 2\n") {
		t.Errorf("read %q", text)
	}
}

// Whatever lessons say, at most one mark stands before an action, and only before
// one that names something with a number.
func FuzzHints(f *testing.F) {
	f.Add("get it.", "When get it: avoid shelves 1, 3-5, all 2 beds; instead pot 1 is at bed 7.", "go to shelf 3")
	f.Add("a", "When a: all all 1-9-3 x -4; instead 99999999999999999999", "x 4")
	f.Fuzz(func(t *testing.T, goal, lesson, action string) {
		switch got := newHints(goal, lessons(lesson)).mark(agent.Action(action)); {
		case got != "" && got != "+" && got != "-":
			t.Errorf("%q", got)
		case got != "" && len(things(action)) == 0:
			t.Errorf("%q names nothing, and is marked %q", action, got)
		}
	})
}
