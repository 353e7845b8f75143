package skills

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// Categories says of which category a task is: the Kind that it states, and of a
// task that states none, the one that was discovered.
//
// Successes are of a category by what their plans do to the world: the minimal
// causal chain without things, looks and steps that only make way, as in
// "take-clean-put". A category in which some tasks state a Kind has the name that
// most of these state.
//
// Tasks are of one by their goals: the goal with a slot for each thing is a
// template, and the category of a template is that of most of its successes, so
// that one odd plan moves nothing. A task of whose template no success is known is
// of the category of the nearest template, compared by its words and those of its
// plans; where none is near, it is of a category of its own, named for its words.
//
// All of it is a function of the set of successes, whatever their order. A
// success that is new makes a category or adds to one; it renames another only
// if it turns a majority.
type Categories struct {
	suites map[string]*suite
}

// suite is what is known of the goals of one.
type suite struct {
	sorts     map[string]bool   // of the things that successes saw
	category  map[string]string // of each template of which a success is known
	templates []string          // those, sorted
	near      *goals            // among templates, in their order
}

// nearGoal is the cosine from which a goal is of the category of another. On
// ALFWorld's and generated games, tasks of another kind stay below it even if
// no success of theirs is known.
const nearGoal = 0.4

// Discover finds the categories of what successes are of. Episodes that are none
// say nothing.
func Discover(successes []agent.Episode) *Categories {
	var plans []plan
	for _, e := range successes {
		if p, ok := newPlan(e); ok {
			plans = append(plans, p)
		}
	}
	return discover(plans)
}

func discover(plans []plan) *Categories {
	bySuite := map[string][]plan{}
	for _, p := range plans {
		bySuite[p.task.Suite] = append(bySuite[p.task.Suite], p)
	}
	c := &Categories{map[string]*suite{}}
	for name, ps := range bySuite {
		c.suites[name] = newSuite(ps)
	}
	return c
}

func newSuite(plans []plan) *suite {
	s := &suite{sorts: map[string]bool{}, category: map[string]string{}}
	stated := tally{} // pattern -> kind
	for _, p := range plans {
		for _, sort := range p.seen {
			s.sorts[sort] = true
		}
		if p.task.Kind != "" {
			stated.add(p.pattern, p.task.Kind)
		}
	}
	found, does := tally{}, map[string][]string{} // template -> category, what its plans do
	for _, p := range plans {
		t := template(p.task.Goal, s.sorts)
		found.add(t, cmp.Or(p.task.Kind, mostFrequent(stated[p.pattern]), categoryName(strings.Fields(p.pattern)), unnamed))
		does[t] = append(does[t], words(p.pattern)...)
	}
	s.templates = slices.Sorted(maps.Keys(found))
	texts := make([][]string, len(s.templates))
	for i, t := range s.templates {
		s.category[t] = mostFrequent(found[t])
		texts[i] = append(goalWords(t), does[t]...)
	}
	s.near = newGoals(texts)
	return s
}

// Of is the category of a task; it is never empty.
func (c *Categories) Of(t agent.Task) string {
	if t.Kind != "" {
		return t.Kind
	}
	s := c.suites[t.Suite]
	if s == nil {
		s = newSuite(nil)
	}
	key := template(t.Goal, s.sorts)
	if known, ok := s.category[key]; ok {
		return known
	}
	ws := goalWords(key)
	if i, cosine := s.near.nearest(ws); i >= 0 && cosine >= nearGoal {
		return s.category[s.templates[i]]
	}
	return cmp.Or(categoryName(ws), unnamed)
}

// unnamed is the category of goals without words, and of plans without operations.
const unnamed = "other"

// maxNameWords bounds the name of a category: plans and goals that begin with
// the same so many words are of one.
const maxNameWords = 5

// categoryName is what a category is called for the words of its plans or goals:
// with hyphens, so that it is one argument of a command.
func categoryName(ws []string) string {
	if len(ws) > maxNameWords {
		ws = append(slices.Clone(ws[:maxNameWords]), "etc")
	}
	return clip(strings.Join(ws, "-"), maxFieldBytes)
}

// tally counts values by key.
type tally map[string]map[string]int

func (t tally) add(key, value string) {
	if t[key] == nil {
		t[key] = map[string]int{}
	}
	t[key][value]++
}
