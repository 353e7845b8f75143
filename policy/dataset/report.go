package dataset

// Report is what became of the episodes. Each was used or left out, for one
// reason.
type Report struct {
	Records  int       `json:"records"`  // written
	Episodes int       `json:"episodes"` // that they were made of
	LeftOut  []LeftOut `json:"left_out"` // by reason, never empty lists
}

// LeftOut is the episodes that were left out for one reason.
type LeftOut struct {
	Reason   string   `json:"reason"`   // of each of them
	Episodes []string `json:"episodes"` // IDs, in the order in which their tasks were first recorded
}

// reason is why an episode was left out.
type reason int

const (
	none reason = iota
	elsewhere
	empty
	silent
	garbled
	blameless
	failed
	unsolved
	apart
	unopposed
	reasons // how many there are
)

func (r reason) String() string {
	switch r {
	case elsewhere:
		return "of the other split"
	case empty:
		return "no step"
	case silent:
		return "a step without an action"
	case garbled:
		return "a text that is not UTF-8"
	case blameless:
		return "failed by the environment or a passing fault, not by the policy"
	case failed:
		return "failed, and sft imitates"
	case unsolved:
		return "failed, with no success of the same task to be compared with"
	case apart:
		return "failed, and did as every success of the same task for as long as both saw the same"
	case unopposed:
		return "succeeded, and was compared with no failure"
	}
	return ""
}
