package langchain_test

import (
	"context"
	"fmt"

	"github.com/tmc/langchaingo/llms/fake"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/langchain"
)

// lock is a world that is won by opening it.
type lock struct{}

func (lock) Reset(context.Context, agent.Task) (agent.Observation, error) {
	return agent.Observation{Text: "A chest.", Admissible: []agent.Action{"open chest 1", "look"}}, nil
}

func (lock) Step(_ context.Context, a agent.Action) (agent.Result, error) {
	if a == "open chest 1" {
		return agent.Result{Terminated: true, Outcome: agent.Outcome{Success: true, Score: 1}}, nil
	}
	return agent.Result{Observation: agent.Observation{Text: "Nothing happens."}}, nil
}

func ExampleNew() {
	// In earnest: model, err := langchain.Open("ollama:qwen3:8b", langchain.Server{})
	model := fake.NewFakeLLM([]string{"I will open it.\nAction: Open chest 1."})
	p, err := langchain.New(model, "fake", langchain.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := agent.Run(context.Background(), agent.Task{ID: "chest", Goal: "open the chest"},
		agent.RunOptions{Policy: p, Environment: lock{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Steps[0].Action, e.Outcome.Success)
	// Output: open chest 1 true
}
