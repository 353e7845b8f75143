package lesson

import (
	"slices"
	"strings"
	"sync"

	"github.com/surefoot-ai/surefoot/agent"
)

// quoteWords is how many words in a row, entities and articles not counted, a
// lesson may share with a failed trace.
const quoteWords = 8

// Quotes reports whether a lesson repeats what a failed episode's observations
// or feedback say, or shows its steps as steps. Whoever made the lesson, such a
// one must not be shown: a raw failure in a context teaches the failure.
// The words of the task's goal do not count as a quotation.
func Quotes(l agent.Lesson, e agent.Episode) bool {
	text := l.Trigger + "\n" + l.Mistake + "\n" + l.Remedy
	for _, field := range []string{l.Trigger, l.Mistake, l.Remedy} {
		if strings.Contains(field, "\n> ") || strings.Count(field, "\n") > 2 {
			return true
		}
	}
	said := map[string]bool{}
	goal := bare(e.Task.Goal)
	for _, w := range windows(bare(text)) {
		said[w] = true
	}
	for _, w := range windows(goal) {
		delete(said, w)
	}
	if len(said) == 0 {
		return false
	}
	quoted := func(s string) bool {
		return slices.ContainsFunc(windows(bare(s)), func(w string) bool { return said[w] })
	}
	for _, s := range e.Steps {
		if quoted(s.Observation.Text) {
			return true
		}
	}
	return quoted(e.Final.Text) || quoted(e.Outcome.Feedback)
}

// bare are the words of s that are neither entities nor articles.
func bare(s string) []string {
	var out []string
	for _, p := range parts(s) {
		if !p.entity && p.text != "a" && p.text != "an" && p.text != "the" {
			out = append(out, p.text)
		}
	}
	return out
}

func windows(words []string) []string {
	var out []string
	for i := 0; i+quoteWords <= len(words); i++ {
		out = append(out, strings.Join(words[i:i+quoteWords], " "))
	}
	return out
}

// Contradicts reports whether a success got through by what the lesson warns
// of: of a lesson about the same task, it found its thing in a place that was
// to be avoided, or did an action that was called without effect; of a lesson
// about the kind, it left out the step that was said to be needed, or called a
// tool with what was to be avoided.
func Contradicts(l agent.Lesson, success agent.Episode) bool { return Contradicting(success)(l) }

// Contradicting is Contradicts of one success, which is looked through once, for
// many lessons.
func Contradicting(success agent.Episode) func(agent.Lesson) bool {
	once := sync.OnceValue(func() seen {
		t := newTrace(success)
		return seen{t, t.letters()}
	})
	return func(l agent.Lesson) bool {
		if l.Task != "" {
			return l.Task == success.Task.ID && contradictsTask(l, once().trace)
		}
		return belies(l, success) || leftOut(l, once)
	}
}

// seen is a trace with its letters.
type seen struct {
	trace
	letters []string
}

// leftOut reports whether the success left out the step that a lesson about the
// kind says is needed.
func leftOut(l agent.Lesson, success func() seen) bool {
	needed := ""
	if s, ok := strings.CutPrefix(l.Mistake, "stopping short of "); ok {
		needed = s
	} else if _, s, ok := strings.Cut(l.Mistake, " before "); ok && !strings.HasPrefix(l.Mistake, "ending the search") {
		needed = s
	}
	if needed == "" {
		return false
	}
	s := success()
	return !slices.ContainsFunc(s.events, func(v event) bool { return !v.noEffect && fits(needed, v, s.letters) })
}

func contradictsTask(l agent.Lesson, t trace) bool {
	plan := t.plan()
	var first []string // entities of the first step with the thing sought
	for _, i := range plan {
		if slices.ContainsFunc(t.events[i].names, t.isSought) {
			first = t.events[i].names
			break
		}
	}
	for clause := range strings.SplitSeq(l.Mistake, "), ") {
		body, reason, _ := strings.Cut(clause, " (")
		switch reason = strings.TrimSuffix(reason, ")"); {
		case reason == "no effect":
			for _, i := range plan {
				if a := t.events[i].action; strings.Contains(", "+body+",", ", "+a+",") {
					return true
				}
			}
		case strings.HasPrefix(reason, "no "):
			if slices.ContainsFunc(strings.Split(body, ", "), func(places string) bool {
				return slices.ContainsFunc(first, func(p string) bool { return covers(places, p) })
			}) {
				return true
			}
		}
	}
	return false
}
