package skills

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// arrow joins the steps of a plan.
const arrow = " -> "

// idBytes makes IDs of 48 bits: 10,000 skills collide with p ≈ 2e-7.
const idBytes = 6

// IDOf names a skill by what makes it that skill: what it says, and where.
func IDOf(s agent.Skill) string {
	h := sha256.New()
	parts := []string{s.Suite, string(s.Category), s.Kind, s.Principle, s.Mistake}
	if s.Category != agent.SkillTask { // the same plan for a goal in other words is the same skill
		parts = append(parts, s.When)
	}
	if s.Scope != "" {
		parts = append(parts, "scope "+s.Scope)
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
