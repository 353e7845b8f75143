package household

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// displayNames maps ids, in lower case, to the names that the game shows. An id
// is a type, "_bar_" and anything; the ids of one type are numbered downwards in
// ascending order, so that the first has the highest number. An id with "basin"
// in it is of a type of its own.
func displayNames(ids []string) map[string]string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	left := make(map[string]int)
	for _, id := range ids {
		if t, ok := typeOf(id); ok {
			left[t]++
		}
	}
	names := make(map[string]string, len(ids))
	for _, id := range ids {
		t, ok := typeOf(id)
		if !ok {
			names[id] = id
			continue
		}
		names[id] = t + " " + strconv.Itoa(left[t])
		left[t]--
	}
	return names
}

func typeOf(id string) (string, bool) {
	t, _, ok := strings.Cut(id, "_bar_")
	if ok && strings.Contains(id, "basin") {
		t += "basin"
	}
	return t, ok
}

// TypeOfName is the type in a display name: "mug" of "mug 2".
func TypeOfName(name string) string {
	t, _, _ := strings.Cut(name, " ")
	return t
}

// index fills what can be computed from the rest of the game.
func (g *Game) index() {
	var ids []string
	for _, o := range g.objects {
		ids = append(ids, o.id)
	}
	for _, r := range g.receptacles {
		ids = append(ids, r.id)
	}
	names := displayNames(ids)
	g.named = make(map[string]entity, len(ids))
	for i := range g.objects {
		g.objects[i].name = names[g.objects[i].id]
		g.named[g.objects[i].name] = entity{number: i}
		g.byName.objects = append(g.byName.objects, i)
	}
	g.places = make([]place, len(g.locations))
	for i := range g.receptacles {
		r := &g.receptacles[i]
		r.name = names[r.id]
		r.role = roleOf(g.rtypes, r.rtype)
		g.named[r.name] = entity{number: i, receptacle: true}
		g.byName.receptacles = append(g.byName.receptacles, i)
		if r.location >= 0 {
			p := &g.places[r.location]
			p.receptacles = append(p.receptacles, i)
		}
	}
	slices.SortFunc(g.byName.objects, func(a, b int) int { return cmp.Compare(g.objects[a].name, g.objects[b].name) })
	byName := func(a, b int) int { return cmp.Compare(g.receptacles[a].name, g.receptacles[b].name) }
	slices.SortFunc(g.byName.receptacles, byName)
	for i := range g.places {
		g.places[i].byName = slices.Clone(g.places[i].receptacles)
		slices.SortFunc(g.places[i].byName, byName)
	}
	g.rank = make([]int, len(g.objects))
	for i, o := range g.byName.objects {
		g.rank[o] = i
	}
}

func roleOf(rtypes []string, rtype int) role {
	if rtype < 0 {
		return 0
	}
	switch rtypes[rtype] {
	case "sinktype", "sinkbasintype":
		return cleans
	case "microwavetype":
		return heats
	case "fridgetype":
		return cools
	}
	return 0
}
