package surefoot_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
)

// Example is the body of the program that the README shows; TestReadmeProgram
// holds that the two are the same. A failure becomes a lesson, and the lesson
// reaches the next try.
func Example() {
	store, err := memory.Open(folder(), memory.Options{HoldOut: -1}) // nothing is left to chance
	check(err)
	defer store.Close()

	ctx := context.Background()
	task := agent.Task{ID: "desk-1", Suite: "office", Kind: "find", Goal: "find the key"}
	for trial := range 2 {
		known, err := store.Recall(ctx, task, 500) // at most 500 tokens
		check(err)

		action, seen, success := agent.Action("open drawer 1"), "In the drawer 1, you see nothing.", false
		if strings.Contains(known.Text(), "avoid drawer 1") { // here your agent reads what memory knows, and acts
			action, seen, success = "open drawer 2", "In the drawer 2, you see a key 1.", true
		}
		check(store.Record(ctx, agent.Episode{ // durable once it returns
			ID: fmt.Sprint("episode-", trial), Task: task, Trial: trial, Context: known,
			Steps:   []agent.Step{{Observation: agent.Observation{Text: "You see a drawer 1, and a drawer 2."}, Action: action}},
			Final:   agent.Observation{Text: seen},
			Outcome: agent.Outcome{Success: success},
		}))
		fmt.Println(action, success)
	}

	// Output:
	// open drawer 1 false
	// open drawer 2 true
}
