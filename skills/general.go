package skills

import (
	"maps"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// The lengths of the runs of steps that may become general skills.
const (
	minRun = 2
	maxRun = 4
)

// generalShare is the share of a suite's successes that a general skill needs:
// what happened once in twenty is a habit of these, not a rule.
const generalShare = 0.05

// generalSkills are the runs of steps, linked by their things, that plans of at
// least o.MinKinds kinds share. A run that hardly occurs but within a longer one
// is left out.
func generalSkills(suite string, kinds map[string][]plan, o Options) []agent.Skill {
	type run struct {
		agent.Skill
		kinds map[string]bool
	}
	runs := map[string]*run{}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		for _, p := range kinds[kind] {
			for i := range p.chain {
				for n := minRun; n <= maxRun && i+n <= len(p.chain); n++ {
					if !linked(p.chain[i : i+n]) {
						continue
					}
					steps := free(p.chain[i : i+n])
					key := strings.Join(steps, arrow)
					r := runs[key]
					if r == nil {
						r = &run{agent.Skill{
							Suite: suite, Category: agent.SkillGeneral, Principle: key, Steps: steps,
							When: steps[n-1], Title: runTitle(steps),
						}, map[string]bool{}}
						runs[key] = r
					}
					r.For = append(r.For, p.id)
					r.kinds[kind] = true
				}
			}
		}
	}
	successes := 0
	for _, plans := range kinds {
		successes += len(plans)
	}
	var out []agent.Skill
	for _, r := range runs {
		r.For = distinct(r.For)
		if len(r.kinds) >= o.MinKinds && float64(len(r.For)) >= generalShare*float64(successes) {
			out = append(out, r.Skill)
		}
	}
	return best(maximal(out), o.MinEvidence, o.MaxGeneral)
}

// free are the steps of a run with a variable for each thing, in the order of
// appearance, whatever it is to the goal.
func free(run []event) []string {
	v := newVariables(nil, nil)
	out := make([]string, len(run))
	for i, e := range run {
		out[i] = v.step(e.action)
	}
	return out
}

// linked reports whether each step names a thing that another one names, so
// that none stands in the run by chance.
func linked(run []event) bool {
	reached := slices.Clone(run[len(run)-1].names)
	for again := true; again; {
		again = false
		for _, v := range run {
			for _, n := range v.names {
				if share(v.names, reached) && !slices.Contains(reached, n) {
					reached = append(reached, n)
					again = true
				}
			}
		}
	}
	return !slices.ContainsFunc(run, func(v event) bool { return !share(v.names, reached) })
}

// maximal drops each run that is part of a longer one with at least nine
// tenths of its evidence.
func maximal(skills []agent.Skill) []agent.Skill {
	return slices.DeleteFunc(slices.Clone(skills), func(s agent.Skill) bool {
		return slices.ContainsFunc(skills, func(l agent.Skill) bool {
			return len(l.Steps) > len(s.Steps) && 10*len(l.For) >= 9*len(s.For) && contains(l.Steps, s.Steps)
		})
	})
}

// contains reports whether part is a run of whole, but for the names of
// variables.
func contains(whole, part []string) bool {
	for i := 0; i+len(part) <= len(whole); i++ {
		if sameSteps(whole[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// sameSteps reports whether two plans of one length differ at most in the names of
// variables: what has one name in either has one in the other.
func sameSteps(a, b []string) bool {
	there, back := map[string]string{}, map[string]string{}
	for i := range a {
		ws, vs := strings.Fields(a[i]), strings.Fields(b[i])
		if len(ws) != len(vs) {
			return false
		}
		for k, w := range ws {
			v := vs[k]
			if !isFree(w) || !isFree(v) {
				if w != v {
					return false
				}
				continue
			}
			if have, ok := there[w]; ok && have != v {
				return false
			}
			if have, ok := back[v]; ok && have != w {
				return false
			}
			there[w], back[v] = v, w
		}
	}
	return true
}

// isFree reports whether a word of a step is a variable for a thing that the goal
// does not name.
func isFree(word string) bool {
	return strings.Contains(freeLetters, word[:1]) && strings.Trim(word[1:], "0123456789") == ""
}

// runTitle names a run by its first and last verb, in 3 to 5 words.
func runTitle(steps []string) string {
	first, last := clip(verb(steps[0]), 24), clip(verb(steps[len(steps)-1]), 24)
	middle := " before "
	if len(steps) > minRun {
		middle = ", " + clip(verb(steps[1]), 24) + " before "
	}
	title := upper(first) + middle + last
	if len(strings.Fields(title)) < 3 {
		return title + " it"
	}
	return title
}
