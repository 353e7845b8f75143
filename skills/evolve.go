package skills

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// Rate is how often tasks of a category were solved of late.
type Rate struct {
	Suite     string `json:"suite"`
	Kind      string `json:"kind"` // the category
	Successes int    `json:"successes"`
	N         int    `json:"n"`
}

// Round is what one round of the evolution looks at.
type Round struct {
	Scope    string   // of all below
	Source   Source   // of candidates; nothing of a held-out task is among what it holds, or its skills are not admitted
	Examiner Examiner // of what is to become active
	Harmful  []string // IDs of skills whose measured effect is harm
}

// Report is what a round did.
type Report struct {
	Round    int      `json:"round"`    // its number, from 1
	Episodes int      `json:"episodes"` // since the last round
	Due      bool     `json:"due"`      // false: these are fewer than Rules.Every, and nothing was done
	Open     []Rate   `json:"open"`     // the categories that may get new skills, by suite and name
	Changes  []Change `json:"changes"`  // in order
	Played   int      `json:"played"`   // how often a held-out task was played
	Unread   int      `json:"unread"`   // candidates that were not examined because they are recalled for no held-out task
}

// Evolve does one round, in one write, if it is due: if Rules.Every episodes were
// recorded since the last one. Which one that was, and how many episodes there
// were, is written on the skills that it changed, so a rollback of these takes
// the round back; a round that changed nothing does not count.
//
// Evidence is brought up to date; skills that are contradicted or harm are
// demoted, those that say the same merged, those that hold in some categories
// only split. Then the categories of which less than Rules.Threshold of the
// episodes since the last round succeeded send what was learned back: at most
// Rules.MaxNew candidates of theirs, those with most evidence, are examined at the
// gate. General ones are while any category of their suite is open. One that the
// gate refused stands there again once its evidence has doubled, one that was
// displaced once there is room or it is the better, and one that was contradicted
// once it has its support again; what was measured to harm does not. In the first
// round, when there are no skills yet, every category is open.
//
// Unlike the paper, failures come back as lessons, never as they were, and no
// score that is watched is ever learned from: the gate holds the evidence
// against the held-out tasks, and their episodes are in no rate.
func (b *Bank) Evolve(ctx context.Context, r Round) (Report, error) {
	report := Report{Open: []Rate{}, Changes: []Change{}}
	kept, err := b.store.Skills(ctx)
	if err != nil {
		return report, err
	}
	attempts, err := readAttempts(ctx, r.Source)
	if err != nil {
		return report, err
	}
	last := lastRound(kept)
	before := min(last.Episodes, len(attempts))
	report.Round, report.Episodes = last.Number+1, len(attempts)-before
	if report.Due = report.Episodes >= b.rules.Every; !report.Due {
		return report, nil
	}
	past, err := read(ctx, r.Source, attempts)
	if err != nil {
		return report, err
	}
	o, err := Options{Scope: r.Scope, MaxGeneral: math.MaxInt, MaxTask: math.MaxInt, MaxMistakes: math.MaxInt}.withDefaults() // the gate has the bounds
	if err != nil {
		return report, err
	}
	d := newDraft(b.rules, kept)
	candidates := past.candidates(o)
	candidates = append(candidates, d.parts(candidates, past.lessons)...)
	d.round = agent.SkillRound{Number: report.Round, Episodes: len(past.attempts)}
	d.refresh(candidates)
	parts := d.split(past.lessons)
	d.demote(r.Harmful)
	if report.Open, err = rates(ctx, past.attempts[before:], r.Examiner); err != nil {
		return report, err
	}
	if last.Number > 0 {
		report.Open = slices.DeleteFunc(report.Open, func(r Rate) bool { return float64(r.Successes) >= b.rules.Threshold*float64(r.N) })
	}
	g := &gate{draft: d, examiner: r.Examiner, solved: map[play]bool{}}
	if err := g.admitAll(ctx, parts, d.proposed(candidates, report.Open)); err != nil {
		return report, err
	}
	d.merge()
	report.Changes, report.Played, report.Unread = append(report.Changes, d.changes...), len(g.solved), g.unread
	if len(d.order) == 0 {
		return report, nil
	}
	return report, b.store.KeepSkills(ctx, d.changed(), fmt.Sprintf("skills: round %d", report.Round))
}

// lastRound is the last round that changed one of these skills.
func lastRound(kept []agent.Skill) agent.SkillRound {
	var last agent.SkillRound
	for _, s := range kept {
		if s.Round.Number > last.Number {
			last = s.Round
		}
	}
	return last
}

// rates are how attempts went that are of no held-out task, by suite and category.
func rates(ctx context.Context, attempts []Attempt, x Examiner) ([]Rate, error) {
	type key struct{ suite, category string }
	at := map[key]int{}
	out := []Rate{}
	for _, a := range attempts {
		held, err := x.HeldOut(ctx, a.Episode)
		if err != nil {
			return nil, err
		}
		if held {
			continue
		}
		k := key{a.Task.Suite, a.Task.Kind}
		i, known := at[k]
		if !known {
			i, at[k] = len(out), len(out)
			out = append(out, Rate{Suite: k.suite, Kind: k.category})
		}
		if out[i].N++; a.Success {
			out[i].Successes++
		}
	}
	slices.SortFunc(out, func(a, b Rate) int { return cmp.Or(cmp.Compare(a.Suite, b.Suite), cmp.Compare(a.Kind, b.Kind)) })
	return out, nil
}

// refresh takes in the evidence that there is by now for what is active, and for
// what was merged into it, or into that. Parts of a split one have that of their
// category.
func (d *draft) refresh(candidates []agent.Skill) {
	for _, s := range d.active() {
		fresh, found := byID(candidates, s.ID)
		if !found {
			continue
		}
		for _, id := range d.merged(s) {
			if p, ok := byID(candidates, id); ok {
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
			reason, s.Admitted = "its measured effect is harm", agent.SkillExam{}
		case support(s) < d.rules.Support:
			reason = fmt.Sprintf("%d episodes for it, %d against", len(s.For), len(s.Against))
		}
		if reason != "" {
			d.retire(Demoted, s, reason)
		}
	}
}

// proposed are the candidates that may stand at the gate, the best of each
// group first, so that no category takes all of a round.
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

// standing is s as it may stand at the gate: if it is not kept, passed it before
// and is retired since, or was refused on half of the evidence. What was retired for
// good has no exam.
func (d *draft) standing(s agent.Skill) (agent.Skill, bool) {
	old, kept := d.skills[s.ID]
	if !kept {
		return s, true
	}
	s.Version, s.Parents, s.Created = old.Version, old.Parents, old.Created
	again := passed(old.Admitted) || support(s) >= 2*support(old)
	return s, old.State == agent.SkillRetired && old.Pinned == "" && old.Admitted.N > 0 && again
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
