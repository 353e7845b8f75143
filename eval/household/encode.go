package household

import (
	"encoding/json"
	"fmt"
	"strings"
)

// MarshalJSON is the same as Encode.
func (g *Game) MarshalJSON() ([]byte, error) { return g.Encode() }

// Encode writes the game as a game.tw-pddl file. [Parse] makes a game of it that
// plays the same, byte for byte, and encodes to the same bytes. The domain and
// the grammar are our own short ones, which name the task and say nothing of
// the rules: an engine that takes its rules from the file cannot play it.
func (g *Game) Encode() ([]byte, error) {
	task, err := json.Marshal(map[string]any{"task": []any{map[string]string{"rhs": taskPrefix + g.text}}})
	if err != nil {
		return nil, err
	}
	f := gameFile{
		Domain:   "(define (domain alfred))",
		Grammar:  "grammar :: \"\"\"" + string(task) + "\"\"\";\n\naction help {\n    feedback :: \"" + g.help + "\";\n}\n",
		Problem:  g.problem(),
		Solvable: true, Walkthrough: make([]string, 0, len(g.walkthrough)),
	}
	for _, a := range g.walkthrough {
		f.Walkthrough = append(f.Walkthrough, string(a))
	}
	return json.Marshal(f)
}

// problem writes the room and the goal in PDDL.
func (g *Game) problem() string {
	var b strings.Builder
	b.WriteString("(define (problem game)\n(:domain alfred)\n(:objects\nagent1 - agent\n")
	declare := func(id, kind string) { fmt.Fprintf(&b, "%s - %s\n", id, kind) }
	for _, id := range g.otypes {
		declare(id, "otype")
	}
	for _, id := range g.rtypes {
		declare(id, "rtype")
	}
	for _, id := range g.locations {
		declare(id, "location")
	}
	for i := range g.objects {
		declare(g.objects[i].id, "object")
	}
	for i := range g.receptacles {
		declare(g.receptacles[i].id, "receptacle")
	}
	b.WriteString(")\n(:init\n")
	fmt.Fprintf(&b, "(atLocation agent1 %s)\n", g.locations[g.start])
	for i := range g.canContain {
		if g.canContain[i] {
			fmt.Fprintf(&b, "(canContain %s %s)\n", g.rtypes[i/len(g.otypes)], g.otypes[i%len(g.otypes)])
		}
	}
	g.writeReceptacles(&b)
	g.writeObjects(&b)
	b.WriteString(")\n(:goal ")
	g.writeGoal(&b)
	b.WriteString(")\n)\n")
	return b.String()
}

func (g *Game) writeReceptacles(b *strings.Builder) {
	for i := range g.receptacles {
		r := &g.receptacles[i]
		if r.rtype >= 0 {
			fmt.Fprintf(b, "(receptacleType %s %s)\n", r.id, g.rtypes[r.rtype])
		}
		if r.location >= 0 {
			fmt.Fprintf(b, "(receptacleAtLocation %s %s)\n", r.id, g.locations[r.location])
		}
		if r.openable {
			fmt.Fprintf(b, "(openable %s)\n", r.id)
		}
		if r.opened {
			fmt.Fprintf(b, "(opened %s)\n", r.id)
		}
		for _, o := range g.contents[i] {
			fmt.Fprintf(b, "(inReceptacle %s %s)\n", g.objects[o].id, r.id)
		}
	}
}

func (g *Game) writeObjects(b *strings.Builder) {
	for i := range g.objects {
		o := &g.objects[i]
		if o.otype >= 0 {
			fmt.Fprintf(b, "(objectType %s %s)\n", o.id, g.otypes[o.otype])
		}
		for _, l := range g.floor[i] {
			fmt.Fprintf(b, "(objectAtLocation %s %s)\n", o.id, g.locations[l])
		}
		for bit, name := range traitNames() {
			if g.first[i]&(1<<bit) != 0 {
				fmt.Fprintf(b, "(%s %s)\n", name, o.id)
			}
		}
		for _, in := range o.inner {
			fmt.Fprintf(b, "(inReceptacleObject %s %s)\n", g.objects[in].id, o.id)
		}
	}
}

func (g *Game) writeGoal(b *strings.Builder) {
	object := g.otypes[g.goal.object]
	if g.goal.light {
		fmt.Fprintf(b, "(and (exists (?lamp - object ?r - receptacle ?a - agent ?l - location) (and (objectType ?lamp %s)"+
			" (toggleable ?lamp) (isToggled ?lamp) (receptacleAtLocation ?r ?l) (atLocation ?a ?l) (inReceptacle ?lamp ?r)))"+
			" (exists (?o - object ?a - agent) (and (objectType ?o %s) (holds ?a ?o))))", g.otypes[g.goal.target], object)
		return
	}
	b.WriteString("(exists (?r - receptacle")
	for i := range g.goal.count {
		fmt.Fprintf(b, " ?o%d - object", i)
	}
	fmt.Fprintf(b, ") (and (receptacleType ?r %s)", g.rtypes[g.goal.target])
	for i := range g.goal.count {
		fmt.Fprintf(b, " (objectType ?o%d %s) (inReceptacle ?o%d ?r)", i, object, i)
		for bit, name := range traitNames() {
			if g.goal.traits&(1<<bit) != 0 {
				fmt.Fprintf(b, " (%s ?o%d)", name, i)
			}
		}
		for j := range i {
			fmt.Fprintf(b, " (not (= ?o%d ?o%d))", j, i)
		}
	}
	b.WriteString("))")
}
