package skills

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// ErrNoName is returned where it is not said who decides.
var ErrNoName = errors.New("decision without a name")

// Store keeps skills.
type Store interface {
	// Skills returns all skills that are kept, in whatever state.
	Skills(ctx context.Context) ([]agent.Skill, error)

	// KeepSkills keeps skills, all of them or none, in place of those of the
	// same IDs. Each has the Version of the one that it replaces, 0 if there is
	// none, or that is an error; what is kept has the next. why is for the history.
	KeepSkills(ctx context.Context, changed []agent.Skill, why string) error
}

// Bank decides which skills are active. Whatever it does is one write of its
// store: nothing is lost in it, and a retired skill stays as a record.
type Bank struct {
	store Store
	rules Rules
}

// NewBank returns a bank over a store. It returns the error of the rules.
func NewBank(store Store, rules Rules) (*Bank, error) {
	if err := rules.Validate(); err != nil {
		return nil, err
	}
	return &Bank{store, rules}, nil
}

// Decide puts a skill into a state by hand, SkillActive or SkillRetired, and
// pins it there: no evidence and no other skill moves it. by is who decides;
// ErrNoName if it is blank. A candidate is kept from then on.
func (b *Bank) Decide(ctx context.Context, s agent.Skill, state agent.SkillState, by string) (agent.Skill, error) {
	by = strings.Join(strings.Fields(by), " ")
	if by == "" {
		return s, fmt.Errorf("skill %s: %w", s.ID, ErrNoName)
	}
	if state != agent.SkillActive && state != agent.SkillRetired {
		return s, fmt.Errorf("skill %s: state %q: must be %s or %s", s.ID, state, agent.SkillActive, agent.SkillRetired)
	}
	s = clone(s)
	s.State, s.Pinned, s.Reason = state, by, "decided by "+by
	if err := b.store.KeepSkills(ctx, []agent.Skill{s}, fmt.Sprintf("skill %s: %s by %s", s.ID, state, by)); err != nil {
		return s, err
	}
	s.Version++
	return s, nil
}

// support is by how many episodes the evidence for s exceeds that against it.
func support(s agent.Skill) int { return len(s.For) - len(s.Against) }

// group names the skills among which s has to be one of the best: they share a
// bound.
type group struct {
	scope, suite string
	category     agent.SkillCategory
	kind         string // "" of general skills
}

func groupOf(s agent.Skill) group {
	g := group{s.Scope, s.Suite, s.Category, s.Kind}
	if s.Category == agent.SkillGeneral {
		g.kind = ""
	}
	return g
}

// bound is how many active skills a group may have that nobody pinned.
func (r Rules) bound(g group) int {
	switch g.category {
	case agent.SkillGeneral:
		return r.MaxGeneral
	case agent.SkillMistake:
		return r.MaxMistakes
	}
	return r.MaxTask
}

// Change is what a round did with a skill.
type Change struct {
	What  string      `json:"what"` // see the constants
	Skill agent.Skill `json:"skill"`
}

// What a round does with skills.
const (
	Admitted  = "admitted"
	Refused   = "refused"   // by the examination
	Displaced = "displaced" // by a better one of its group
	Demoted   = "demoted"   // contradicted, or measured to harm
	Merged    = "merged"    // into another that says the same
	Split     = "split"     // into one for each category in which it holds
	Supported = "supported" // its evidence is another than before
)

// draft is the skills of a bank while a round changes them.
type draft struct {
	rules   Rules
	round   agent.SkillRound
	skills  map[string]agent.Skill
	order   []string // IDs of those that changed
	changes []Change
}

func newDraft(rules Rules, kept []agent.Skill) *draft {
	d := &draft{rules: rules, skills: map[string]agent.Skill{}}
	for _, s := range kept {
		d.skills[s.ID] = clone(s)
	}
	return d
}

// put takes a changed skill.
func (d *draft) put(what string, s agent.Skill) {
	s.Round = d.round
	d.skills[s.ID] = s
	if !slices.Contains(d.order, s.ID) {
		d.order = append(d.order, s.ID)
	}
	d.changes = append(d.changes, Change{what, s})
}

// retire takes s out of use.
func (d *draft) retire(what string, s agent.Skill, reason string) {
	s.State, s.Reason = agent.SkillRetired, reason
	d.put(what, s)
}

// all are the skills by their IDs.
func (d *draft) all() []agent.Skill {
	out := make([]agent.Skill, 0, len(d.skills))
	for _, id := range slices.Sorted(maps.Keys(d.skills)) {
		out = append(out, d.skills[id])
	}
	return out
}

// active are those that may be recalled, by their IDs.
func (d *draft) active() []agent.Skill {
	return slices.DeleteFunc(d.all(), func(s agent.Skill) bool { return s.State != agent.SkillActive })
}

// changed are those that changed, in the order in which they did first.
func (d *draft) changed() []agent.Skill {
	out := make([]agent.Skill, len(d.order))
	for i, id := range d.order {
		out[i] = d.skills[id]
	}
	return out
}

// weakest returns the active skill of a group that has to go if another comes:
// none while there is room, and none that is pinned. full reports whether
// there is no room.
func (d *draft) weakest(g group) (s agent.Skill, full bool) {
	members := slices.DeleteFunc(d.active(), func(s agent.Skill) bool { return groupOf(s) != g || s.Pinned != "" })
	if len(members) < d.rules.bound(g) {
		return agent.Skill{}, false
	}
	if len(members) == 0 {
		return agent.Skill{}, true
	}
	return slices.MaxFunc(members, byEvidence), true
}

// without is skills but for the one of an ID.
func without(skills []agent.Skill, id string) []agent.Skill {
	return slices.DeleteFunc(slices.Clone(skills), func(s agent.Skill) bool { return s.ID == id })
}

// byID finds a skill in a list that need not be in order.
func byID(skills []agent.Skill, id string) (agent.Skill, bool) {
	i := slices.IndexFunc(skills, func(s agent.Skill) bool { return s.ID == id })
	if i < 0 {
		return agent.Skill{}, false
	}
	return skills[i], true
}

// inOrder sorts skills by group, evidence and ID.
func inOrder(skills []agent.Skill) {
	slices.SortFunc(skills, func(a, b agent.Skill) int {
		return cmp.Or(cmp.Compare(a.Suite, b.Suite), cmp.Compare(slices.Index(agent.SkillCategories(), a.Category), slices.Index(agent.SkillCategories(), b.Category)),
			cmp.Compare(a.Kind, b.Kind), byEvidence(a, b))
	})
}
