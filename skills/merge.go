package skills

import (
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// nearDuplicate is the share of words, of all that two mistakes have, from which
// they are the same one.
const nearDuplicate = 0.8

// merge makes one of the active skills of a group that say the same: that with
// most evidence gets all of it, and the others are retired. What a policy reads
// of it does not change, so it is not examined again.
func (d *draft) merge() {
	list := d.active()
	inOrder(list)
	for i, keep := range list {
		if d.skills[keep.ID].State != agent.SkillActive {
			continue
		}
		for _, other := range list[i+1:] {
			if d.skills[other.ID].State != agent.SkillActive || other.Pinned != "" || groupOf(keep) != groupOf(other) || !sameSkill(keep, other) {
				continue
			}
			keep = d.skills[keep.ID]
			keep.Parents = distinct(append(keep.Parents, other.ID))
			keep = withEvidence(keep, other)
			d.put(Supported, keep)
			other.Admitted = agent.SkillExam{}
			d.retire(Merged, other, "merged into "+keep.ID)
		}
	}
}

// merged are the IDs of what was merged into s, and into that, each once.
func (d *draft) merged(s agent.Skill) []string {
	seen := []string{s.ID}
	for i := 0; i < len(seen); i++ {
		for _, id := range d.skills[seen[i]].Parents {
			if p, ok := d.skills[id]; ok && groupOf(p) == groupOf(s) && !slices.Contains(seen, id) { // or it was split from it
				seen = append(seen, id)
			}
		}
	}
	return seen[1:]
}

// withEvidence is s with the evidence of other as well.
func withEvidence(s, other agent.Skill) agent.Skill {
	s.For = distinct(append(slices.Clone(s.For), other.For...))
	s.Against = distinct(append(slices.Clone(s.Against), other.Against...))
	if lessons := distinct(append(slices.Clone(s.Lessons), other.Lessons...)); len(lessons) > 0 {
		s.Lessons = lessons
	}
	return s
}

// sameSkill reports whether two skills of a group say the same: the same steps
// but for the names of variables, or mistakes in nearly the same words.
func sameSkill(a, b agent.Skill) bool {
	if a.Category != agent.SkillMistake {
		return len(a.Steps) > 0 && len(a.Steps) == len(b.Steps) && sameSteps(a.Steps, b.Steps)
	}
	return jaccard(words(a.Mistake+" "+a.Principle), words(b.Mistake+" "+b.Principle)) >= nearDuplicate
}

// jaccard is the share of the words of both that both have.
func jaccard(a, b []string) float64 {
	a, b = distinct(a), distinct(b)
	both := 0
	for _, w := range a {
		if slices.Contains(b, w) {
			both++
		}
	}
	if n := len(a) + len(b) - both; n > 0 {
		return float64(both) / float64(n)
	}
	return 0
}

// split makes of each active mistake that is of no category, and is contradicted in
// one, the same mistake for each category in which it holds: those are
// candidates for the gate. The lessons say in which that is.
func (d *draft) split(lessons []agent.Lesson) []agent.Skill {
	var out []agent.Skill
	for _, s := range d.active() {
		if !splits(s) || s.Pinned != "" {
			continue
		}
		parts, contradicted := partsOf(s, lessons)
		if !contradicted {
			continue
		}
		parts = slices.DeleteFunc(parts, func(p agent.Skill) bool { return support(p) <= 0 })
		s.Admitted = agent.SkillExam{}
		d.retire(Split, s, strings.TrimSpace("contradicted in some categories; split into "+strings.Join(idsOf(parts), " ")))
		for _, part := range parts {
			if part, fresh := d.standing(part); fresh {
				out = append(out, part)
			}
		}
	}
	return out
}

// splits reports whether a skill may be split: a mistake that is of no category.
func splits(s agent.Skill) bool { return s.Category == agent.SkillMistake && s.Kind == "" }

// parts are those of the candidates that were retired as a whole, and were split
// or are contradicted in some category: what evidence comes later counts for
// these. What was merged into another is in use, with it.
func (d *draft) parts(candidates []agent.Skill, lessons []agent.Lesson) []agent.Skill {
	var out []agent.Skill
	for _, c := range candidates {
		old, kept := d.skills[c.ID]
		if !kept || !splits(c) || old.State != agent.SkillRetired || old.Pinned != "" {
			continue
		}
		parts, wanted := partsOf(c, lessons)
		for _, s := range d.all() {
			if slices.Contains(s.Parents, c.ID) {
				wanted = groupOf(s) != groupOf(c)
			}
		}
		if wanted {
			out = append(out, parts...)
		}
	}
	return out
}

// partsOf are a mistake for each category of its lessons, by category, with the
// evidence there is in it, and whether there is one in which it does not hold.
func partsOf(s agent.Skill, lessons []agent.Lesson) (parts []agent.Skill, contradicted bool) {
	of := map[string]agent.Skill{} // category -> part
	for _, l := range lessons {
		if l.Kind == "" || !slices.Contains(s.Lessons, l.ID) {
			continue
		}
		p, ok := of[l.Kind]
		if !ok {
			p = agent.Skill{
				Scope: s.Scope, Suite: s.Suite, Category: s.Category, Kind: l.Kind, Title: s.Title, Principle: s.Principle,
				When: s.When, Mistake: s.Mistake, Cause: s.Cause, State: agent.SkillCandidate, Parents: []string{s.ID},
			}
			p.ID = IDOf(p)
		}
		of[l.Kind] = withEvidence(p, agent.Skill{For: l.For, Against: l.Against, Lessons: []string{l.ID}})
	}
	for _, category := range sortedKeys(of) {
		p := of[category]
		contradicted = contradicted || support(p) <= 0
		parts = append(parts, p)
	}
	return parts, contradicted && len(parts) > 1
}

func idsOf(skills []agent.Skill) []string {
	var out []string
	for _, s := range skills {
		out = append(out, s.ID)
	}
	return out
}
