package lesson

import (
	"context"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// Default abstracts failures without a model. It is the same for all worlds.
type Default struct{}

// Abstract returns at least one lesson: about the task, if it has an ID, and up
// to two about its kind. A transient failure gives one lesson, which says so.
// It returns an error only if ctx has ended.
func (Default) Abstract(ctx context.Context, failure agent.Episode, successes []agent.Episode) ([]agent.Lesson, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if Transient(failure) {
		return []agent.Lesson{transientLesson(failure)}, nil
	}
	var out []agent.Lesson
	if usesTools([]agent.Episode{failure}, successes) {
		if failure.Task.ID != "" {
			out = append(out, toolTask([]agent.Episode{failure}, successes))
		}
		if out = append(out, toolKind(failure, successes)...); len(out) > 0 {
			return out, nil
		}
	}
	good := traces(successes)
	if failure.Task.ID != "" {
		out = append(out, taskLesson(failure.Task, traces([]agent.Episode{failure}), good))
	}
	out = append(out, kindLessons(failure.Task, newTrace(failure), good)...)
	if len(out) == 0 {
		out = append(out, agent.Lesson{
			Suite: failure.Task.Suite, Kind: failure.Task.Kind, Trigger: trigger(failure.Task.Goal),
			Mistake: "the same steps again (out of steps)", Remedy: "take other steps than these", Cause: agent.CausePolicy, Confidence: 0.2,
		})
	}
	return out, nil
}

// AbstractTask returns the one lesson about a task that several failures at it
// give, oldest first; at least one. It returns an error only if ctx has ended.
func (Default) AbstractTask(ctx context.Context, failures, successes []agent.Episode) (agent.Lesson, error) {
	if err := ctx.Err(); err != nil {
		return agent.Lesson{}, err
	}
	if usesTools(failures, successes) {
		return toolTask(failures, successes), nil
	}
	return taskLesson(failures[len(failures)-1].Task, traces(failures), traces(successes)), nil
}

func traces(es []agent.Episode) []trace {
	out := make([]trace, len(es))
	for i, e := range es {
		out[i] = newTrace(e)
	}
	return out
}

// Success is a success as a line of advice: its plan by types, without a
// mistake. Only a control condition keeps successes so.
func Success(e agent.Episode) agent.Lesson {
	t := newTrace(e)
	var steps []string
	for _, i := range t.plan() {
		words := make([]string, len(t.events[i].parts))
		for k, p := range t.events[i].parts {
			words[k] = p.text
			if p.entity {
				words[k] = typeOf(p.text)
			}
		}
		if s := clip(strings.Join(words, " "), maxActionWords); len(steps) == 0 || steps[len(steps)-1] != s {
			steps = append(steps, s)
		}
	}
	return agent.Lesson{
		Suite: e.Task.Suite, Kind: e.Task.Kind, Trigger: trigger(e.Task.Goal), Remedy: chain(steps), Confidence: 0.5,
	}
}

// Generalize is what two triggers have in common: where they differ in the name
// of a thing, a variable stands. Triggers that differ in their build, in other
// words than names, or in half of their words have nothing in common, and the
// first is returned.
func Generalize(a, b string) string {
	x, y := strings.Fields(a), strings.Fields(b)
	if len(x) != len(y) {
		return a
	}
	out := slices.Clone(x)
	differ := 0
	for i := range x {
		if x[i] == y[i] {
			continue
		}
		for _, w := range []string{x[i], y[i]} {
			if !isVariable(w) && isCommon(strings.ToLower(w)) {
				return a
			}
		}
		differ++
		if !isVariable(x[i]) {
			out[i] = nextLetter(out)
			if isVariable(y[i]) && !slices.Contains(out, y[i]) {
				out[i] = y[i]
			}
		}
	}
	if 2*differ > len(x) {
		return a
	}
	return strings.Join(out, " ")
}

// nextLetter is the first of the goal's variables that words do not have.
func nextLetter(words []string) string {
	for i := range goalLetters {
		if l := goalLetters[i : i+1]; !slices.Contains(words, l) {
			return l
		}
	}
	return "…"
}
