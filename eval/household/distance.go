package household

import (
	"fmt"
	"slices"
)

// State is a text that is the same in two states of one game if and only if
// nothing tells them apart: where the agent stands, what it holds, what is open,
// and where and in what condition all things are.
func (e *Environment) State() string {
	return fmt.Sprint(e.at, e.holding, e.opened, e.contents, e.floor, e.taken, e.traits)
}

// Distance is the least number of actions with which the game can be won from
// the state it is in, by one who knows where everything is; 0 if it is won. It
// is exact. ok is false if it cannot be won any more.
func (e *Environment) Distance() (actions int, ok bool) {
	if e.won {
		return 0, true
	}
	best := far
	here := hand{at: e.at, object: e.holding}
	if e.g.goal.light {
		best = e.toLight(here)
	} else {
		for r, x := range e.g.receptacles {
			if x.rtype == e.g.goal.target && x.location >= 0 {
				best = min(best, e.toFill(here, r, e.g.goal.count-e.filled(r)))
			}
		}
	}
	return best, best < far
}

// far is more actions than any game needs.
const far = 1 << 20

// hand is the agent in the middle of a plan.
type hand struct {
	at     int   // location
	object int   // held; -1: none
	opened []int // receptacles that the plan opened
	used   []int // objects that the plan has put where they belong
}

// filled is how many of the objects that the goal wants are in a receptacle.
func (e *Environment) filled(r int) int {
	n := 0
	for _, o := range e.contents[r] {
		if e.wanted(o) && e.ready(o) {
			n++
		}
	}
	return n
}

func (e *Environment) wanted(o int) bool { return e.g.objects[o].otype == e.g.goal.object }
func (e *Environment) ready(o int) bool  { return e.traits[o]&e.g.goal.traits == e.g.goal.traits }

// walk goes to a location.
func (h hand) walk(to int) (hand, int) {
	if to == h.at {
		return h, 0
	}
	h.at = to
	return h, 1
}

// reach goes to a receptacle and opens it; far if it is nowhere.
func (e *Environment) reach(h hand, r int) (hand, int) {
	x := e.g.receptacles[r]
	if x.location < 0 {
		return h, far
	}
	h, n := h.walk(x.location)
	if !e.reachable(r) && !slices.Contains(h.opened, r) {
		h.opened = append(slices.Clone(h.opened), r)
		n++
	}
	return h, n
}

// emptied calls do with the hand after each way to put down what it holds, and
// what that costs. Locations are equally far, so that one way to another place
// than those of interest would do; all are tried.
func (e *Environment) emptied(h hand, do func(hand, int)) {
	if h.object < 0 {
		do(h, 0)
		return
	}
	for r, x := range e.g.receptacles {
		if !e.g.holds(x.rtype, e.g.objects[h.object].otype) {
			continue
		}
		next, n := e.reach(h, r)
		next.object = -1
		do(next, n+1)
	}
}

// fetched calls do with the hand after each way to take a thing that the goal
// wants, except out of the receptacle not.
func (e *Environment) fetched(h hand, not int, do func(hand, int)) {
	for r := range e.g.receptacles {
		for _, o := range e.contents[r] {
			if !e.wanted(o) || e.traits[o]&pickupable == 0 || slices.Contains(h.used, o) || r == not && e.ready(o) {
				continue
			}
			next, n := e.reach(h, r)
			next.object = o
			do(next, n+1)
		}
	}
}

// toFill is how many actions it takes to put so many more wanted things into a
// receptacle.
func (e *Environment) toFill(h hand, r, more int) int {
	if more <= 0 {
		return 0
	}
	best := far
	if h.object >= 0 && e.wanted(h.object) {
		best = e.toPut(h, r, more)
		if len(h.used) > 0 {
			return best // it was just fetched for this
		}
	}
	e.emptied(h, func(h hand, dropping int) {
		if dropping >= best {
			return
		}
		e.fetched(h, r, func(h hand, fetching int) {
			if n := dropping + fetching; n < best {
				best = min(best, n+e.toPut(h, r, more))
			}
		})
	})
	return best
}

// toPut treats what is held as the goal wants, puts it into the receptacle and
// goes on to fill that.
func (e *Environment) toPut(h hand, r, more int) int {
	if !e.g.holds(e.g.receptacles[r].rtype, e.g.objects[h.object].otype) {
		return far
	}
	best := far
	e.treated(h, func(h hand, treating int) {
		next, n := e.reach(h, r)
		next.used, next.object = append(slices.Clone(h.used), h.object), -1
		if n += treating + 1; n < best {
			best = min(best, n+e.toFill(next, r, more-1))
		}
	})
	return best
}

// treated calls do with the hand after each way to clean, heat or cool what it
// holds, if the goal wants that.
func (e *Environment) treated(h hand, do func(hand, int)) {
	if e.ready(h.object) {
		do(h, 0)
		return
	}
	by, what := cleans, cleanable
	switch {
	case e.g.goal.traits&isHot != 0:
		by, what = heats, heatable
	case e.g.goal.traits&isCool != 0:
		by, what = cools, coolable
	}
	if e.traits[h.object]&what == 0 {
		return
	}
	for _, x := range e.g.receptacles {
		if x.role&by != 0 && x.location >= 0 {
			next, n := h.walk(x.location)
			do(next, n+1)
		}
	}
}

// toLight is how many actions it takes to hold a wanted thing where the goal's
// lamp is on.
func (e *Environment) toLight(h hand) int {
	best := far
	shine := func(h hand, sofar int) {
		for r, x := range e.g.receptacles {
			for _, o := range e.contents[r] {
				if e.g.objects[o].otype != e.g.goal.target || e.traits[o]&toggleable == 0 || x.location < 0 {
					continue
				}
				_, n := h.walk(x.location)
				if e.traits[o]&isToggled == 0 {
					n++
				}
				best = min(best, sofar+n)
			}
		}
	}
	if h.object >= 0 && e.wanted(h.object) {
		shine(h, 0)
	}
	e.emptied(h, func(h hand, dropping int) {
		e.fetched(h, -1, func(h hand, fetching int) { shine(h, dropping+fetching) })
	})
	return best
}
