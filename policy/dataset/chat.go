package dataset

import (
	"slices"
	"unicode/utf8"

	"github.com/surefoot-ai/surefoot/agent"
)

// The roles of messages.
const (
	user      = "user"
	assistant = "assistant"
)

// message is one of a chat.
type message struct {
	Role    string `json:"role" parquet:"role"`
	Content string `json:"content" parquet:"content"`
}

// chat is an episode and its messages: one of the user and one of the
// assistant a step, in turns.
type chat struct {
	episode  agent.Episode
	messages []message
}

// group is the chats of one task, in the order of recording.
type group []chat

// newChat returns e as a chat, or why it makes none.
func newChat(e agent.Episode, o Options) (chat, reason) {
	if len(e.Steps) == 0 {
		return chat{}, empty
	}
	m := make([]message, 0, 2*len(e.Steps))
	for i, s := range e.Steps {
		seen := s.Observation.Text
		if i == 0 {
			seen = beginning(e, o)
		}
		if s.Action == "" {
			return chat{}, silent
		}
		m = append(m, message{user, seen}, message{assistant, string(s.Action)})
	}
	t := e.Task
	texts := []string{t.ID, t.Suite, t.Kind, t.Goal}
	for _, said := range m {
		texts = append(texts, said.Content)
	}
	if slices.ContainsFunc(texts, func(s string) bool { return !utf8.ValidString(s) }) {
		return chat{}, garbled
	}
	return chat{e, m}, none
}

// beginning is the first message: what precedes the first action in the
// transcript that the policy reads.
func beginning(e agent.Episode, o Options) string {
	s := ""
	if !o.OmitContext {
		s = e.Context.Text()
	}
	if s != "" {
		s += "\n\n"
	}
	return s + "Task: " + e.Task.Goal + "\n" + e.Steps[0].Observation.Text
}
