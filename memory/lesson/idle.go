package lesson

import (
	"slices"
	"strings"
)

// minIdle is how often actions must have had no effect before they are called a
// habit.
const minIdle = 3

// idle says of the actions without effect why they had none, those alike
// together: "open shelf 2, shelf 3 (from elsewhere; go there first)". What
// the remedy says to do is not warned of, and made-up names only if they cost
// many steps.
func (r retry) idle(advised []string, many int) []string {
	var g, fancied groups // the latter on names that nothing goes by
	steps := 0            // of those
	for _, t := range r.trials {
		whys, carried := t.reasons(r.craft)
		for i, w := range whys {
			v := t.events[i]
			switch {
			case w == "" || len(v.names) == 0 && len(r.start) > 0 && w != command:
			case w == unnamed:
				fancied.add(v, string(w))
				steps++
			case w == elsewhere:
				g.add(v, string(w))
			case !r.neverWorked(v) || w == unknown && r.mistimed(v, advised):
			case w == full:
				g.add(v, "still carrying "+carried[i])
			case w == unseen:
				if place, thing := r.about(v); !r.isSought(thing) || !slices.Contains(r.search.looked, place) {
					g.add(r.plain(v), string(w))
				} // else it is said of the place
			default:
				g.add(v, string(w))
			}
		}
	}
	out := g.words()
	if steps >= many {
		out = append(out, fancied.most())
	}
	return out
}

// plain is an event of which the things sought have no number: which one of them
// was not there does not matter.
func (r retry) plain(v event) event {
	v.parts = slices.Clone(v.parts)
	for i, p := range v.parts {
		if p.entity && r.isSought(p.text) && len(v.names) > 1 {
			v.parts[i].text = typeOf(p.text)
		}
	}
	v.action = join(v.parts)
	return v
}

// neverWorked reports whether the event's action had no effect whenever it was
// done. Where things have names, an action without one is not counted.
func (r retry) neverWorked(v event) bool {
	return v.noEffect && !slices.ContainsFunc(r.events, func(o event) bool { return !o.noEffect && o.action == v.action })
}

// groups are actions by their reason and by all but their last word, in the
// order of their first occurrence.
type groups struct {
	order []group
	total int // different actions
}

type group struct {
	head, reason string
	ends         []string
	count        int
}

// add counts an action, unless it would be one too many.
func (g *groups) add(v event, reason string) {
	text := clip(v.action, maxActionWords)
	head, end := text, ""
	if len(v.names) > 0 {
		if last := v.names[len(v.names)-1]; strings.HasSuffix(text, " "+last) {
			head, end = strings.TrimSuffix(text, last), last
		}
	}
	i := slices.IndexFunc(g.order, func(o group) bool { return o.head == head && o.reason == reason })
	if i < 0 {
		i = len(g.order)
		g.order = append(g.order, group{head: head, reason: reason})
	}
	g.order[i].count++
	if !slices.Contains(g.order[i].ends, end) {
		g.order[i].ends = append(g.order[i].ends, end)
		g.total++
	}
}

// words are the groups, those with one reason together, so that a reason is said
// once; of all of them maxActions actions at most.
func (g groups) words() []string {
	var reasons, out []string
	for _, o := range g.order {
		reasons = union(reasons, []string{o.reason})
	}
	left := maxActions
	for _, reason := range reasons {
		var all []string
		for _, o := range g.order {
			if o.reason != reason || left <= 0 {
				continue
			}
			slices.SortFunc(o.ends, byName)
			all = append(all, o.head+list(o.ends, min(left, maxAlike)))
			left -= min(len(o.ends), maxAlike)
		}
		if len(all) > 0 {
			out = append(out, strings.Join(all, ", ")+" ("+reason+")")
		}
	}
	return out
}

// most is the largest group, with what all of them cost.
func (g groups) most() string {
	best := slices.MaxFunc(g.order, func(a, b group) int { return a.count - b.count })
	slices.SortFunc(best.ends, byName)
	return best.head + list(best.ends, maxAlike) + " (" + best.reason + ")"
}

// strayed are the things that were taken though the goal does not name them,
// and those that it names, and that were seen and left.
func (r retry) strayed() []string {
	var taken []string
	sought := r.missing(nil)
	for _, v := range r.events {
		if v.noEffect || r.craft.take == "" || form(v.parts) != r.craft.take || slices.ContainsFunc(v.names, r.isSought) {
			continue
		}
		if _, thing := r.about(v); thing != "" {
			taken = union(taken, []string{"take " + thing})
		}
	}
	var out []string
	if len(taken) > 0 && len(sought) > 0 && len(sought) <= maxNouns {
		out = append(out, list(taken, maxAlike)+" (not "+article(sought)+")")
	}
	for _, e := range r.passed() {
		out = append(out, "leaving "+e+" at "+r.search.at[e]+" (seen, not used)")
	}
	return out
}

// article is "a mug or an egg".
func article(nouns []string) string {
	out := make([]string, len(nouns))
	for i, n := range nouns {
		if out[i] = "a " + n; strings.ContainsAny(n[:1], "aeiou") {
			out[i] = "an " + n
		}
	}
	return strings.Join(out, " or ")
}

// passed are the things sought that the latest trial saw somewhere and went on
// from, without ever naming one of their type: the first of each type.
func (r retry) passed() []string {
	var out []string
	seen := map[string]bool{}
	s := r.latest.search()
	for _, e := range s.found {
		w := singular(typeOf(e))
		named := slices.ContainsFunc(r.latest.events, func(v event) bool {
			return slices.ContainsFunc(v.names, func(n string) bool { return singular(typeOf(n)) == w })
		})
		last := slices.Contains(r.latest.events[len(r.latest.events)-1].seen, e)
		if !seen[w] && !named && !last && s.at[e] != "" && s.at[e] == r.search.at[e] {
			out = append(out, e)
		}
		seen[w] = true
	}
	return out
}
