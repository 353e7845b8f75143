package skills

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// Rate is how often tasks of a kind were solved of late.
type Rate struct {
	Suite     string `json:"suite"`
	Kind      string `json:"kind"`
	Successes int    `json:"successes"`
	N         int    `json:"n"`
}

// Round is what one round of the evolution looks at.
type Round struct {
	Number   int      // from 0
	Scope    string   // of all below
	Source   Source   // of candidates; nothing of a held-out task is among what it holds, or its skills are not admitted
	Examiner Examiner // of what is to become active
	Rates    []Rate   // of the kinds, as they stand
	Harmful  []string // IDs of skills whose measured effect is harm
}

// Report is what a round did.
type Report struct {
	Due     bool     `json:"due"`     // false: it was not the turn of Rules.Every, and nothing was looked at
	Open    []Rate   `json:"open"`    // the kinds that may get new skills
	Changes []Change `json:"changes"` // in order
	Played  int      `json:"played"`  // how often a held-out task was played
}

// Evolve does one round, in one write. Evidence is brought up to date; skills
// that are contradicted or harm are demoted, those that say the same merged,
// those that hold in some kinds only split. Then the kinds whose success rate is
// below Rules.Threshold, and those without an active skill of their own, send
// what was learned back: at most Rules.MaxNew candidates of theirs, those with
// most evidence, stand at the gate. General ones stand there while any kind of
// their suite is open. One that the gate refused stands there again once its
// evidence has doubled.
//
// Unlike the paper, failures come back as lessons, never as they were, and no
// score that is watched is ever learned from: the gate holds the evidence
// against the held-out tasks.
func (b *Bank) Evolve(ctx context.Context, r Round) (Report, error) {
	report := Report{Open: []Rate{}, Changes: []Change{}}
	if r.Number%b.rules.Every != 0 {
		return report, nil
	}
	report.Due = true
	kept, err := b.store.Skills(ctx)
	if err != nil {
		return report, err
	}
	past, err := read(ctx, r.Source)
	if err != nil {
		return report, err
	}
	o, err := Options{Scope: r.Scope}.withDefaults()
	if err != nil {
		return report, err
	}
	candidates := past.candidates(o)
	d := newDraft(b.rules, kept)
	d.refresh(candidates)
	parts := d.split(past.lessons)
	d.demote(r.Harmful)
	report.Open = d.open(r.Rates)
	standing := d.proposed(candidates, report.Open)
	g := &gate{draft: d, examiner: r.Examiner, solved: map[play]bool{}}
	for _, s := range parts {
		if _, err := g.admit(ctx, s); err != nil {
			return report, err
		}
	}
	for left := b.rules.MaxNew; left > 0 && len(standing) > 0; standing = standing[1:] {
		examined, err := g.admit(ctx, standing[0])
		if err != nil {
			return report, err
		}
		if examined {
			left--
		}
	}
	d.merge()
	report.Changes, report.Played = append(report.Changes, d.changes...), len(g.solved)
	if len(d.order) == 0 {
		return report, nil
	}
	return report, b.store.KeepSkills(ctx, d.changed(), fmt.Sprintf("skills: round %d", r.Number))
}

// refresh takes in the evidence that there is by now for what is active, and for
// what was merged into it.
func (d *draft) refresh(candidates []agent.Skill) {
	for _, s := range d.active() {
		fresh, found := byID(candidates, s.ID)
		if !found {
			continue
		}
		for _, parent := range s.Parents {
			if p, ok := byID(candidates, parent); ok {
				fresh = withEvidence(fresh, p)
			}
		}
		if slices.Equal(fresh.For, s.For) && slices.Equal(fresh.Against, s.Against) && slices.Equal(fresh.Lessons, s.Lessons) {
			continue
		}
		s.For, s.Against, s.Lessons = fresh.For, fresh.Against, fresh.Lessons
		d.put(Supported, s)
	}
}

// demote retires what is measured to harm or has lost its support.
func (d *draft) demote(harmful []string) {
	for _, s := range d.active() {
		reason := ""
		switch {
		case s.Pinned != "":
		case slices.Contains(harmful, s.ID):
			reason = "its measured effect is harm"
		case support(s) < d.rules.Support:
			reason = fmt.Sprintf("%d episodes for it, %d against", len(s.For), len(s.Against))
		}
		if reason != "" {
			s.Admitted = agent.SkillExam{}
			d.retire(Demoted, s, reason)
		}
	}
}

// open are the kinds that may get new skills, by suite and name.
func (d *draft) open(rates []Rate) []Rate {
	active := d.active()
	out := slices.DeleteFunc(slices.Clone(rates), func(r Rate) bool {
		low := float64(r.Successes) < d.rules.Threshold*float64(r.N)
		own := slices.ContainsFunc(active, func(s agent.Skill) bool {
			return s.Category == agent.SkillTask && s.Suite == r.Suite && s.Kind == r.Kind
		})
		return !low && own
	})
	slices.SortFunc(out, func(a, b Rate) int {
		return cmp.Or(cmp.Compare(a.Suite, b.Suite), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// proposed are the candidates that may stand at the gate, the best of each
// category and kind first, so that no kind takes all of a round.
func (d *draft) proposed(candidates []agent.Skill, open []Rate) []agent.Skill {
	rank := map[group]int{}
	type standing struct {
		agent.Skill
		rank int
	}
	list := slices.Clone(candidates)
	inOrder(list)
	var all []standing
	for _, s := range list {
		isOpen := slices.ContainsFunc(open, func(r Rate) bool { return r.Suite == s.Suite && (s.Kind == "" || s.Kind == r.Kind) })
		s, fresh := d.standing(s)
		if !isOpen || !fresh || support(s) < d.rules.Support {
			continue
		}
		all = append(all, standing{s, rank[groupOf(s)]})
		rank[groupOf(s)]++
	}
	slices.SortStableFunc(all, func(a, b standing) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), byEvidence(a.Skill, b.Skill))
	})
	out := make([]agent.Skill, len(all))
	for i, s := range all {
		out[i] = s.Skill
	}
	return out
}

// standing is s as it may stand at the gate: if it is not kept, or was refused
// on half of the evidence.
func (d *draft) standing(s agent.Skill) (agent.Skill, bool) {
	old, kept := d.skills[s.ID]
	if !kept {
		return s, true
	}
	s.Version, s.Parents, s.Created = old.Version, old.Parents, old.Created
	return s, old.State == agent.SkillRetired && old.Pinned == "" && old.Admitted.N > 0 && support(s) >= 2*support(old)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
