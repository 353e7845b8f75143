package langchain

import (
	"strings"

	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/policy"
)

// chatOf turns langchaingo's messages into those of a chat. The roles are
// langchaingo's, and OpenAI's names of them, which it uses itself.
func chatOf(messages []llms.MessageContent) ([]policy.Message, error) {
	var out []policy.Message
	for i, m := range messages {
		var role policy.Role
		switch m.Role {
		case llms.ChatMessageTypeSystem:
			role = policy.System
		case llms.ChatMessageTypeHuman, "user":
			role = policy.User
		case llms.ChatMessageTypeAI, "assistant":
			role = policy.Assistant
		default:
			return nil, unsupported("message %d: role %q", i, m.Role)
		}
		var texts []string
		for j, part := range m.Parts {
			text, ok := part.(llms.TextContent)
			if !ok {
				return nil, unsupported("message %d: part %d: %T", i, j, part)
			}
			texts = append(texts, text.Text)
		}
		out = append(out, policy.Message{Role: role, Content: strings.Join(texts, "\n")})
	}
	return out, nil
}
