package memory

import (
	"context"
	"fmt"
	"sort"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/effect"
)

// packer fills a context.
type packer struct {
	store   *Store
	left    int // tokens
	context agent.Context

	holdOut func(*entry) (chance float64, withheld bool) // whether an item is to be withheld, and with which probability it is

	task, kind, verbatim int  // items packed, against their bounds
	tried                int  // demonstrations looked at
	full                 bool // one was cut to fit
}

// maxTries is how many demonstrations are looked at for the last that fits.
const maxTries = 2 * MaxDemonstrations

// minSteps is how many steps of a demonstration must fit, or it is left out:
// fewer show no course of action.
const minSteps = 2

// pack packs what fits of found, in order, and says in each candidate what
// became of it.
func (p *packer) pack(ctx context.Context, found []Candidate) error {
	for i := range found {
		c := &found[i]
		if c.Kind != agent.KindLesson && p.store.items[c.ID].verdict == effect.Harms {
			c.Reason = "its measured effect is harm"
			continue
		}
		var err error
		if c.Kind == agent.KindLesson {
			p.lesson(c)
		} else {
			err = p.steps(ctx, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *packer) lesson(c *Candidate) {
	l := p.store.items[c.ID].lesson
	count, bound := &p.kind, MaxKindLessons
	switch {
	case c.Tier == TierTask:
		count, bound = &p.task, MaxTaskLessons
	case l.Mistake == "": // a success, in the form that has no demonstrations
		count, bound = &p.verbatim, MaxDemonstrations
	}
	if c.Reason = p.store.unfit(l); c.Reason != "" {
		return
	}
	probation := p.store.onProbation(l)
	if *count >= bound {
		c.Reason = fmt.Sprintf("%d lessons of its sort are packed", bound)
		return
	}
	if p.add(c, RenderLesson(l)) {
		*count++
		if probation {
			c.Reason = "packed, on probation"
		}
	}
}

// unfit says why l may not be recalled, or nothing.
func (s *Store) unfit(l agent.Lesson) string {
	switch {
	case s.onProbation(l):
		return ""
	case l.State == agent.LessonRetired, l.State == agent.LessonQuarantined:
		return string(l.State) + ": " + l.Reason
	case s.expired(l):
		return "expired"
	case l.State == agent.LessonCandidate && len(l.Against) > 0:
		return "candidate with a contradiction"
	}
	return ""
}

// add packs text if it fits and says what became of c.
func (p *packer) add(c *Candidate, text string) bool {
	n := p.store.o.CountTokens(text)
	if n > p.left {
		c.Reason = fmt.Sprintf("%d tokens, %d left", n, p.left)
		return false
	}
	chance, withheld := p.holdOut(p.store.items[c.ID])
	if chance != p.context.HoldOut {
		if p.context.Chances == nil {
			p.context.Chances = map[string]float64{}
		}
		p.context.Chances[c.ID] = chance
	}
	if withheld {
		p.context.Withheld = append(p.context.Withheld, c.ID)
		c.Reason = "withheld by chance, to measure its effect"
		return false
	}
	p.left -= n
	p.context.Items = append(p.context.Items, agent.Item{ID: c.ID, Kind: c.Kind, Text: text, Tokens: n})
	c.Packed, c.Tokens, c.Reason = true, n, "packed"
	return true
}

// steps packs a demonstration or a raw failure, with as many of its steps as
// fit.
func (p *packer) steps(ctx context.Context, c *Candidate) error {
	if p.verbatim >= MaxDemonstrations {
		c.Reason = fmt.Sprintf("%d demonstrations are packed", MaxDemonstrations)
		return nil
	}
	if p.left == 0 || p.full || p.tried == maxTries {
		c.Reason = "no room after those before"
		return nil
	}
	p.tried++
	it, err := p.store.lookup(ctx, c.ID)
	if err != nil {
		return err
	}
	v, err := decodeVerbatim(it.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", c.Kind, c.ID, err)
	}
	all := len(v.Steps)
	fit := func(keep int) bool { return p.store.o.CountTokens(v.text(keep)) <= p.left }
	keep := all
	if !fit(all) {
		keep = sort.Search(all, func(n int) bool { return !fit(n) }) - 1
		for keep >= minSteps && !fit(keep) { // a count that does not grow with the text
			keep--
		}
	}
	if keep < min(minSteps, all) {
		c.Reason = fmt.Sprintf("fewer than %d of its %d steps fit in %d tokens", minSteps, all, p.left)
		return nil
	}
	if p.add(c, v.text(keep)) {
		p.verbatim++
		if c.Cut = all - keep; c.Cut > 0 {
			p.full = true
			c.Reason = fmt.Sprintf("packed, %d of its %d steps left out", c.Cut, all)
		}
	}
	return nil
}
