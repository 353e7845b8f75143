package household

import "strings"

// verb is what a command does.
type verb uint8

const (
	look verb = iota
	inventory
	help
	goTo
	open
	closing
	examine       // a receptacle
	examineObject // the one held
	take
	move
	clean
	heat
	cool
	use
	slice
)

// command is a command understood: a verb with the object and the receptacle it
// is about. A slice has the sliced object in o and the knife in r.
type command struct {
	verb verb
	o, r int
}

// parse understands a command whose words are those of the room, whether or not
// it can be carried out.
func (e *Environment) parse(s string) (command, bool) {
	switch s {
	case "look":
		return command{verb: look}, true
	case "inventory":
		return command{verb: inventory}, true
	case "help":
		return command{verb: help}, e.dialect == Current
	}
	word, rest, _ := strings.Cut(s, " ")
	switch word {
	case "go":
		rest, ok := strings.CutPrefix(rest, "to ")
		return e.onReceptacle(goTo, rest, ok)
	case "open":
		return e.onReceptacle(open, rest, true)
	case "close":
		return e.onReceptacle(closing, rest, true)
	case "examine":
		if c, ok := e.onReceptacle(examine, rest, true); ok {
			return c, true
		}
		return e.onObject(examineObject, rest)
	case "use":
		return e.onObject(use, rest)
	case "take":
		return e.onBoth(take, rest, " from ")
	case "move":
		c, ok := e.onBoth(move, rest, " to ")
		return c, ok && e.dialect == Current
	case "put":
		c, ok := e.onBoth(move, rest, " in/on ")
		return c, ok && e.dialect == Old
	case "clean":
		return e.onBoth(clean, rest, " with ")
	case "heat":
		return e.onBoth(heat, rest, " with ")
	case "cool":
		return e.onBoth(cool, rest, " with ")
	case "slice":
		what, knife, ok := strings.Cut(rest, " with ")
		o, ok1 := e.g.named[what]
		k, ok2 := e.g.named[knife]
		return command{slice, o.number, k.number}, ok && ok1 && ok2 && !o.receptacle && !k.receptacle
	}
	return command{}, false
}

func (e *Environment) onReceptacle(v verb, name string, ok bool) (command, bool) {
	r, found := e.g.named[name]
	return command{verb: v, r: r.number}, ok && found && r.receptacle
}

func (e *Environment) onObject(v verb, name string) (command, bool) {
	o, found := e.g.named[name]
	return command{verb: v, o: o.number}, found && !o.receptacle
}

func (e *Environment) onBoth(v verb, words, between string) (command, bool) {
	what, where, ok := strings.Cut(words, between)
	o, ok1 := e.g.named[what]
	r, ok2 := e.g.named[where]
	return command{v, o.number, r.number}, ok && ok1 && ok2 && !o.receptacle && r.receptacle
}

// can reports whether a command can be carried out now.
func (e *Environment) can(c command) bool {
	g := e.g
	switch c.verb {
	case look, inventory, help:
		return true
	case goTo:
		l := g.receptacles[c.r].location
		return l >= 0 && l != e.at
	case open:
		return e.near(c.r) && g.receptacles[c.r].openable && !e.opened[c.r]
	case closing:
		return e.near(c.r) && g.receptacles[c.r].openable && e.opened[c.r]
	case examine:
		return e.near(c.r)
	case examineObject:
		return e.holding == c.o
	case take:
		return e.holding < 0 && e.near(c.r) && e.reachable(c.r) && e.traits[c.o]&pickupable != 0 && e.contains(c.r, c.o)
	case move:
		return e.holding == c.o && e.near(c.r) && e.reachable(c.r) && g.holds(g.receptacles[c.r].rtype, g.objects[c.o].otype)
	case clean:
		return e.worksOn(c, cleans, cleanable)
	case heat:
		return e.worksOn(c, heats, heatable)
	case cool:
		return e.worksOn(c, cools, coolable)
	case use:
		return e.usable(c.o)
	case slice:
		return e.holding == c.r && e.knife(c.r) && e.traits[c.o]&sliceable != 0 && e.lies(c.o)
	}
	return false
}

// near reports whether the agent stands at a receptacle.
func (e *Environment) near(r int) bool { return e.g.receptacles[r].location == e.at }

// reachable reports whether nothing shuts a receptacle.
func (e *Environment) reachable(r int) bool { return !e.g.receptacles[r].openable || e.opened[r] }

func (e *Environment) contains(r, o int) bool {
	for _, x := range e.contents[r] {
		if x == o {
			return true
		}
	}
	return false
}

func (e *Environment) worksOn(c command, by role, what trait) bool {
	return e.holding == c.o && e.near(c.r) && e.g.receptacles[c.r].role&by != 0 && e.traits[c.o]&what != 0
}

func (e *Environment) usable(o int) bool {
	if e.traits[o]&toggleable == 0 {
		return false
	}
	for _, r := range e.g.places[e.at].receptacles {
		if e.contains(r, o) {
			return true
		}
	}
	return false
}

func (e *Environment) knife(o int) bool {
	t := e.g.objects[o].otype
	return t >= 0 && (e.g.otypes[t] == "knifetype" || e.g.otypes[t] == "butterknifetype")
}

// lies reports whether an object is at the agent's location.
func (e *Environment) lies(o int) bool {
	for _, l := range e.floor[o] {
		if l == e.at {
			return true
		}
	}
	return false
}
