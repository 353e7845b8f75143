package lesson

import (
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// TestReasons: why an action had no effect is told from what had one.
func TestReasons(t *testing.T) {
	const goal, no = "put a clean mug in drawer", "Nothing happens."
	at := []string{"go to shelf 1", "You arrive at shelf 1. On the shelf 1, you see a mug 1, and a vase 1."}
	took := append(slices.Clone(at), "take vase 1 from shelf 1", "You pick up the vase 1 from the shelf 1.")
	for _, tt := range []struct {
		before []string
		action string
		want   why
		lesson string // in the lesson about the task
	}{
		{nil, "open fridge 1", elsewhere, "open fridge 1 (from elsewhere; go there first)"},
		{at, "take mug 1 from countertop 1", elsewhere, "take mug 1 from countertop 1 (from elsewhere; go there first)"},
		{at, "take mug 2 from shelf 1", unseen, "take mug from shelf 1 (not seen there)"},
		{at, "go to shelf 1", here, ""},
		{at, "go to vase 1", nowhere, "go to vase 1 (not a place)"},
		{at, "go to bed 1", unnamed, ""}, // once is no habit
		{at, "clean mug 1 with sinkbasin 1", unheld, "clean mug 1 with sinkbasin 1 (before taking it)"},
		{at, "juggle mug 1", command, "juggle mug 1 (no such command)"},
		{at, "put it down", command, "put it down (no such command)"},
		{at, "open shelf 1", unknown, "open shelf 1 (no effect)"},
		{took, "take mug 1 from shelf 1", full, "take mug 1 from shelf 1 (still carrying vase 1)"},
		{took, "go to drawer 1", unknown, ""}, // the remedy sends there
	} {
		e := run(goal, false, room, append(slices.Clone(tt.before), tt.action, no)...)
		tr, good := newTrace(e), traces([]agent.Episode{cleanMug})
		whys, _ := tr.reasons(newCraft(good, []trace{tr}))
		if got := whys[len(whys)-1]; got != tt.want || slices.ContainsFunc(whys[:len(whys)-1], func(w why) bool { return w != "" }) {
			t.Errorf("%s: %q, want %q last", tt.action, whys, tt.want)
		}
		if l := taskLesson(e.Task, []trace{tr}, good); tt.lesson != "" && !strings.Contains(l.Mistake, tt.lesson) {
			t.Errorf("%s: %q lacks %q", tt.action, l.Mistake, tt.lesson)
		}
	}
}

// TestHabits: a kind's lesson is about the reason, so that failures of other
// things give the same one.
func TestHabits(t *testing.T) {
	const goal, no = "put a clean mug in drawer", "Nothing happens."
	at := []string{"go to shelf 1", "You arrive at shelf 1. On the shelf 1, you see a mug 1, and a vase 1."}
	for _, tt := range []struct {
		actions string
		want    string
	}{
		{"open fridge 1; open fridge 1; open fridge 1", "open X from elsewhere (no effect); instead go to X, then open X"},
		{"go to bed 1; open bed 2; take cup 1 from bed 3", "naming things that were never seen (no effect); instead use only names that an observation has listed"},
		{"wait; end task; juggle mug 1", "making up commands (no effect); instead use only go to, open, take, clean, move"},
		{"go to mug 1; go to mug 1; go to mug 1", "go to A as if it were a place (no effect); instead go to the place where it is"},
		{"go to shelf 1; go to shelf 1; go to shelf 1", "go to X when already there (no effect); instead act on what is in view, or go elsewhere"},
		{"move mug 1 to drawer 1; move mug 1 to drawer 1; move mug 1 to drawer 1", "move A to B without carrying A (no effect); instead take A first, from where it was seen"},
		{"take mug 2 from shelf 1; take mug 3 from shelf 1; take mug 2 from shelf 1", "take A from X where A is not in view (no effect); instead take A from X only where A is in view"},
	} {
		pairs := slices.Clone(at)
		for a := range strings.SplitSeq(tt.actions, "; ") {
			pairs = append(pairs, a, no)
		}
		ls, err := Default{}.Abstract(t.Context(), run(goal, false, room, pairs...), []agent.Episode{cleanMug})
		if err != nil {
			t.Fatal(err)
		}
		if want := "When put a clean A in B: avoid " + tt.want + "."; !slices.ContainsFunc(ls, func(l agent.Lesson) bool { return l.Task == "" && render(l) == want }) {
			t.Errorf("%s: %+v, want %q", tt.actions, ls, want)
		}
	}
	vase := append(slices.Clone(at), "take vase 1 from shelf 1", "You pick up the vase 1 from the shelf 1.", "take mug 1 from shelf 1", no)
	tr := newTrace(run(goal, false, room, vase...))
	l := taskLesson(agent.Task{Goal: goal}, []trace{tr}, traces([]agent.Episode{cleanMug}))
	if want := "take vase 1 (not a mug), take mug 1 from shelf 1 (still carrying vase 1)"; l.Mistake != want {
		t.Errorf("%q, want %q", l.Mistake, want)
	}
}

// TestPlaces: what places writes, covers reads, and nothing else.
func TestPlaces(t *testing.T) {
	r := retry{trace: trace{start: []string{"drawer 1", "drawer 2", "drawer 3", "drawer 4", "drawer 5", "shelf 1", "shelf 2", "shelf 3", "shelf 4"}}}
	for _, tt := range []struct{ looked, want string }{
		{"drawer 1|drawer 2|drawer 3", "drawer 1, drawer 2, drawer 3"},
		{"drawer 1|drawer 2|drawer 3|drawer 5|shelf 2", "drawers 1-3, 5, shelf 2"},
		{"drawer 5|shelf 1|shelf 2|shelf 3|shelf 4", "drawer 5, all 4 shelves"},
		{"main.go|src/x.go", "main.go, src/x.go"},
	} {
		looked := strings.Split(tt.looked, "|")
		got := r.places(looked, maxPlaces)
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.looked, got, tt.want)
		}
		for _, p := range slices.Concat(r.start, looked, []string{"drawer 12", "bed 1"}) {
			if covers(got, p) != slices.Contains(looked, p) {
				t.Errorf("%q covers %s: %v", got, p, covers(got, p))
			}
		}
	}
	if got := r.places([]string{"drawer 1", "shelf 1", "shelf 2"}, 2); got != "drawer 1, shelf 1, …" {
		t.Errorf("cut to %q", got)
	}
}
