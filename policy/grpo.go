package policy

import (
	"fmt"
	"math"
	"slices"
)

// GRPO is group relative policy optimisation (arXiv:2402.03300): the advantage
// of every token of a trajectory is its reward less the mean of its group,
// which takes the place of a critic. The loss of a trajectory is the mean over
// its tokens of the clipped ratio loss and Beta times the divergence from the
// reference policy (eq. 3); that of an update is the mean over trajectories.
type GRPO struct {
	// Plain leaves the advantage undivided by the standard deviation of the
	// group's rewards (plus 1e-6), and the loss by the trajectory's own length:
	// Dr.GRPO (arXiv:2503.20783, section 3.2).
	Plain bool

	// Length is what the loss of a trajectory is divided by if Plain, in
	// tokens, > 0: the longest answer there may be. Dr.GRPO has no division at
	// all, which is the same but for the learning rate.
	Length int

	Beta              float64 // weight of the divergence, ≥ 0; at 0 there is no reference policy
	KL                KLForm
	ClipLow, ClipHigh float64 // ≥ 0
}

// DefaultGRPO is GRPO as it was trained as a baseline of arXiv:2506.01347:
// divergence 1e-3 in the loss, clip 0.2.
func DefaultGRPO() GRPO { return GRPO{Beta: 1e-3, KL: K3, ClipLow: 0.2, ClipHigh: 0.2} }

// DrGRPO is Dr.GRPO for answers of up to length tokens.
func DrGRPO(length int) GRPO {
	return GRPO{Plain: true, Length: length, ClipLow: 0.2, ClipHigh: 0.2}
}

// Validate names the first field that is out of its range.
func (o GRPO) Validate() error {
	switch {
	case o.Plain && o.Length < 1:
		return fmt.Errorf("policy: GRPO.Length is %d, must be > 0", o.Length)
	case !(o.Beta >= 0):
		return fmt.Errorf("policy: GRPO.Beta is %v, must be ≥ 0", o.Beta)
	case o.Beta > 0 && (o.KL < K1 || o.KL > K3):
		return fmt.Errorf("policy: GRPO.KL is %d, must be K1, K2 or K3", o.KL)
	case !(o.ClipLow >= 0) || !(o.ClipHigh >= 0):
		return fmt.Errorf("policy: GRPO.ClipLow and ClipHigh are %v and %v, must be ≥ 0", o.ClipLow, o.ClipHigh)
	}
	return nil
}

// Spec implements Objective.
func (o GRPO) Spec() Spec {
	name := "grpo"
	if o.Plain {
		name = "dr-grpo"
	}
	return Spec{Name: name, Average: PerTrajectory, Reference: o.Beta > 0}
}

// Advantages implements Objective. A group whose rewards are all the same
// teaches nothing but, if Beta > 0, to stay near the reference policy.
func (o GRPO) Advantages(groups [][]Trajectory) [][][]float64 {
	out := make([][][]float64, len(groups))
	for g, group := range groups {
		mean, deviation := spread(group)
		same := !slices.ContainsFunc(group, func(t Trajectory) bool { return t.Reward != group[0].Reward })
		out[g] = constant([][]Trajectory{group}, func(t Trajectory) float64 {
			if same && o.Beta == 0 {
				return Out()
			}
			if same { // whose mean may be rounded
				return 0
			}
			a := t.Reward - mean
			if !o.Plain {
				a /= deviation + 1e-6
			}
			return a
		})[0]
	}
	return out
}

// spread is the mean of a group's rewards and their standard deviation, with
// n-1 degrees of freedom as in the released code; 0 of one.
func spread(group []Trajectory) (mean, deviation float64) {
	for _, t := range group {
		mean += t.Reward / float64(len(group))
	}
	for _, t := range group {
		deviation += (t.Reward - mean) * (t.Reward - mean) / float64(max(len(group)-1, 1))
	}
	return mean, math.Sqrt(deviation)
}

// Loss implements Objective.
func (o GRPO) Loss(group []Scored) float64 {
	return eachToken(group, func(s *Scored, j int) (loss, gradient float64) {
		length := float64(len(s.Targets))
		if o.Plain {
			length = float64(o.Length)
		}
		loss, gradient = clipped(s, j, o.ClipLow, o.ClipHigh)
		if o.Beta > 0 {
			kl, slope := o.KL.Estimate(s.LogProbs[j], s.Targets[j].Reference)
			loss += o.Beta * kl
			gradient += o.Beta * slope
		}
		return loss / length, gradient / length
	})
}
