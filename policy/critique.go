package policy

import (
	"fmt"
	"math"
)

// CritiqueGRPO learns from groups of answers of which some were refined after a
// critique (arXiv:2506.03106). The advantage of every token of a trajectory is
// its reward less the mean of the group, refinements counted, with no division
// by the deviation or by the trajectory's own length, and there is no
// divergence from a reference policy. The loss of an update is the mean over
// trajectories.
//
// A Sampled trajectory has the clipped ratio loss. A Refined one is scored
// under the prompt without the critique, under which its author never wrote it,
// so that there is no old probability to compare with. Its loss is the shaped
// -A·π/(π+Gamma) in place of the ratio, whose derivative with respect to log π
// is -A·Gamma·π/(π+Gamma)²: largest at π = Gamma, and small both for what the
// policy would write anyway and for what it would hardly ever write.
type CritiqueGRPO struct {
	Gamma             float64 // γ of the shaped probability, > 0
	Length            int     // what the loss of a trajectory is divided by, > 0; GRPO.Length explains it
	ClipLow, ClipHigh float64 // of Sampled trajectories, ≥ 0
}

// DefaultCritiqueGRPO has the paper's γ = 0.1 and, as there, no division by a
// length; clip 0.2 is that of [DefaultGRPO].
func DefaultCritiqueGRPO() CritiqueGRPO {
	return CritiqueGRPO{Gamma: 0.1, Length: 1, ClipLow: 0.2, ClipHigh: 0.2}
}

// Validate names the first field that is out of its range.
func (o CritiqueGRPO) Validate() error {
	switch {
	case !(o.Gamma > 0):
		return fmt.Errorf("policy: CritiqueGRPO.Gamma is %v, must be > 0", o.Gamma)
	case o.Length < 1:
		return fmt.Errorf("policy: CritiqueGRPO.Length is %d, must be > 0", o.Length)
	case !(o.ClipLow >= 0) || !(o.ClipHigh >= 0):
		return fmt.Errorf("policy: CritiqueGRPO.ClipLow and ClipHigh are %v and %v, must be ≥ 0", o.ClipLow, o.ClipHigh)
	}
	return nil
}

// Spec implements Objective.
func (CritiqueGRPO) Spec() Spec { return Spec{Name: "critique-grpo", Average: PerTrajectory} }

// Advantages implements Objective. A group whose rewards are all the same
// teaches nothing.
func (o CritiqueGRPO) Advantages(groups [][]Trajectory) [][][]float64 {
	return GRPO{Plain: true, Length: o.Length}.Advantages(groups)
}

// Loss implements Objective.
func (o CritiqueGRPO) Loss(group []Scored) float64 {
	length := float64(o.Length)
	return eachToken(group, func(s *Scored, j int) (loss, gradient float64) {
		if s.Part == Refined {
			loss, gradient = o.shaped(s.Advantages[j], s.LogProbs[j])
		} else {
			loss, gradient = clipped(s, j, o.ClipLow, o.ClipHigh)
		}
		return loss / length, gradient / length
	})
}

// shaped is the loss of a refined token, and its derivative.
func (o CritiqueGRPO) shaped(advantage, logProb float64) (loss, gradient float64) {
	p := math.Exp(logProb)
	share := p / (p + o.Gamma)
	return -advantage * share, -advantage * share * o.Gamma / (p + o.Gamma)
}
