package household

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// play carries out actions from the start and returns whether the last one won,
// and no other did.
func play(tb testing.TB, e *Environment, actions []agent.Action) bool {
	tb.Helper()
	obs, err := e.Reset(tb.Context(), e.g.Task())
	if err != nil {
		tb.Fatal(err)
	}
	for i, a := range actions {
		if !slices.Contains(obs.Admissible, a) {
			tb.Errorf("%s: action %d %q is not admissible", e.g.id, i, a)
			return false
		}
		r, err := e.Step(tb.Context(), a)
		if err != nil {
			tb.Fatal(err)
		}
		if r.Terminated != (i == len(actions)-1) || r.Terminated != r.Outcome.Success || (r.Reward == 1) != r.Terminated {
			tb.Errorf("%s: action %d of %d %q: %+v", e.g.id, i, len(actions), a, r)
			return false
		}
		obs = r.Observation
	}
	return true
}

// inOld translates an action of Current.
func inOld(a agent.Action) agent.Action {
	if rest, ok := strings.CutPrefix(string(a), "move "); ok {
		return agent.Action("put " + strings.Replace(rest, " to ", " in/on ", 1))
	}
	return a
}

func TestWalkthroughsWin(t *testing.T) {
	for _, s := range []struct {
		split  string
		stride int
	}{{"valid_seen", 1}, {"valid_train", 1}, {"train", trainStride}} {
		split, won, paths := s.split, 0, official(t, s.split, s.stride)
		for _, p := range paths {
			g := load(t, p)
			kind, _, _ := strings.Cut(g.Task().ID, "-")
			if got := g.Task(); got.Kind != kind || got.Goal == "" || !strings.HasSuffix(filepath.ToSlash(p), got.ID+"/game.tw-pddl") {
				t.Errorf("%s: task %+v", p, got)
			}
			w := g.Walkthrough()
			old := make([]agent.Action, len(w))
			for i, a := range w {
				old[i] = inOld(a)
			}
			if play(t, NewEnvironment(g, Current), w) && play(t, NewEnvironment(g, Old), old) {
				won++
			}
		}
		if won != len(paths) || won == 0 {
			t.Errorf("%s: %d of %d walkthroughs win", split, won, len(paths))
		}
		t.Logf("%s: %d walkthroughs win", split, won)
	}
}

// TestRecordedEpisodesReplay plays the actions of 1,020 recorded episodes and
// compares every observation byte for byte.
func TestRecordedEpisodesReplay(t *testing.T) {
	dir, err := List(alfworld(t), "train")
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Dir(filepath.Dir(filepath.Dir(dir[0])))
	envs := map[string]*Environment{}
	observations, wins := 0, 0
	episodes := knowAgent(t)
	for n, l := range episodes {
		e := envs[l.Name]
		if e == nil {
			e = NewEnvironment(load(t, filepath.Join(root, filepath.FromSlash(l.Name), "game.tw-pddl")), Old)
			envs[l.Name] = e
		}
		obs, err := e.Reset(t.Context(), e.g.Task())
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(l.Traj, "\n")
		if got := strings.Replace(obs.Text, "\n\n", "\n", 1); got != lines[0]+"\n"+lines[1] {
			t.Errorf("episode %d %s: starts with %q, recorded %q", n, l.Name, got, lines[:2])
			continue
		}
		won := false
		for i := 2; i < len(lines); i++ {
			a, ok := strings.CutPrefix(lines[i], "> ")
			if !ok || strings.HasPrefix(a, "Think:") || strings.HasPrefix(a, "ActionPath:") || i+1 == len(lines) {
				continue
			}
			r, err := e.Step(t.Context(), agent.Action(a))
			if err != nil {
				t.Fatal(err)
			}
			observations++
			won = r.Terminated
			if r.Observation.Text != lines[i+1] {
				t.Errorf("episode %d %s: %q answers %q, recorded %q", n, l.Name, a, r.Observation.Text, lines[i+1])
				break
			}
		}
		if won != l.won() {
			t.Errorf("episode %d %s: won %v, recorded %v", n, l.Name, won, l.Result)
		}
		if won {
			wins++
		}
	}
	t.Logf("%d episodes, %d won, %d observations", len(episodes), wins, observations)
	if len(episodes) != 1020 || wins != 316 || observations < 17000 {
		t.Errorf("%d episodes, %d won, %d observations", len(episodes), wins, observations)
	}
}
