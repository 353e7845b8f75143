package skills

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// Source holds what skills are distilled from. The order of demonstrations and
// lessons does not matter.
type Source interface {
	// Demonstrations returns the successes to learn from.
	Demonstrations(ctx context.Context) ([]agent.Demonstration, error)

	// Lessons returns what was abstracted from failures.
	Lessons(ctx context.Context) ([]agent.Lesson, error)

	// Attempts returns all episodes, without what was done in them, in the order
	// of recording: what comes later is added at the end.
	Attempts(ctx context.Context) ([]Attempt, error)
}

// Attempt is that a task was tried, and whether it was solved.
type Attempt struct {
	Episode string // its ID
	Task    agent.Task
	Success bool
}

// Options bounds what Distil makes. The zero Options is usable.
type Options struct {
	Scope       string // of what the source holds and of the skills, a part of their IDs
	MinEvidence int    // successes that a general or task skill needs; 0: 1
	MinKinds    int    // categories that a general skill holds for; 0: 2
	MaxGeneral  int    // general skills of a suite, those with most evidence; 0: 12
	MaxTask     int    // task skills of a category, those with most evidence; 0: 6
	MaxMistakes int    // mistakes of a category, those with most evidence; 0: 6
	MaxSteps    int    // of a plan; successes with a longer one teach no skill; 0: 20
	_           struct{}
}

func (o Options) withDefaults() (Options, error) {
	for _, f := range []struct {
		name    string
		value   *int
		initial int
	}{
		{"MinEvidence", &o.MinEvidence, 1},
		{"MinKinds", &o.MinKinds, 2},
		{"MaxGeneral", &o.MaxGeneral, 12}, // as many as SkillRL's bank for ALFWorld has
		{"MaxTask", &o.MaxTask, 6},
		{"MaxMistakes", &o.MaxMistakes, 6},
		{"MaxSteps", &o.MaxSteps, 20},
	} {
		if *f.value < 0 {
			return o, fmt.Errorf("skills: Options.%s is %d, must not be negative", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.initial
		}
	}
	return o, nil
}

// Distil makes candidates of what src holds: general ones, those of each category
// of task, and mistakes, in this order; within a suite and category, those with
// most evidence first, then by ID. The Kind of a skill is the category that
// [Categories] finds. Demonstrations of failures are passed over, and lessons
// that are retired, quarantined, expiring or about a single task. It returns the
// error of src or of ctx, or one that names an option.
func Distil(ctx context.Context, src Source, o Options) ([]agent.Skill, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	attempts, err := readAttempts(ctx, src)
	if err != nil {
		return nil, err
	}
	p, err := read(ctx, src, attempts)
	if err != nil {
		return nil, err
	}
	return p.candidates(o), nil
}

func (p past) candidates(o Options) []agent.Skill {
	suites := map[string]map[string][]plan{} // suite -> category -> plans
	for _, p := range p.plans {
		if len(p.chain) > o.MaxSteps {
			continue
		}
		if suites[p.task.Suite] == nil {
			suites[p.task.Suite] = map[string][]plan{}
		}
		suites[p.task.Suite][p.task.Kind] = append(suites[p.task.Suite][p.task.Kind], p)
	}
	var out []agent.Skill
	for _, suite := range slices.Sorted(maps.Keys(suites)) {
		kinds := suites[suite]
		out = append(out, generalSkills(suite, kinds, o)...)
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			out = append(out, taskSkills(kinds[kind], o)...)
		}
	}
	out = append(out, mistakes(p.lessons, o.MaxMistakes)...)
	slices.SortStableFunc(out, func(a, b agent.Skill) int {
		return cmp.Or(cmp.Compare(slices.Index(agent.SkillCategories(), a.Category), slices.Index(agent.SkillCategories(), b.Category)),
			cmp.Compare(a.Suite, b.Suite), cmp.Compare(a.Kind, b.Kind))
	})
	for i := range out {
		out[i].Scope, out[i].State = o.Scope, agent.SkillCandidate
		out[i].ID = IDOf(out[i])
	}
	return out
}

// plan is the minimal causal chain of a success.
type plan struct {
	id      string // of the episode
	task    agent.Task
	chain   []event
	pattern string   // of the chain
	sorts   []string // of the things in the chain, distinct
	goal    []string // those that the goal names, in its order
	seen    []string // sorts of all things that the episode saw, distinct
}

// newPlan returns the plan of e, and whether it has one.
func newPlan(e agent.Episode) (plan, bool) {
	if !e.Outcome.Success {
		return plan{}, false
	}
	es, seen := events(e)
	p := plan{id: e.ID, task: e.Task, chain: chain(e.Task.Goal, withoutTalk(e, es))}
	p.pattern = pattern(p.chain)
	p.sorts = distinct(sortsOf(p.chain))
	p.goal = goalThings(e.Task.Goal, p.sorts)
	for _, n := range seen {
		p.seen = append(p.seen, sortOf(n))
	}
	p.seen = distinct(p.seen)
	return p, len(p.chain) > 0
}

// fixedSorts are the sorts of things that at least nine tenths of two or more
// plans need, whether or not a goal names them, if not all of these goals do: a
// thing that is always the same is no variable.
func fixedSorts(plans []plan) map[string]bool {
	have, free := map[string]int{}, map[string]bool{}
	for _, p := range plans {
		for _, s := range p.sorts {
			have[s]++
			free[s] = free[s] || !slices.Contains(p.goal, s)
		}
	}
	fixed := map[string]bool{}
	for s, n := range have {
		fixed[s] = len(plans) > 1 && free[s] && 10*n >= 9*len(plans)
	}
	return fixed
}

// taskSkills are the skills of one category: plans that are the same once things
// are variables.
func taskSkills(plans []plan, o Options) []agent.Skill {
	fixed := fixedSorts(plans)
	merged := map[string]*agent.Skill{}
	goals := map[string]map[string]int{} // principle -> goal -> how often
	for _, p := range plans {
		v := newVariables(p.goal, fixed)
		steps := make([]string, len(p.chain))
		for i, e := range p.chain {
			steps[i] = v.step(e.action)
		}
		principle := strings.Join(steps, arrow)
		s := merged[principle]
		if s == nil {
			s = &agent.Skill{Suite: p.task.Suite, Category: agent.SkillTask, Kind: p.task.Kind, Principle: principle, Steps: steps, Title: planTitle(steps)}
			merged[principle], goals[principle] = s, map[string]int{}
		}
		s.For = append(s.For, p.id)
		goals[principle][clip(v.abstractGoal(p.task.Goal), maxFieldBytes)]++
	}
	var out []agent.Skill
	for principle, s := range merged {
		s.When = mostFrequent(goals[principle])
		out = append(out, *s)
	}
	return best(out, o.MinEvidence, o.MaxTask)
}

// mostFrequent is the key with the highest count, of equals the first.
func mostFrequent(counts map[string]int) string {
	best := ""
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		if best == "" || counts[k] > counts[best] {
			best = k
		}
	}
	return best
}

// best completes skills and returns at most n of them, those with most
// evidence first.
func best(skills []agent.Skill, minEvidence, n int) []agent.Skill {
	for i := range skills {
		s := &skills[i]
		s.For, s.Against, s.Lessons = distinct(s.For), distinct(s.Against), distinct(s.Lessons)
		s.ID = IDOf(*s)
	}
	skills = slices.DeleteFunc(skills, func(s agent.Skill) bool { return len(s.For) < minEvidence })
	slices.SortFunc(skills, byEvidence)
	return skills[:min(n, len(skills))]
}

// byEvidence orders by evidence for less against, most first, then by ID.
func byEvidence(a, b agent.Skill) int {
	return cmp.Or(cmp.Compare(len(b.For)-len(b.Against), len(a.For)-len(a.Against)), cmp.Compare(a.ID, b.ID))
}

func distinct(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// maxFieldBytes bounds a situation or a mistake.
const maxFieldBytes = 240

// planTitle names a plan by its verbs, in 3 to 5 words.
func planTitle(steps []string) string {
	var verbs []string
	for _, s := range steps {
		if v := clip(verb(s), 24); !slices.Contains(verbs, v) {
			verbs = append(verbs, v)
		}
	}
	if len(verbs) > 2 {
		verbs = slices.DeleteFunc(verbs, func(v string) bool { return strings.Contains(" go goto walk navigate ", " "+v+" ") })
	}
	switch n := len(verbs); n {
	case 0:
		return "Do one step"
	case 1:
		return upper(verbs[0]) + " at once"
	case 2, 3, 4:
		return upper(strings.Join(verbs[:n-1], ", ")) + ", then " + verbs[n-1]
	default:
		return upper(verbs[0]) + ", " + verbs[1] + ", later " + verbs[n-1]
	}
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
