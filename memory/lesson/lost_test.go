package lesson

import (
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

func TestLost(t *testing.T) {
	const goal = "put a clean mug in drawer"
	shelf := []string{"go to shelf 1", "On the shelf 1, you see nothing."}
	table := []string{"go to countertop 1", "On the countertop 1, you see nothing."}
	take := []string{"go to fridge 1", "The fridge 1 is open. In it, you see a mug 1.", "take mug 1 from fridge 1", "You pick up the mug 1 from the fridge 1."}
	rooms := []string{"go to countertop 2", "On the countertop 2, you see nothing.", "go to drawer 1", "The drawer 1 is open. In it, you see nothing.", "go to sinkbasin 1", "On the sinkbasin 1, you see nothing."}
	for _, tt := range []struct {
		name  string
		pairs []string
		want  int
		ok    bool
	}{
		// The plan of the success has 7 steps, 3 of them up to the taking.
		{"never found", slices.Concat(rooms, shelf, table, rooms, shelf), 2, true},
		{"taken, and 4 steps left to do", slices.Concat(take, rooms, shelf, table, rooms), 6, true},
		{"taken at once, then gone round", slices.Concat(take, shelf, table, shelf, table, shelf, table), 2, true},
		{"gone round twice", slices.Concat(rooms, shelf, table, shelf, table), 3, true},
		{"taken at the end", slices.Concat(rooms, take), 0, true},
	} {
		if step, ok := Lost(run(goal, false, room, tt.pairs...), []agent.Episode{cleanMug}); ok != tt.ok || step != tt.want {
			t.Errorf("%s: step %d, %v; want %d, %v", tt.name, step, ok, tt.want, tt.ok)
		}
	}
	if _, ok := Lost(run(goal, false, room, rooms...), nil); ok {
		t.Error("without a success, and without a loop, a step is named")
	}
	won := talk("won", "t", true, `move {"id":"R1","to":"C"}`, "Done.")
	call := talk("a", "t", false, `find {"id":"R1"}`, "R1", `move {"id":"R1"}`, "Error: where to", `move {"id":"R1","to":"B"}`, "Done.")
	if step, ok := Lost(call, []agent.Episode{won}); !ok || step != 2 {
		t.Errorf("a call: step %d, %v", step, ok)
	}
	outage := run(goal, false, room, rooms...)
	outage.Outcome.Transient = true
	if _, ok := Lost(outage, []agent.Episode{cleanMug}); ok {
		t.Error("an outage was lost at a step")
	}
}
