package policy

import "math"

// Imitation is supervised fine-tuning: every choice of a demonstration is made
// more likely, by its negative log-likelihood.
type Imitation struct {
	// MinProb is the probability its own author must have given a choice for
	// it to be imitated, in [0,1]. A teacher that acts at random now and then,
	// so that its pupil sees how to recover, states small probabilities for
	// those actions. An author that states none is imitated throughout.
	MinProb float64

	// Text is the weight of every other token of the transcript, ≥ 0: what the
	// world answers, and what of an action was no choice, predicted over the
	// whole vocabulary. Only trajectories made by [Trajectory.WithText] have
	// them. A small model that learns to foresee the world learns to act on
	// what it has seen with fewer demonstrations.
	Text float64
}

// Spec implements Objective.
func (Imitation) Spec() Spec { return Spec{Name: "imitation"} }

// Advantages implements Objective.
func (o Imitation) Advantages(groups [][]Trajectory) [][][]float64 {
	out := constant(groups, func(Trajectory) float64 { return 1 })
	for g, group := range groups {
		for i, t := range group {
			for j, target := range t.Targets {
				switch {
				case target.Step < 0 && o.Text != 0:
					out[g][i][j] = o.Text
				case target.Step < 0, math.Exp(target.StepLogProb) < o.MinProb:
					out[g][i][j] = Out()
				}
			}
		}
	}
	return out
}

// Loss implements Objective: -A·log π.
func (Imitation) Loss(group []Scored) float64 {
	return eachToken(group, func(s *Scored, j int) (loss, gradient float64) {
		return -s.Advantages[j] * s.LogProbs[j], -s.Advantages[j]
	})
}
