package policy

import (
	"fmt"
	"math"
)

// PPO is proximal policy optimisation (arXiv:1707.06347) with a critic and
// generalised advantage estimation (arXiv:1506.02438). A trajectory's Reward
// comes with its last target; every target costs Beta times the divergence of
// the actor from the reference policy. Advantages are normalised to mean 0 and
// deviation 1 over all targets of all groups.
type PPO struct {
	Discount float64 // in [0,1]
	Lambda   float64 // of GAE, in [0,1]
	Beta     float64 // weight of the divergence in the reward, ≥ 0; at 0 there is no reference policy
	KL       KLForm
	Clip     float64 // ≥ 0
}

// DefaultPPO is PPO as it was trained as a baseline of arXiv:2506.01347:
// divergence 1e-3 in the reward, and for answers no discount and Lambda 1.
func DefaultPPO() PPO { return PPO{Discount: 1, Lambda: 1, Beta: 1e-3, KL: K1, Clip: 0.2} }

// Validate names the first field that is out of its range.
func (o PPO) Validate() error {
	for _, f := range []struct {
		name  string
		value float64
		ok    bool
		want  string
	}{
		{"Discount", o.Discount, o.Discount >= 0 && o.Discount <= 1, "in [0,1]"},
		{"Lambda", o.Lambda, o.Lambda >= 0 && o.Lambda <= 1, "in [0,1]"},
		{"Beta", o.Beta, o.Beta >= 0, "≥ 0"},
		{"KL", float64(o.KL), o.Beta == 0 || o.KL >= K1 && o.KL <= K3, "K1, K2 or K3"},
		{"Clip", o.Clip, o.Clip >= 0, "≥ 0"},
	} {
		if !f.ok {
			return fmt.Errorf("policy: PPO.%s is %v, must be %s", f.name, f.value, f.want)
		}
	}
	return nil
}

// Spec implements Objective.
func (o PPO) Spec() Spec { return Spec{Name: "ppo", Reference: o.Beta > 0, Critic: true} }

// Advantages implements Objective.
func (o PPO) Advantages(groups [][]Trajectory) [][][]float64 {
	out := o.each(groups, func(advantages []float64, _ Trajectory) {})
	var n, mean, square float64
	for _, group := range out {
		for _, t := range group {
			for _, a := range t {
				n++
				mean += a
				square += a * a
			}
		}
	}
	mean /= max(n, 1)
	deviation := math.Sqrt(max(square/max(n, 1)-mean*mean, 0))
	for _, group := range out {
		for _, t := range group {
			for j := range t {
				t[j] = (t[j] - mean) / (deviation + 1e-8)
			}
		}
	}
	return out
}

// Returns implements Valued: advantage plus value, as in arXiv:1506.02438's
// code.
func (o PPO) Returns(groups [][]Trajectory) [][][]float64 {
	return o.each(groups, func(advantages []float64, t Trajectory) {
		for j := range advantages {
			advantages[j] += t.Targets[j].Value
		}
	})
}

// each calls f with the advantages of each trajectory, not normalised.
func (o PPO) each(groups [][]Trajectory, f func(advantages []float64, t Trajectory)) [][][]float64 {
	out := make([][][]float64, len(groups))
	for g, group := range groups {
		out[g] = make([][]float64, len(group))
		for i, t := range group {
			out[g][i] = o.estimate(t)
			f(out[g][i], t)
		}
	}
	return out
}

// estimate is generalised advantage estimation (arXiv:1506.02438, eq. 16): the
// sum over l of (γλ)^l δ_{t+l} with δ_t = r_t + γV_{t+1} - V_t. The value after
// the last target is 0: what ends an answer ends its task.
func (o PPO) estimate(t Trajectory) []float64 {
	out := make([]float64, len(t.Targets))
	next, sum := 0.0, 0.0
	for j := len(out) - 1; j >= 0; j-- {
		g := t.Targets[j]
		reward := 0.0
		if j == len(out)-1 {
			reward = t.Reward
		}
		if o.Beta > 0 && !math.IsNaN(g.OldLogProb) {
			kl, _ := o.KL.Estimate(g.OldLogProb, g.Reference)
			reward -= o.Beta * kl
		}
		sum = reward + o.Discount*next - g.Value + o.Discount*o.Lambda*sum
		out[j], next = sum, g.Value
	}
	return out
}

// Loss implements Objective.
func (o PPO) Loss(group []Scored) float64 { return clippedLoss(group, o.Clip, o.Clip) }
