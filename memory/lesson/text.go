package lesson

import "strings"

// Bounds of a lesson's text.
const (
	maxTriggerWords = 24
	maxActionWords  = 12
	maxPlaces       = 25 // places named that were looked into in vain
	maxActions      = 6  // actions without effect
	maxAlike        = 3  // of them that differ in one name
	maxTries        = 8  // places named that are left to try
	maxLoops        = 2
	maxPlanSteps    = 12
)

// clip is s in one line of at most n words.
func clip(s string, n int) string {
	f := strings.Fields(s)
	if len(f) <= n {
		return strings.Join(f, " ")
	}
	return strings.Join(f[:n], " ") + " …"
}

// trigger is the goal as it stands in a lesson: one line, without a full stop.
func trigger(goal string) string {
	return strings.TrimRight(clip(goal, maxTriggerWords), ".;:!, ")
}

// list names at most n things.
func list(things []string, n int) string {
	if len(things) <= n {
		return strings.Join(things, ", ")
	}
	return strings.Join(things[:n], ", ") + ", …"
}

// chain writes a plan.
func chain(steps []string) string {
	if len(steps) > maxPlanSteps {
		half := maxPlanSteps / 2
		steps = append(append(append([]string{}, steps[:half]...), "…"), steps[len(steps)-half:]...)
	}
	return strings.Join(steps, " > ")
}
