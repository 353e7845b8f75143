package lesson

import (
	"reflect"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

func TestModel(t *testing.T) {
	egg := run("put a hot egg in countertop", true, room+" And a microwave 1.",
		"go to countertop 2", "On the countertop 2, you see a egg 1.",
		"take egg 1 from countertop 2", "You pick up the egg 1 from the countertop 2.",
		"go to microwave 1", "The microwave 1 is closed.",
		"heat egg 1 with microwave 1", "You heat the egg 1 using the microwave 1.",
		"go to countertop 1", "On the countertop 1, you see nothing.",
		"put egg 1 in/on countertop 1", "You put the egg 1 in/on the countertop 1.")
	mugs := run("put two mugs in drawer", true, room,
		"go to shelf 1", "On the shelf 1, you see a mug 1.",
		"take mug 1 from shelf 1", "You pick up the mug 1 from the shelf 1.",
		"go to drawer 1", "The drawer 1 is open. In it, you see nothing.",
		"move mug 1 to drawer 1", "You move the mug 1 to the drawer 1.",
		"go to fridge 1", "The fridge 1 is open. In it, you see a mug 2.",
		"take mug 2 from fridge 1", "You pick up the mug 2 from the fridge 1.",
		"go to drawer 1", "The drawer 1 is open. In it, you see a mug 1.",
		"move mug 2 to drawer 1", "You move the mug 2 to the drawer 1.")
	for _, tt := range []struct {
		success agent.Episode
		want    string
	}{
		{egg, "go to X > take A from X > go to microwave > heat A with microwave > go to B > put A in/on B"},
		{mugs, "go to X > take A from X > go to B > move A to B"},
		{cleanMug, "go to X > open X > take A from X > go to sinkbasin > clean A with sinkbasin > go to B > move A to B"},
	} {
		m, ok := newModel([]string{"thing", "place"}, traces([]agent.Episode{tt.success}))
		if got := chain(m.steps); !ok || got != tt.want {
			t.Errorf("%s: %s, want %s", tt.success.Task.Goal, got, tt.want)
		}
	}
	if _, ok := newModel([]string{"only one"}, traces([]agent.Episode{egg, {}})); ok {
		t.Error("a plan for another number of things was taken")
	}
}

func TestTaskLessonAcrossTrials(t *testing.T) {
	goal := "put a mug in drawer"
	trials := traces([]agent.Episode{
		run(goal, false, room, "go to shelf 1", "On the shelf 1, you see nothing.", "go to countertop 1", "On the countertop 1, you see nothing.", "pull lever 1", "On the countertop 1, you see nothing."),
		run(goal, false, room, "go to shelf 1", "On the shelf 1, you see a mug 1."),
	})
	l := taskLesson(agent.Task{ID: "t", Goal: goal}, trials, nil)
	if want := "When put a mug in drawer: avoid countertop 1 (no mug); instead mug 1 is at shelf 1."; render(l) != want {
		t.Errorf("%s\nwant\n%s", render(l), want)
	}
	lever := traces([]agent.Episode{run("pull", false, "You see a lever 1.", "pull lever 1", "You see a lever 1.")})
	if l := taskLesson(agent.Task{Goal: "pull"}, lever, nil); l.Mistake != "pull lever 1 (no effect)" {
		t.Errorf("nothing changed: %s", render(l))
	}
}

func TestSuccess(t *testing.T) {
	l := Success(cleanMug)
	want := agent.Lesson{Suite: "s", Kind: "k", Trigger: "put a clean mug in drawer", Confidence: 0.5,
		Remedy: "go to fridge > open fridge > take mug from fridge > go to sinkbasin > clean mug with sinkbasin > go to drawer > move mug to drawer"}
	if !reflect.DeepEqual(l, want) {
		t.Errorf("%+v, want %+v", l, want)
	}
	if l := Success(run("be good", true, "Hello.", "wave", "Bye.")); l.Remedy != "wave" {
		t.Errorf("%+v", l)
	}
}

func TestGeneralize(t *testing.T) {
	for _, tt := range []struct{ a, b, want string }{
		{"put a clean A in B", "put a clean A in B", "put a clean A in B"},
		{"put a clean ladle in countertop", "put a clean mug in countertop", "put a clean A in countertop"},
		{"put a clean ladle in countertop", "put a clean A in B", "put a clean A in B"},
		{"put a clean A in countertop", "put a clean A in drawer", "put a clean A in B"},
		{"look at A under the B", "examine the A with the B", "look at A under the B"},
		{"put a mug in drawer", "look at bowl under the desklamp", "put a mug in drawer"},
		{"one two three", "four five six", "one two three"},
		{"", "", ""},
	} {
		if got := Generalize(tt.a, tt.b); got != tt.want {
			t.Errorf("%q, %q: %q, want %q", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestContradicts(t *testing.T) {
	about := func(mistake string) agent.Lesson { return agent.Lesson{Task: "t", Mistake: mistake} }
	for _, tt := range []struct {
		lesson agent.Lesson
		want   bool
	}{
		{about("drawer 1, fridge 1 (no mug)"), true},
		{about("drawer 1, shelf 1 (no mug)"), false},
		{about("shelf 1 (no mug), go to shelf 2, clean mug 1 with sinkbasin 1 (no effect)"), true},
		{about("clean mug 1 with sinkbasin 2 (no effect)"), false},
		{about("repeating go to fridge 1 > open fridge 1 (loop)"), false},
		{about("something else altogether"), false},
		{agent.Lesson{Task: "other", Mistake: "fridge 1 (no mug)"}, false},
		{agent.Lesson{Mistake: "move A to B before heat A with microwave"}, true},
		{agent.Lesson{Mistake: "move A to B before clean A with sinkbasin"}, false},
		{agent.Lesson{Mistake: "stopping short of cool A with fridge"}, true},
		{agent.Lesson{Mistake: "stopping short of take A from X"}, false},
		{agent.Lesson{Mistake: "ending the search before A is seen"}, false},
	} {
		if got := Contradicts(tt.lesson, cleanMug); got != tt.want {
			t.Errorf("%q: %v", tt.lesson.Mistake, got)
		}
	}
}

func TestTransient(t *testing.T) {
	for _, tt := range []struct {
		outcome agent.Outcome
		want    bool
		mistake string
	}{
		{agent.Outcome{Cause: agent.CauseTool, Feedback: "HTTP 429"}, true, "giving up a plan for a rate limit of a tool"},
		{agent.Outcome{Cause: agent.CauseEnvironment, Feedback: "read: connection reset"}, true, "giving up a plan for a broken connection of the environment"},
		{agent.Outcome{Cause: agent.CausePolicy, Transient: true, Feedback: "service unavailable"}, true, "giving up a plan for an outage from outside"},
		{agent.Outcome{Cause: agent.CauseBudget, Feedback: "context deadline exceeded"}, true, "giving up a plan for a time-out from outside"},
		{agent.Outcome{Cause: agent.CauseBudget, Feedback: "step budget of 50 used up"}, false, ""},
		{agent.Outcome{Cause: agent.CausePolicy, Feedback: "timeout"}, false, ""},
		{agent.Outcome{Success: true, Transient: true}, false, ""},
	} {
		e := agent.Episode{Outcome: tt.outcome}
		if got := Transient(e); got != tt.want {
			t.Errorf("%+v: %v", tt.outcome, got)
		}
		if tt.want {
			if l := transientLesson(e); l.Mistake != tt.mistake {
				t.Errorf("%+v: %q, want %q", tt.outcome, l.Mistake, tt.mistake)
			}
		}
	}
}

func TestQuotes(t *testing.T) {
	e := run("put a clean ladle into the large wooden drawer beside the old fridge", false, "The ancient guard says that nobody may ever pass this gate alive.", "go", "On the shelf 1, you see a mug 1, a fork 2, a fork 1, a pan 1, a pot 1, a cup 1, a cup 2, a cup 3, and an egg 1.")
	e.Outcome.Feedback = "judge: the agent did not once try to look into any drawer"
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"avoid shelf 1, mug 1, fork 2, fork 1, pan 1, pot 1, cup 1, cup 2, cup 3, egg 1", false},
		{"put a clean ladle into the large wooden drawer beside the old fridge", false},
		{"nobody may ever pass", false},
		{"ancient guard says that nobody may ever pass this", true},
		{"the agent did not once try to look into", true},
		{"line\n> go\n", true},
	} {
		if got := Quotes(agent.Lesson{Mistake: tt.text}, e); got != tt.want {
			t.Errorf("%q: %v", tt.text, got)
		}
	}
}

// A loop of actions without any effect is told by its reason, not as a loop.
func TestVainLoopIsExplained(t *testing.T) {
	const take, put, no = "take ladle 9 from shelf 1", "move ladle 9 to shelf 1", "Nothing happens."
	e := run("put a ladle in drawer", false, room, "go to shelf 1", "You arrive at shelf 1. On the shelf 1, you see a vase 1.",
		take, no, put, no, take, no, put, no, put, no, take, no, take, no, put, no, put, no, take, no, take, no, put, no)
	ls, err := Default{}.Abstract(t.Context(), e, []agent.Episode{cleanMug})
	if err != nil {
		t.Fatal(err)
	}
	if want := "shelf 1 (no ladle), move ladle 9 to shelf 1 (before taking it)"; ls[0].Mistake != want {
		t.Errorf("%q, want %q", ls[0].Mistake, want)
	}
}

// What the remedy says to do is not warned of, though it was tried too early.
func TestTaskLessonDoesNotContradictItself(t *testing.T) {
	mug := run("put a clean mug in drawer", false, room,
		"open fridge 1", "Nothing happens.",
		"move mug 1 to drawer 1", "Nothing happens.",
		"open shelf 1", "Nothing happens.",
		"move vase 1 to drawer 1", "Nothing happens.",
		"go to shelf 1", "On the shelf 1, you see a mug 1, and a vase 1.")
	plate := run("put a clean mug in drawer", false, room,
		"open fridge 1", "Nothing happens.",
		"go to shelf 1", "On the shelf 1, you see a vase 1.",
		"take vase 1 from shelf 1", "Nothing happens.")
	for _, tt := range []struct {
		e    agent.Episode
		want string
	}{
		{mug, "When put a clean mug in drawer: avoid open fridge 1, shelf 1 (from elsewhere; go there first), move mug 1 to drawer 1 (before taking it); instead mug 1 is at shelf 1, then clean it with sinkbasin 1, move it to drawer 1."},
		{plate, "When put a clean mug in drawer: avoid shelf 1 (no mug), open fridge 1 (from elsewhere; go there first), take vase 1 from shelf 1 (no effect); instead try fridge 1 (where successes found a mug), countertop 1, countertop 2, drawer 1, sinkbasin 1."},
	} {
		ls, err := Default{}.Abstract(t.Context(), tt.e, []agent.Episode{cleanMug})
		if err != nil {
			t.Fatal(err)
		}
		if got := render(ls[0]); got != tt.want {
			t.Errorf("%s\nwant\n%s", got, tt.want)
		}
	}
}
