package household

import (
	"cmp"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// admissible lists every command that can be carried out now, sorted as
// strings. The verbs are emitted in the order of the alphabet and the names of
// each in theirs; since a space precedes every digit and letter, that sorts the
// whole.
func (e *Environment) admissible() []agent.Action {
	g := e.g
	here := g.places[e.at].byName
	list := make([]agent.Action, 0, e.lastCount+4)
	list = e.withAppliance(list, clean)
	for _, r := range here {
		if g.receptacles[r].openable && e.opened[r] {
			list = append(list, e.closes[r])
		}
	}
	list = e.withAppliance(list, cool)
	list = e.examinable(list, here)
	for _, r := range g.byName.receptacles {
		if l := g.receptacles[r].location; l >= 0 && l != e.at {
			list = append(list, e.goes[r])
		}
	}
	list = e.withAppliance(list, heat)
	if e.dialect == Current {
		list = append(list, "help")
	}
	list = append(list, "inventory", "look")
	if e.dialect == Current {
		list = e.movable(list, here)
	}
	for _, r := range here {
		if g.receptacles[r].openable && !e.opened[r] {
			list = append(list, e.opens[r])
		}
	}
	if e.dialect == Old {
		list = e.movable(list, here)
	}
	list = e.sliceable(list)
	list = e.takable(list, here)
	list = e.lamps(list, here)
	e.lastCount = len(list)
	return list
}

func (e *Environment) withAppliance(list []agent.Action, v verb) []agent.Action {
	if e.holding < 0 {
		return list
	}
	word := "clean "
	switch v {
	case heat:
		word = "heat "
	case cool:
		word = "cool "
	}
	for _, r := range e.g.places[e.at].byName {
		if e.can(command{v, e.holding, r}) {
			list = append(list, agent.Action(word+e.g.objects[e.holding].name+" with "+e.g.receptacles[r].name))
		}
	}
	return list
}

func (e *Environment) examinable(list []agent.Action, here []int) []agent.Action {
	held := ""
	if e.holding >= 0 {
		held = e.g.objects[e.holding].name
	}
	for _, r := range here {
		if held != "" && held < e.g.receptacles[r].name {
			list, held = append(list, agent.Action("examine "+held)), ""
		}
		list = append(list, e.examines[r])
	}
	if held != "" {
		list = append(list, agent.Action("examine "+held))
	}
	return list
}

func (e *Environment) movable(list []agent.Action, here []int) []agent.Action {
	if e.holding < 0 {
		return list
	}
	for _, r := range here {
		if !e.can(command{move, e.holding, r}) {
			continue
		}
		a := &e.moves[e.holding*len(e.g.receptacles)+r]
		if *a == "" {
			o, where := e.g.objects[e.holding].name, e.g.receptacles[r].name
			if *a = agent.Action("move " + o + " to " + where); e.dialect == Old {
				*a = agent.Action("put " + o + " in/on " + where)
			}
		}
		list = append(list, *a)
	}
	return list
}

func (e *Environment) sliceable(list []agent.Action) []agent.Action {
	if e.holding < 0 || !e.knife(e.holding) {
		return list
	}
	for _, o := range e.g.byName.objects {
		if e.can(command{slice, o, e.holding}) {
			list = append(list, agent.Action("slice "+e.g.objects[o].name+" with "+e.g.objects[e.holding].name))
		}
	}
	return list
}

func (e *Environment) takable(list []agent.Action, here []int) []agent.Action {
	if e.holding >= 0 {
		return list
	}
	m := len(e.g.receptacles)
	e.seen = e.seen[:0]
	for _, r := range here {
		if !e.reachable(r) {
			continue
		}
		for _, o := range e.contents[r] {
			if e.traits[o]&pickupable != 0 {
				e.seen = append(e.seen, o*m+r)
			}
		}
	}
	e.byName(e.seen)
	for _, n := range e.seen {
		a := &e.takes[n]
		if *a == "" {
			*a = agent.Action("take " + e.g.objects[n/m].name + " from " + e.g.receptacles[n%m].name)
		}
		list = append(list, *a)
	}
	return list
}

// byName sorts pairs o*len(receptacles)+r by the names of both. The lists are
// short and nearly in order.
func (e *Environment) byName(pairs []int) {
	m := len(e.g.receptacles)
	slices.SortFunc(pairs, func(a, b int) int {
		if c := cmp.Compare(e.g.rank[a/m], e.g.rank[b/m]); c != 0 {
			return c
		}
		return cmp.Compare(e.g.receptacles[a%m].name, e.g.receptacles[b%m].name)
	})
}

func (e *Environment) lamps(list []agent.Action, here []int) []agent.Action {
	e.seen = e.seen[:0]
	for _, r := range here {
		for _, o := range e.contents[r] {
			if e.traits[o]&toggleable != 0 {
				e.seen = append(e.seen, o*len(e.g.receptacles))
			}
		}
	}
	e.byName(e.seen)
	for _, n := range slices.Compact(e.seen) {
		list = append(list, agent.Action("use "+e.g.objects[n/len(e.g.receptacles)].name))
	}
	return list
}
