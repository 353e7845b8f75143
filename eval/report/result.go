package report

import "github.com/surefoot-ai/surefoot/agent"

// Result is what an evaluation found. Its JSON holds nothing that depends on
// the machine: the same configuration gives the same bytes, for any number of
// workers and however often the run was interrupted.
type Result struct {
	Suite         string            `json:"suite"`
	Policy        string            `json:"policy"` // its version
	Tasks         int               `json:"tasks"`
	Seeds         []uint64          `json:"seeds"`
	Trials        int               `json:"trials"` // tries per task at most
	ContextTokens int               `json:"context_tokens"`
	Budget        agent.Budget      `json:"budget"`
	Meta          map[string]string `json:"meta,omitempty"`
	Confidence    float64           `json:"confidence"` // of every interval
	Resamples     int               `json:"resamples"`  // of every bootstrap
	Conditions    []Condition       `json:"conditions"` // the first is what the others are compared to
	Warnings      []string          `json:"warnings,omitempty"`

	// Samples are the episodes in brief, by condition, seed, trial, task.
	Samples []Sample `json:"-"`
	Timing  Timing   `json:"-"`
}

// Condition is what one condition reached.
type Condition struct {
	Name   string  `json:"name"`
	Trials []Trial `json:"trials"` // by trial, each cumulative
}

// Trial is where a condition stood after its first Number trials: a task is
// solved under a seed if one of them succeeded. Means and sums are over all
// episodes of those trials.
type Trial struct {
	Number    int      `json:"number"`    // from 1
	Attempts  int      `json:"attempts"`  // tasks × seeds
	Solved    int      `json:"solved"`    // of Attempts
	Success   Interval `json:"success"`   // Solved / Attempts; Wilson, as if attempts were independent
	Clustered Interval `json:"clustered"` // the same share; bootstrap over tasks, which allows for seeds of one task being alike

	Episodes           int     `json:"episodes"`
	MeanSteps          float64 `json:"mean_steps"`           // per episode
	MeanContextTokens  float64 `json:"mean_context_tokens"`  // per episode
	Retries            int     `json:"retries"`              // episodes after the first trial
	RetryContextTokens float64 `json:"retry_context_tokens"` // mean per retry; 0 if none
	Tokens             int     `json:"tokens"`               // sum of what the policy read and wrote

	Kinds      []Kind      `json:"kinds"`                // by name
	Difference *Difference `json:"difference,omitempty"` // to the first condition; nil for the first
}

// Kind is the success on the tasks of one kind.
type Kind struct {
	Name     string   `json:"name"` // "" for tasks without a kind
	Tasks    int      `json:"tasks"`
	Attempts int      `json:"attempts"`
	Solved   int      `json:"solved"`
	Success  Interval `json:"success"` // Wilson
}

// Difference compares a condition to the first one, task by task.
type Difference struct {
	Success    Interval `json:"success"`     // difference of the shares; paired bootstrap over tasks
	BetterOn   int      `json:"better_on"`   // tasks solved under more seeds than by the first condition
	WorseOn    int      `json:"worse_on"`    // tasks solved under fewer
	SignTestP  float64  `json:"sign_test_p"` // exact, two-sided, over those tasks
	OnlyHere   int      `json:"only_here"`   // (task, seed) solved here and not by the first condition
	OnlyThere  int      `json:"only_there"`  // and the other way round
	TokenRatio float64  `json:"token_ratio"` // Tokens over the first condition's; 0 if that is 0
}

// Interval is an estimate with its bounds at Result.Confidence.
type Interval struct {
	Estimate float64 `json:"estimate"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
}

// Sample is one episode in brief.
type Sample struct {
	Condition     string
	Seed          uint64
	Trial         int // from 0
	Task          string
	Kind          string
	Episode       string // its ID
	Success       bool
	Cause         agent.Cause
	Steps         int
	ContextTokens int
	Tokens        int
}

// Timing is what depends on the machine.
type Timing struct {
	Conditions []ConditionTiming `json:"conditions"`
	Notes      []string          `json:"notes,omitempty"` // what happened to the run here: a torn log line, say
}

// ConditionTiming is the time that a condition took.
type ConditionTiming struct {
	Name string `json:"name"`

	// PlaySeconds is the sum over its episodes, whichever process played them
	// and however many at once. A first try that was played once for several
	// conditions counts for each of them.
	PlaySeconds float64 `json:"play_seconds"`
}
