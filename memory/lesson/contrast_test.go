package lesson

import (
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

func TestContrast(t *testing.T) {
	early := run("put a clean ladle in countertop", false, room,
		"go to fridge 1", "You arrive at fridge 1. The fridge 1 is closed.",
		"open fridge 1", "You open the fridge 1. The fridge 1 is open. In it, you see a ladle 1.",
		"take ladle 1 from fridge 1", "You pick up the ladle 1 from the fridge 1.",
		"go to countertop 1", "You arrive at countertop 1. On the countertop 1, you see nothing.",
		"move ladle 1 to countertop 1", "You move the ladle 1 to the countertop 1.")
	short := early
	short.Steps, short.Final = early.Steps[:3], early.Steps[3].Observation
	round := []string{"go to shelf 1", "You arrive at shelf 1. On the shelf 1, you see a vase 1.", "go to fridge 1", "You arrive at fridge 1. The fridge 1 is closed."}
	loop := run("put a clean mug in drawer", false, room, slices.Concat(round, round, round)...)
	heat := cleanMug
	heat.Task.Kind = "other"
	gift := talk("a", "x", false, `look {"id":"R1"}`, "R1", `update {"id":"R1","pay":"gift_card_7"}`, "Error: gift card cannot be used, sorry")
	const avoid, do = "pay gift_card_# (gift card cannot be used)", "pay credit_card_#"
	won := func(turn string) agent.Episode { return talk("w", "y", true, turn, "Done.") }
	outage := early
	outage.Outcome.Transient = true
	for _, tt := range []struct {
		name             string
		lesson           agent.Lesson
		failure, success agent.Episode
		step             int
		ok               bool
	}{
		{"too early", agent.Lesson{Mistake: "move A to B before clean A with sinkbasin"}, early, cleanMug, 4, true},
		{"another step", agent.Lesson{Mistake: "move A to B before heat A with microwave"}, early, cleanMug, 0, false},
		{"stopped", agent.Lesson{Mistake: "stopping short of clean A with sinkbasin"}, short, cleanMug, 3, true},
		{"another kind", agent.Lesson{Mistake: "move A to B before clean A with sinkbasin"}, early, heat, 0, false},
		{"about a task", agent.Lesson{Task: "t", Mistake: "move A to B before clean A with sinkbasin"}, early, cleanMug, 0, false},
		{"two failures", agent.Lesson{Mistake: "move A to B before clean A with sinkbasin"}, early, short, 0, false},
		{"from outside", agent.Lesson{Mistake: "move A to B before clean A with sinkbasin"}, outage, cleanMug, 0, false},
		{"loop", agent.Lesson{Mistake: "repeating go to X > go to Y (loop)"}, loop, cleanMug, 2, true},
		{"no such loop", agent.Lesson{Mistake: "repeating go to X > open X (loop)"}, loop, cleanMug, 0, false},
		{"a loop elsewhere", agent.Lesson{Mistake: "repeating go to X > go to Y (loop)"}, run("put a clean mug in drawer", false, room, slices.Concat(
			[]string{"open shelf 1", "Nothing happens."}, round, round)...), cleanMug, 0, false},
		{"never found", agent.Lesson{Mistake: "ending the search before A is seen"}, short, cleanMug, 0, false},
		{"tool", agent.Lesson{Trigger: "calling update", Mistake: avoid, Remedy: do}, gift, won(`update {"id":"R2","pay":"credit_card_9"}`), 1, true},
		{"tool, the same", agent.Lesson{Trigger: "calling update", Mistake: avoid, Remedy: do}, gift, won(`update {"id":"R2","pay":"gift_card_9"}`), 0, false},
		{"another tool", agent.Lesson{Trigger: "calling update", Mistake: avoid, Remedy: do}, gift, won(`book {"id":"R2","pay":"credit_card_9"}`), 0, false},
	} {
		if step, ok := Contrast(tt.lesson, tt.failure, tt.success); ok != tt.ok || ok && step != tt.step {
			t.Errorf("%s: step %d, %v", tt.name, step, ok)
		}
	}
}
