package household

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// Dialect is one of the two versions of ALFWorld's text.
type Dialect int

const (
	// Current is the text of ALFWorld's released games: "move mug 1 to desk 1",
	// "You arrive at desk 1. …", and the command "help".
	Current Dialect = iota

	// Old is the text of ALFWorld's first releases, in which most published
	// transcripts are: "put mug 1 in/on desk 1", no "You arrive at", no "help".
	Old
)

// Welcome is what ALFWorld prints before the first observation. It says nothing,
// so [Environment] leaves it out: Welcome followed by the first observation is
// the original, byte for byte.
const Welcome = "-= Welcome to TextWorld, ALFRED! =-\n\n"

// nothing is the answer to a command that cannot be carried out.
const nothing = "Nothing happens."

// Environment plays one game. It is used by one goroutine at a time; any number
// of environments may share a game. It has no step limit.
//
// The first observation is the description of the room, an empty line and the
// task. A command that is not admissible is answered "Nothing happens." and
// changes nothing; white space around a command is ignored. The step that
// reaches the goal is terminated with reward 1 and a successful outcome.
type Environment struct {
	g       *Game
	dialect Dialect
	state

	text      []byte         // scratch
	seen      []int          // scratch
	takes     []agent.Action // (objects, receptacles) row-major; "" until needed
	moves     []agent.Action // the same
	goes      []agent.Action // by receptacle
	opens     []agent.Action // by receptacle
	closes    []agent.Action // by receptacle
	examines  []agent.Action // by receptacle
	lastCount int            // admissible actions at the last step: a guess for the next
}

// state is what actions change.
type state struct {
	at       int     // location of the agent
	holding  int     // object number; -1: nothing
	opened   []bool  // by receptacle
	contents [][]int // by receptacle: objects in it, ascending
	floor    [][]int // by object: locations it is at, ascending
	taken    [][]int // by object: receptacles it was taken from and not put back, ascending
	traits   []trait // by object
	won      bool
}

// NewEnvironment returns an environment for g at its start.
func NewEnvironment(g *Game, d Dialect) *Environment {
	n, m := len(g.objects), len(g.receptacles)
	e := &Environment{
		g: g, dialect: d, takes: make([]agent.Action, n*m), moves: make([]agent.Action, n*m),
		goes: make([]agent.Action, m), opens: make([]agent.Action, m), closes: make([]agent.Action, m),
		examines: make([]agent.Action, m), lastCount: 32,
	}
	for i, r := range g.receptacles {
		e.goes[i] = agent.Action("go to " + r.name)
		e.examines[i] = agent.Action("examine " + r.name)
		if r.openable {
			e.opens[i] = agent.Action("open " + r.name)
			e.closes[i] = agent.Action("close " + r.name)
		}
	}
	e.opened = make([]bool, m)
	e.contents, e.floor, e.taken = make([][]int, m), make([][]int, n), make([][]int, n)
	e.traits = make([]trait, n)
	e.restart()
	return e
}

func (e *Environment) restart() {
	g := e.g
	e.at, e.holding, e.won = g.start, -1, false
	for i, r := range g.receptacles {
		e.opened[i] = r.opened
		e.contents[i] = append(e.contents[i][:0], g.contents[i]...)
	}
	for i := range g.objects {
		e.floor[i] = append(e.floor[i][:0], g.floor[i]...)
		e.taken[i] = e.taken[i][:0]
	}
	copy(e.traits, g.first)
	e.won = e.reached()
}

// Reset starts the game afresh. It returns [ErrOtherTask] if task has an ID that
// is not the game's.
func (e *Environment) Reset(ctx context.Context, task agent.Task) (agent.Observation, error) {
	if err := ctx.Err(); err != nil {
		return agent.Observation{}, err
	}
	if task.ID != "" && task.ID != e.g.id {
		return agent.Observation{}, fmt.Errorf("task %q in the environment of %q: %w", task.ID, e.g.id, ErrOtherTask)
	}
	e.restart()
	return agent.Observation{Text: e.opening(), Admissible: e.admissible()}, nil
}

// Step carries out a command.
func (e *Environment) Step(ctx context.Context, a agent.Action) (agent.Result, error) {
	if err := ctx.Err(); err != nil {
		return agent.Result{}, err
	}
	text := nothing
	if c, ok := e.parse(strings.TrimSpace(string(a))); ok && e.can(c) {
		e.do(c)
		text = e.feedback(c)
	}
	r := agent.Result{Observation: agent.Observation{Text: text, Admissible: e.admissible()}}
	if e.won {
		r.Reward, r.Terminated = 1, true
		r.Outcome = agent.Outcome{Success: true, Score: 1, Feedback: "the goal is reached"}
	}
	return r, nil
}

// do carries out a command that can be.
func (e *Environment) do(c command) {
	switch c.verb {
	case goTo:
		e.at = e.g.receptacles[c.r].location
	case open:
		e.opened[c.r] = true
		return
	case closing:
		e.opened[c.r] = false
		return
	case take:
		e.contents[c.r] = without(e.contents[c.r], c.o)
		e.floor[c.o] = without(e.floor[c.o], e.at)
		e.taken[c.o] = with(e.taken[c.o], c.r)
		e.holding = c.o
	case move:
		e.contents[c.r] = with(e.contents[c.r], c.o)
		e.floor[c.o] = with(e.floor[c.o], e.at)
		e.taken[c.o] = without(e.taken[c.o], c.r)
		e.holding = -1
	case clean:
		e.traits[c.o] |= isClean
	case heat:
		e.traits[c.o] = e.traits[c.o]&^isCool | isHot
	case cool:
		e.traits[c.o] = e.traits[c.o]&^isHot | isCool
	case use:
		e.traits[c.o] |= isToggled
	case slice:
		e.traits[c.o] |= isSliced
	default: // nothing but a look
		return
	}
	e.won = e.reached()
}

// reached reports whether the goal holds.
func (e *Environment) reached() bool {
	g := e.g
	if g.goal.light {
		return e.holding >= 0 && g.objects[e.holding].otype == g.goal.object && e.lit()
	}
	for r := range g.receptacles {
		if g.receptacles[r].rtype != g.goal.target {
			continue
		}
		n := 0
		for _, o := range e.contents[r] {
			if g.objects[o].otype == g.goal.object && e.traits[o]&g.goal.traits == g.goal.traits {
				n++
			}
		}
		if n >= g.goal.count {
			return true
		}
	}
	return false
}

// lit reports whether the goal's lamp is on where the agent is.
func (e *Environment) lit() bool {
	for _, r := range e.g.places[e.at].receptacles {
		for _, o := range e.contents[r] {
			if e.g.objects[o].otype == e.g.goal.target && e.traits[o]&(toggleable|isToggled) == toggleable|isToggled {
				return true
			}
		}
	}
	return false
}

// with adds n to an ascending list, if it is not there.
func with(list []int, n int) []int {
	i, ok := slices.BinarySearch(list, n)
	if ok {
		return list
	}
	return slices.Insert(list, i, n)
}

// without takes n out of an ascending list, if it is there.
func without(list []int, n int) []int {
	i, ok := slices.BinarySearch(list, n)
	if !ok {
		return list
	}
	return slices.Delete(list, i, i+1)
}
