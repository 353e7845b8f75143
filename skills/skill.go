package skills

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// Category says what a skill is about.
type Category string

const (
	General Category = "general" // holds for several kinds of task
	Task    Category = "task"    // solves tasks of one kind
	Mistake Category = "mistake" // to be avoided in one kind, or in several if Kind is empty
)

// Categories lists every Category, in the order of their definition.
func Categories() []Category { return []Category{General, Task, Mistake} }

// Skill is a named, reusable behaviour and what speaks for it.
type Skill struct {
	ID       string   `json:"id"` // the same for the same skill, whatever the evidence
	Suite    string   `json:"suite"`
	Category Category `json:"category"`
	Kind     string   `json:"kind,omitempty"` // the task kind it is for

	Title     string `json:"title"`     // 3 to 5 words
	Principle string `json:"principle"` // what to do, in one line: the steps joined by " -> ", or what to do instead of the mistake
	When      string `json:"when"`      // the situation it applies to

	// Steps are the actions in order. A, B, … stand for the things that the
	// goal names, in its order, X, Y, … for others that differ from case to
	// case; a number after a letter is for the second of a sort and so on.
	Steps []string `json:"steps,omitempty"`

	Mistake string      `json:"mistake,omitempty"` // what was done wrong; of a Mistake only
	Cause   agent.Cause `json:"cause,omitempty"`   // why; of a Mistake only

	For     []string `json:"for"`               // IDs of the episodes that support it, sorted
	Against []string `json:"against,omitempty"` // of those that contradict it, sorted
	Lessons []string `json:"lessons,omitempty"` // IDs of the lessons a Mistake was made of, sorted
}

// Text is the skill as a policy reads it, in one line:
//
//	To <when>: <principle>
//	When <when>: avoid <mistake>; instead <principle>.
func (s Skill) Text() string {
	if s.Category != Mistake {
		return "To " + s.When + ": " + s.Principle
	}
	text := "When " + s.When + ": avoid " + s.Mistake
	if s.Principle != "" {
		text += "; instead " + s.Principle
	}
	return text + "."
}

// arrow joins the steps of a plan.
const arrow = " -> "

// idBytes makes IDs of 48 bits: 10,000 skills collide with p ≈ 2e-7.
const idBytes = 6

// newID names a skill by what makes it that skill.
func newID(s Skill) string {
	h := sha256.New()
	parts := []string{s.Suite, string(s.Category), s.Kind, s.Principle, s.Mistake}
	if s.Category != Task { // the same plan for a goal in other words is the same skill
		parts = append(parts, s.When)
	}
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return "sk-" + hex.EncodeToString(h.Sum(nil)[:idBytes])
}

// clip is s in one line, without the full stop, in at most n bytes.
func clip(s string, n int) string {
	s = strings.TrimRight(strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " "), ".;, ")
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
