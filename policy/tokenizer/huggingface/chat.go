package huggingface

import (
	"fmt"
	"strings"
	"unicode"
)

// Role is who a message of a chat is from.
type Role string

// The roles that all families know.
const (
	System    Role = "system" // only as the first message
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is one message of a chat.
type Message struct {
	Role    Role
	Content string
}

// Family is a way of laying out a chat.
type Family string

// The families. Each is what the chat_template of the models named does where
// there are no tools.
const (
	ChatML  Family = "chatml"   // Qwen 2 and 2.5, SmolLM2
	Qwen3   Family = "qwen3"    // ChatML with thoughts: Qwen 3
	Llama2  Family = "llama-2"  // Llama 2: [INST], system in the first message
	Llama3  Family = "llama-3"  // Llama 3: headers
	Llama31 Family = "llama-31" // Llama 3.1 to 3.3: headers, and dates in the system message
)

// Layout is how a model wants a chat laid out: a family and what its template
// leaves to the model. [ReadLayout] finds it.
type Layout struct {
	Family Family
	Begin  string // name of the token for the beginning of a text; "" if it is not written
	End    string // Llama2: name of the token for the end of a text
	System string // ChatML: the system message of chats without one; "" for none

	Knowledge string // Llama31: until when the model knows things, like "December 2023"
	Today     string // Llama31: the date, like "26 Jul 2024"

	Thoughtless bool // Qwen3: the reply is to begin without a thought
}

// Chat lays messages out as the text that the model continues: if the last
// message is not the assistant's, the beginning of its reply follows. The text
// begins with what Tokenizer.Prefix would put before it, where the family wants
// that at all, so tokens are Encode's of the text and no more.
//
// Contents that hold names of special tokens end up as these tokens, as with
// every chat template; refuse or rewrite such contents from outside.
//
// The error wraps ErrMessages if there are no messages, a role is unknown or
// at the wrong place: system but at the beginning, and for Llama2 anything but
// user and assistant in turn.
func (l Layout) Chat(messages []Message) (string, error) {
	if len(messages) == 0 {
		return "", fmt.Errorf("%w: none", ErrMessages)
	}
	for i, m := range messages {
		if m.Role != User && m.Role != Assistant && !(m.Role == System && i == 0) {
			return "", fmt.Errorf("%w: message %d is from %q", ErrMessages, i, m.Role)
		}
	}
	switch l.Family {
	case ChatML:
		return l.chatML(messages), nil
	case Qwen3:
		return l.qwen3(messages), nil
	case Llama2:
		return l.llama2(messages)
	case Llama3, Llama31:
		return l.llama3(messages), nil
	}
	return "", unsupported("family", "%s", quote(string(l.Family)))
}

// open reports whether the beginning of a reply must follow.
func open(messages []Message) bool { return messages[len(messages)-1].Role != Assistant }

func (l Layout) chatML(messages []Message) string {
	var b strings.Builder
	b.WriteString(l.Begin)
	if l.System != "" && messages[0].Role != System {
		imMessage(&b, System, l.System)
	}
	for _, m := range messages {
		imMessage(&b, m.Role, m.Content)
	}
	if open(messages) {
		b.WriteString("<|im_start|>assistant\n")
	}
	return b.String()
}

func imMessage(b *strings.Builder, role Role, content string) {
	fmt.Fprintf(b, "<|im_start|>%s\n%s<|im_end|>\n", role, content)
}

// qwen3 drops the thoughts of replies before the last question, and gives the
// last reply one, if only an empty one.
func (l Layout) qwen3(messages []Message) string {
	question := len(messages) - 1
	for i, m := range messages {
		isResult := strings.HasPrefix(m.Content, "<tool_response>") && strings.HasSuffix(m.Content, "</tool_response>")
		if m.Role == User && !isResult {
			question = i
		}
	}
	var b strings.Builder
	for i, m := range messages {
		if m.Role != Assistant {
			imMessage(&b, m.Role, m.Content)
			continue
		}
		thought, content := thoughtOf(m.Content)
		if i > question && (i == len(messages)-1 || thought != "") {
			content = "<think>\n" + strings.Trim(thought, "\n") + "\n</think>\n\n" + strings.TrimLeft(content, "\n")
		}
		imMessage(&b, Assistant, content)
	}
	if open(messages) {
		b.WriteString("<|im_start|>assistant\n")
		if l.Thoughtless {
			b.WriteString("<think>\n\n</think>\n\n")
		}
	}
	return b.String()
}

// thoughtOf takes a reply apart: what is before the first </think>, from the
// last <think> there on, and what is after the last </think>.
func thoughtOf(reply string) (thought, content string) {
	before, _, ok := strings.Cut(reply, "</think>")
	if !ok {
		return "", reply
	}
	before = strings.TrimRight(before, "\n")
	if at := strings.LastIndex(before, "<think>"); at >= 0 {
		before = before[at+len("<think>"):]
	}
	after := reply[strings.LastIndex(reply, "</think>")+len("</think>"):]
	return strings.TrimLeft(before, "\n"), strings.TrimLeft(after, "\n")
}

func (l Layout) llama2(messages []Message) (string, error) {
	var b strings.Builder
	system := ""
	if messages[0].Role == System {
		system = "<<SYS>>\n" + messages[0].Content + "\n<</SYS>>\n\n"
		messages = messages[1:]
	}
	for i, m := range messages {
		if want := [2]Role{User, Assistant}[i%2]; m.Role != want {
			return "", fmt.Errorf("%w: message %d after the system message is from %q, must be from %q", ErrMessages, i, m.Role, want)
		}
		content := m.Content
		if i == 0 {
			content = system + content
		}
		if m.Role == User {
			fmt.Fprintf(&b, "%s[INST] %s [/INST]", l.Begin, strip(content))
		} else {
			fmt.Fprintf(&b, " %s %s", strip(content), l.End)
		}
	}
	if len(messages) == 0 {
		return "", fmt.Errorf("%w: none from %q", ErrMessages, User)
	}
	return b.String(), nil
}

func (l Layout) llama3(messages []Message) string {
	var b strings.Builder
	b.WriteString(l.Begin)
	if l.Family == Llama31 {
		system := ""
		if messages[0].Role == System {
			system = strip(messages[0].Content)
			messages = messages[1:]
		}
		dates := fmt.Sprintf("Cutting Knowledge Date: %s\nToday Date: %s\n\n", l.Knowledge, l.Today)
		fmt.Fprintf(&b, header+"%s%s<|eot_id|>", System, dates, system)
	}
	for _, m := range messages {
		fmt.Fprintf(&b, header+"%s<|eot_id|>", m.Role, strip(m.Content))
	}
	if len(messages) == 0 || open(messages) {
		fmt.Fprintf(&b, header, Assistant)
	}
	return b.String()
}

const header = "<|start_header_id|>%s<|end_header_id|>\n\n"

// strip is Python's str.strip, which knows four more kinds of white space.
func strip(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f })
}
