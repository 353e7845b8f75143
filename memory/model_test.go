package memory

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// TestRandomOperations compares a store, now and then reopened, with a map.
func TestRandomOperations(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	form := []Form{Asymmetric, UniformVerbatim, UniformAbstract}[r.IntN(3)]
	dir := t.TempDir()
	newID := ids("lesson")
	open := func() *Store { return openStore(t, dir, Options{Form: form, NewID: newID}) }
	s := open()
	model := map[string]agent.Episode{}
	seen := map[string]int{} // task and actions of successes
	for range 250 {
		id := fmt.Sprint("e", r.IntN(60))
		switch old, known := model[id]; r.IntN(10) {
		case 0:
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open()
		case 1, 2:
			e, err := s.Episode(t.Context(), id)
			if known && (err != nil || !reflect.DeepEqual(e, old)) || !known && !errors.Is(err, ErrNotFound) {
				t.Fatalf("episode %s: %+v, %v; want %+v", id, e, err, old)
			}
		case 3:
			recall(t, s, old.Task, r.IntN(400))
		default:
			e := randomEpisode(r, id)
			err := s.Record(t.Context(), e)
			switch {
			case !known:
				if err != nil {
					t.Fatal(err)
				}
				model[id] = e
				if e.Outcome.Success {
					seen[actionsKey(e, agent.KindDemonstration)]++
				}
			case reflect.DeepEqual(e, old) && err != nil, !reflect.DeepEqual(e, old) && !errors.Is(err, ErrConflict):
				t.Fatalf("episode %s again: %v", id, err)
			}
		}
	}
	all, err := s.Episodes(t.Context(), EpisodeFilter{})
	if err != nil || len(all) != len(model) {
		t.Fatalf("%d episodes, want %d: %v", len(all), len(model), err)
	}
	ds, err := s.Demonstrations(t.Context(), DemonstrationFilter{})
	if err != nil || len(ds) != len(seen) {
		t.Fatalf("%d demonstrations, want %d: %v", len(ds), len(seen), err)
	}
	for _, d := range ds {
		if want := seen[actionsKey(d.Episode, agent.KindDemonstration)]; d.Seen != want {
			t.Errorf("%s: seen %d, want %d", d.Episode.ID, d.Seen, want)
		}
	}
}

func randomEpisode(r *rand.Rand, id string) agent.Episode {
	task := agent.Task{ID: fmt.Sprint("t", r.IntN(5)), Suite: "household", Kind: fmt.Sprint("k", r.IntN(2)), Goal: "put a clean ladle in countertop"}
	var actions []string
	for range 1 + r.IntN(4) {
		actions = append(actions, []string{"go to cabinet 1", "open cabinet 1", "go to diningtable 1", "take ladle 1 from diningtable 1"}[r.IntN(4)])
	}
	e := play(id, task, r.IntN(2) == 0, actions...)
	if r.IntN(6) == 0 && !e.Outcome.Success {
		e.Outcome.Cause = agent.CauseTool
	}
	return e
}
