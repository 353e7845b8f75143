package household

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// This file interprets the PDDL domain inside an official game file, knowing
// nothing of the rules that are built into Environment, and compares.

// node is an S-expression: a word, or a list.
type node struct {
	word string
	list []node
}

func (n node) head() string {
	if len(n.list) == 0 {
		return ""
	}
	return n.list[0].word
}

// tree reads the list that was just opened.
func tree(s *scanner) node {
	var n node
	for s.next() != ")" && s.word != "" {
		if s.word == "(" {
			n.list = append(n.list, tree(s))
		} else {
			n.list = append(n.list, node{word: s.word})
		}
	}
	return n
}

func readTree(text string) node {
	s := newScanner(text)
	s.next()
	return tree(s)
}

// world is a PDDL state.
type world struct {
	facts map[string][][]string // by predicate
	typed map[string][]string   // ids by type
}

type binding map[string]string

func (w *world) has(pred string, args []string) int {
	return slices.IndexFunc(w.facts[pred], func(f []string) bool { return slices.Equal(f, args) })
}

// solve calls found for each way to satisfy n that extends b. It may call with
// the same binding twice.
func (w *world) solve(n node, b binding, found func(binding)) {
	switch n.head() {
	case "":
		found(b)
	case "and":
		w.all(positiveFirst(n.list[1:]), b, found)
	case "or":
		for _, m := range n.list[1:] {
			w.solve(m, b, found)
		}
	case "not":
		any := false
		w.solve(n.list[1], b, func(binding) { any = true })
		if !any {
			found(b)
		}
	case "exists":
		for i, v := range n.list[1].list {
			if v.word == "-" && w.typed[n.list[1].list[i+1].word] == nil {
				return // a type without members: nothing exists
			}
		}
		w.solve(n.list[2], b, found)
	case "=":
		if ground(n, b)[0] == ground(n, b)[1] {
			found(b)
		}
	default:
		w.match(n, b, found)
	}
}

func (w *world) all(list []node, b binding, found func(binding)) {
	if len(list) == 0 {
		found(b)
		return
	}
	w.solve(list[0], b, func(b binding) { w.all(list[1:], b, found) })
}

// positiveFirst puts the negations behind the conditions that bind their
// variables.
func positiveFirst(list []node) []node {
	var first, last []node
	for _, n := range list {
		if n.head() == "not" || n.head() == "or" {
			last = append(last, n)
		} else {
			first = append(first, n)
		}
	}
	return append(first, last...)
}

func (w *world) match(n node, b binding, found func(binding)) {
	for _, fact := range w.facts[n.head()] {
		if !agrees(n, b, fact) {
			continue
		}
		c := maps.Clone(b)
		for i, arg := range n.list[1:] {
			if arg.word[0] == '?' {
				c[arg.word] = fact[i]
			}
		}
		found(c)
	}
}

// agrees reports whether a fact fits a condition's constants and bound
// variables. No condition of the domain names one variable twice.
func agrees(n node, b binding, fact []string) bool {
	for i, arg := range n.list[1:] {
		want, bound := b[arg.word]
		if arg.word[0] != '?' {
			want, bound = arg.word, true
		}
		if bound && want != fact[i] {
			return false
		}
	}
	return true
}

func ground(n node, b binding) []string {
	args := []string{}
	for _, a := range n.list[1:] {
		if v, ok := b[a.word]; ok {
			args = append(args, v)
		} else {
			args = append(args, a.word)
		}
	}
	return args
}

// schema is an action of the domain.
type schema struct {
	name, template string
	params         []node
	pre, effect    node
}

type atom struct {
	pred string
	args []string
}

func (a atom) String() string { return a.pred + " " + strings.Join(a.args, " ") }

// effects are what an instance of the action adds and deletes now.
func (w *world) effects(n node, b binding) (add, del []atom) {
	switch n.head() {
	case "and":
		for _, m := range n.list[1:] {
			a, d := w.effects(m, b)
			add, del = append(add, a...), append(del, d...)
		}
	case "not":
		return nil, []atom{{n.list[1].head(), ground(n.list[1], b)}}
	case "when":
		w.solve(n.list[1], b, func(binding) { add, del = w.effects(n.list[2], b) })
	case "increase", "":
	default:
		return []atom{{n.head(), ground(n, b)}}, nil
	}
	return add, del
}

// idle reports whether the translator drops the instance: what it adds is asked
// for already, and it deletes nothing else.
func (w *world) idle(s schema, b binding) bool {
	var asked []string
	for _, p := range append([]node{s.pre}, s.pre.list...) {
		if h := p.head(); h != "" && h != "and" && h != "or" && h != "not" && h != "exists" {
			asked = append(asked, atom{h, ground(p, b)}.String())
		}
	}
	add, del := w.effects(s.effect, b)
	added := map[string]bool{}
	for _, a := range add {
		added[a.String()] = true
		if !slices.Contains(asked, a.String()) {
			return false
		}
	}
	return !slices.ContainsFunc(del, func(a atom) bool { return !added[a.String()] })
}

func (w *world) apply(s schema, b binding) {
	add, del := w.effects(s.effect, b)
	for _, a := range del {
		if i := w.has(a.pred, a.args); i >= 0 {
			w.facts[a.pred] = slices.Delete(w.facts[a.pred], i, i+1)
		}
	}
	for _, a := range add {
		if w.has(a.pred, a.args) < 0 {
			w.facts[a.pred] = append(w.facts[a.pred], a.args)
		}
	}
}

// interpreter plays a game file by its domain.
type interpreter struct {
	world
	schemas []schema
	goal    node
	names   map[string]string // display name by id
}

func interpret(t *testing.T, path string, g *Game) *interpreter {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var f gameFile
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	p := &interpreter{world: world{facts: map[string][][]string{}, typed: map[string][]string{}}, names: map[string]string{}}
	for _, o := range g.objects {
		p.names[o.id] = o.name
	}
	for _, r := range g.receptacles {
		p.names[r.id] = r.name
	}
	for _, section := range readTree(f.Problem).list {
		switch section.head() {
		case ":objects":
			for i := 1; i+2 < len(section.list); i += 3 {
				p.typed[section.list[i+2].word] = append(p.typed[section.list[i+2].word], section.list[i].word)
			}
		case ":init":
			for _, n := range section.list[1:] {
				p.facts[n.head()] = append(p.facts[n.head()], ground(n, nil))
			}
		case ":goal":
			p.goal = section.list[1]
		}
	}
	templates := templatesOf(f.Grammar)
	for _, n := range readTree(f.Domain).list {
		if n.head() == ":action" {
			name := n.list[1].word
			p.schemas = append(p.schemas, schema{name, templates[name], n.list[3].list, n.list[5], n.list[7]})
		}
	}
	return p
}

func templatesOf(grammar string) map[string]string {
	m := map[string]string{}
	for _, a := range regexp.MustCompile(`action (\w+) \{\s*template :: "([^"]*)"`).FindAllStringSubmatch(grammar, -1) {
		m[strings.ToLower(a[1])] = regexp.MustCompile(`\[\{(\w+)\.name.*\]`).ReplaceAllString(a[2], "{$1}")
	}
	return m
}

// commands are those that the domain allows now, with what they stand for.
func (p *interpreter) commands() map[agent.Action]func() {
	m := map[agent.Action]func(){}
	for _, s := range p.schemas {
		p.solve(s.pre, binding{}, func(b binding) {
			for i := 0; i < len(s.params); i += 3 {
				if v := s.params[i].word; b[v] == "" {
					b[v] = p.typed[s.params[i+2].word][0] // the agent, whom no condition names
				}
			}
			if p.idle(s, b) {
				return
			}
			command := s.template
			for v, id := range b {
				command = strings.ReplaceAll(command, "{"+v[1:]+"}", p.names[id])
			}
			m[agent.Action(command)] = func() { p.apply(s, b) }
		})
	}
	return m
}

func (p *interpreter) won() bool {
	won := false
	p.solve(p.goal, binding{}, func(binding) { won = true })
	return won
}

// TestAdmissibleIsWhatTheDomainAllows plays official games, by their
// walkthroughs with random actions in between, both here and by their own PDDL.
func TestAdmissibleIsWhatTheDomainAllows(t *testing.T) {
	states := 0
	for n, path := range official(t, "valid_train", 10) {
		g := load(t, path)
		p, e := interpret(t, path, g), NewEnvironment(g, Current)
		rng := rand.New(rand.NewPCG(uint64(n), 1))
		obs, err := e.Reset(t.Context(), g.Task())
		if err != nil {
			t.Fatal(err)
		}
		script := g.Walkthrough()
		for step := 0; len(script) > 0; step++ {
			allowed := p.commands()
			if want := sortedActions(allowed); !slices.Equal(obs.Admissible, want) {
				t.Fatalf("%s step %d: admissible\n%q, by the domain\n%q", g.id, step, obs.Admissible, want)
			}
			a := script[0]
			if step%3 != 2 && step < 40 || !slices.Contains(obs.Admissible, a) {
				a = obs.Admissible[len(obs.Admissible)-1-min(len(obs.Admissible)-1, int(rng.ExpFloat64()*6))]
			} else {
				script = script[1:]
			}
			if step == 80 {
				break
			}
			allowed[a]()
			r, err := e.Step(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			if r.Terminated != p.won() {
				t.Fatalf("%s step %d %q: won %v, by the domain %v", g.id, step, a, r.Terminated, p.won())
			}
			obs = r.Observation
			states++
		}
	}
	t.Logf("%d states", states)
}

func sortedActions(m map[agent.Action]func()) []agent.Action {
	list := make([]agent.Action, 0, len(m))
	for a := range m {
		list = append(list, a)
	}
	slices.Sort(list)
	return list
}
