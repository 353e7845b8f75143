package main

import (
	"fmt"
	"os"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/household"
	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/policy"
)

// teacherNoise is the share of random actions of the teacher, so that its pupil
// sees how to recover. They are not imitated.
const teacherNoise = 0.1

// household games as a policy.World.
type practiceWorld struct {
	games map[string]*household.Game // by task ID
	prior *household.Prior           // of where things are, counted on the games to train on
	noise float64                    // share of random actions of the teacher
}

// newPracticeWorld returns the world of games, and their tasks in order. The
// teacher's prior is counted on known.
func newPracticeWorld(known []*household.Game, others ...[]*household.Game) *practiceWorld {
	w := &practiceWorld{games: map[string]*household.Game{}, prior: household.Count(known), noise: teacherNoise}
	for _, list := range append(others, known) {
		for _, g := range list {
			w.games[g.Task().ID] = g
		}
	}
	return w
}

func tasksOf(games []*household.Game) []agent.Task {
	tasks := make([]agent.Task, len(games))
	for i, g := range games {
		tasks[i] = g.Task()
	}
	return tasks
}

// Environment implements policy.World.
func (w *practiceWorld) Environment(task agent.Task) (agent.Environment, error) {
	g, ok := w.games[task.ID]
	if !ok {
		return nil, fmt.Errorf("task %s: no such game", task.ID)
	}
	return household.NewEnvironment(g, household.Current), nil
}

// Teacher implements policy.World.
func (w *practiceWorld) Teacher(seen []agent.Episode) agent.Policy {
	return household.NewExpert(w.prior, household.ExpertOptions{Seen: seen, RandomShare: w.noise})
}

// Memory implements policy.World. The memory lives in a temporary folder until
// it is closed.
func (w *practiceWorld) Memory(form string, count func(string) int) (policy.Memory, error) {
	dir, err := os.MkdirTemp("", "agentctl-train-*")
	if err != nil {
		return nil, err
	}
	s, err := memory.Open(dir, steady(memory.Options{Form: memory.Form(form), CountTokens: count}))
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return &temporaryMemory{Store: s, dir: dir}, nil
}

// temporaryMemory is a memory that is gone once closed.
type temporaryMemory struct {
	*memory.Store
	dir string
}

func (m *temporaryMemory) Close() error {
	err := m.Store.Close()
	if e := os.RemoveAll(m.dir); err == nil {
		err = e
	}
	return err
}
