package planted

import (
	"context"
	"reflect"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/household"
)

// short is a run that finds out nothing.
func short() Config { return Config{Episodes: 48, Games: 2, Steps: 25, HoldOut: 0.05} }

// The same seed gives the same run, another seed another one; all that was planted
// is counted; and without chance nothing is found out.
func TestRun(t *testing.T) {
	for _, arm := range Arms() {
		one, err := Run(t.Context(), short(), arm, 1)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Run(t.Context(), short(), arm, 1)
		if err != nil || !reflect.DeepEqual(one, again) {
			t.Errorf("%s: %+v, then %+v, %v", arm, one, again, err)
		}
		harmful, useless := 6, 0
		if arm == Useless {
			harmful, useless = 0, 12
		}
		if len(one.Harmful) != harmful || one.Helpful != 6 || one.Useless != useless {
			t.Errorf("%s: %+v", arm, one)
		}
	}
}

// What the lessons advise does in the games what they were planted for: the same
// games are won more often, or less, or as before.
func TestAdviceMatters(t *testing.T) {
	const rounds = 4
	for seed := range uint64(3) {
		r := &run{Config: DefaultConfig(), seed: seed + 1}
		prior, err := r.draw()
		if err != nil {
			t.Fatal(err)
		}
		// The games of each kind that are won in all rounds.
		won := func(advices ...string) map[string]int {
			by := map[string]int{}
			for i := range rounds * len(r.games) {
				var c agent.Context
				for _, a := range advices {
					c.Items = append(c.Items, agent.Item{ID: a, Kind: agent.KindLesson, Text: "When a task: avoid not to " + a + "; instead " + a + "."})
				}
				g := r.games[i%len(r.games)]
				e, err := agent.Run(t.Context(), g.Task(), agent.RunOptions{
					Policy: Reader{Usual: prior, Heeds: 0.9}, Environment: household.NewEnvironment(g, household.Current), Recaller: shows(c),
					Budget: agent.Budget{Steps: r.Steps}, Seed: uint64(i),
				})
				if err != nil {
					t.Fatal(err)
				}
				if e.Outcome.Success {
					by[g.Task().Kind]++
				}
			}
			return by
		}
		none, good, bad, same := won(), won(helpful), won(helpful, harmful), won(useless()...)
		t.Logf("seed %d, of %d games a kind:\nwithout advice %v\nhelpful %v\nand harmful %v", seed+1, rounds*r.Games, none, good, bad)
		for _, kind := range household.Kinds() {
			if good[kind] < none[kind] || bad[kind] > good[kind]-rounds*r.Games/4 || same[kind] != none[kind] {
				t.Errorf("seed %d, %s: won %d without advice, %d with the helpful one, %d with the harmful one beside it, %d with the useless ones",
					seed+1, kind, none[kind], good[kind], bad[kind], same[kind])
			}
		}
	}
}

// shows is a memory that recalls one context.
type shows agent.Context

func (s shows) Recall(context.Context, agent.Task, int) (agent.Context, error) {
	return agent.Context(s), nil
}
