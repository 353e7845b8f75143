package agent

// Task is one thing to do. Two tasks with the same ID are the same task, and
// an episode of one may be replayed in the environment of the other.
type Task struct {
	// Scope is whose experience the task makes and uses: a tenant's, an agent's.
	// Memory shows nothing of one scope to another. Scopes are compared byte for
	// byte and are valid UTF-8; "" is the common one.
	Scope string `json:"scope,omitempty"`

	ID    string `json:"id"`    // unique within Scope and Suite; stable between runs
	Suite string `json:"suite"` // the world the task belongs to, "household" say
	Kind  string `json:"kind"`  // the category in which experience is shared, "pick_clean_then_place" say; may be empty
	Goal  string `json:"goal"`  // what is to be done, in words

	Tags []string `json:"tags,omitempty"` // labels by which its experience can be found later: "eu", "release-2"
}

// Action is one act as the environment reads it: a command, a call, an answer.
type Action string

// Observation is what an environment shows the agent.
type Observation struct {
	Text string `json:"text"`

	// Admissible lists the actions the environment accepts now, in its own
	// order. Empty means that any text may be tried.
	Admissible []Action `json:"admissible,omitempty"`
}
