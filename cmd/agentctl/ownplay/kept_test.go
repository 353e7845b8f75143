package ownplay

import (
	"fmt"
	"math"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// won is a success of a hall in some steps.
func won(id string, steps int, c agent.Context) agent.Episode {
	e := agent.Episode{ID: fmt.Sprint(id, "-", steps), Task: agent.Task{ID: id, Suite: "halls", Goal: "get out"}, Context: c, Outcome: agent.Outcome{Success: true}}
	o := agent.Observation{Text: "Four doors.", Admissible: []agent.Action{"open left", "open right"}}
	for range steps {
		e.Steps = append(e.Steps, agent.Step{Observation: o, Action: "open right", LogProbs: []float64{-1}})
	}
	return e
}

// Of each game the shortest success is kept, of those the last, whoever reads them
// back; only what was won is.
func TestBest(t *testing.T) {
	var bare agent.Context
	k := successes{t.TempDir(), map[int][]agent.Episode{}}
	lost := won("d", 1, bare)
	lost.Outcome.Success = false
	first, last := won("b", 2, bare), won("b", 2, bare)
	first.Trial, last.Trial = 1, 2
	for i, es := range [][]agent.Episode{{won("a", 3, bare), first}, {won("c", 1, bare), last, lost}, {won("a", 4, bare)}, {won("a", 2, bare)}} {
		if err := k.add(i, es); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []successes{k, {k.dir, map[int][]agent.Episode{}}} {
		for iteration, want := range map[int]string{0: "[a-3/0 b-2/1]", 2: "[a-3/0 b-2/2 c-1/0]", 3: "[a-2/0 b-2/2 c-1/0]"} {
			es, err := k.best(iteration)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range es {
				got = append(got, fmt.Sprint(e.ID, "/", e.Trial))
			}
			if fmt.Sprint(got) != want {
				t.Errorf("up to iteration %d: %v, want %s", iteration, got, want)
			}
		}
	}
	if _, err := k.best(4); err == nil {
		t.Error("an iteration that nobody kept")
	}
}

// Successes are imitated when it is time: without a context and, if there was one,
// in it; how likely their actions were does not matter.
func TestImitated(t *testing.T) {
	lab := small(t, 1)
	lm, err := lab.cold(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	l, err := lab.life(1, Conditions()[0])
	if err != nil {
		t.Fatal(err)
	}
	l.Consolidate = 2
	l.won = &successes{t.TempDir(), map[int][]agent.Episode{}}
	told := agent.Context{Items: []agent.Item{{ID: "x", Kind: agent.KindLesson, Text: "Go right.", Tokens: 3}}}
	if err := l.won.add(0, []agent.Episode{won("a", 1, agent.Context{}), won("b", 1, told)}); err != nil {
		t.Fatal(err)
	}
	if err := l.won.add(1, nil); err != nil {
		t.Fatal(err)
	}
	if ts, err := l.imitated(t.Context(), lm, 0); err != nil || len(ts) != 0 {
		t.Errorf("before it is time: %d, %v", len(ts), err)
	}
	ts, err := l.imitated(t.Context(), lm, 1)
	if err != nil || len(ts) != 3 {
		t.Fatalf("%d imitated, %v; want a, b and b with its context", len(ts), err)
	}
	if a, b, read := len(ts[0].Tokens), len(ts[1].Tokens), len(ts[2].Tokens); a != b || read <= b {
		t.Errorf("of %d, %d and %d tokens: only the third has a context", a, b, read)
	}
	for _, tr := range ts {
		for _, g := range tr.Targets {
			if !math.IsNaN(g.StepLogProb) {
				t.Error("an action says how likely it was: imitation would leave it out")
			}
		}
	}
}
