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
	r := &run{Config: Config{Games: 12}, seed: 7}
	prior, err := r.draw()
	if err != nil {
		t.Fatal(err)
	}
	won := func(advices ...string) int {
		n := 0
		for i, g := range r.games {
			var c agent.Context
			for _, a := range advices {
				c.Items = append(c.Items, agent.Item{ID: a, Kind: agent.KindLesson, Text: "When a task: avoid not to " + a + "; instead " + a + "."})
			}
			e, err := agent.Run(t.Context(), g.Task(), agent.RunOptions{
				Policy: Reader{Usual: prior, Heeds: 0.9}, Environment: household.NewEnvironment(g, household.Current), Recaller: shows(c),
				Budget: agent.Budget{Steps: DefaultConfig().Steps}, Seed: uint64(i),
			})
			if err != nil {
				t.Fatal(err)
			}
			if e.Outcome.Success {
				n++
			}
		}
		return n
	}
	none, good, bad := won(), won(helpful), won(harmful)
	t.Logf("of %d games: %d without advice, %d with the helpful one, %d with the harmful one", len(r.games), none, good, bad)
	if !(good > none && none > bad+len(r.games)/5) {
		t.Errorf("%d without advice, %d with the helpful one, %d with the harmful one", none, good, bad)
	}
	if same := won(useless()...); same != none {
		t.Errorf("%d with the useless ones, %d without", same, none)
	}
}

// shows is a memory that recalls one context.
type shows agent.Context

func (s shows) Recall(context.Context, agent.Task, int) (agent.Context, error) {
	return agent.Context(s), nil
}
