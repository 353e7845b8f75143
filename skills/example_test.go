package skills_test

import (
	"context"
	"fmt"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/skills"
)

// past is what an agent remembers.
type past struct {
	demonstrations []agent.Demonstration
	lessons        []agent.Lesson
}

func (p past) Demonstrations(context.Context) ([]agent.Demonstration, error) {
	return p.demonstrations, nil
}
func (p past) Lessons(context.Context) ([]agent.Lesson, error)    { return p.lessons, nil }
func (p past) Attempts(context.Context) ([]skills.Attempt, error) { return nil, nil }

func ExampleDistil() {
	won := agent.Episode{
		ID:      "e1",
		Task:    agent.Task{Suite: "house", Kind: "heat", Goal: "put a hot egg in the fridge"},
		Outcome: agent.Outcome{Success: true},
	}
	for _, step := range [][2]string{
		{"You see a drawer 1, a fridge 1, a microwave 1.", "go to drawer 1"}, // a detour
		{"The drawer 1 is empty.", "open fridge 1"},
		{"In it, you see an egg 1.", "take egg 1 from fridge 1"},
		{"You pick up the egg 1.", "look"}, // another
		{"You carry the egg 1.", "heat egg 1 with microwave 1"},
		{"You heat the egg 1.", "put egg 1 in/on fridge 1"},
	} {
		won.Steps = append(won.Steps, agent.Step{Observation: agent.Observation{Text: step[0]}, Action: agent.Action(step[1])})
	}
	found, err := skills.Distil(context.Background(), past{
		demonstrations: []agent.Demonstration{{Episode: won}},
		lessons: []agent.Lesson{{
			ID: "l1", Suite: "house", Kind: "heat", Trigger: "the egg is hot", Mistake: "cooling it again",
			Remedy: "put it down at once", For: []string{"e0"}, State: agent.LessonActive,
		}},
	}, skills.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, hit := range skills.NewLibrary(found).Search("put a hot mug", 0) {
		fmt.Println(hit.Skill.Text())
	}
	// Output:
	// To put a hot A in the B: open B -> take A from B -> heat A with X -> put A in/on B
	// When the egg is hot: avoid cooling it again; instead put it down at once.
}
