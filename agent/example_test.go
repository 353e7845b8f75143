package agent_test

import (
	"context"
	"fmt"

	"github.com/surefoot-ai/surefoot/agent"
)

// door is a world with one door, and a policy that tries the handle.
type door struct{ locked bool }

func (d *door) Reset(context.Context, agent.Task) (agent.Observation, error) {
	d.locked = true
	return agent.Observation{Text: "A locked door.", Admissible: []agent.Action{"unlock", "push"}}, nil
}

func (d *door) Step(_ context.Context, a agent.Action) (agent.Result, error) {
	if a == "push" && !d.locked {
		return agent.Result{Terminated: true, Outcome: agent.Outcome{Success: true, Score: 1}}, nil
	}
	d.locked = d.locked && a != "unlock"
	return agent.Result{Observation: agent.Observation{Text: "Nothing happens."}}, nil
}

func (d *door) Version() string { return "try-handle" }

func (d *door) Begin(context.Context, agent.Brief) (agent.Actor, error) { return &hand{}, nil }

type hand struct{ tried bool }

func (h *hand) Act(context.Context, agent.Observation) (agent.Decision, error) {
	if !h.tried {
		h.tried = true
		return agent.Decision{Action: "unlock"}, nil
	}
	return agent.Decision{Action: "push"}, nil
}

func ExampleRun() {
	d := &door{}
	e, err := agent.Run(context.Background(), agent.Task{ID: "door-1", Goal: "get through"},
		agent.RunOptions{Policy: d, Environment: d})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range e.Steps {
		fmt.Println(s.Action)
	}
	fmt.Println("success:", e.Outcome.Success)
	// Output:
	// unlock
	// push
	// success: true
}
