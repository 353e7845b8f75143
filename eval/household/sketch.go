package household

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// game makes the game of a sketch.
func (s *sketch) game() *Game {
	g := &Game{text: s.sentence(), help: defaultHelp}
	s.types(g)
	s.place(g)
	numbers := s.fill(g)
	g.contents = make([][]int, len(g.receptacles))
	for i, r := range s.at {
		o := numbers[i]
		at := s.number(g, r)
		g.contents[at] = with(g.contents[at], o)
		g.floor[o] = []int{g.receptacles[at].location}
	}
	g.goal = goal{
		light: s.kind == KindLight, object: find(g.otypes, s.want+"type"), target: find(g.rtypes, s.target+"type"),
		count: s.count, traits: map[string]trait{KindClean: isClean, KindHeat: isHot, KindCool: isCool}[s.kind],
	}
	if g.goal.light {
		g.goal.target, g.goal.count = find(g.otypes, s.target+"type"), 0
	}
	g.index()
	return g
}

// types numbers the types, and says what goes where.
func (s *sketch) types(g *Game) {
	fits := fits()
	otypes, rtypes := map[string]bool{}, map[string]bool{}
	for _, t := range s.things {
		otypes[t+"type"] = true
	}
	for _, r := range s.stands {
		rtypes[r+"type"] = true
	}
	g.otypes, g.rtypes = slices.Sorted(maps.Keys(otypes)), slices.Sorted(maps.Keys(rtypes))
	g.canContain = make([]bool, len(g.otypes)*len(g.rtypes))
	for i, r := range g.rtypes {
		for j, o := range g.otypes {
			g.canContain[i*len(g.otypes)+j] = fits[r[:len(r)-len("type")]][o[:len(o)-len("type")]]
		}
	}
}

// idOf is the id of the n-th thing of a type, so that the game shows its type.
func idOf(name string, n int) string {
	if base, ok := strings.CutSuffix(name, "basin"); ok {
		return fmt.Sprintf("%s_bar_%03d_bar_%s", base, n, name)
	}
	return fmt.Sprintf("%s_bar_%03d", name, n)
}

// place puts the receptacles at locations, in the order of their ids.
func (s *sketch) place(g *Game) {
	for i, r := range s.stands {
		openable := listed(alwaysOpenable, r) || listed(maybeOpenable, r) && s.rng.Float64() < s.o.Openable
		g.receptacles = append(g.receptacles, receptacle{id: idOf(r, i), rtype: find(g.rtypes, r+"type"), openable: openable})
	}
	slices.SortFunc(g.receptacles, func(a, b receptacle) int { return strings.Compare(a.id, b.id) })
	g.locations = []string{"loc_bar_000"} // where the agent starts: in the middle of the room
	for i := range g.receptacles {
		shared := i > 0 && g.receptacles[i-1].rtype == g.receptacles[i].rtype && s.rng.Float64() < s.o.Shared
		if !shared {
			g.locations = append(g.locations, fmt.Sprintf("loc_bar_%03d", len(g.locations)))
		}
		g.receptacles[i].location = len(g.locations) - 1
	}
}

// number is the number in the game of the sketch's i-th receptacle.
func (s *sketch) number(g *Game, i int) int {
	id := idOf(s.stands[i], i)
	return slices.IndexFunc(g.receptacles, func(r receptacle) bool { return r.id == id })
}

// fill adds the objects in the order of their ids, and returns the number of
// each thing of the sketch. The ids are drawn, so that a number says nothing.
func (s *sketch) fill(g *Game) []int {
	ids := make([]string, len(s.things))
	for i, n := range s.rng.Perm(len(s.things)) {
		ids[i] = idOf(s.things[i], n)
	}
	sorted := slices.Sorted(slices.Values(ids))
	numbers := make([]int, len(ids))
	g.objects = make([]object, len(ids))
	g.first = make([]trait, len(ids))
	g.floor = make([][]int, len(ids))
	for i, id := range ids {
		n := find(sorted, id)
		numbers[i] = n
		g.objects[n] = object{id: id, otype: find(g.otypes, s.things[i]+"type")}
		g.first[n] = usualTraits(s.things[i])
	}
	return numbers
}

// solve finds a short way to win, knowing everything, and plays it.
func solve(g *Game) ([]agent.Action, bool) {
	e := NewEnvironment(g, Current)
	if e.won {
		return nil, false
	}
	s := &solver{e: e}
	if g.goal.light {
		s.light()
	} else {
		s.placements()
	}
	return s.done, e.won
}

// solver plays while it plans.
type solver struct {
	e    *Environment
	done []agent.Action
}

func (s *solver) act(a agent.Action) {
	if c, ok := s.e.parse(string(a)); ok && s.e.can(c) {
		s.e.do(c)
		s.done = append(s.done, a)
	}
}

// visit goes to a receptacle and opens it, where that is needed.
func (s *solver) visit(r int) {
	name := s.e.g.receptacles[r].name
	if !s.e.near(r) {
		s.act(action("go to %s", name))
	}
	if !s.e.reachable(r) {
		s.act(action("open %s", name))
	}
}

// fetch takes the first object of a type that is not where it is wanted.
func (s *solver) fetch(otype, except int) (name string) {
	for r := range s.e.g.receptacles {
		for _, o := range s.e.contents[r] {
			if r != except && s.e.g.objects[o].otype == otype {
				s.visit(r)
				s.act(action("take %s from %s", s.e.g.objects[o].name, s.e.g.receptacles[r].name))
				return s.e.g.objects[o].name
			}
		}
	}
	return ""
}

func (s *solver) light() {
	s.fetch(s.e.g.goal.object, -1)
	for r := range s.e.g.receptacles {
		for _, o := range s.e.contents[r] {
			if s.e.g.objects[o].otype == s.e.g.goal.target {
				s.visit(r)
				s.act(action("use %s", s.e.g.objects[o].name))
				return
			}
		}
	}
}

func (s *solver) placements() {
	g := s.e.g
	target := slices.IndexFunc(g.receptacles, func(r receptacle) bool { return r.rtype == g.goal.target })
	if target < 0 {
		return
	}
	for range g.goal.count {
		name := s.fetch(g.goal.object, target)
		for _, p := range []struct {
			word string
			t    trait
			role role
		}{{"clean", isClean, cleans}, {"heat", isHot, heats}, {"cool", isCool, cools}} {
			if g.goal.traits&p.t == 0 {
				continue
			}
			r := slices.IndexFunc(g.receptacles, func(r receptacle) bool { return roleOf(g.rtypes, r.rtype)&p.role != 0 })
			if r < 0 {
				return
			}
			if !s.e.near(r) {
				s.act(action("go to %s", g.receptacles[r].name))
			}
			s.act(action("%s %s with %s", p.word, name, g.receptacles[r].name))
		}
		s.visit(target)
		s.act(action("move %s to %s", name, g.receptacles[target].name))
	}
}
