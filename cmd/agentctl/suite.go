package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/household"
)

// The suites. Both are household games: generated ones, which need no data,
// and ALFWorld's own.
const (
	suiteHousehold = "household"
	suiteALFWorld  = "alfworld"
)

// How many generated games a run plays unless told, and how many if each
// action is asked of a language model's server.
const (
	generatedTasks = 500
	modelTasks     = 10
)

// suiteOptions are the flags that say what is played.
type suiteOptions struct {
	name  string
	data  string
	split string
	tasks int
}

func (o *suiteOptions) flags(f *pflag.FlagSet) {
	f.Var(newChoice(&o.name, suiteHousehold, suiteHousehold, suiteALFWorld), "suite",
		"what to play: household (generated games) or alfworld (games under --data)")
	f.StringVar(&o.data, "data", "", "folder of ALFWorld's games: json_2.1.1 or the one that holds it [$ALFWORLD_DATA]")
	f.StringVar(&o.split, "split", "", "alfworld: train, valid_seen, … (default valid_seen); household: any word, it names a set of games (default test)")
	f.Var(newCount(&o.tasks, 0, 0), "tasks", fmt.Sprintf("games to play; 0: all of alfworld's split, %d of household, %d of it with --model", generatedTasks, modelTasks))
}

// check refuses a flag that was given but would have no effect.
func (o *suiteOptions) check(f *pflag.FlagSet) error {
	if f.Changed("data") && o.name != suiteALFWorld {
		return usagef("--data %s: only --suite alfworld reads games", o.data)
	}
	return nil
}

// gameSuite is an eval.Suite of household games.
type gameSuite struct {
	name  string
	games []*household.Game
	byID  map[string]*household.Game
}

// open reads or draws the games.
func (o suiteOptions) open() (*gameSuite, error) {
	s := &gameSuite{name: o.name + "/" + o.splitName(), byID: map[string]*household.Game{}}
	var err error
	if o.name == suiteALFWorld {
		s.games, err = o.load()
	} else {
		s.games, err = o.generate()
	}
	if err != nil {
		return nil, err
	}
	for _, g := range s.games {
		s.byID[g.Task().ID] = g
	}
	return s, nil
}

func (o suiteOptions) splitName() string {
	switch {
	case o.split != "":
		return o.split
	case o.name == suiteALFWorld:
		return "valid_seen"
	default:
		return "test"
	}
}

// generate draws games that nobody trains on: the split is part of their seed,
// and training uses none.
func (o suiteOptions) generate() ([]*household.Game, error) {
	n := o.tasks
	if n == 0 {
		n = generatedTasks
	}
	return drawGames(o.splitName(), 0, n)
}

// generateGames draws the n games of the seeds from first on, of no split.
func generateGames(first uint64, n int) ([]*household.Game, error) { return drawGames("", first, n) }

func drawGames(split string, first uint64, n int) ([]*household.Game, error) {
	o := household.DefaultGenerateOptions()
	o.Split = split
	games := make([]*household.Game, n)
	for i := range games {
		g, err := household.Generate(first+uint64(i), o)
		if err != nil {
			return nil, err
		}
		games[i] = g
	}
	return games, nil
}

// load reads the games of a split.
func (o suiteOptions) load() ([]*household.Game, error) {
	if o.data == "" {
		return nil, usagef("--suite alfworld: --data or $ALFWORLD_DATA must name the folder of the games")
	}
	games, err := loadGames(o.data, o.splitName(), o.tasks)
	if err == nil && len(games) < o.tasks {
		return nil, usagef("--tasks %d: split %s has %d", o.tasks, o.splitName(), len(games))
	}
	return games, err
}

// The expert's prior is counted on so many games, if they are generated from
// that seed on.
const (
	knownGames = 300
	knownFirst = 3_000_000
)

// known are games of the suite's world that are trained on, never tested on.
func (o suiteOptions) known() ([]*household.Game, error) {
	if o.name == suiteALFWorld {
		return loadGames(o.data, "train", knownGames)
	}
	return generateGames(knownFirst, knownGames)
}

// loadGames reads the games of a split of ALFWorld below dir, at most so many
// of them, spread evenly over the split: its folders are sorted by kind, so the
// first few would be of one kind. 0: all. Without games it is a usage error.
func loadGames(dir, split string, most int) ([]*household.Game, error) {
	paths, err := household.List(dir, split)
	if errors.Is(err, household.ErrNoGames) {
		return nil, usagef("--data %s: %w", dir, err)
	} else if err != nil {
		return nil, err
	}
	n := len(paths)
	if most > 0 {
		n = min(n, most)
	}
	games := make([]*household.Game, n)
	for i := range games {
		if games[i], err = household.Load(paths[i*len(paths)/n]); err != nil {
			return nil, err
		}
	}
	return games, nil
}

// Name implements eval.Suite.
func (s *gameSuite) Name() string { return s.name }

// Tasks implements eval.Suite.
func (s *gameSuite) Tasks() []agent.Task {
	tasks := make([]agent.Task, len(s.games))
	for i, g := range s.games {
		tasks[i] = g.Task()
	}
	return tasks
}

// Environment implements eval.Suite.
func (s *gameSuite) Environment(task agent.Task) (agent.Environment, error) {
	g, ok := s.byID[task.ID]
	if !ok {
		return nil, fmt.Errorf("task %s: no such game", task.ID)
	}
	return household.NewEnvironment(g, household.Current), nil
}
