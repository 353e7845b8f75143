package memory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
	"github.com/surefoot-ai/surefoot/memory/effect"
)

// SkillFilter selects skills. A zero field selects all.
type SkillFilter struct {
	Scope *string // nil: all
	Suite string
	State agent.SkillState
}

// Skills returns the skills that are kept and that f selects, by their IDs.
func (s *Store) Skills(ctx context.Context, f SkillFilter) ([]agent.Skill, error) {
	if err := s.current(ctx); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	var out []agent.Skill
	for scope, ids := range s.skills {
		if !within(f.Scope, scope) {
			continue
		}
		for _, id := range ids {
			if k := s.items[id].skill; match(f.Suite, k.Suite) && match(f.State, k.State) {
				out = append(out, cloneSkill(k))
			}
		}
	}
	slices.SortFunc(out, func(a, b agent.Skill) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

func cloneSkill(k agent.Skill) agent.Skill {
	k.Steps, k.For, k.Against = slices.Clone(k.Steps), slices.Clone(k.For), slices.Clone(k.Against)
	k.Lessons, k.Parents, k.Files = slices.Clone(k.Lessons), slices.Clone(k.Parents), maps.Clone(k.Files)
	k.Effect.Coins = slices.Clone(k.Effect.Coins)
	return k
}

// KeepSkills keeps skills, in place of those of the same IDs, in one commit that
// why describes in the history: all of them or, if it returns an error, none.
// Each must have the Version of the one that it replaces, 0 if there is none, or
// another was faster: ErrConflict. What is kept has the next Version, and the
// Effect that was counted of it. It returns ErrReadOnly, or ErrConflict if an ID
// is that of another item as well, or of two of these.
func (s *Store) KeepSkills(ctx context.Context, changed []agent.Skill, why string) error {
	if s.o.ReadOnly {
		return fmt.Errorf("skills: %s: opened to be read only: %w", s.dir, ErrReadOnly)
	}
	if len(changed) == 0 {
		return nil
	}
	select {
	case s.queue.lead <- struct{}{}:
		defer func() { <-s.queue.lead }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		err := s.keepSkills(ctx, changed, why)
		if !errors.Is(err, errStale) {
			return err
		}
	}
}

// keepSkills commits changed, or returns errStale if another process was faster.
// The caller has the lead.
func (s *Store) keepSkills(ctx context.Context, changed []agent.Skill, why string) error {
	if err := s.current(ctx); err != nil {
		return err
	}
	gen := s.gen
	c := changes{overall: s.overall}
	err := func() error {
		defer s.mu.RUnlock()
		for i, k := range changed {
			if slices.ContainsFunc(changed[:i], func(other agent.Skill) bool { return other.ID == k.ID }) {
				return fmt.Errorf("skill %s: is given twice: %w", k.ID, ErrConflict)
			}
			it, err := s.nextSkill(k)
			if err != nil {
				return err
			}
			c.items = append(c.items, it)
		}
		return nil
	}()
	if err != nil {
		return err
	}
	if err := s.vectorize(ctx, c.items); err != nil {
		return err
	}
	err = s.archive.Write(ctx, func(tx *archive.Tx) error {
		if tx.Generation() != gen+1 {
			return errStale
		}
		tx.Describe(s.o.Clock(), note{Done: why}.text())
		return s.putItems(ctx, tx, c.items)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.adopt(ctx, c, gen)
}

// nextSkill is the item of k as it is kept next. The caller holds the read lock.
func (s *Store) nextSkill(k agent.Skill) (archive.Item, error) {
	old := s.items[k.ID]
	version := 0
	switch {
	case k.ID == "" || k.State == "" || !utf8.ValidString(k.Scope):
		return archive.Item{}, fmt.Errorf("memory: skill %q: needs an ID, a state, and a scope in UTF-8", k.ID)
	case old != nil && (old.Class != agent.KindSkill || old.Scope != k.Scope):
		return archive.Item{}, fmt.Errorf("skill %s: its ID is that of another item: %w", k.ID, ErrConflict)
	case old != nil:
		version, k.Created, k.Effect = old.skill.Version, old.skill.Created, old.skill.Effect
	default:
		k.Created, k.Effect = s.o.Clock().UTC(), agent.Effect{}
	}
	if k.Version != version {
		return archive.Item{}, fmt.Errorf("skill %s: is of version %d, version %d is kept: %w", k.ID, k.Version, version, ErrConflict)
	}
	k.Version++
	return skillItem(k)
}

// skillItem is the item of a skill. It is found by the situation that it is for.
func skillItem(k agent.Skill) (archive.Item, error) {
	body, err := json.Marshal(k)
	if err != nil {
		return archive.Item{}, err
	}
	return archive.Item{
		ID: k.ID, Class: agent.KindSkill, Scope: k.Scope, Suite: k.Suite, Kind: k.Kind, Key: "skill " + k.ID,
		Text: k.When, Doc: k.Text(), Body: body,
	}, nil
}

// RecallSkills is how many skills of the task's kind one Recall returns at most:
// K of SkillRL (arXiv:2602.08234, eq. 4).
const RecallSkills = 6

// MinSkillSimilarity is the cosine above which a skill of the task's kind is
// recalled: δ of SkillRL, eq. 4. Unlike the paper, which does not say its value,
// it is above what two hashed texts without a word in common have by chance.
const MinSkillSimilarity = 0.1

// findSkills returns the general skills, and after them those of the task's
// kind. A mistake without a kind counts as of every kind; of a task without a
// kind, skills of every kind are looked at. There are none unless
// Options.SkillTokens lets them in. The caller holds the read lock.
func (q *query) findSkills(ctx context.Context) ([]Candidate, error) {
	if q.o.SkillTokens == 0 || q.o.Form != Asymmetric || !q.letsKind(agent.KindSkill) {
		return nil, nil
	}
	kinds := []string{q.Task.Kind, ""}
	if q.Task.Kind == "" {
		kinds = slices.Clone(q.kinds[place{q.Task.Scope, q.Task.Suite, string(agent.KindSkill)}])
	}
	slices.Sort(kinds)
	found, err := q.ofKinds(ctx, agent.KindSkill, slices.Compact(kinds), TierKind)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(c Candidate) bool { return q.items[c.ID].skill.Category == agent.SkillGeneral })
	slices.SortFunc(found, byPreference)
	var general []Candidate
	for _, id := range q.skills[q.Task.Scope] {
		if e := q.items[id]; e.skill.Category == agent.SkillGeneral && e.Suite == q.Task.Suite && q.lets(e) {
			general = append(general, q.candidate(id, TierSuite))
		}
	}
	slices.SortFunc(general, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(support(q.items[b.ID]), support(q.items[a.ID])), cmp.Compare(a.ID, b.ID))
	})
	return slices.DeleteFunc(append(general, found...), func(c Candidate) bool { return !q.letsTier(c.Tier) }), nil
}

// support is by how many episodes the evidence for a skill exceeds that against it.
func support(e *entry) int { return len(e.skill.For) - len(e.skill.Against) }

// packSkills packs active skills: the general ones in Options.SkillTokens, and
// those of the kind, at most RecallSkills, in as many of their own, so that
// neither push the others out.
func (p *packer) packSkills(found []Candidate) {
	left := map[Tier]int{TierSuite: p.store.o.SkillTokens, TierKind: p.store.o.SkillTokens}
	ofKind := 0
	for i := range found {
		c := &found[i]
		k := p.store.items[c.ID].skill
		n := p.store.o.CountTokens(k.Text())
		switch {
		case k.State != agent.SkillActive:
			c.Reason = string(k.State) + ": " + k.Reason
		case p.store.items[c.ID].verdict == effect.Harms:
			c.Reason = "its measured effect is harm"
		case c.Tier == TierKind && c.Similarity <= MinSkillSimilarity:
			c.Reason = fmt.Sprintf("similarity %.3f, must be above %v", c.Similarity, MinSkillSimilarity)
		case c.Tier == TierKind && ofKind == RecallSkills:
			c.Reason = fmt.Sprintf("%d skills of the kind are packed", RecallSkills)
		case n > left[c.Tier]:
			c.Reason = fmt.Sprintf("%d tokens, %d left for skills of its sort", n, left[c.Tier])
		case p.add(c, k.Text()):
			left[c.Tier] -= n
			if c.Tier == TierKind {
				ofKind++
			}
		}
	}
}
