package policy

// OPO is REINFORCE with the baseline that makes the gradient least noisy, if each
// token's gradient is as long and all are orthogonal (arXiv:2505.23585): the mean
// reward, each trajectory weighing as much as it has tokens. Like that of
// [Baselined] it is of all that is learned from at once, where the paper has one for
// each prompt.
//
// With it what is pushed up and what is pushed down weigh the same, token for token.
// That matters to an agent, whose failures are long: they use up their budget. With
// rewards of +1 and -1 it is W-REINFORCE (see [Reinforce]) whose lambda is the ratio
// of tokens, of failures to successes.
type OPO struct {
	ClipLow, ClipHigh float64 // ≥ 0, as of Reinforce
}

// DefaultOPO has the clips of Reinforce. The paper has none, since it makes one
// update on each batch.
func DefaultOPO() OPO { return OPO{0.2, 0.2} }

// Spec implements Objective.
func (o OPO) Spec() Spec { return Spec{Name: "opo"} }

// Advantages implements Objective. Nothing is learned where all rewards are the
// same.
func (o OPO) Advantages(groups [][]Trajectory) [][][]float64 {
	return lessMean(groups, func(t Trajectory) float64 { return float64(len(t.Targets)) })
}

// Loss implements Objective.
func (o OPO) Loss(group []Scored) float64 { return clippedLoss(group, o.ClipLow, o.ClipHigh) }
