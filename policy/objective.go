package policy

// Objective says what is to be learned from trajectories: how good each chosen
// token was, and what loss follows from that.
type Objective interface {
	// Name is the method's, "nsr" say.
	Name() string

	// Advantages returns, for every trajectory of a group (one task, one
	// policy version), the advantage of each of its targets. 0 leaves a token
	// alone. The result is the caller's.
	Advantages(group []Trajectory) [][]float64

	// Loss is the loss of one token and its derivative with respect to
	// logProb. Both logs are natural and ≤ 0; old is the behaviour policy's.
	Loss(logProb, old, advantage float64) (loss, gradient float64)
}

// constant returns advantages that are the same for a whole trajectory.
func constant(group []Trajectory, advantage func(Trajectory) float64) [][]float64 {
	out := make([][]float64, len(group))
	for i, t := range group {
		a := advantage(t)
		out[i] = make([]float64, len(t.Targets))
		for j := range out[i] {
			out[i][j] = a
		}
	}
	return out
}
