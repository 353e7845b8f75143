package skills

import (
	"maps"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// mistakes are skills made of lessons about kinds of task: at most most for each
// suite and kind. The same lesson about several kinds becomes one mistake
// without a kind.
func mistakes(lessons []agent.Lesson, most int) []agent.Skill {
	type key struct{ suite, when, mistake, remedy string }
	merged := map[key]*agent.Skill{}
	kinds := map[key][]string{}
	for _, l := range lessons {
		if !teaches(l) {
			continue
		}
		k := key{l.Suite, clip(l.Trigger, maxFieldBytes), clip(l.Mistake, maxFieldBytes), clip(l.Remedy, maxFieldBytes)}
		s := merged[k]
		if s == nil {
			s = &agent.Skill{Suite: l.Suite, Category: agent.SkillMistake, Principle: k.remedy, When: k.when, Mistake: k.mistake, Title: mistakeTitle(k.mistake)}
			merged[k] = s
		}
		s.For = append(s.For, l.For...)
		s.Against = append(s.Against, l.Against...)
		s.Lessons = append(s.Lessons, l.ID)
		if s.Cause == "" || l.Cause < s.Cause {
			s.Cause = l.Cause // the same whatever the order of the lessons
		}
		kinds[k] = append(kinds[k], l.Kind)
	}
	groups := map[[2]string][]agent.Skill{}
	for k, s := range merged {
		if ks := distinct(kinds[k]); len(ks) == 1 {
			s.Kind = ks[0]
		}
		g := [2]string{s.Suite, s.Kind}
		groups[g] = append(groups[g], *s)
	}
	var out []agent.Skill
	for _, g := range slices.SortedFunc(maps.Keys(groups), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		out = append(out, best(groups[g], 0, most)...)
	}
	return out
}

// teaches reports whether a lesson is a rule for a kind of task: in force,
// lasting, about more than one task, and saying what not to do.
func teaches(l agent.Lesson) bool {
	return l.Task == "" && (l.State == agent.LessonActive || l.State == agent.LessonCandidate) && l.Expires.IsZero() &&
		strings.TrimSpace(l.Mistake) != "" && strings.TrimSpace(l.Trigger) != ""
}

// mistakeTitle is "Avoid" and the first words of the mistake, in 3 to 5 words.
func mistakeTitle(mistake string) string {
	words := strings.Fields(mistake)
	title := "Avoid " + clip(strings.Join(words[:min(4, len(words))], " "), 60)
	if len(words) < 2 {
		title += " here"
	}
	return title
}
