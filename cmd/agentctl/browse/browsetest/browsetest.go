// Package browsetest makes memories for the tests of those that show one.
package browsetest

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// Hostile is a text that no reader may carry out: markup, controls of a
// terminal, a turn of direction, wide and joined characters.
const Hostile = "<script>document.title='taken'</script>\x1b[2J\a\u202e<img src=x onerror=\"document.title='taken'\">&amp; 日本語 👩‍👩‍👧 e\u0301"

// Record returns an open memory in a folder of the test, with its folder, in
// which episodes were recorded. IDs of lessons are item-1 and so on.
func Record(t testing.TB, episodes ...agent.Episode) (*memory.Store, string) {
	t.Helper()
	n := 0
	dir := t.TempDir()
	s, err := memory.Open(dir, memory.Options{
		HoldOut: -1,
		Clock:   func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		NewID:   func() string { n++; return fmt.Sprintf("item-%d", n) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, e := range episodes {
		if err := s.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	return s, dir
}

// Archive returns the folder of a memory that holds the episodes and has learned
// nothing of them. It takes little time for many.
func Archive(t testing.TB, episodes ...agent.Episode) string {
	t.Helper()
	s, dir := Record(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	a, err := archive.Open(ctx, filepath.Join(dir, "memory.db"))
	if err != nil {
		t.Fatal(err)
	}
	err = a.Write(ctx, func(tx *archive.Tx) error {
		for _, e := range episodes {
			body, err := archive.EncodeEpisode(e)
			if err != nil {
				return err
			}
			if _, err := tx.PutEpisode(ctx, e, body); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, a.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ReadOnly opens the memory in dir again, only to be read.
func ReadOnly(t testing.TB, dir string) *memory.Store {
	t.Helper()
	s, err := memory.Open(dir, memory.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Doors are four episodes: lost-1 and lost-2 wait at a red door, won-1 pushes it,
// told by the lesson item-1 of lost-1, and won-2 pushes a green one.
func Doors() []agent.Episode {
	red, green := door("t1", "red"), door("t2", "green")
	lost := func(id string, trial int) agent.Episode {
		return agent.Episode{
			ID: id, Task: red, Trial: trial, Policy: "p1", Started: minute(trial), Tokens: 9,
			Steps: []agent.Step{
				{Observation: see("A red door."), Action: "wait"},
				{Observation: see("A red door."), Action: "wait"},
				{Observation: see("A red door."), Action: "dance", Invalid: true, Truncated: true},
			},
			Final:   agent.Observation{Text: "A red door."},
			Outcome: agent.Outcome{Cause: agent.CauseBudget, Feedback: "step budget of 3 used up", Truncated: true},
		}
	}
	won1 := Won("won-1", red)
	won1.Trial, won1.Started = 2, minute(2)
	won1.Context.Items = []agent.Item{{ID: "item-1", Kind: agent.KindLesson, Text: "When open the red door: avoid wait.", Tokens: 7}}
	won2 := Won("won-2", green)
	won2.Started = minute(3)
	return []agent.Episode{lost("lost-1", 0), lost("lost-2", 1), won1, won2}
}

// Won is a success in a task after one step.
func Won(id string, task agent.Task) agent.Episode {
	return agent.Episode{
		ID: id, Task: task, Policy: "p1", Tokens: 5,
		Steps:   []agent.Step{{Observation: see("A door."), Action: "push", Reward: 1, Terminated: true}},
		Final:   agent.Observation{Text: "The door is open."},
		Outcome: agent.Outcome{Success: true, Score: 1, Terminated: true},
	}
}

// Attack is a success whose texts are Hostile.
func Attack() agent.Episode {
	e := Won("<b>won</b>?&#", agent.Task{ID: "<t>", Suite: "doors", Kind: "open", Goal: "open " + Hostile})
	e.Steps[0].Observation.Text, e.Steps[0].Action = "line 1\n"+Hostile, agent.Action("push "+Hostile)
	return e
}

// Many are n episodes of two kinds, every third a failure, many-00000 and so
// on.
func Many(n int) []agent.Episode {
	out := make([]agent.Episode, n)
	for i := range out {
		task := agent.Task{ID: fmt.Sprintf("task-%d", i%7), Suite: "doors", Kind: []string{"open", "shut"}[i%2], Goal: fmt.Sprintf("move door %d", i%7)}
		e := Won(fmt.Sprintf("many-%05d", i), task)
		if i%3 == 0 {
			e.Steps[0].Action, e.Steps[0].Terminated = "wait", false
			e.Outcome = agent.Outcome{Cause: agent.CausePolicy, Truncated: true}
		}
		out[i] = e
	}
	return out
}

func door(id, colour string) agent.Task {
	return agent.Task{ID: id, Suite: "doors", Kind: "open", Goal: "open the " + colour + " door"}
}

func see(text string) agent.Observation {
	return agent.Observation{Text: text, Admissible: []agent.Action{"push", "wait"}}
}

func minute(n int) time.Time { return time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC) }
