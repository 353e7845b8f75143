package memory_test

import (
	"context"
	"fmt"
	"os"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
)

// An agent loop of one's own with a memory: recall, act, record.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "memory")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	store, err := memory.Open(dir, memory.Options{HoldOut: -1})
	if err != nil {
		panic(err)
	}
	defer store.Close()
	task := agent.Task{ID: "desk-1", Suite: "office", Kind: "find", Goal: "find the key"}
	for trial, drawer := range []string{"drawer 1", "drawer 2"} {
		known, err := store.Recall(ctx, task, 500)
		if err != nil {
			panic(err)
		}
		fmt.Printf("trial %d knows %q\n", trial, known.Text())

		// Here the agent acts, reading known.Text() before its first observation.
		e := agent.Episode{ID: fmt.Sprint("episode-", trial), Task: task, Trial: trial, Context: known, Steps: []agent.Step{
			{Observation: agent.Observation{Text: "You see a drawer 1, and a drawer 2."}, Action: agent.Action("open " + drawer)}}}
		if drawer == "drawer 2" {
			e.Final.Text, e.Outcome = "In the drawer 2, you see a key 1.", agent.Outcome{Success: true, Score: 1}
		} else {
			e.Final.Text, e.Outcome = "In the drawer 1, you see nothing.", agent.Outcome{Cause: agent.CauseBudget}
		}
		if err := store.Record(ctx, e); err != nil {
			panic(err)
		}
	}
	// Output:
	// trial 0 knows ""
	// trial 1 knows "When find the key: avoid drawer 1 (no key); instead try drawer 2.\n\nWhen find the A: avoid ending the search before A is seen; instead look once at each place, open what is closed."
}
