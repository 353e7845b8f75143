package ownplay

import (
	"strings"

	"github.com/surefoot-ai/surefoot/policy"
)

// Condition is a way to learn from own play.
type Condition struct {
	Name      string // of the objective and, unless it is asymmetric, the memory
	Objective policy.Objective
	Memory    string // the form of what retries read; "": they read nothing
	Rollouts  int    // of each task at once, > 0: a group
	Untaught  bool   // begins with the weights drawn, not with the cold start, of which only the tokenizer is left
}

// The forms of memory.
const (
	asymmetric = "asymmetric"
	verbatim   = "uniform-verbatim"
	abstract   = "uniform-abstract"
)

// Ours is the condition that the others are compared to.
const Ours = "opo"

// noPush learns nothing from outcomes.
const noPush = "no push"

// Conditions are all there are: pushed away from failures as hard as towards
// successes, while memory keeps successes, which are imitated; each of the two alone;
// other memories; nobody to learn from before; and other objectives in place of the
// push.
func Conditions() []Condition {
	return []Condition{
		{Name: Ours, Objective: policy.DefaultOPO(), Memory: asymmetric, Rollouts: 1},
		{Name: noPush, Objective: policy.Reinforce{Method: noPush}, Memory: asymmetric, Rollouts: 1},
		{Name: Ours + ", no memory", Objective: policy.DefaultOPO(), Memory: "", Rollouts: 1},
		{Name: "nsr", Objective: policy.NSR(), Memory: asymmetric, Rollouts: 1},
		{Name: "psr", Objective: policy.PSR(), Memory: asymmetric, Rollouts: 1},
		{Name: "w-reinforce", Objective: policy.WReinforce(0.1), Memory: asymmetric, Rollouts: 1},
		{Name: "grpo", Objective: policy.DefaultGRPO(), Memory: asymmetric, Rollouts: 4},
		{Name: "ppo", Objective: policy.DefaultPPO(), Memory: asymmetric, Rollouts: 1},
		{Name: Ours + ", " + verbatim, Objective: policy.DefaultOPO(), Memory: verbatim, Rollouts: 1},
		{Name: Ours + ", " + abstract, Objective: policy.DefaultOPO(), Memory: abstract, Rollouts: 1},
		{Name: Ours + ", no cold start", Objective: policy.DefaultOPO(), Memory: asymmetric, Rollouts: 1, Untaught: true},
	}
}

// objective is the name of c's.
func (c Condition) objective() string { return c.Objective.Spec().Name }

// keeps reports whether memory keeps successes word for word, to be imitated.
func (c Condition) keeps() bool { return c.Memory == asymmetric || c.Memory == verbatim }

// critic is that of conditions whose objective needs one.
func (c Condition) critic(t policy.Config) *policy.CriticConfig {
	if !c.Objective.Spec().Critic {
		return nil
	}
	return &policy.CriticConfig{Low: -1, High: 1, LearningRate: 3e-4, Clip: 0.5, Trainer: t}
}

// FileName is that of a condition's files.
func FileName(c Condition) string {
	return strings.ReplaceAll(strings.ReplaceAll(c.Name, ",", ""), " ", "-")
}
