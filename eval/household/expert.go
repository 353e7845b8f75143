package household

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// ExpertOptions are what an expert may use besides its prior.
type ExpertOptions struct {
	// Seen are earlier episodes. Those of the task at hand tell where its
	// things start and where they do not; others are ignored.
	Seen []agent.Episode

	// RandomShare is the probability with which an action is drawn uniformly
	// from the admissible ones instead, in [0,1].
	RandomShare float64
}

// Expert is a policy that plays well by what an agent may observe: the task, the
// receptacles listed at first, what it has seen so far, and a prior of where
// types of objects start. It looks for things where the share of such objects,
// divided by the number of such receptacles and by the cost of looking, is
// largest. It needs the admissible actions in its observations.
type Expert struct {
	prior *Prior
	o     ExpertOptions
}

// NewExpert returns an expert. A nil prior knows nothing.
func NewExpert(p *Prior, o ExpertOptions) *Expert {
	if p == nil {
		p = &Prior{}
	}
	return &Expert{prior: p, o: o}
}

// Version names the prior, the share of random actions and the number of
// episodes seen.
func (x *Expert) Version() string {
	return fmt.Sprintf("household-expert-%s-random%g-seen%d", x.prior.version(), x.o.RandomShare, len(x.o.Seen))
}

// Begin starts an episode. It fails if the task's kind or goal is not one of
// this suite's.
func (x *Expert) Begin(_ context.Context, b agent.Brief) (agent.Actor, error) {
	object, target, ok := goalWords(b.Task.Goal)
	if !ok || !slices.Contains(Kinds(), b.Task.Kind) {
		return nil, fmt.Errorf("task %s: kind %q and goal %q are not understood", b.Task.ID, b.Task.Kind, b.Task.Goal)
	}
	s := &seeker{x: x, brief: b, belief: newBelief(), object: object, target: target}
	s.need = map[string]trait{KindClean: isClean, KindHeat: isHot, KindCool: isCool}[b.Task.Kind]
	for _, e := range x.o.Seen {
		if e.Task.ID == b.Task.ID && e.Task.Suite == b.Task.Suite {
			s.known = append(s.known, e)
		}
	}
	return s, nil
}

// seeker is an expert in the middle of an episode.
type seeker struct {
	x      *Expert
	brief  agent.Brief
	belief *belief
	known  []agent.Episode // of this task

	object, target string // types
	need           trait  // what must be done to the object
	goal           string // receptacle chosen to put things into

	rooms      string         // kind of room
	instances  map[string]int // number of receptacles by type
	admissible []agent.Action
	last       agent.Action // "" before the first
}

var errNoActions = errors.New("the observation lists no admissible actions")

// Act chooses an action.
func (s *seeker) Act(ctx context.Context, obs agent.Observation) (agent.Decision, error) {
	if err := ctx.Err(); err != nil {
		return agent.Decision{}, err
	}
	if len(obs.Admissible) == 0 {
		return agent.Decision{}, errNoActions
	}
	if s.last == "" {
		s.begin(obs.Text)
	} else {
		s.belief.observe(s.last, obs.Text)
	}
	s.admissible = obs.Admissible
	best := s.plan()
	a, share := best, s.x.o.RandomShare
	if share > 0 && s.brief.Rand.Float64() < share {
		a = obs.Admissible[s.brief.Rand.IntN(len(obs.Admissible))]
	}
	p := share / float64(len(obs.Admissible))
	if a == best {
		p += 1 - share
	}
	s.last = a
	return agent.Decision{Action: a, LogProbs: []float64{math.Log(p)}}, nil
}

// Took tells the expert that another action was taken than its own.
func (s *seeker) Took(a agent.Action) { s.last = a }

func (s *seeker) begin(text string) {
	s.belief.room(text)
	for _, e := range s.known {
		s.belief.recall(e)
	}
	var types []string
	s.instances = map[string]int{}
	for _, name := range s.belief.order {
		t := TypeOfName(name)
		types = append(types, t)
		s.instances[t]++
	}
	s.rooms = RoomOf(types)
}

func (s *seeker) can(a agent.Action) bool { return slices.Contains(s.admissible, a) }

// plan is the best admissible action.
func (s *seeker) plan() agent.Action {
	var a agent.Action
	switch h := s.belief.holding; {
	case h == "":
		a = s.seek()
	case TypeOfName(h) != s.object:
		a = s.drop(h)
	case s.brief.Task.Kind == KindLight:
		a = s.shine()
	case s.belief.done[h]&s.need != s.need:
		a = s.treat(h)
	default:
		a = s.deliver(h)
	}
	if a != "" && s.can(a) {
		return a
	}
	return s.wander()
}

// seek goes for a wanted object whose place is known, or looks for one.
func (s *seeker) seek() agent.Action {
	b := s.belief
	if b.here != "" {
		if a := s.grab(b.here); a != "" {
			return a
		}
	}
	for _, name := range b.order {
		if a := s.grab(name); a != "" {
			return a
		}
	}
	return s.search(s.object)
}

// grab takes a wanted object out of a receptacle, or goes there to do so; "" if
// none is known to be there.
func (s *seeker) grab(name string) agent.Action {
	if s.brief.Task.Kind == KindTwo && name == s.goal {
		return "" // there it has been delivered
	}
	for _, o := range s.belief.spots[name].contents {
		if TypeOfName(o) != s.object {
			continue
		}
		take := agent.Action("take " + o + " from " + name)
		if s.can(take) {
			return take
		}
		return s.approach(name)
	}
	return ""
}

// approach goes to a receptacle, opens it or, where the agent already stands
// before it, looks at it; "" if none of it can be done.
func (s *seeker) approach(name string) agent.Action {
	for _, a := range []agent.Action{agent.Action("go to " + name), agent.Action("open " + name), agent.Action("examine " + name)} {
		if s.can(a) {
			return a
		}
	}
	return ""
}

// search looks into the most promising receptacle not yet looked into.
func (s *seeker) search(objects ...string) agent.Action {
	lamp := s.brief.Task.Kind == KindLight && s.where(s.target) == ""
	if lamp && !slices.Contains(objects, s.target) {
		objects = append(objects, s.target)
	}
	best, most := "", -1.0
	for _, name := range s.belief.order {
		spot := s.belief.spots[name]
		if spot.looked || spot.tried > 3 {
			continue
		}
		t := TypeOfName(name)
		value := 0.0
		for _, o := range objects {
			value += s.x.prior.share(s.rooms, o, t) / float64(s.instances[t])
		}
		cost := 1 + s.x.prior.opening(t)
		if !s.can(agent.Action("go to " + name)) {
			cost = 1 // before it already
		} else if spot.openable {
			cost = 2
		}
		if value /= cost; value > most {
			best, most = name, value
		}
	}
	if best == "" {
		return ""
	}
	return s.approach(best)
}

// where is the receptacle in which an object of a type is known to be, or "".
func (s *seeker) where(objectType string) string {
	for _, name := range s.belief.order {
		for _, o := range s.belief.spots[name].contents {
			if TypeOfName(o) == objectType {
				return name
			}
		}
	}
	return ""
}

// shine takes the object held to the lamp and turns it on.
func (s *seeker) shine() agent.Action {
	for _, a := range s.admissible {
		if name, ok := strings.CutPrefix(string(a), "use "); ok && TypeOfName(name) == s.target {
			return a
		}
	}
	if name := s.where(s.target); name != "" {
		return s.approach(name)
	}
	return s.search(s.target)
}

// treat cleans, heats or cools the object held.
func (s *seeker) treat(held string) agent.Action {
	word, with := "clean", "sinkbasin"
	switch s.need {
	case isHot:
		word, with = "heat", "microwave"
	case isCool:
		word, with = "cool", "fridge"
	}
	for _, name := range s.belief.order {
		if TypeOfName(name) != with {
			continue
		}
		if a := agent.Action(word + " " + held + " with " + name); s.can(a) {
			return a
		}
		return agent.Action("go to " + name)
	}
	return ""
}

// deliver puts the object held where it is wanted.
func (s *seeker) deliver(held string) agent.Action {
	if s.goal == "" {
		s.goal = s.choose()
	}
	if s.goal == "" {
		return ""
	}
	if a := s.putDown(held, s.goal); a != "" {
		return a
	}
	return s.approach(s.goal)
}

func (s *seeker) putDown(held, where string) agent.Action {
	for _, a := range []agent.Action{agent.Action("move " + held + " to " + where), agent.Action("put " + held + " in/on " + where)} {
		if s.can(a) {
			return a
		}
	}
	return ""
}

// choose picks a receptacle of the target's type: one with a wanted object in
// it, else the one before the agent, else one that need not be opened.
func (s *seeker) choose() string {
	best, most := "", -1
	for _, name := range s.belief.order {
		if TypeOfName(name) != s.target {
			continue
		}
		spot, value := s.belief.spots[name], 0
		for _, o := range spot.contents {
			if TypeOfName(o) == s.object {
				value = 4
			}
		}
		if name == s.belief.here {
			value += 2
		}
		if spot.looked && !spot.shut {
			value++
		}
		if value > most {
			best, most = name, value
		}
	}
	return best
}

// drop puts down an object that is not wanted, wherever it goes.
func (s *seeker) drop(held string) agent.Action {
	for _, a := range s.admissible {
		if strings.HasPrefix(string(a), "move "+held+" to ") || strings.HasPrefix(string(a), "put "+held+" in/on ") {
			return a
		}
	}
	if a := s.search(s.object); a != "" {
		return a
	}
	return ""
}

// wander is what to do where the plan fails: open what is shut here, then go
// where the agent has been least.
func (s *seeker) wander() agent.Action {
	best, least := agent.Action(""), math.MaxInt
	for _, a := range s.admissible {
		if strings.HasPrefix(string(a), "open ") {
			return a
		}
		if name, ok := strings.CutPrefix(string(a), "go to "); ok {
			if n := s.belief.spot(name).tried; n < least {
				best, least = a, n
			}
		}
	}
	if best == "" {
		return s.admissible[0]
	}
	return best
}
