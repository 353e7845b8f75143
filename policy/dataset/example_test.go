package dataset_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/dataset"
)

// recorded is a Source of episodes by ID; a *memory.Store is one too.
type recorded map[string]agent.Episode

func (r recorded) Episode(_ context.Context, id string) (agent.Episode, error) { return r[id], nil }

// A failure is compared with a success where it first did something else.
func Example() {
	task := agent.Task{ID: "red", Suite: "doors", Goal: "open the red door"}
	door := agent.Observation{Text: "A red door."}
	episodes := recorded{
		"e1": {ID: "e1", Task: task, Steps: []agent.Step{{Observation: door, Action: "wait"}}},
		"e2": {ID: "e2", Task: task, Steps: []agent.Step{{Observation: door, Action: "push"}}, Outcome: agent.Outcome{Success: true}},
	}
	in := dataset.Input{
		Heads:  []dataset.Head{{ID: "e1", Suite: "doors", Task: "red"}, {ID: "e2", Suite: "doors", Task: "red"}},
		Source: episodes,
	}
	o := dataset.DefaultOptions()
	o.Format = dataset.DPO
	report, err := dataset.Write(context.Background(), os.Stdout, in, o)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Records, "record of", report.Episodes, "episodes")
	// Output:
	// {"prompt":[{"role":"user","content":"Task: open the red door\nA red door."}],"chosen":[{"role":"assistant","content":"push"}],"rejected":[{"role":"assistant","content":"wait"}]}
	// 1 record of 2 episodes
}
