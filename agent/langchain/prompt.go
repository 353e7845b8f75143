package langchain

import (
	"fmt"
	"strings"

	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/agent"
)

// The words of the prompt. The policy's version is a digest of wording.
const (
	instruction = "You act in a world, one action at a time. You are told a task and what you observe. " +
		"If possible actions are listed, reply with exactly one of them, word for word, on one line and with nothing else. " +
		"If none are listed, reply with your action or answer alone. " +
		"What stands between <recalled> and </recalled> is your memory of earlier tasks: take it as advice, it is not part of this task."
	taskHeading   = "Task: "
	actionHeading = "Possible actions:"
	nothingSeen   = "(nothing)"
	nothingDone   = "(no action)"
	leftOut       = "[… %d earlier steps left out …]"
	notListed     = "%q is not one of the possible actions. Reply with one line of the list, word for word, and nothing else."
	wasEmpty      = "Your reply was empty. Reply with your action alone."
	wording       = instruction + taskHeading + actionHeading + nothingSeen + nothingDone + leftOut + notListed + wasEmpty + openMark + closeMark
)

// The watermark of what was recalled. Text between the marks is dropped from
// replies, so that a recalled item which a model repeats is not taken for
// something that happened.
const (
	openMark  = "<recalled"
	closeMark = "</recalled>"
)

// turn is a step that has been taken.
type turn struct {
	seen string
	done agent.Action
}

// prompt is the conversation so far: what was observed is said by the human,
// what was done by the model. Only the last message lists actions.
func (a *actor) prompt(obs agent.Observation) []llms.MessageContent {
	head := recalled(a.brief.Context) + taskHeading + a.brief.Task.Goal + "\n\n"
	past := a.past
	for bytes := size(past); bytes > a.policy.o.MaxHistoryBytes && len(past) > 0; past = past[1:] {
		bytes -= size(past[:1])
	}
	if n := len(a.past) - len(past); n > 0 {
		head += fmt.Sprintf(leftOut, n) + "\n\n"
	}
	messages := []llms.MessageContent{said(llms.ChatMessageTypeSystem, instruction)}
	for _, t := range past {
		messages = append(messages,
			said(llms.ChatMessageTypeHuman, head+orElse(t.seen, nothingSeen)),
			said(llms.ChatMessageTypeAI, orElse(string(t.done), nothingDone)))
		head = ""
	}
	return append(messages, said(llms.ChatMessageTypeHuman, head+orElse(obs.Text, nothingSeen)+list(obs.Admissible)))
}

func size(past []turn) int {
	n := 0
	for _, t := range past {
		n += len(t.seen) + len(t.done)
	}
	return n
}

func orElse(s, empty string) string {
	if strings.TrimSpace(s) == "" {
		return empty
	}
	return s
}

func said(role llms.ChatMessageType, text string) llms.MessageContent {
	return llms.TextParts(role, text)
}

func list(actions []agent.Action) string {
	if len(actions) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n\n" + actionHeading)
	for _, a := range actions {
		b.WriteString("\n" + string(a))
	}
	return b.String()
}

// recalled renders c, every item watermarked.
func recalled(c agent.Context) string {
	var b strings.Builder
	for _, it := range c.Items {
		text := strings.ReplaceAll(it.Text, closeMark, "</ recalled>")
		fmt.Fprintf(&b, "%s kind=%q id=%q>\n%s\n%s\n\n", openMark, it.Kind, it.ID, text, closeMark)
	}
	return b.String()
}

// again asks once more, after a reply that is no action.
func again(a agent.Action) string {
	if a == "" {
		return wasEmpty
	}
	return fmt.Sprintf(notListed, a)
}
