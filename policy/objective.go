package policy

import "math"

// Objective says what is to be learned from groups of trajectories: how good
// each chosen token was, and what loss follows from that. A group is what is
// compared or learned from together: all trajectories sampled for one prompt by
// one policy version, say.
type Objective interface {
	// Spec says how the objective is to be trained.
	Spec() Spec

	// Advantages returns the advantage of each target of each trajectory of
	// each group, before the first update on them. Out leaves a token out: it
	// costs nothing, and has no loss. The result is the caller's.
	Advantages(groups [][]Trajectory) [][][]float64

	// Loss returns the sum of the losses of a group's targets, and adds the
	// derivative of that sum with respect to each log-probability to
	// Scored.Gradients. Trajectories of which all targets are out are there
	// too, with nothing scored.
	Loss(group []Scored) float64
}

// Spec is the part of an objective that does not depend on trajectories.
type Spec struct {
	Name      string  // the method's, "nsr" say
	Average   Average // what the sum of the losses is divided by
	Reference bool    // Target.Reference must be known: the trainer needs a reference policy
	Critic    bool    // Target.Value must be known: the trainer needs a critic, and the objective is a Valued
}

// Out is the advantage of a token that is not learned from: NaN, which Go has
// no constant for.
func Out() float64 { return math.NaN() }

// Scored is a trajectory in the middle of an update.
type Scored struct {
	Trajectory
	Advantages []float64 // (targets), as the objective gave them
	LogProbs   []float64 // (targets), natural logs under the model as it is; NaN where the advantage is Out
	Gradients  []float64 // (targets), to be added to
}

// Average is what a sum of losses is divided by.
type Average uint8

// The averages. Targets whose advantage is Out count, too: leaving out the
// right answers does not make the wrong ones weigh more.
const (
	PerToken      Average = iota // the number of targets: all weigh the same (DAPO, arXiv:2503.14476, eq. 8)
	PerTrajectory                // the number of trajectories
	PerGroup                     // the number of groups
)

// of is what losses of groups are divided by.
func (a Average) of(groups [][]Trajectory) int {
	n := 0
	for _, group := range groups {
		switch a {
		case PerTrajectory:
			n += len(group)
		case PerGroup:
			n++
		default:
			for _, t := range group {
				n += len(t.Targets)
			}
		}
	}
	return n
}

// constant returns advantages that are the same for a whole trajectory.
func constant(groups [][]Trajectory, advantage func(Trajectory) float64) [][][]float64 {
	out := make([][][]float64, len(groups))
	for g, group := range groups {
		out[g] = make([][]float64, len(group))
		for i, t := range group {
			a := advantage(t)
			out[g][i] = make([]float64, len(t.Targets))
			for j := range out[g][i] {
				out[g][i][j] = a
			}
		}
	}
	return out
}

// eachToken is the loss of a group that is a sum over its tokens: f returns
// the loss of target j of s and its derivative with respect to LogProbs[j].
func eachToken(group []Scored, f func(s *Scored, j int) (loss, gradient float64)) float64 {
	sum := 0.0
	for i := range group {
		s := &group[i]
		for j, a := range s.Advantages {
			if math.IsNaN(a) {
				continue
			}
			loss, gradient := f(s, j)
			sum += loss
			s.Gradients[j] += gradient
		}
	}
	return sum
}

// clipped is the loss of a token under the clipped ratio ρ = π/π_old,
//
//	max(-A·ρ, -A·clip(ρ, 1-low, 1+high))
//
// (PPO, arXiv:1707.06347, eq. 7), and its derivative with respect to log π. A
// token whose actor did not state π_old is taken as on policy.
func clipped(s *Scored, j int, low, high float64) (loss, gradient float64) {
	old, a := s.Targets[j].OldLogProb, s.Advantages[j]
	if math.IsNaN(old) {
		old = s.LogProbs[j]
	}
	ratio := math.Exp(s.LogProbs[j] - old)
	free := -a * ratio
	if stopped := -a * min(max(ratio, 1-low), 1+high); stopped > free {
		return stopped, 0
	}
	return free, free // d(-A·exp(lp-old))/d lp is itself
}

// clippedLoss is the sum of the losses under the clipped ratio of a group's tokens.
func clippedLoss(group []Scored, low, high float64) float64 {
	return eachToken(group, func(s *Scored, j int) (loss, gradient float64) { return clipped(s, j, low, high) })
}
