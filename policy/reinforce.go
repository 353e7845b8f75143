package policy

// Reinforce is the family of negative sample reinforcement (arXiv:2506.01347):
// the advantage of every token of a right answer is Positive, of a wrong one
// -Negative, with no baseline, no group mean and no deviation, so that a group
// in which every answer is wrong still teaches. The loss is the clipped ratio
// loss that the authors trained with, as a token mean. For a wrong answer the
// low side is the brake: once a token has lost ClipLow of its probability it is
// no longer pushed.
type Reinforce struct {
	Method             string
	Positive, Negative float64 // weights of L_PSR and L_NSR (eq. 9), ≥ 0
	ClipLow, ClipHigh  float64 // ≥ 0; the paper's are both 0.2
}

// NSR learns from failures alone (eq. 4).
func NSR() Reinforce { return Reinforce{"nsr", 0, 1, 0.2, 0.2} }

// PSR learns from successes alone (eq. 3).
func PSR() Reinforce { return Reinforce{"psr", 1, 0, 0.2, 0.2} }

// REINFORCE learns from both alike (eq. 2; Williams 1992, without a baseline).
func REINFORCE() Reinforce { return Reinforce{"reinforce", 1, 1, 0.2, 0.2} }

// WReinforce weights successes by lambda (eq. 9; the paper's lambda is 0.1).
func WReinforce(lambda float64) Reinforce {
	return Reinforce{"w-reinforce", lambda, 1, 0.2, 0.2}
}

// ANSR is the schedule A-NSR at a share of training in [0,1]: the weight of
// failures falls from 1.5 to 0.5 and that of successes rises from 0.05 to 0.2,
// both linearly.
func ANSR(share float64) Reinforce {
	return Reinforce{"a-nsr", 0.05 + 0.15*share, 1.5 - share, 0.2, 0.2}
}

// Spec implements Objective.
func (o Reinforce) Spec() Spec { return Spec{Name: o.Method} }

// Advantages implements Objective.
func (o Reinforce) Advantages(groups [][]Trajectory) [][][]float64 {
	return constant(groups, func(t Trajectory) float64 {
		switch {
		case t.Reward > 0 && o.Positive != 0:
			return o.Positive
		case t.Reward <= 0 && o.Negative != 0:
			return -o.Negative
		}
		return Out()
	})
}

// Loss implements Objective.
func (o Reinforce) Loss(group []Scored) float64 { return clippedLoss(group, o.ClipLow, o.ClipHigh) }
