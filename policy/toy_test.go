package policy

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/tokenizer"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// doors is a toy world: a treasure lies behind one of n doors, the goal names
// its colour, and the door of that colour is always the same. An empty room
// says so.
type doors struct{ treasure agent.Action }

var doorNames = []agent.Action{"open red door", "open blue door", "open green door", "open red gate"}

func (d *doors) Reset(_ context.Context, t agent.Task) (agent.Observation, error) {
	d.treasure = agent.Action("open " + t.Goal)
	return agent.Observation{Text: "You see four ways.", Admissible: doorNames}, nil
}

func (d *doors) Step(_ context.Context, a agent.Action) (agent.Result, error) {
	if a == d.treasure {
		return agent.Result{Reward: 1, Terminated: true, Outcome: agent.Outcome{Success: true, Score: 1}}, nil
	}
	return agent.Result{Observation: agent.Observation{Text: "Empty.", Admissible: doorNames}}, nil
}

// key is the teacher of doors: it does what the goal says.
type key struct{}

func (key) Version() string { return "key" }

func (key) Begin(_ context.Context, b agent.Brief) (agent.Actor, error) {
	return turn(b.Task.Goal), nil
}

type turn string

func (turn) Took(agent.Action) {}

func (t turn) Act(context.Context, agent.Observation) (agent.Decision, error) {
	return agent.Decision{Action: agent.Action("open " + t)}, nil
}

// notes is a memory that remembers in one line what failed.
type notes struct{ failed map[string]agent.Action }

func (n *notes) Recall(_ context.Context, t agent.Task, _ int) (agent.Context, error) {
	a, ok := n.failed[t.ID]
	if !ok {
		return agent.Context{}, nil
	}
	return agent.Context{Items: []agent.Item{{ID: t.ID, Kind: agent.KindLesson, Text: "avoid " + string(a), Tokens: 4}}}, nil
}

func (n *notes) Record(_ context.Context, e agent.Episode) error {
	if !e.Outcome.Success {
		n.failed[e.Task.ID] = e.Steps[0].Action
	}
	return nil
}

func (n *notes) Close() error { return nil }

// toy is the World of doors.
type toy struct{}

func (toy) Environment(agent.Task) (agent.Environment, error) { return &doors{}, nil }
func (toy) Teacher([]agent.Episode) agent.Policy              { return key{} }
func (toy) Memory(string, func(string) int) (Memory, error) {
	return &notes{failed: map[string]agent.Action{}}, nil
}

// toyTasks returns n tasks; from numbers their IDs.
func toyTasks(from, n int) []agent.Task {
	out := make([]agent.Task, n)
	for i := range out {
		goal := string(doorNames[(from+i)%len(doorNames)])[len("open "):]
		out[i] = agent.Task{ID: fmt.Sprintf("door-%d", from+i), Suite: "toy", Kind: "door", Goal: goal}
	}
	return out
}

// toyModel is as small as a decoder gets.
func toyModel() transformer.Config {
	return transformer.Config{
		Dim: 16, Layers: 1, Heads: 2, KVHeads: 1, HeadDim: 8, Hidden: 32, MaxTokens: 256,
		RopeBase: 10000, NormEpsilon: 1e-5, TiedHead: true,
	}
}

// toyLM returns an untrained LM.
func toyLM(t testing.TB, seed uint64) *LM {
	t.Helper()
	tok, err := tokenizer.Train([]string{"Task: red blue green door gate open open open You see four ways. Empty. avoid\n>"}, 300, specials[:])
	if err != nil {
		t.Fatal(err)
	}
	c := toyModel()
	c.Vocab = tok.Vocab()
	m, err := transformer.New(c, rand.New(rand.NewPCG(seed, 0)))
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLM(m, tok, 1, "toy")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// toyPlay plays tasks with l, each once, for at most steps steps.
func toyPlay(t testing.TB, l agent.Policy, tasks []agent.Task, seed uint64, steps int) []agent.Episode {
	t.Helper()
	rs := make([]Rollout, len(tasks))
	for i, task := range tasks {
		rs[i] = Rollout{Policy: l, Task: task, Seed: seed + uint64(i), Steps: steps}
	}
	es, err := Players{toy{}, 2}.Play(t.Context(), "toy", rs)
	if err != nil {
		t.Fatal(err)
	}
	return es
}

func toyTrajectories(t testing.TB, l *LM, es []agent.Episode) []Trajectory {
	t.Helper()
	var out []Trajectory
	for _, e := range es {
		tr, err := l.Trajectory(e)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, tr)
	}
	return out
}

func groupsOf(ts []Trajectory) [][]Trajectory {
	var out [][]Trajectory
	for t := range slices.Chunk(ts, 1) {
		out = append(out, t)
	}
	return out
}
