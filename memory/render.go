package memory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

// RenderLesson is a lesson as a policy reads it, in one line:
//
//	When <trigger>: avoid <mistake>; instead <remedy>.
//
// Package policy finds its hints by this form. A lesson without a mistake, which
// only the uniform-abstract form makes, is
//
//	When <trigger>: do <remedy>.
func RenderLesson(l agent.Lesson) string {
	var b strings.Builder
	b.WriteString("When ")
	b.WriteString(oneLine(l.Trigger))
	switch m, r := oneLine(l.Mistake), oneLine(l.Remedy); {
	case m == "":
		b.WriteString(": do " + r)
	case r == "":
		b.WriteString(": avoid " + m)
	default:
		b.WriteString(": avoid " + m + "; instead " + r)
	}
	b.WriteByte('.')
	return b.String()
}

// oneLine is s with single blanks for all its white space, without the end of
// a sentence.
func oneLine(s string) string {
	return strings.TrimRight(strings.Join(strings.Fields(s), " "), ".;, ")
}

// verbatim is an episode as a policy reads it, in pieces that can be left out.
type verbatim struct {
	Seen  int      `json:"seen"`
	Head  string   `json:"head"`  // "Task: <goal>\n", with "(failed)" for a raw failure
	Steps []string `json:"steps"` // "<observation>\n> <action>\n" each
	Tail  string   `json:"tail"`  // the final observation, and of a raw failure how it ended

	Tags    []string     `json:"tags,omitempty"`   // of all episodes that it stands for
	Started time.Time    `json:"started,omitzero"` // the first of them
	Effect  agent.Effect `json:"effect,omitzero"`  // of showing it
}

func newVerbatim(e agent.Episode) verbatim {
	v := verbatim{Seen: 1, Tags: withTags(nil, e.Task.Tags), Started: e.Started, Head: "Task: " + e.Task.Goal + "\n", Tail: line(e.Final.Text)}
	if !e.Outcome.Success {
		v.Head = "Task (failed): " + e.Task.Goal + "\n"
		v.Tail += strings.TrimSuffix("Failed: "+string(e.Outcome.Cause)+": "+line(e.Outcome.Feedback), ": ")
	}
	v.Tail = strings.TrimSuffix(v.Tail, "\n")
	for _, s := range e.Steps {
		v.Steps = append(v.Steps, line(s.Observation.Text)+"> "+string(s.Action)+"\n")
	}
	return v
}

// withTags are both lists of tags in one, each tag once, in the order of bytes.
func withTags(have, more []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(have, more))))
}

// line is s with a line end, or nothing if s is empty.
func line(s string) string {
	if s = strings.TrimRight(s, "\n"); s == "" {
		return ""
	}
	return s + "\n"
}

func decodeVerbatim(b []byte) (verbatim, error) {
	var v verbatim
	if err := json.Unmarshal(b, &v); err != nil {
		return verbatim{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return v, nil
}

// text renders v with only keep of its steps: the first third of them and the
// rest from the end, where the task is solved, and a line that says how many
// are left out between.
func (v verbatim) text(keep int) string {
	keep = max(0, min(keep, len(v.Steps)))
	first := keep
	if keep < len(v.Steps) {
		first = (keep + 2) / 3
	}
	var b strings.Builder
	b.WriteString(v.Head)
	for _, s := range v.Steps[:first] {
		b.WriteString(s)
	}
	if cut := len(v.Steps) - keep; cut > 0 {
		fmt.Fprintf(&b, "[… %d %s …]\n", cut, plural(cut, "step"))
	}
	for _, s := range v.Steps[len(v.Steps)-(keep-first):] {
		b.WriteString(s)
	}
	b.WriteString(v.Tail)
	return strings.TrimSuffix(b.String(), "\n")
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// RenderDemonstration is a whole episode as a policy reads it: "Task: <goal>",
// then for each step its observation and "> <action>", then the final
// observation. A failed one, which only the uniform-verbatim form shows,
// begins with "Task (failed): <goal>" and ends with "Failed: <cause>:
// <feedback>".
func RenderDemonstration(e agent.Episode) string {
	v := newVerbatim(e)
	return v.text(len(v.Steps))
}
