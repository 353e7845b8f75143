package household

import (
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// Suite is the Task.Suite of every game of this package.
const Suite = "household"

// The task kinds, in ALFWorld's words.
const (
	KindPlace = "pick_and_place_simple"
	KindLight = "look_at_obj_in_light"
	KindClean = "pick_clean_then_place_in_recep"
	KindHeat  = "pick_heat_then_place_in_recep"
	KindCool  = "pick_cool_then_place_in_recep"
	KindTwo   = "pick_two_obj_and_place"
)

// Kinds lists the task kinds in ALFWorld's order.
func Kinds() []string {
	return []string{KindPlace, KindLight, KindClean, KindHeat, KindCool, KindTwo}
}

// Game is one household game. It does not change once made and may be shared by
// any number of environments and goroutines.
type Game struct {
	id   string
	text string // the task's sentence, after "Your task is to: "
	help string // what the command "help" answers

	objects     []object     // ascending by id
	receptacles []receptacle // ascending by id
	places      []place      // by location number
	locations   []string     // ids, by location number
	start       int          // location number
	otypes      []string     // object types, ascending
	rtypes      []string     // receptacle types, ascending
	canContain  []bool       // (len(rtypes), len(otypes)) row-major

	contents [][]int // by receptacle: objects in it at the start, ascending
	floor    [][]int // by object: locations it is at, at the start, ascending
	first    []trait // by object: traits at the start

	goal        goal
	walkthrough []agent.Action

	named  map[string]entity // by display name
	byName struct {
		objects     []int // object numbers ordered by display name
		receptacles []int // receptacle numbers ordered by display name
	}
	rank []int // by object: its place in byName.objects
}

// trait is a set of yes-or-no facts about an object.
type trait uint16

const (
	pickupable trait = 1 << iota
	cleanable
	heatable
	coolable
	toggleable
	sliceable
	vessel // isReceptacleObject
	isClean
	isHot
	isCool
	isToggled
	isSliced
)

// traitNames are the traits' PDDL names, in the order of their bits.
func traitNames() []string {
	return []string{
		"pickupable", "cleanable", "heatable", "coolable", "toggleable", "sliceable", "isreceptacleobject",
		"isclean", "ishot", "iscool", "istoggled", "issliced",
	}
}

// traitNamed is the trait of a PDDL name, or 0.
func traitNamed(name string) trait {
	for i, n := range traitNames() {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

type object struct {
	id    string
	name  string // "mug 1"
	otype int    // index into otypes; -1: none
	inner []int  // objects inside this one, ascending; never changes
}

type receptacle struct {
	id       string
	name     string // "drawer 3"
	rtype    int    // index into rtypes; -1: none
	location int    // -1: nowhere, so out of reach
	openable bool
	opened   bool // at the start
	role     role
}

// role is what a receptacle can do to a held object.
type role uint8

const (
	cleans role = 1 << iota
	heats
	cools
)

// place is what stands at a location.
type place struct {
	receptacles []int // ascending by id
	byName      []int // the same, ordered by display name
}

// entity is what a display name stands for.
type entity struct {
	number     int
	receptacle bool
}

// Task describes the game as the loop and the memory know it.
func (g *Game) Task() agent.Task {
	return agent.Task{ID: g.id, Suite: Suite, Kind: g.goal.kind(), Goal: g.text}
}

// Walkthrough is a winning sequence of actions, in the words of [Current]. The
// caller owns the slice. It is empty if the file holds none.
func (g *Game) Walkthrough() []agent.Action { return slices.Clone(g.walkthrough) }

// Objects is the number of objects in the room, those in receptacles and those
// that merely stand there.
func (g *Game) Objects() int { return len(g.objects) }

// Receptacles is the number of receptacles in the room.
func (g *Game) Receptacles() int { return len(g.receptacles) }

// holds reports whether a receptacle type takes an object type.
func (g *Game) holds(rtype, otype int) bool {
	return rtype >= 0 && otype >= 0 && g.canContain[rtype*len(g.otypes)+otype]
}
