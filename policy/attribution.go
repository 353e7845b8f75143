package policy

import "math"

// Blame says how much of a failure each step of an episode bears: weights ≥ 0,
// 1 for as much as without any blame. Nil: not known.
type Blame []float64

// Attributed is an objective, one without a critic, that puts its negative
// advantages on the steps to blame: each is multiplied by the weight of its
// step, and is Out where that is 0. The weights are not normalised, so that no
// step is pushed harder because its episode is long. A trajectory whose blame
// is nil is learned from as it is; where every weight is 0 nothing is.
type Attributed struct{ Objective }

// Spec implements Objective: that of the objective within, by another name.
func (o Attributed) Spec() Spec {
	s := o.Objective.Spec()
	s.Name += "-attributed"
	return s
}

// Advantages implements Objective. A token of no step, or of one beyond the
// blame, has weight 0.
func (o Attributed) Advantages(groups [][]Trajectory) [][][]float64 {
	out := o.Objective.Advantages(groups)
	for g, group := range groups {
		for i, t := range group {
			if t.Blame == nil {
				continue
			}
			for j, target := range t.Targets {
				if a := out[g][i][j]; math.IsNaN(a) || a >= 0 {
					continue
				}
				if target.Step < 0 || target.Step >= len(t.Blame) || t.Blame[target.Step] == 0 {
					out[g][i][j] = Out()
					continue
				}
				out[g][i][j] *= t.Blame[target.Step]
			}
		}
	}
	return out
}
