package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/household"
	"github.com/surefoot-ai/surefoot/memory"
)

// blame is how the steps that lessons blame for failures compare to the steps at
// which the replayed games went wrong.
type blame struct {
	Failures int      `json:"failures"`
	Games    int      `json:"games"`    // failures whose game there is
	Replayed int      `json:"replayed"` // of them those whose every observation was the recorded one
	Named    int      `json:"named"`    // of these those of which lessons blame a step
	Targets  []target `json:"targets"`
}

// target is one way in which a game goes wrong, and who finds the step.
type target struct {
	Name   string  `json:"name"`
	Games  int     `json:"games"` // replayed failures that went wrong so
	Never  int     `json:"never"` // those that went wrong so before the first step, and are not among Games
	Finder []found `json:"finders"`
	Blamed int     `json:"blamed"` // of Games those of which lessons blame a step: the finders are compared on these
}

// found is how often a finder is right.
type found struct {
	Name   string  `json:"name"`
	Exact  float64 `json:"exact"`  // share of games
	Within float64 `json:"within"` // the same, within one step
	Before float64 `json:"before"` // share of games in which it names a step before
}

// gamesByID are the paths of the games below dir, of any split, by task ID.
func gamesByID(dir string) (map[string]string, error) {
	out := map[string]string{}
	for _, split := range []string{"train", "valid_train", "valid_seen", "valid_unseen"} {
		paths, err := household.List(dir, split)
		if err != nil {
			continue // a part of the splits will do
		}
		for _, p := range paths {
			trial := filepath.Dir(p)
			out[filepath.Base(filepath.Dir(trial))+"/"+filepath.Base(trial)] = p
		}
	}
	if len(out) == 0 {
		return nil, usagef("--games %s: %w", dir, household.ErrNoGames)
	}
	return out, nil
}

// replayed is where a failed game went wrong: indices of steps, -1 for before
// the first and absent for not at all.
type replayed struct {
	unwinnable int // from the state after it on, the steps left are too few
	loops      bool
	loop       int // the first step of the cycle of states and actions that the game ends in
	again      int // the first step of its second round
	same       bool
}

// replay plays a failed episode in its game.
func replay(ctx context.Context, g *household.Game, e agent.Episode) (replayed, error) {
	env := household.NewEnvironment(g, household.Old)
	if _, err := env.Reset(ctx, g.Task()); err != nil {
		return replayed{}, err
	}
	r := replayed{same: true, unwinnable: len(e.Steps)}
	check := func(i int) { // after i steps
		if n, ok := env.Distance(); (!ok || n > len(e.Steps)-i) && r.unwinnable == len(e.Steps) {
			r.unwinnable = i - 1
		}
	}
	check(0)
	var keys []string
	for i, s := range e.Steps {
		keys = append(keys, env.State()+" "+strings.TrimSpace(string(s.Action)))
		after := e.Final.Text
		if i+1 < len(e.Steps) {
			after = e.Steps[i+1].Observation.Text
		}
		res, err := env.Step(ctx, s.Action)
		if err != nil {
			return replayed{}, err
		}
		if strings.TrimSpace(res.Observation.Text) != strings.TrimSpace(after) {
			r.same = false
			return r, nil
		}
		check(i + 1)
	}
	r.loop, r.again, r.loops = endLoop(keys)
	return r, nil
}

// endLoop finds the cycle that a sequence ends in: its shortest period of which
// two rounds stand at the end, followed back as far as it holds.
func endLoop(keys []string) (first, second int, ok bool) {
	n := len(keys)
	for p := 1; 2*p <= n; p++ {
		if !slices.Equal(keys[n-p:], keys[n-2*p:n-p]) {
			continue
		}
		first := n - 2*p
		for first > 0 && keys[first-1] == keys[first-1+p] {
			first--
		}
		return first, first + p, true
	}
	return 0, 0, false
}

// measureBlame replays the failures in the games.
func measureBlame(ctx context.Context, s *memory.Store, failures []agent.Episode, games map[string]string) (*blame, error) {
	b := &blame{Failures: len(failures)}
	names := []string{"unwinnable in the steps left", "loop, its first step", "loop, its second round"}
	cases := make([][]blamedGame, len(names))
	for _, name := range names {
		b.Targets = append(b.Targets, target{Name: name})
	}
	for _, e := range failures {
		path, ok := games[e.Task.ID]
		if !ok || len(e.Steps) == 0 {
			continue
		}
		g, err := household.Load(path)
		if err != nil {
			return nil, err
		}
		r, err := replay(ctx, g, e)
		if err != nil {
			return nil, fmt.Errorf("episode %s: %w", e.ID, err)
		}
		if b.Games++; !r.same {
			continue
		}
		b.Replayed++
		steps, err := s.WrongSteps(ctx, e)
		if err != nil {
			return nil, err
		}
		lost, ok, err := s.Lost(ctx, e)
		if err != nil {
			return nil, err
		}
		if !ok {
			lost = -1
		}
		if len(steps) > 0 {
			b.Named++
		}
		for i, at := range []int{r.unwinnable, r.loop, r.again} {
			switch t := &b.Targets[i]; {
			case i > 0 && !r.loops:
			case at < 0:
				t.Never++
			default:
				if t.Games++; len(steps) > 0 {
					cases[i] = append(cases[i], blamedGame{at, len(e.Steps), steps, lost})
				}
			}
		}
	}
	for i := range b.Targets {
		b.Targets[i].Blamed = len(cases[i])
		b.Targets[i].Finder = finders(cases[i])
	}
	return b, nil
}

// blamedGame is a game with what went wrong at one step, and the steps blamed.
type blamedGame struct {
	at, length int
	steps      []int // ascending, at least one
	lost       int   // the step at which it was lost by what the agent saw; -1: none is known
}

// finders compares who names the step: lessons, and who knows nothing.
func finders(cases []blamedGame) []found {
	out := []found{
		{Name: "first step blamed"}, {Name: "random step"}, {Name: "last step"},
		{Name: "any step blamed"}, {Name: "as many random steps"}, {Name: "step it was lost at"},
	}
	for _, c := range cases {
		near := min(c.at+1, c.length-1) - max(c.at-1, 0) + 1
		out[0].add(named(c.steps[:1], c.at))
		out[1].add(drawn(1, 1, c.length), drawn(1, near, c.length), drawn(1, c.at, c.length))
		out[2].add(named([]int{c.length - 1}, c.at))
		out[3].add(named(c.steps, c.at))
		k := len(c.steps)
		if c.lost >= 0 {
			out[5].add(named([]int{c.lost}, c.at))
		}
		out[4].add(drawn(k, 1, c.length), drawn(k, near, c.length), drawn(k, c.at, c.length))
	}
	for i := range out {
		if n := float64(len(cases)); n > 0 {
			out[i].Exact, out[i].Within, out[i].Before = out[i].Exact/n, out[i].Within/n, out[i].Before/n
		}
	}
	return out
}

func (f *found) add(exact, within, before float64) {
	f.Exact += exact
	f.Within += within
	f.Before += before
}

// named is 1 for each way in which one of the steps is right.
func named(steps []int, at int) (exact, within, before float64) {
	for _, s := range steps {
		if s == at {
			exact = 1
		}
		if s >= at-1 && s <= at+1 {
			within = 1
		}
		if s < at {
			before = 1
		}
	}
	return exact, within, before
}

// drawn is the probability that of k of n steps, drawn without replacement, one
// is among m of them.
func drawn(k, m, n int) float64 {
	miss := 1.0
	for i := range k {
		miss *= max(0, float64(n-m-i)) / float64(n-i)
	}
	return 1 - miss
}
