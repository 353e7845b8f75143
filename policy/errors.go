package policy

import "errors"

var (
	// ErrNoActions: an LM can only choose among admissible actions, and the
	// environment listed none.
	ErrNoActions = errors.New("policy: no admissible actions to choose from")

	// ErrNotAdmissible: a recorded action is not among the admissible ones, so
	// the model could not have chosen it.
	ErrNotAdmissible = errors.New("policy: action is not among the admissible ones")

	// ErrNoTargets: nothing in the batch is to be learned.
	ErrNoTargets = errors.New("policy: no action tokens to learn from")

	// ErrOtherRun: a folder holds a run of other settings than the one that is
	// to be kept there.
	ErrOtherRun = errors.New("policy: folder holds another run")
)
