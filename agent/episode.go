package agent

import "time"

// Episode is one recorded run of a task. It marshals to JSON and back without
// loss, so that a stored episode can be replayed byte for byte.
type Episode struct {
	ID     string `json:"id"` // UUIDv7 unless the caller chose one
	Task   Task   `json:"task"`
	Trial  int    `json:"trial"`            // 0 for the first try at the task, 1 for the first retry
	Seed   uint64 `json:"seed"`             // seeds the policy's sampling
	Policy string `json:"policy,omitempty"` // version of the policy that acted; fixed for the whole episode

	// Context is what memory put before the policy. The learner needs it to
	// score the actions again; it is never learned from as experience.
	Context Context `json:"context,omitzero"`

	Steps   []Step      `json:"steps"`
	Final   Observation `json:"final,omitzero"` // what followed the last action
	Outcome Outcome     `json:"outcome"`

	Started time.Time     `json:"started,omitzero"`
	Elapsed time.Duration `json:"elapsed,omitempty"` // nanoseconds
	Tokens  int           `json:"tokens,omitempty"`  // what the policy read and wrote, context included

	Origin Origin `json:"origin,omitzero"` // of an episode that another program recorded
}

// Origin is the record that an episode was read from.
type Origin struct {
	Format string `json:"format"` // of the file: an importer's name
	Source string `json:"source"` // the file's name
	Record int    `json:"record"` // in the file, from 1
}

// Step is one (observation, action, reward): what the policy saw, what it did,
// and what that brought.
type Step struct {
	Observation Observation `json:"observation"` // before the action
	Action      Action      `json:"action"`

	// LogProbs are the natural logs of the probabilities with which the policy
	// chose the tokens of Action, in its own tokens, given the admissible
	// actions: all ≤ 0, their sum the log-probability of the action. Empty if
	// the policy does not know them.
	LogProbs []float64 `json:"log_probs,omitempty"`

	Reward     float64 `json:"reward,omitempty"`
	Invalid    bool    `json:"invalid,omitempty"`    // the action was not among the admissible ones
	Terminated bool    `json:"terminated,omitempty"` // the task ended here
	Truncated  bool    `json:"truncated,omitempty"`  // we stopped it here
}

// Outcome is how an episode ended.
type Outcome struct {
	Success    bool    `json:"success"`
	Score      float64 `json:"score"`               // in [0,1]; 1 is best
	Cause      Cause   `json:"cause,omitempty"`     // why it failed; empty on success
	Transient  bool    `json:"transient,omitempty"` // the cause may well be gone at the next try: an outage, a rate limit
	Feedback   string  `json:"feedback,omitempty"`  // what the environment or the loop said of it
	Terminated bool    `json:"terminated,omitempty"`
	Truncated  bool    `json:"truncated,omitempty"`
}

// Cause is the class of the cause of a failure. It decides what may be learned
// from it: an outage of a tool says nothing about the policy.
type Cause string

const (
	CausePolicy      Cause = "policy"      // the agent acted badly
	CauseKnowledge   Cause = "knowledge"   // the agent lacked a fact
	CauseTool        Cause = "tool"        // a tool failed or was misused
	CauseEnvironment Cause = "environment" // the world broke or was not reachable
	CauseBudget      Cause = "budget"      // steps, tokens or time ran out
)

// Causes lists every Cause, in the order of their definition.
func Causes() []Cause {
	return []Cause{CausePolicy, CauseKnowledge, CauseTool, CauseEnvironment, CauseBudget}
}
