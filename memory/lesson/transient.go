package lesson

import (
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// outages are what the feedback of a failure from outside says, in lower case,
// and what a lesson calls it.
var outages = [...][2]string{
	{"rate limit", "a rate limit"}, {"too many requests", "a rate limit"}, {"429", "a rate limit"},
	{"deadline exceeded", "a time-out"}, {"timed out", "a time-out"}, {"timeout", "a time-out"}, {"time-out", "a time-out"},
	{"connection", "a broken connection"}, {"unreachable", "an outage"}, {"unavailable", "an outage"}, {"503", "an outage"}, {"502", "an outage"},
}

// Transient reports whether a failure came from outside, so that it says
// nothing about what the agent did: the episode says so, or a tool or the
// environment is the cause, or time ran out while waiting.
func Transient(e agent.Episode) bool {
	o := e.Outcome
	if o.Success {
		return false
	}
	if o.Transient || o.Cause == agent.CauseTool || o.Cause == agent.CauseEnvironment {
		return true
	}
	return o.Cause == agent.CauseBudget && outage(o.Feedback) == "a time-out"
}

func outage(feedback string) string {
	feedback = strings.ToLower(feedback)
	for _, o := range outages {
		if strings.Contains(feedback, o[0]) {
			return o[1]
		}
	}
	return "a failure"
}

// transientLesson says that a failure was not the plan's. The store lets it
// expire.
func transientLesson(e agent.Episode) agent.Lesson {
	where := "from outside"
	switch e.Outcome.Cause {
	case agent.CauseTool:
		where = "of a tool"
	case agent.CauseEnvironment:
		where = "of the environment"
	}
	return agent.Lesson{
		Suite: e.Task.Suite, Kind: e.Task.Kind, Task: e.Task.ID, Trigger: trigger(e.Task.Goal),
		Mistake: "giving up a plan for " + outage(e.Outcome.Feedback) + " " + where, Remedy: "try the same plan again",
		Cause: e.Outcome.Cause, Confidence: 0.3,
	}
}
