package policy

import "math"

// Reinforce is the family of negative sample reinforcement (arXiv:2506.01347):
// the advantage of every token of a right answer is Positive, of a wrong one
// -Negative, with no baseline, no group mean and no deviation, so that a group
// in which every answer is wrong still teaches. The loss is the clipped ratio
// loss that the authors trained with, a token mean of
//
//	max(-A·ρ, -A·clip(ρ, 1-ClipLow, 1+ClipHigh)),  ρ = π/π_old.
//
// For a wrong answer the low side is the brake: once a token has lost ClipLow
// of its probability it is no longer pushed.
type Reinforce struct {
	Method             string
	Positive, Negative float64 // weights of L_PSR and L_NSR (eq. 9), ≥ 0
	ClipLow, ClipHigh  float64 // ≥ 0; the paper's are both 0.2
}

// NSR learns from failures alone (eq. 4).
func NSR() Reinforce { return Reinforce{"nsr", 0, 1, 0.2, 0.2} }

// PSR learns from successes alone (eq. 3).
func PSR() Reinforce { return Reinforce{"psr", 1, 0, 0.2, 0.2} }

// WReinforce weights successes by lambda (eq. 9; the paper's lambda is 0.1).
func WReinforce(lambda float64) Reinforce {
	return Reinforce{"w-reinforce", lambda, 1, 0.2, 0.2}
}

// Name implements Objective.
func (o Reinforce) Name() string { return o.Method }

// Advantages implements Objective.
func (o Reinforce) Advantages(group []Trajectory) [][]float64 {
	return constant(group, func(t Trajectory) float64 {
		if t.Reward > 0 {
			return o.Positive
		}
		return -o.Negative
	})
}

// Loss implements Objective.
func (o Reinforce) Loss(logProb, old, advantage float64) (loss, gradient float64) {
	if math.IsNaN(old) { // the actor did not say: taken as on policy
		old = logProb
	}
	ratio := math.Exp(logProb - old)
	free := -advantage * ratio
	clipped := -advantage * min(max(ratio, 1-o.ClipLow), 1+o.ClipHigh)
	if clipped > free {
		return clipped, 0
	}
	return free, free // d(-A·exp(lp-old))/d lp is itself
}
