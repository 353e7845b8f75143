package policy

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Valued is an objective with a critic.
type Valued interface {
	Objective

	// Returns is what the critic is to estimate at each target of each
	// trajectory of each group, whose Value is the estimate so far.
	Returns(groups [][]Trajectory) [][][]float64
}

// prepared is groups with what an objective made of them before the first
// update.
type prepared struct {
	objective  Objective
	spec       Spec
	groups     [][]Trajectory
	advantages [][][]float64
	returns    [][][]float64 // nil without a critic

	// Of one update.
	divisor float64
	targets int
}

// prepare scores groups, of which it works on a copy.
func (t *Trainer) prepare(o Objective, groups [][]Trajectory) (prepared, error) {
	p := prepared{objective: o, spec: o.Spec(), groups: groups}
	if p.spec.Reference || p.spec.Critic {
		p.groups = cloneTargets(groups)
	}
	if p.spec.Reference {
		if t.reference == nil {
			return p, fmt.Errorf("policy: objective %s needs a reference policy: see Trainer.Anchor", p.spec.Name)
		}
		err := score(t.reference, p.groups, t.config.BatchTokens, func(g *Target, logProb float64) { g.Reference = logProb })
		if err != nil {
			return p, fmt.Errorf("reference policy: %w", err)
		}
	}
	if p.spec.Critic {
		if t.critic == nil {
			return p, fmt.Errorf("policy: objective %s needs a critic: see Trainer.Advise", p.spec.Name)
		}
		valued, ok := o.(Valued)
		if !ok {
			return p, fmt.Errorf("policy: objective %s needs a critic, but is no Valued", p.spec.Name)
		}
		if err := t.critic.values(p.groups); err != nil {
			return p, fmt.Errorf("critic: %w", err)
		}
		p.returns = valued.Returns(p.groups)
	}
	p.advantages = o.Advantages(p.groups)
	return p, p.check()
}

// check holds the objective to its contract.
func (p prepared) check() error {
	bad := len(p.advantages) != len(p.groups)
	for g := 0; g < len(p.groups) && !bad; g++ {
		bad = len(p.advantages[g]) != len(p.groups[g])
		for i := 0; i < len(p.groups[g]) && !bad; i++ {
			bad = len(p.advantages[g][i]) != len(p.groups[g][i].Targets)
		}
	}
	if bad {
		return errors.New("policy: objective " + p.spec.Name + " gave advantages of another shape than its groups")
	}
	return nil
}

// cloneTargets copies groups as far as a trainer fills them in.
func cloneTargets(groups [][]Trajectory) [][]Trajectory {
	out := make([][]Trajectory, len(groups))
	for g, group := range groups {
		out[g] = append([]Trajectory(nil), group...)
		for i := range out[g] {
			out[g][i].Targets = append([]Target(nil), out[g][i].Targets...)
		}
	}
	return out
}

// part is groups [from,to).
func (p prepared) part(from, to int) prepared {
	p.groups, p.advantages = p.groups[from:to], p.advantages[from:to]
	if p.returns != nil {
		p.returns = p.returns[from:to]
	}
	return p
}

// shuffle puts the groups into another order, in copies of the lists.
func (p *prepared) shuffle(rng *rand.Rand) {
	groups, advantages, returns := p.groups, p.advantages, p.returns
	p.groups, p.advantages = make([][]Trajectory, len(groups)), make([][][]float64, len(groups))
	if returns != nil {
		p.returns = make([][][]float64, len(groups))
	}
	for to, from := range rng.Perm(len(groups)) {
		p.groups[to], p.advantages[to] = groups[from], advantages[from]
		if returns != nil {
			p.returns[to] = returns[from]
		}
	}
}

// learns reports whether any target is learned from.
func (p prepared) learns() bool {
	for _, group := range p.advantages {
		for _, t := range group {
			for _, a := range t {
				if !math.IsNaN(a) {
					return true
				}
			}
		}
	}
	return false
}

// packed is a batch of whole groups, and where each of its targets came from.
type packed struct {
	transformer.Batch
	groups [][]Scored
	from   []origin
}

// origin is the place of a target.
type origin struct{ group, trajectory, target int }

func (b *packed) scored(at origin) *Scored { return &b.groups[at.group][at.trajectory] }

// pack puts as many groups of p, from the first on, into one batch as fit in
// maxTokens, at least one, and says how many. Targets that are out are left
// out, and so is what follows a trajectory's last one that is not.
func pack(p prepared, maxTokens int) (packed, int) {
	b := packed{Batch: transformer.Batch{Starts: []int{0}}}
	n := 0
	for ; n < len(p.groups); n++ {
		size := 0
		for i := range p.groups[n] {
			size += used(p.groups[n][i], p.advantages[n][i])
		}
		if n > 0 && len(b.Tokens)+size > maxTokens {
			break
		}
		b.add(p.groups[n], p.advantages[n])
	}
	return b, n
}

// used is how many of t's tokens are read to score what is not out.
func used(t Trajectory, advantages []float64) int {
	for j := len(advantages) - 1; j >= 0; j-- {
		if !math.IsNaN(advantages[j]) {
			return t.Targets[j].Position + 1
		}
	}
	return 0
}

// add appends a group.
func (b *packed) add(group []Trajectory, advantages [][]float64) {
	scored := make([]Scored, len(group))
	for i, t := range group {
		scored[i] = Scored{t, advantages[i], make([]float64, len(t.Targets)), make([]float64, len(t.Targets))}
		start, end := len(b.Tokens), used(t, advantages[i])
		if end > 0 {
			b.Tokens = append(b.Tokens, t.Tokens[:end]...)
			b.Starts = append(b.Starts, len(b.Tokens))
		}
		for j, g := range t.Targets {
			if math.IsNaN(advantages[i][j]) {
				scored[i].LogProbs[j] = math.NaN()
				continue
			}
			g.Position += start
			b.Targets = append(b.Targets, g.Target)
			b.from = append(b.from, origin{len(b.groups), i, j})
		}
	}
	b.groups = append(b.groups, scored)
}

// score reads groups, a batch of whole groups at a time, and tells each target
// the natural log of its probability.
func score(pass *transformer.Pass, groups [][]Trajectory, maxTokens int, tell func(g *Target, logProb float64)) error {
	all := prepared{groups: groups, advantages: constant(groups, func(Trajectory) float64 { return 0 })}
	for at := 0; at < len(groups); {
		b, n := pack(all.part(at, len(groups)), maxTokens)
		if len(b.Targets) > 0 {
			logProb, _, err := pass.Forward(&b.Batch)
			if err != nil {
				return err
			}
			for i, from := range b.from {
				tell(&groups[at+from.group][from.trajectory].Targets[from.target], float64(logProb[i]))
			}
		}
		at += n
	}
	return nil
}

// divergence estimates that of the policy which gave the targets of groups the
// log-probabilities of to that of pass: the mean of k3 over the targets where it
// is known, 0 without any.
func divergence(pass *transformer.Pass, groups [][]Trajectory, maxTokens int, of func(*Target) float64) (float64, error) {
	sum, n := 0.0, 0
	err := score(pass, groups, maxTokens, func(t *Target, logProb float64) {
		if own := of(t); !math.IsNaN(own) {
			kl, _ := K3.Estimate(own, logProb)
			sum += kl
			n++
		}
	})
	return sum / float64(max(n, 1)), err
}
