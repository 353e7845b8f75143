package household

import (
	"math/rand/v2"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// TestDistance holds that the distance is exact: it is 0 where the game is won,
// and elsewhere one more than the least distance after one action.
func TestDistance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	o := DefaultGenerateOptions()
	o.Receptacles, o.Objects, o.Spare = 12, 24, 0.7
	for _, kind := range Kinds() {
		o.Kind = kind
		for seed := range uint64(6) {
			g, err := Generate(seed, o)
			if err != nil {
				t.Fatal(err)
			}
			e := NewEnvironment(g, Current)
			walk := g.Walkthrough()
			for range 8 {
				path := append([]agent.Action{}, walk[:rng.IntN(len(walk))]...)
				for range rng.IntN(6) {
					admissible := replay(t, e, path)
					if e.won {
						break
					}
					path = append(path, admissible[rng.IntN(len(admissible))])
				}
				admissible := replay(t, e, path)
				d, ok := e.Distance()
				if !ok || (d == 0) != e.won {
					t.Fatalf("%s after %q: distance %d, %v; won %v", g.id, path, d, ok, e.won)
				}
				if e.won {
					continue
				}
				least := far
				for _, a := range admissible {
					replay(t, e, append(path[:len(path):len(path)], a))
					n, _ := e.Distance()
					least = min(least, n)
				}
				if d != least+1 {
					t.Errorf("%s after %q: distance %d, but %d after one more action", g.id, path, d, least)
				}
			}
		}
	}
}

func TestState(t *testing.T) {
	g, err := Generate(1, DefaultGenerateOptions())
	if err != nil {
		t.Fatal(err)
	}
	e := NewEnvironment(g, Current)
	first := e.State()
	replay(t, e, []agent.Action{"look", "inventory"})
	if e.State() != first {
		t.Error("a look changed the state")
	}
	replay(t, e, g.Walkthrough()[:1])
	if e.State() == first {
		t.Error("an action did not change the state")
	}
}

// replay plays actions from the start and returns what is admissible then.
func replay(t *testing.T, e *Environment, path []agent.Action) []agent.Action {
	t.Helper()
	obs, err := e.Reset(t.Context(), e.g.Task())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range path {
		r, err := e.Step(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		obs = r.Observation
	}
	return obs.Admissible
}
