package household

import (
	"fmt"
	"slices"
)

// goal is what wins a game: either count objects of a type, with some traits,
// in one receptacle of a type; or, for light, an object of a type in the hand
// at the place of a lamp that is on.
type goal struct {
	light  bool
	object int   // index into otypes
	target int   // index into rtypes, or for light into otypes: the lamp
	count  int   // how many distinct objects
	traits trait // that each of them must have
}

func (g goal) kind() string {
	switch {
	case g.light:
		return KindLight
	case g.count > 1:
		return KindTwo
	case g.traits&isClean != 0:
		return KindClean
	case g.traits&isHot != 0:
		return KindHeat
	case g.traits&isCool != 0:
		return KindCool
	}
	return KindPlace
}

// maxGoalAtoms and maxGoalDepth bound what a goal may hold; ALFWorld's have at
// most 7 atoms at depth 7.
const (
	maxGoalAtoms = 64
	maxGoalDepth = 32
)

// goalParser collects the atoms of a goal that is a conjunction of atoms and of
// existential conjunctions. Variables are known by name alone: ALFWorld's goals
// give one name to two variables only where both are the one agent.
type goalParser struct {
	*scanner
	atoms    [][3]string // predicate and up to two arguments; "=" means: differ
	declared []string
}

// parseGoal reads the goal after "(:goal", its closing parenthesis included.
func parseGoal(s *scanner, g *Game) error {
	p := &goalParser{scanner: s}
	s.next()
	start := *s
	if err := p.condition(0); err != nil {
		return err
	}
	if s.next() != ")" {
		return s.unexpected("the goal's \")\"")
	}
	reason := p.interpret(g)
	if reason != "" {
		return start.error("goal: " + reason)
	}
	return nil
}

// condition reads a condition whose "(" has just been read.
func (p *goalParser) condition(depth int) error {
	if p.word != "(" {
		return p.unexpected("a condition's \"(\"")
	}
	if depth > maxGoalDepth || len(p.atoms) > maxGoalAtoms {
		return p.error("the goal is too large")
	}
	switch p.next() {
	case "and":
		for p.next() != ")" {
			if err := p.condition(depth + 1); err != nil {
				return err
			}
		}
		return nil
	case "exists":
		if err := p.variables(); err != nil {
			return err
		}
		p.next()
		if err := p.condition(depth + 1); err != nil {
			return err
		}
		if p.next() != ")" {
			return p.unexpected("\")\" after \"exists\"")
		}
		return nil
	case "not":
		if p.next() != "(" || p.next() != "=" {
			return p.unexpected("\"(=\" after \"not\"")
		}
		if err := p.atom(); err != nil {
			return err
		}
		if p.next() != ")" {
			return p.unexpected("\")\" after \"not\"")
		}
		return nil
	}
	if !p.isWord() || p.word == "=" {
		return p.unexpected("a predicate")
	}
	return p.atom()
}

// variables reads "(?o - object …)".
func (p *goalParser) variables() error {
	if p.next() != "(" {
		return p.unexpected("the variables' \"(\"")
	}
	for p.next() != ")" {
		if !p.isWord() || len(p.declared) > maxGoalAtoms {
			return p.unexpected("a variable")
		}
		if p.word[0] == '?' {
			p.declared = append(p.declared, p.word)
		}
	}
	return nil
}

// atom reads the arguments of the predicate just read, and the ")".
func (p *goalParser) atom() error {
	a := [3]string{p.word}
	n := 1
	for p.next() != ")" {
		if !p.isWord() || n == len(a) {
			return p.unexpected("\")\" after the predicate's arguments")
		}
		if p.word[0] == '?' && !slices.Contains(p.declared, p.word) {
			return p.error("variable " + p.word + " is not declared")
		}
		a[n] = p.word
		n++
	}
	p.atoms = append(p.atoms, a)
	return nil
}

// wanted is what a goal says of one of its object variables.
type wanted struct {
	name   string
	otype  string
	in     string // receptacle variable
	traits trait
	held   bool
}

// interpret fills g.goal. It returns what it does not understand, or "".
func (p *goalParser) interpret(g *Game) string {
	var vars []*wanted
	rtypes := map[string]string{}
	agentAt, differ := map[string]string{}, 0
	for _, a := range p.atoms {
		switch a[0] {
		case "receptacletype":
			rtypes[a[1]] = a[2]
		case "atlocation":
			agentAt[a[2]] = a[1]
		case "receptacleatlocation":
		case "=":
			differ++
		case "objecttype":
			of(&vars, a[1]).otype = a[2]
		case "inreceptacle":
			of(&vars, a[1]).in = a[2]
		case "holds":
			of(&vars, a[2]).held = true
		default:
			t := traitNamed(a[0])
			if t == 0 {
				return fmt.Sprintf("the predicate %.40q is not supported", a[0])
			}
			of(&vars, a[1]).traits |= t
		}
	}
	for _, v := range vars {
		if slices.Index(g.otypes, v.otype) < 0 {
			return "no object type of the room is given for " + v.name
		}
	}
	if len(agentAt) > 0 {
		return light(vars, g)
	}
	return placement(vars, rtypes, differ, g)
}

// of finds or adds a variable.
func of(vars *[]*wanted, name string) *wanted {
	for _, v := range *vars {
		if v.name == name {
			return v
		}
	}
	*vars = append(*vars, &wanted{name: name})
	return (*vars)[len(*vars)-1]
}

func light(vars []*wanted, g *Game) string {
	if len(vars) != 2 {
		return "a look in the light takes one lamp and one object"
	}
	lamp, held := vars[0], vars[1]
	if lamp.held {
		lamp, held = held, lamp
	}
	if lamp.held || !held.held || lamp.in == "" || lamp.traits != toggleable|isToggled || held.in != "" || held.traits != 0 {
		return "a look in the light takes a lamp that is on, in a receptacle where the agent is, and an object held"
	}
	g.goal = goal{light: true, object: slices.Index(g.otypes, held.otype), target: slices.Index(g.otypes, lamp.otype)}
	return ""
}

func placement(vars []*wanted, rtypes map[string]string, differ int, g *Game) string {
	n := len(vars)
	if n == 0 || n > 1 && differ != n*(n-1)/2 {
		return "the objects to place must differ from each other"
	}
	first := vars[0]
	for _, v := range vars {
		if v.held || v.in == "" || v.in != first.in || v.otype != first.otype || v.traits != first.traits {
			return "the objects to place must be alike, and go into one receptacle"
		}
	}
	target := slices.Index(g.rtypes, rtypes[first.in])
	if target < 0 {
		return "no receptacle type of the room is given for " + first.in
	}
	g.goal = goal{object: slices.Index(g.otypes, first.otype), target: target, count: n, traits: first.traits}
	return ""
}
