package agent

import "time"

// Lesson is the abstraction of one or more failures: when to take care, what
// went wrong, what to do instead. The raw failures stay in the archive as
// evidence; only the lesson is ever shown to a policy.
//
// Its preconditions are its Trigger: the goal, in which what differs between the
// failures that support it became a variable, or the tool that was called. What
// else held at the failing step is in the Mistake where it matters ("where A is
// not in view"); a list of all that held in common would name mostly chance.
type Lesson struct {
	ID    string `json:"id"`
	Scope string `json:"scope,omitempty"` // of the tasks that it comes from
	Suite string `json:"suite"`
	Kind  string `json:"kind"`           // task kind it applies to
	Task  string `json:"task,omitempty"` // task ID if it is about one task only; empty: about the kind

	Trigger string `json:"trigger"` // when: the situation, in words
	Mistake string `json:"mistake"` // what was done
	Remedy  string `json:"remedy"`  // what to do instead
	Cause   Cause  `json:"cause"`

	Tags []string `json:"tags,omitempty"` // of the tasks of the episodes that support it, each once, in order

	For        []string    `json:"for"`               // IDs of the episodes that support it, oldest first
	Against    []string    `json:"against,omitempty"` // IDs of the episodes that contradict it
	Contrast   Contrast    `json:"contrast,omitzero"` // zero: none is known
	Confidence float64     `json:"confidence"`        // in [0,1]
	State      LessonState `json:"state"`
	Reason     string      `json:"reason,omitempty"`  // why it is in its state, in words
	Doubt      string      `json:"doubt,omitempty"`   // why it is in quarantine, whatever its evidence; empty: it is not
	Override   Override    `json:"override,omitzero"` // by hand; zero: the evidence decides
	Created    time.Time   `json:"created"`
	Expires    time.Time   `json:"expires,omitzero"` // zero: never; after it the lesson is not recalled until seen again

	Retest time.Time `json:"retest,omitzero"`  // when it is tested again if it is retired by then, or has expired; zero: never
	Failed int       `json:"failed,omitempty"` // how many tests it failed

	Effect Effect `json:"effect,omitzero"` // of showing it, since it was last found to harm and tested again
	Harm   Effect `json:"harm,omitzero"`   // by which it was found to harm; zero: it was not, or helps now
}

// Contrast is a success that did the same as a failure up to the step at which
// the failure went wrong, and did otherwise there.
type Contrast struct {
	Success string `json:"success"` // ID of the episode
	Failure string `json:"failure"` // ID of the episode
	Step    int    `json:"step"`    // of the failure, from 0; its number of steps if it ended there
}

// Override is a state that someone gave a lesson, whatever its evidence.
type Override struct {
	State LessonState `json:"state"`
	By    string      `json:"by"` // who
	At    time.Time   `json:"at"`
}

// LessonState is where a lesson stands in its life.
type LessonState string

const (
	LessonCandidate   LessonState = "candidate"   // too little evidence yet
	LessonActive      LessonState = "active"      // may be recalled
	LessonRetired     LessonState = "retired"     // contradicted or measured to harm; kept as a record
	LessonQuarantined LessonState = "quarantined" // of unknown origin or doubtful; never recalled
)

// Demonstration is a successful episode kept to be imitated, word for word.
// Its ID is the episode's.
type Demonstration struct {
	Episode Episode `json:"episode"`
	Seen    int     `json:"seen"` // how many episodes had the same task and the same actions, this one included
}
