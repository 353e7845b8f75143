package lesson

import (
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// handsOver reports whether a tool gives the task to someone else. That is no
// change, and never a remedy: any task can be given up so.
func handsOver(tool string) bool {
	words := strings.FieldsFunc(strings.ToLower(tool), func(r rune) bool { return strings.ContainsRune("_-.", r) })
	return slices.ContainsFunc(words, func(w string) bool {
		return strings.Contains(" human humans operator supervisor escalate handoff handover ", " "+w+" ")
	})
}

// maxRule bounds the sentence that a success gave as a reason, in words.
const maxRule = 24

// rule is the first sentence in which a success told the customer why it would
// not do something, "" if it never did.
func rule(success agent.Episode) string {
	for _, s := range success.Steps {
		text := string(s.Action)
		if _, ok := callOf(text); ok {
			continue
		}
		for sentence := range strings.SplitSeq(text, ". ") {
			if hasWord(sentence, "cannot", "can't", "unable", "non-refundable") && hasWord(sentence, "since", "because", "due", "unless", "only", "which", "policy", "restrictions") {
				return strings.TrimRight(clip(sentence, maxRule), ".")
			}
		}
	}
	return ""
}
