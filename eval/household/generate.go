package household

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// GenerateOptions say how hard a generated game is. Zero values are real
// settings; start from [DefaultGenerateOptions].
type GenerateOptions struct {
	// Split separates sets of games: the same seed in two splits gives
	// unrelated games. It is part of the ID, "gen-SPLIT-SEED"; empty: "gen-SEED".
	Split string

	Kind string // one of Kinds; empty: drawn as often as in ALFWorld's train split

	Receptacles int // how many the room has, at least; in [10,60]
	Objects     int // how many lie in them; in [5,100]

	Astray   float64 // probability that a thing is not at one of its usual spots but anywhere; in [0,1]
	Openable float64 // probability that a cabinet or drawer must be opened to be looked into; in [0,1]
	Shared   float64 // probability that a receptacle is reached from where its neighbour of the same type is; in [0,1]
	Spare    float64 // probability that there is one more of the wanted things than needed; in [0,1]
}

// DefaultGenerateOptions make games in which searching matters: an expert that
// knows where things usually are needs more than twice the steps of one that
// knows where they are.
func DefaultGenerateOptions() GenerateOptions {
	return GenerateOptions{Receptacles: 24, Objects: 24, Astray: 0.5, Openable: 0.75, Shared: 0.1, Spare: 0.1}
}

// Validate returns an error that wraps [ErrOptions] and names the field, its
// value and its bound.
func (o GenerateOptions) Validate() error {
	if o.Kind != "" && !slices.Contains(Kinds(), o.Kind) {
		return fmt.Errorf("%w: Kind %q is not a task kind", ErrOptions, o.Kind)
	}
	for _, b := range []struct {
		name             string
		value, low, high int
	}{{"Receptacles", o.Receptacles, 10, 60}, {"Objects", o.Objects, 5, 100}} {
		if b.value < b.low || b.value > b.high {
			return fmt.Errorf("%w: %s is %d, must be in [%d,%d]", ErrOptions, b.name, b.value, b.low, b.high)
		}
	}
	for _, p := range []struct {
		name  string
		value float64
	}{{"Astray", o.Astray}, {"Openable", o.Openable}, {"Shared", o.Shared}, {"Spare", o.Spare}} {
		if !(p.value >= 0 && p.value <= 1) {
			return fmt.Errorf("%w: %s is %g, must be in [0,1]", ErrOptions, p.name, p.value)
		}
	}
	return nil
}

// Generate draws a game. The same seed and options give the same game. Every
// game can be won: its walkthrough was played. The error wraps [ErrOptions].
func Generate(seed uint64, o GenerateOptions) (*Game, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	h := fnv.New64a()
	h.Write([]byte(o.Split))
	rng := rand.New(rand.NewPCG(seed, h.Sum64()))
	id := fmt.Sprintf("gen-%d", seed)
	if o.Split != "" {
		id = fmt.Sprintf("gen-%s-%d", o.Split, seed)
	}
	for range 1000 {
		g := draw(rng, o).game()
		g.id = id
		if w, ok := solve(g); ok {
			g.walkthrough = w
			return g, nil
		}
	}
	return nil, fmt.Errorf("%w: no game in 1000 draws can be won", ErrOptions)
}

// sketch is a game while it is drawn.
type sketch struct {
	rng  *rand.Rand
	o    GenerateOptions
	kind string
	room roomPlan

	want   string   // type of the wanted object
	count  int      // how many are wanted
	target string   // type of the receptacle to put it into, or of the lamp
	stands []string // types of the receptacles
	things []string // types of the objects
	at     []int    // by object: its receptacle
}

func draw(rng *rand.Rand, o GenerateOptions) *sketch {
	s := &sketch{rng: rng, o: o, kind: o.Kind, count: 1}
	if s.kind == "" {
		// Counted on 800 games of ALFWorld's train split, per cent.
		s.kind = s.pick([]weight{{KindPlace, 22}, {KindLight, 9}, {KindClean, 18}, {KindHeat, 13}, {KindCool, 15}, {KindTwo, 23}})
	}
	if s.kind == KindTwo {
		s.count = 2
	}
	s.chooseRoom()
	s.chooseGoal()
	s.furnish()
	s.scatter()
	return s
}

// pick draws a name in proportion to the weights.
func (s *sketch) pick(list []weight) string {
	sum := 0
	for _, w := range list {
		sum += w.weight
	}
	n := s.rng.IntN(sum)
	for _, w := range list {
		if n -= w.weight; n < 0 {
			return w.name
		}
	}
	panic("household: internal error: pick from weights")
}

func (s *sketch) chooseRoom() {
	rooms := []weight{{"kitchen", 1}}
	switch s.kind {
	case KindPlace:
		rooms = []weight{{"kitchen", 2}, {"bathroom", 3}, {"bedroom", 3}, {"living room", 3}}
	case KindTwo:
		rooms = []weight{{"kitchen", 2}, {"bathroom", 3}, {"bedroom", 3}, {"living room", 3}}
	case KindLight:
		rooms = []weight{{"bedroom", 4}, {"living room", 1}}
	case KindClean:
		rooms = []weight{{"kitchen", 3}, {"bathroom", 1}}
	}
	name := s.pick(rooms)
	for _, r := range roomPlans() {
		if r.name == name {
			s.room = r
		}
	}
}

// chooseGoal draws what is wanted, and where.
func (s *sketch) chooseGoal() {
	needs := map[string]trait{KindClean: cleanable, KindHeat: heatable, KindCool: coolable}[s.kind] | pickupable
	var objects []string
	for _, t := range s.room.things {
		if usualTraits(t.name)&needs == needs {
			objects = append(objects, t.name)
		}
	}
	s.want = objects[s.rng.IntN(len(objects))]
	if s.kind == KindLight {
		s.target = "desklamp"
		return
	}
	fits := fits()
	var targets []string
	for _, r := range append(slices.Clone(s.room.always), names(s.room.fill)...) {
		if fits[r][s.want] && !slices.Contains(targets, r) {
			targets = append(targets, r)
		}
	}
	s.target = targets[s.rng.IntN(len(targets))]
}

func names(list []weight) []string {
	var n []string
	for _, w := range list {
		n = append(n, w.name)
	}
	return n
}

// furnish chooses the receptacles and the things.
func (s *sketch) furnish() {
	s.stands = slices.Clone(s.room.always)
	if s.kind != KindLight && !slices.Contains(s.stands, s.target) {
		s.stands = append(s.stands, s.target)
	}
	for len(s.stands) < s.o.Receptacles {
		s.stands = append(s.stands, s.pick(s.room.fill))
	}
	for range s.count {
		s.things = append(s.things, s.want)
	}
	if s.rng.Float64() < s.o.Spare {
		s.things = append(s.things, s.want)
	}
	if s.kind == KindLight {
		s.things = append(s.things, s.target)
	}
	for len(s.things) < s.o.Objects {
		if t := s.room.things[s.rng.IntN(len(s.room.things))]; t.name != s.want {
			s.things = append(s.things, t.name)
		}
	}
}

// scatter puts the things into receptacles.
func (s *sketch) scatter() {
	lampSpots := weights("desk 4 sidetable 4 dresser 2 coffeetable 1 shelf 1")
	for _, name := range s.things {
		usual := lampSpots
		if t, ok := s.room.thing(name); ok {
			usual = t.usual
		}
		s.at = append(s.at, s.spot(name, usual))
	}
}

// spot draws a receptacle for a thing: usual or not, but never one where it
// would do for the goal at once.
func (s *sketch) spot(name string, usual []weight) int {
	wanted := name == s.want && s.kind != KindLight
	var here []weight
	for _, u := range usual {
		if slices.Contains(s.stands, u.name) && !(wanted && u.name == s.target) {
			here = append(here, u)
		}
	}
	astray := s.rng.Float64() < s.o.Astray && usualTraits(name)&pickupable != 0
	var spots []int
	kind := ""
	if len(here) > 0 && !astray {
		kind = s.pick(here)
	}
	for i, r := range s.stands {
		if kind == r || kind == "" && !(wanted && r == s.target) {
			spots = append(spots, i)
		}
	}
	return spots[s.rng.IntN(len(spots))]
}

// sentence says the task as ALFWorld would.
func (s *sketch) sentence() string {
	forms := map[string][]string{
		KindPlace: {"put some %s on %s.", "put a %s in %s."},
		KindLight: {"look at %s under the %s.", "examine the %s with the %s."},
		KindClean: {"clean some %s and put it in %s.", "put a clean %s in %s."},
		KindHeat:  {"heat some %s and put it in %s.", "put a hot %s in %s."},
		KindCool:  {"cool some %s and put it in %s.", "put a cool %s in %s."},
		KindTwo:   {"put two %s in %s.", "find two %s and put them in %s."},
	}[s.kind]
	return fmt.Sprintf(forms[s.rng.IntN(len(forms))], s.want, s.target)
}

// action is a command of the game in the words of Current.
func action(format string, words ...any) agent.Action {
	return agent.Action(fmt.Sprintf(format, words...))
}
