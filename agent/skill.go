package agent

import "time"

// SkillCategory says what a skill is about.
type SkillCategory string

const (
	SkillGeneral SkillCategory = "general" // holds for several kinds of task
	SkillTask    SkillCategory = "task"    // solves tasks of one kind
	SkillMistake SkillCategory = "mistake" // to be avoided in one kind, or in several if Kind is empty
)

// SkillCategories lists every SkillCategory, in the order of their definition.
func SkillCategories() []SkillCategory {
	return []SkillCategory{SkillGeneral, SkillTask, SkillMistake}
}

// SkillState is where a skill stands in its life.
type SkillState string

const (
	SkillCandidate   SkillState = "candidate"   // distilled, not admitted
	SkillActive      SkillState = "active"      // may be recalled
	SkillRetired     SkillState = "retired"     // refused, displaced, merged or measured to harm; kept as a record
	SkillQuarantined SkillState = "quarantined" // imported; not recalled until someone promotes it
)

// SkillStates lists every SkillState, in the order of their definition.
func SkillStates() []SkillState {
	return []SkillState{SkillCandidate, SkillActive, SkillRetired, SkillQuarantined}
}

// Skill is a named, reusable behaviour and what speaks for it.
type Skill struct {
	ID       string        `json:"id"` // the same for what says the same, whatever the evidence
	Scope    string        `json:"scope,omitempty"`
	Suite    string        `json:"suite"`
	Category SkillCategory `json:"category"`
	Kind     string        `json:"kind,omitempty"` // the category of task it is for: the Kind that tasks state, or one that was discovered

	Title     string `json:"title"`     // 3 to 5 words
	Principle string `json:"principle"` // what to do, in one line: the steps joined by " -> ", or what to do instead of the mistake
	When      string `json:"when"`      // the situation it applies to

	// Steps are the actions in order. A, B, … stand for the things that the
	// goal names, in its order, X, Y, … for others that differ from case to
	// case; a number after a letter is for the second of a sort and so on.
	Steps []string `json:"steps,omitempty"`

	Mistake string `json:"mistake,omitempty"` // what was done wrong; of a SkillMistake only
	Cause   Cause  `json:"cause,omitempty"`   // why; of a SkillMistake only

	For     []string `json:"for"`               // IDs of the episodes that support it, sorted
	Against []string `json:"against,omitempty"` // of those that contradict it, sorted
	Lessons []string `json:"lessons,omitempty"` // IDs of the lessons a SkillMistake was made of, sorted

	State    SkillState        `json:"state"`
	Reason   string            `json:"reason,omitempty"`  // why it is in its state, in words
	Pinned   string            `json:"pinned,omitempty"`  // who put it into its state by hand, which no evidence changes then; empty: nobody
	Version  int               `json:"version,omitempty"` // counts the changes that were kept, from 1; 0: it is not kept
	Parents  []string          `json:"parents,omitempty"` // IDs of the skills it was merged or split from, sorted
	Admitted SkillExam         `json:"admitted,omitzero"` // by which it became active, or was refused; zero: by none
	Round    SkillRound        `json:"round,omitzero"`    // the last that changed it; zero: none did
	Effect   Effect            `json:"effect,omitzero"`   // of showing it
	Origin   string            `json:"origin,omitempty"`  // where it was imported from; empty: distilled here
	Files    map[string][]byte `json:"files,omitempty"`   // of one imported, as they were, by slash-separated path
	Created  time.Time         `json:"created,omitzero"`  // when it was first kept
}

// SkillExam is how many of the same held-out tasks, those for which a skill changes
// what is recalled, were solved without it and with it.
type SkillExam struct {
	N       int `json:"n"`
	Without int `json:"without"`
	With    int `json:"with"`
}

// SkillRound is a round of the evolution of a scope's skills.
type SkillRound struct {
	Number   int `json:"number"`   // from 1
	Episodes int `json:"episodes"` // of the scope that were recorded before it
}

// Text is the skill as a policy reads it, in one line:
//
//	To <when>: <principle>
//	When <when>: avoid <mistake>; instead <principle>.
func (s Skill) Text() string {
	if s.Category != SkillMistake {
		return "To " + s.When + ": " + s.Principle
	}
	text := "When " + s.When + ": avoid " + s.Mistake
	if s.Principle != "" {
		text += "; instead " + s.Principle
	}
	return text + "."
}
