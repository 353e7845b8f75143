package lesson

import (
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

func TestWrongSteps(t *testing.T) {
	const goal = "put a clean mug in drawer"
	for _, tt := range []struct {
		name    string
		failure agent.Episode
		want    []int
	}{
		{"a step too early", run(goal, false, room,
			"go to fridge 1", "The fridge 1 is open. In it, you see a mug 1.",
			"take mug 1 from fridge 1", "You pick up the mug 1 from the fridge 1.",
			"go to drawer 1", "The drawer 1 is open. In it, you see nothing.",
			"move mug 1 to drawer 1", "You move the mug 1 to the drawer 1.",
			"go to shelf 1", "On the shelf 1, you see nothing."), []int{3}},
		{"no effect", run(goal, false, room,
			"go to shelf 1", "On the shelf 1, you see nothing.",
			"open shelf 1", "Nothing happens.",
			"go to fridge 1", "The fridge 1 is closed."), []int{1}},
		{"a loop from its second round on", run(goal, false, room,
			"go to fridge 1", "The fridge 1 is closed.",
			"go to shelf 1", "On the shelf 1, you see nothing.", "go to countertop 1", "On the countertop 1, you see nothing.",
			"go to shelf 1", "On the shelf 1, you see nothing.", "go to countertop 1", "On the countertop 1, you see nothing.",
			"go to shelf 1", "On the shelf 1, you see nothing.", "go to countertop 1", "On the countertop 1, you see nothing."), []int{3, 4, 5, 6}},
		{"never found", run(goal, false, room, "go to shelf 1", "On the shelf 1, you see nothing."), nil},
	} {
		if got := WrongSteps(tt.failure, []agent.Episode{cleanMug}); !slices.Equal(got, tt.want) {
			t.Errorf("%s: steps %v, want %v", tt.name, got, tt.want)
		}
	}
	outage := run(goal, false, room, "open shelf 1", "Nothing happens.")
	outage.Outcome.Cause, outage.Outcome.Feedback = agent.CauseTool, "HTTP 429"
	if got := WrongSteps(outage, nil); got != nil {
		t.Errorf("of an outage: %v", got)
	}
}
