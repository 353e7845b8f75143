package household

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
)

// Prior is knowledge of where types of objects start, by kind of room, and of
// which types of receptacles have to be opened. It does not change once made.
// The zero Prior knows nothing and takes all places to be alike.
type Prior struct {
	// Starts counts objects by room, object type and receptacle type.
	Starts map[string]map[string]map[string]int `json:"starts"`

	// Receptacles counts receptacles by type, and those that must be opened.
	Receptacles map[string]Openable `json:"receptacles"`
}

// Openable is how many receptacles of a type there were, and how many of them
// had to be opened.
type Openable struct {
	All  int `json:"all"`
	Shut int `json:"shut"`
}

// Count makes the prior of a set of games. It looks into them in a way an agent
// cannot, so they must be games to learn from, not to be tested on.
func Count(games []*Game) *Prior {
	p := &Prior{Starts: map[string]map[string]map[string]int{}, Receptacles: map[string]Openable{}}
	for _, g := range games {
		types := make([]string, len(g.receptacles))
		for i, r := range g.receptacles {
			types[i] = TypeOfName(r.name)
			n := p.Receptacles[types[i]]
			n.All++
			if r.openable && !r.opened {
				n.Shut++
			}
			p.Receptacles[types[i]] = n
		}
		room := RoomOf(types)
		for i, list := range g.contents {
			for _, o := range list {
				p.add(room, TypeOfName(g.objects[o].name), types[i])
			}
		}
	}
	return p
}

func (p *Prior) add(room, object, receptacle string) {
	if p.Starts[room] == nil {
		p.Starts[room] = map[string]map[string]int{}
	}
	if p.Starts[room][object] == nil {
		p.Starts[room][object] = map[string]int{}
	}
	p.Starts[room][object][receptacle]++
}

// RoomOf names the kind of room that the types of its receptacles speak of:
// "kitchen", "bathroom", "bedroom" or "living room".
func RoomOf(receptacleTypes []string) string {
	room := "living room"
	for _, t := range receptacleTypes {
		switch t {
		case "fridge", "microwave", "stoveburner":
			return "kitchen"
		case "toilet", "bathtubbasin":
			return "bathroom"
		case "bed":
			room = "bedroom"
		}
	}
	return room
}

// share is the smoothed share of objects of a type that start in receptacles of
// a type, in (0,1): one object more than counted is spread over 20 types.
func (p *Prior) share(room, object, receptacle string) float64 {
	counts := p.Starts[room][object]
	total := 0
	for _, n := range counts {
		total += n
	}
	return (float64(counts[receptacle]) + 1.0/20) / float64(total+1)
}

// opening is the expected number of extra actions to look into a receptacle of
// a type that nobody has been to, in [0,1].
func (p *Prior) opening(receptacle string) float64 {
	n := p.Receptacles[receptacle]
	return (float64(n.Shut) + 0.5) / float64(n.All+1)
}

// version names the prior's content. 64-bit hash: 1e6 priors collide with
// p ≈ 3e-8.
func (p *Prior) version() string {
	b, err := json.Marshal(p) // sorts the maps' keys
	if err != nil {
		panic("household: internal error: " + err.Error())
	}
	h := fnv.New64a()
	h.Write(b)
	return fmt.Sprintf("%016x", h.Sum64())
}

// goalWords are the object type and the target's type in a task's sentence.
func goalWords(sentence string) (object, target string, ok bool) {
	words := strings.Fields(strings.TrimSuffix(strings.TrimSpace(sentence), "."))
	if len(words) < 2 {
		return "", "", false
	}
	target = words[len(words)-1]
	for _, w := range words[:len(words)-1] {
		if !listed("put some a an the two find clean hot cool heat and it in on them look at examine under with to of", w) {
			return w, target, true
		}
	}
	return "", "", false
}
