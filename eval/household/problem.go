package household

import (
	"cmp"
	"fmt"
	"slices"
)

// problem is a pddl_problem while it is read. Objects, receptacles and the rest
// are known by id until all facts are in.
type problem struct {
	*scanner
	kinds map[string]string // declared type by id

	objects     map[string]*rawObject
	receptacles map[string]*rawReceptacle
	contain     map[[2]string]bool // receptacle type, object type
	otypes      map[string]bool
	rtypes      map[string]bool
	locations   map[string]bool
	start       string // location of the agent
}

type rawObject struct {
	otype      string
	traits     trait
	in, inside []string // receptacles; objects
	at         []string // locations
}

type rawReceptacle struct {
	rtype, location  string
	openable, opened bool
}

// parseProblem reads (define (problem …) (:domain …) (:objects …) (:init …)
// (:goal …)), in any order but with the goal last.
func parseProblem(text string, g *Game) error {
	p := &problem{
		scanner: newScanner(text), kinds: map[string]string{}, objects: map[string]*rawObject{},
		receptacles: map[string]*rawReceptacle{}, contain: map[[2]string]bool{},
		otypes: map[string]bool{}, rtypes: map[string]bool{}, locations: map[string]bool{},
	}
	if p.next() != "(" || p.next() != "define" {
		return p.unexpected(`"(define"`)
	}
	goal := false
	for p.next() != ")" {
		if p.word != "(" {
			return p.unexpected("a section's \"(\"")
		}
		if goal {
			return p.error("the goal must be the last section")
		}
		var err error
		switch p.next() {
		case ":objects":
			err = p.declarations()
		case ":init":
			err = p.facts()
		case ":goal":
			goal = true
			if err = p.build(g); err == nil {
				err = parseGoal(p.scanner, g)
			}
		case "problem", ":domain", ":requirements", ":metric":
			if !p.skip() {
				err = p.unexpected("\")\"")
			}
		default:
			err = p.unexpected("a section's name")
		}
		if err != nil {
			return err
		}
	}
	if !goal {
		return p.error("there is no goal")
	}
	return nil
}

// declarations reads "id … - type …" up to the ")".
func (p *problem) declarations() error {
	var ids []string
	for p.next() != ")" {
		if !p.isWord() {
			return p.unexpected("an id or \")\"")
		}
		if p.word != "-" {
			ids = append(ids, p.word)
			continue
		}
		if p.next(); !p.isWord() {
			return p.unexpected("a type")
		}
		for _, id := range ids {
			p.kinds[id] = p.word
		}
		ids = ids[:0]
	}
	if len(ids) > 0 {
		return p.error("ids without a type")
	}
	return nil
}

// facts reads "(predicate argument …) …" up to the ")".
func (p *problem) facts() error {
	for p.next() != ")" {
		if p.word != "(" {
			return p.unexpected("a fact's \"(\"")
		}
		at := *p.scanner
		if p.next(); !p.isWord() {
			return p.unexpected("a predicate")
		}
		name := p.word
		if name == "=" { // a cost: (= (total-cost) 0)
			if !p.skip() {
				return p.unexpected("\")\"")
			}
			continue
		}
		var args [2]string
		n := 0
		for p.next() != ")" {
			if !p.isWord() || n == len(args) {
				return p.unexpected("\")\" after the predicate's arguments")
			}
			args[n] = p.word
			n++
		}
		if reason := p.fact(name, args, n); reason != "" {
			return at.error(reason)
		}
	}
	return nil
}

// signature is the declared types of a predicate's arguments, for the predicates
// that a room may be described by.
func signature(name string) (types [2]string, ok bool) {
	switch name {
	case "atlocation":
		return [2]string{"agent", "location"}, true
	case "receptacleatlocation":
		return [2]string{"receptacle", "location"}, true
	case "objectatlocation":
		return [2]string{"object", "location"}, true
	case "receptacletype":
		return [2]string{"receptacle", "rtype"}, true
	case "objecttype":
		return [2]string{"object", "otype"}, true
	case "cancontain":
		return [2]string{"rtype", "otype"}, true
	case "inreceptacle", "wasinreceptacle":
		return [2]string{"object", "receptacle"}, true
	case "inreceptacleobject":
		return [2]string{"object", "object"}, true
	case "openable", "opened":
		return [2]string{"receptacle"}, true
	}
	return [2]string{"object"}, traitNamed(name) != 0
}

// fact takes in one fact. It returns what is wrong with it, or "".
func (p *problem) fact(name string, args [2]string, n int) string {
	sig, ok := signature(name)
	if !ok {
		return fmt.Sprintf("the predicate %.40q is not supported", name)
	}
	for i, want := range sig {
		if (want == "") != (i >= n) {
			return fmt.Sprintf("%s takes another number of arguments than %d", name, n)
		}
		if want != "" && p.kinds[args[i]] != want {
			return fmt.Sprintf("%s: %.80q is not declared as %s", name, args[i], want)
		}
	}
	if t := traitNamed(name); t != 0 {
		p.object(args[0]).traits |= t
		return ""
	}
	return p.relation(name, args[0], args[1])
}

func (p *problem) relation(name, a, b string) string {
	switch name {
	case "atlocation":
		if p.start != "" && p.start != b {
			return "the agent is at two locations"
		}
		p.start, p.locations[b] = b, true
	case "receptacleatlocation":
		r := p.receptacle(a)
		if r.location != "" && r.location != b {
			return "the receptacle is at two locations"
		}
		r.location, p.locations[b] = b, true
	case "objectatlocation":
		p.locations[b] = true
		p.object(a).at = append(p.object(a).at, b)
	case "receptacletype":
		p.receptacle(a).rtype, p.rtypes[b] = b, true
	case "objecttype":
		p.object(a).otype, p.otypes[b] = b, true
	case "cancontain":
		p.contain[[2]string{a, b}], p.rtypes[a], p.otypes[b] = true, true, true
	case "inreceptacle":
		p.receptacle(b)
		p.object(a).in = append(p.object(a).in, b)
	case "inreceptacleobject":
		p.object(a)
		p.object(b).inside = append(p.object(b).inside, a)
	case "openable":
		p.receptacle(a).openable = true
	case "opened":
		p.receptacle(a).opened = true
	}
	return ""
}

func (p *problem) object(id string) *rawObject {
	if p.objects[id] == nil {
		p.objects[id] = &rawObject{}
	}
	return p.objects[id]
}

func (p *problem) receptacle(id string) *rawReceptacle {
	if p.receptacles[id] == nil {
		p.receptacles[id] = &rawReceptacle{}
	}
	return p.receptacles[id]
}

// build turns ids into numbers.
func (p *problem) build(g *Game) error {
	if p.start == "" {
		return p.error("the agent is nowhere before the goal")
	}
	objects, receptacles := sortedKeys(p.objects), sortedKeys(p.receptacles)
	g.otypes, g.rtypes, g.locations = sortedKeys(p.otypes), sortedKeys(p.rtypes), sortedKeys(p.locations)
	if len(objects) > maxObjects || len(receptacles) > maxReceptacles || len(g.otypes) > maxTypes || len(g.rtypes) > maxTypes {
		return p.error("the room is too large")
	}
	g.start = find(g.locations, p.start)
	g.canContain = make([]bool, len(g.rtypes)*len(g.otypes))
	for pair := range p.contain {
		g.canContain[find(g.rtypes, pair[0])*len(g.otypes)+find(g.otypes, pair[1])] = true
	}
	for _, id := range receptacles {
		r := p.receptacles[id]
		g.receptacles = append(g.receptacles, receptacle{
			id: id, rtype: find(g.rtypes, r.rtype), location: find(g.locations, r.location),
			openable: r.openable, opened: r.opened,
		})
	}
	g.contents = make([][]int, len(receptacles))
	for i, id := range objects {
		o := p.objects[id]
		g.objects = append(g.objects, object{id: id, otype: find(g.otypes, o.otype), inner: numbers(objects, o.inside)})
		g.first = append(g.first, o.traits)
		g.floor = append(g.floor, numbers(g.locations, o.at))
		for _, r := range numbers(receptacles, o.in) {
			g.contents[r] = append(g.contents[r], i)
		}
	}
	g.index()
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// find is the index of s in the ascending list, or -1.
func find(list []string, s string) int {
	i, ok := slices.BinarySearch(list, s)
	if !ok {
		return -1
	}
	return i
}

// numbers are the indices of the strings in the ascending list, ascending, each
// once.
func numbers(list, of []string) []int {
	if len(of) == 0 {
		return nil
	}
	n := make([]int, 0, len(of))
	for _, s := range of {
		n = append(n, find(list, s))
	}
	slices.SortFunc(n, cmp.Compare[int])
	return slices.Compact(n)
}
