package policy

import "slices"

// Baselined is REINFORCE with a baseline (Williams 1992): the advantage of every
// token of a trajectory is its reward less the mean reward of all that is learned
// from at once, whatever its group.
//
// With rewards of +1 and -1 and a share p of successes it is W-REINFORCE (see
// [Reinforce]) whose lambda follows p: failures weigh 2p and successes 2(1-p), so
// that both have the same weight in total. The paper's lambda of 0.1 is right where
// 91% succeed, and pushes a weaker policy apart.
type Baselined struct {
	ClipLow, ClipHigh float64 // ≥ 0, as of Reinforce
}

// DefaultBaselined has the clips of Reinforce.
func DefaultBaselined() Baselined { return Baselined{0.2, 0.2} }

// Spec implements Objective.
func (o Baselined) Spec() Spec { return Spec{Name: "reinforce-baseline"} }

// Advantages implements Objective. Nothing is learned where all rewards are the
// same.
func (o Baselined) Advantages(groups [][]Trajectory) [][][]float64 {
	return lessMean(groups, func(Trajectory) float64 { return 1 })
}

// Loss implements Objective.
func (o Baselined) Loss(group []Scored) float64 { return clippedLoss(group, o.ClipLow, o.ClipHigh) }

// lessMean is the reward of each trajectory less the mean of all, weighted;
// everything is out where all rewards are the same.
func lessMean(groups [][]Trajectory, weight func(Trajectory) float64) [][][]float64 {
	all := slices.Concat(groups...)
	var mean, total float64
	for _, t := range all {
		total += weight(t)
	}
	for _, t := range all {
		mean += weight(t) * t.Reward / max(total, 1)
	}
	differ := slices.ContainsFunc(all, func(t Trajectory) bool { return t.Reward != all[0].Reward })
	return constant(groups, func(t Trajectory) float64 {
		if !differ { // whose mean may be rounded
			return Out()
		}
		return t.Reward - mean
	})
}
