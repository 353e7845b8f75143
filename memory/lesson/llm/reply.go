package llm

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/lesson"
)

// Bounds of a lesson by a model.
const (
	MaxLessons    = 3
	MaxFieldBytes = 300 // of trigger, mistake, remedy and quote each
	MaxSteps      = 8   // named as evidence
	minQuoteBytes = 8   // a shorter quote must be a whole action
)

// claim is a lesson as the model states it.
type claim struct {
	Failure int    `json:"failure"` // of several, from 1
	Scope   string `json:"scope"`
	Trigger string `json:"trigger"`
	Mistake string `json:"mistake"`
	Remedy  string `json:"remedy"`
	Cause   string `json:"cause"`
	Steps   []int  `json:"evidence_steps"` // from 1
	Quote   string `json:"quote"`
}

// read finishes those of the open jobs, all of which are among jobs, about whose
// failure a reply has lessons that pass. It returns the others, and of each why it
// has none.
func read(reply string, jobs, open []*job) (left []*job, wrong []error) {
	claims, err := parse(reply)
	for i, j := range jobs {
		if !slices.Contains(open, j) {
			continue
		}
		lessons, bad := []agent.Lesson(nil), err
		if err == nil {
			mine := claims
			if len(jobs) > 1 {
				mine = slices.DeleteFunc(slices.Clone(claims), func(c claim) bool { return c.Failure != i+1 })
			}
			lessons, bad = believed(mine, j.failure)
		}
		if bad == nil {
			j.finish(lessons, nil)
			continue
		}
		if len(jobs) > 1 {
			bad = fmt.Errorf("failure %d: %w", i+1, bad)
		}
		left, wrong = append(left, j), append(wrong, bad)
	}
	return left, wrong
}

// believed are the claims that pass, at most MaxLessons. If none does, the error
// says why the first did not.
func believed(claims []claim, failure agent.Episode) ([]agent.Lesson, error) {
	if len(claims) == 0 {
		return nil, errors.New("no lessons")
	}
	var out []agent.Lesson
	var first error
	for i, c := range claims[:min(len(claims), MaxLessons)] {
		l, err := c.check(failure)
		if err != nil {
			if first == nil {
				first = fmt.Errorf("lesson %d: %w", i+1, err)
			}
			continue
		}
		out = append(out, l)
	}
	if len(out) == 0 {
		return nil, first
	}
	return out, nil
}

// parse finds the JSON object in a reply, which may stand in a fence or after
// words.
func parse(reply string) ([]claim, error) {
	if i := strings.LastIndex(reply, "</think>"); i >= 0 {
		reply = reply[i+len("</think>"):]
	}
	i := strings.IndexByte(reply, '{')
	if i < 0 {
		return nil, errors.New("no JSON object")
	}
	var doc struct {
		Lessons []claim `json:"lessons"`
	}
	dec := json.NewDecoder(strings.NewReader(reply[i:]))
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("JSON: %w", err)
	}
	if len(doc.Lessons) == 0 {
		return nil, errors.New("no lessons")
	}
	return doc.Lessons, nil
}

// check holds c against the evidence.
func (c claim) check(failure agent.Episode) (agent.Lesson, error) {
	l := agent.Lesson{
		Suite: failure.Task.Suite, Kind: failure.Task.Kind,
		Trigger: strings.TrimSpace(c.Trigger), Mistake: strings.TrimSpace(c.Mistake), Remedy: strings.TrimSpace(c.Remedy),
		Cause: agent.Cause(c.Cause), Confidence: Confidence,
	}
	for _, f := range []struct{ name, text string }{
		{"trigger", l.Trigger}, {"mistake", l.Mistake}, {"remedy", l.Remedy}, {"quote", strings.TrimSpace(c.Quote)},
	} {
		switch {
		case f.text == "":
			return l, fmt.Errorf("%s is empty", f.name)
		case len(f.text) > MaxFieldBytes:
			return l, fmt.Errorf("%s has %d bytes, at most %d", f.name, len(f.text), MaxFieldBytes)
		case f.name != "quote" && strings.ContainsAny(f.text, "\n\r"):
			return l, fmt.Errorf("%s has more than one line", f.name)
		}
	}
	switch c.Scope {
	case "task":
		if l.Task = failure.Task.ID; l.Task == "" {
			return l, errors.New("scope is task, but this task will not be tried again")
		}
	case "kind":
	default:
		return l, fmt.Errorf("scope is %q, must be task or kind", c.Scope)
	}
	if !slices.Contains(agent.Causes(), l.Cause) {
		return l, fmt.Errorf("cause is %q, must be one of %v", c.Cause, agent.Causes())
	}
	if err := c.evidence(failure); err != nil {
		return l, err
	}
	if lesson.Quotes(l, failure) {
		return l, errors.New("trigger, mistake or remedy repeat the record instead of saying it in other words")
	}
	return l, nil
}

// evidence holds that the steps exist and that the quote, but for white space,
// stands in one of them: in what was seen before its action, in the action, or
// in what was seen after it.
func (c claim) evidence(failure agent.Episode) error {
	if len(c.Steps) == 0 || len(c.Steps) > MaxSteps {
		return fmt.Errorf("evidence_steps has %d numbers, must have 1 to %d", len(c.Steps), MaxSteps)
	}
	quote := line(c.Quote)
	found := false
	for _, n := range c.Steps {
		if n < 1 || n > len(failure.Steps) {
			return fmt.Errorf("evidence_steps names step %d of %d", n, len(failure.Steps))
		}
		s, after := failure.Steps[n-1], failure.Final
		if n < len(failure.Steps) {
			after = failure.Steps[n].Observation
		}
		did := line(string(s.Action))
		if quote == did {
			found = true
		}
		for _, text := range []string{line(s.Observation.Text), did, line(after.Text)} {
			found = found || len(quote) >= minQuoteBytes && strings.Contains(text, quote)
		}
	}
	if !found {
		return fmt.Errorf("the quote %q stands in none of the steps %v", clip(quote, 80), c.Steps)
	}
	return nil
}

func line(s string) string { return strings.Join(strings.Fields(s), " ") }
