package ownplay

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/methods"
	"github.com/surefoot-ai/surefoot/policy"
)

// halls is a world of some doors, one of which is right.
type halls struct{ recorded *[]agent.Episode }

type hall struct{}

func (hall) Reset(context.Context, agent.Task) (agent.Observation, error) {
	return agent.Observation{Text: "Four doors.", Admissible: []agent.Action{"open left", "open right", "open back", "open front"}}, nil
}

func (hall) Step(_ context.Context, a agent.Action) (agent.Result, error) {
	won := a == "open right"
	return agent.Result{Terminated: true, Outcome: agent.Outcome{Success: won}}, nil
}

func (halls) Environment(agent.Task) (agent.Environment, error) { return hall{}, nil }

func (halls) Teacher([]agent.Episode) agent.Policy { return righty{} }

func (h halls) Memory(string, func(string) int) (policy.Memory, error) {
	return &ledger{h.recorded, map[string]int{}}, nil
}

// righty opens the right door.
type righty struct{}

func (righty) Version() string                                         { return "righty" }
func (righty) Begin(context.Context, agent.Brief) (agent.Actor, error) { return righty{}, nil }
func (righty) Took(agent.Action)                                       {}
func (righty) Act(context.Context, agent.Observation) (agent.Decision, error) {
	return agent.Decision{Action: "open right"}, nil
}

// ledger is a memory that says how often a task was recorded.
type ledger struct {
	recorded *[]agent.Episode
	seen     map[string]int
}

func (m *ledger) Recall(_ context.Context, t agent.Task, _ int) (agent.Context, error) {
	return agent.Context{Items: []agent.Item{{ID: t.ID, Kind: agent.KindLesson, Text: strings.Repeat("seen ", 20*m.seen[t.ID]), Tokens: 2}}}, nil
}

func (m *ledger) Record(_ context.Context, e agent.Episode) error {
	m.seen[e.Task.ID]++
	*m.recorded = append(*m.recorded, e)
	return nil
}

func (m *ledger) Close() error { return nil }

func tasks(from, n int) []agent.Task {
	out := make([]agent.Task, n)
	for i := range out {
		out[i] = agent.Task{ID: fmt.Sprint("hall-", from+i), Suite: "halls", Goal: "get out"}
	}
	return out
}

// small is a lab of halls.
func small(t *testing.T, seeds ...uint64) *Lab {
	s := Quick()
	s.Cold.Cold.Tasks, s.Cold.VocabTokens = 8, 300
	return &Lab{
		Lab: &methods.Lab{Dir: t.TempDir(), Seeds: seeds, Workers: 2}, Scale: s,
		School: func(uint64) (School, error) {
			return School{World: halls{new([]agent.Episode)}, Taught: tasks(0, 4), Train: tasks(10, 500), Tune: tasks(1000, 6), Test: tasks(2000, 6)}, nil
		},
	}
}

// An iteration plays as many episodes under every condition; first tries read
// nothing, and only what failed is tried again, with memory of it.
func TestSample(t *testing.T) {
	lab := small(t, 1)
	lab.Scale.Cold.Cold.Epochs, lab.Scale.Cold.Cold.LearningRate = 1, 1e-9 // it plays at random
	lm, err := lab.cold(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Conditions() {
		l, err := lab.life(1, c)
		if err != nil {
			t.Fatal(err)
		}
		var recorded []agent.Episode
		l.World = halls{&recorded}
		l.players.World = l.World
		l.Episodes, l.Tries = 160, 3
		groups, err := l.sample(t.Context(), lm, 3)
		if err != nil {
			t.Fatal(err)
		}
		n, read, failed := 0, 0, map[string]int{}
		for _, g := range groups {
			if len(g) != c.Rollouts {
				t.Errorf("%s: a group of %d, want %d", c.Name, len(g), c.Rollouts)
			}
			n += len(g)
			for _, tr := range g {
				if len(tr.Tokens) > len(groups[0][0].Tokens)+10 {
					read++ // the context is in the prompt
				}
			}
		}
		if n != 160 {
			t.Errorf("%s: %d episodes, want 160", c.Name, n)
		}
		if c.Memory == "" {
			if len(recorded) > 0 || read > 0 {
				t.Errorf("%s: %d recorded, %d read a context", c.Name, len(recorded), read)
			}
			continue
		}
		won, again, third := map[string]bool{}, 0, 0
		for i, e := range recorded {
			if i%c.Rollouts == 0 && won[e.Task.ID] {
				t.Errorf("%s: a game that was won is tried again", c.Name)
			}
			try := failed[e.Task.ID] / c.Rollouts
			if got := len(e.Context.Items) > 0; got != (try > 0) || e.Trial != try {
				t.Errorf("%s: try %d of a game, trial %d, has a context: %v", c.Name, try, e.Trial, got)
			}
			if failed[e.Task.ID]++; try > 0 {
				again++
			}
			if try == 2 {
				third++
			}
			if i%c.Rollouts == c.Rollouts-1 { // all of a group are tries at the same time
				for _, o := range recorded[i-i%c.Rollouts : i+1] {
					won[o.Task.ID] = won[o.Task.ID] || o.Outcome.Success
				}
			}
		}
		if read != again || again == 0 || third == 0 && c.Rollouts == 1 {
			t.Errorf("%s: %d episodes read a context, %d were second and third tries, %d third", c.Name, read, again, third)
		}
	}
}

// A study that is cut off anywhere ends in the same report, and its runs are not
// made twice.
func TestStudyGoesOn(t *testing.T) {
	conditions := slices.DeleteFunc(Conditions(), func(c Condition) bool { return c.Name != Ours && c.Name != "ppo" })
	whole, err := small(t, 1, 2).Run(t.Context(), conditions)
	if err != nil {
		t.Fatal(err)
	}
	lab := small(t, 1, 2)
	for stop, cuts := 1, 0; ; stop += 2 {
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		lab.Log = func(string, policy.Event) {
			if seen++; seen == stop {
				cancel()
			}
		}
		s, err := lab.Run(ctx, conditions)
		cancel()
		if err != nil {
			cuts++
			continue
		}
		if cuts < 5 {
			t.Errorf("cut off %d times: the test shows nothing", cuts)
		}
		if got, want := fmt.Sprint(s.Tables, s.Summary, s.Figures[0].Lines), fmt.Sprint(whole.Tables, whole.Summary, whole.Figures[0].Lines); got != want {
			t.Errorf("the study that was cut off says\n%s\nwant\n%s", got, want)
		}
		break
	}
	lab.Scale.Tries++
	if _, err := lab.Run(t.Context(), conditions); err == nil {
		t.Error("a study of another scale is taken for this one")
	}
	if _, err := lab.Run(t.Context(), conditions[1:]); err == nil {
		t.Error("a study without " + Ours)
	}
}

// Each objective's rate is tried once, "no push" has none to try, and the games to
// choose by are looked at greedily: in each of these halls the policy does the same.
func TestRates(t *testing.T) {
	lab := small(t, 1)
	lab.Scale.Cold.Cold.Epochs, lab.Scale.Cold.Cold.LearningRate = 1, 1e-9 // sampled, it would play at random
	var conditions []Condition
	for _, c := range Conditions() {
		if c.objective() == "opo" || c.Name == noPush || c.Name == "nsr" {
			conditions = append(conditions, c)
		}
	}
	r := results{}
	err := lab.open()
	if err == nil {
		r, err = lab.results(t.Context(), conditions)
	}
	if err != nil {
		t.Fatal(err)
	}
	tried, err := filepath.Glob(filepath.Join(lab.Dir, "rates", "*.json"))
	if want := 2 * len(lab.Scale.Rates); err != nil || len(tried) != want || len(conditions) < 6 {
		t.Errorf("of %d conditions were tried %q, %v, want %d files", len(conditions), tried, err, want)
	}
	for i, c := range conditions {
		if got, want := r.runs[i][0].Rate, r.runs[0][0].Rate; c.objective() == "opo" && got != want {
			t.Errorf("%s: learned at %g, and %s at %g", c.Name, got, Ours, want)
		}
		for _, look := range r.runs[i][0].Looks {
			if look.Tune != 0 && look.Tune != 1 {
				t.Errorf("%s: a look saw %g: is it not greedy?", c.Name, look.Tune)
			}
		}
	}
}

// Of retries that are drawn from the samples a game lost at the first try is won by
// those that hold a sample which won.
func TestResampled(t *testing.T) {
	r := results{scale: Scale{Samples: 4, Tries: 3}}
	x := Exam{First: []bool{true, false, false, false}, Solved: []int{0, 0, 1, 3}}
	if got, want := r.resampled(x), (1+0+0.5+1)/4; got != want { // 3 of the 6 pairs of 4 samples hold the one
		t.Errorf("won %g, want %g", got, want)
	}
}
