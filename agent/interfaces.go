package agent

import (
	"context"
	"math/rand/v2"
)

// Environment is a world in which tasks are played. One Environment plays one
// episode at a time and is used by one goroutine at a time.
type Environment interface {
	// Reset starts task afresh and returns what the agent sees first.
	Reset(ctx context.Context, task Task) (Observation, error)

	// Step acts. An action the world does not understand is not an error: the
	// world says so in the observation. An error means that the world itself
	// failed, and ends the episode with CauseEnvironment unless the error
	// wraps a *FailureError that says otherwise.
	Step(ctx context.Context, a Action) (Result, error)
}

// Result is what an action brought.
type Result struct {
	Observation Observation
	Reward      float64
	Terminated  bool // the task ended: won, lost or given up
	Truncated   bool // the environment stopped it before its end

	// Outcome is read only if Terminated or Truncated: Success, Score, Cause
	// and Feedback. A failure without a Cause is taken as CausePolicy.
	Outcome Outcome
}

// Policy maps what the agent has seen to a distribution over actions. A Policy
// may be used by many goroutines at once; the Actors it returns may not.
type Policy interface {
	// Version names the exact behaviour: the same version with the same inputs
	// and the same random source acts in the same way.
	Version() string

	// Begin starts an episode.
	Begin(ctx context.Context, b Brief) (Actor, error)
}

// Actor is a policy in the middle of one episode.
type Actor interface {
	// Act chooses an action after obs, having seen all observations before it.
	Act(ctx context.Context, obs Observation) (Decision, error)
}

// Brief is what a policy is told before the first observation.
type Brief struct {
	Task    Task
	Context Context
	Rand    *rand.Rand // the only source of chance the policy may use; never nil
}

// Decision is an action and how it was come by.
type Decision struct {
	Action   Action
	LogProbs []float64 // see Step.LogProbs
	Tokens   int       // read and written for this action
}

// Recaller finds what memory knows for a task.
type Recaller interface {
	// Recall returns at most maxTokens tokens of context for task. The same
	// memory and task give the same context.
	Recall(ctx context.Context, task Task, maxTokens int) (Context, error)
}

// Recorder keeps episodes.
type Recorder interface {
	// Record returns nil only once the episode is durable.
	Record(ctx context.Context, e Episode) error
}
