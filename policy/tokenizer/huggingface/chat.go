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
// that at all, so its tokens are Encode's and no more.
//
// Contents that hold names of special tokens end up as these tokens, as with
// every chat template; where contents are from outside, use Encode.
//
// The error wraps ErrMessages if there are no messages, a role is unknown or
// at the wrong place: system but at the beginning, and for Llama2 anything but
// user and assistant in turn.
func (l Layout) Chat(messages []Message) (string, error) {
	s, err := l.script(messages)
	if err != nil {
		return "", err
	}
	return s.text.String(), nil
}

// Encode appends the tokens of what Chat lays out to dst and returns it. They
// are those of Tokenizer.Encode but that no special token comes out of the
// contents of messages: there, a name of one is text like any other. Llama2
// marks turns by text, which a content can imitate all the same.
//
// Its errors are those of Chat, and ErrUnsupported if t looks for special
// tokens in normalised text, where the contents are no more to be told apart.
func (l Layout) Encode(dst []int32, t *Tokenizer, messages []Message) ([]int32, error) {
	s, err := l.script(messages)
	if err != nil {
		return dst, err
	}
	for _, a := range t.late.tokens {
		if a.special {
			return dst, unsupported("added_tokens", "token %s is special and normalized", quote(a.content))
		}
	}
	return t.encode(dst, s.text.String(), matching{guarded: s.contents}), nil
}

// script is a chat laid out, and where the contents of messages are in it.
type script struct {
	text     strings.Builder
	contents []span // in order, without overlap
}

type span struct{ start, end int }

// mark writes what is the template's own.
func (s *script) mark(parts ...string) {
	for _, p := range parts {
		s.text.WriteString(p)
	}
}

// content writes what is a message's.
func (s *script) content(text string) {
	start := s.text.Len()
	s.text.WriteString(text)
	if text != "" {
		s.contents = append(s.contents, span{start, s.text.Len()})
	}
}

func (l Layout) script(messages []Message) (*script, error) {
	if len(messages) == 0 {
		return nil, fmt.Errorf("%w: none", ErrMessages)
	}
	for i, m := range messages {
		if m.Role != User && m.Role != Assistant && !(m.Role == System && i == 0) {
			return nil, fmt.Errorf("%w: message %d is from %q", ErrMessages, i, m.Role)
		}
	}
	s := &script{}
	switch l.Family {
	case ChatML:
		l.chatML(s, messages)
	case Qwen3:
		l.qwen3(s, messages)
	case Llama2:
		return s, l.llama2(s, messages)
	case Llama3, Llama31:
		l.llama3(s, messages)
	default:
		return nil, unsupported("family", "%s", quote(string(l.Family)))
	}
	return s, nil
}

// open reports whether the beginning of a reply must follow.
func open(messages []Message) bool { return messages[len(messages)-1].Role != Assistant }

func (l Layout) chatML(s *script, messages []Message) {
	s.mark(l.Begin)
	if l.System != "" && messages[0].Role != System {
		s.imMessage(System, l.System)
	}
	for _, m := range messages {
		s.imMessage(m.Role, m.Content)
	}
	if open(messages) {
		s.mark("<|im_start|>assistant\n")
	}
}

func (s *script) imMessage(role Role, content string) {
	s.mark("<|im_start|>", string(role), "\n")
	s.content(content)
	s.mark("<|im_end|>\n")
}

// qwen3 drops the thoughts of replies before the last question, and gives the
// last reply one, if only an empty one.
func (l Layout) qwen3(s *script, messages []Message) {
	question := len(messages) - 1
	for i, m := range messages {
		isResult := strings.HasPrefix(m.Content, "<tool_response>") && strings.HasSuffix(m.Content, "</tool_response>")
		if m.Role == User && !isResult {
			question = i
		}
	}
	for i, m := range messages {
		if m.Role != Assistant {
			s.imMessage(m.Role, m.Content)
			continue
		}
		thought, content := thoughtOf(m.Content)
		s.mark("<|im_start|>assistant\n")
		if i > question && (i == len(messages)-1 || thought != "") {
			s.mark("<think>\n")
			s.content(strings.Trim(thought, "\n"))
			s.mark("\n</think>\n\n")
			content = strings.TrimLeft(content, "\n")
		}
		s.content(content)
		s.mark("<|im_end|>\n")
	}
	if open(messages) {
		s.mark("<|im_start|>assistant\n")
		if l.Thoughtless {
			s.mark("<think>\n\n</think>\n\n")
		}
	}
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

func (l Layout) llama2(s *script, messages []Message) error {
	system := messages[0]
	if system.Role == System {
		messages = messages[1:]
	}
	if len(messages) == 0 {
		return fmt.Errorf("%w: none from %q", ErrMessages, User)
	}
	for i, m := range messages {
		if want := [2]Role{User, Assistant}[i%2]; m.Role != want {
			return fmt.Errorf("%w: message %d after the system message is from %q, must be from %q", ErrMessages, i, m.Role, want)
		}
		if m.Role == Assistant {
			s.mark(" ")
			s.content(strip(m.Content))
			s.mark(" ", l.End)
			continue
		}
		s.mark(l.Begin, "[INST] ")
		content := strip(m.Content)
		if i == 0 && system.Role == System { // the template strips around both
			s.mark("<<SYS>>\n")
			s.content(system.Content)
			s.mark("\n<</SYS>>")
			if content != "" {
				s.mark("\n\n")
				content = strings.TrimRightFunc(m.Content, isSpace)
			}
		}
		s.content(content)
		s.mark(" [/INST]")
	}
	return nil
}

func (l Layout) llama3(s *script, messages []Message) {
	s.mark(l.Begin)
	if l.Family == Llama31 {
		s.header(System)
		s.mark("Cutting Knowledge Date: ", l.Knowledge, "\nToday Date: ", l.Today, "\n\n")
		if messages[0].Role == System {
			s.content(strip(messages[0].Content))
			messages = messages[1:]
		}
		s.mark("<|eot_id|>")
	}
	for _, m := range messages {
		s.header(m.Role)
		s.content(strip(m.Content))
		s.mark("<|eot_id|>")
	}
	if len(messages) == 0 || open(messages) {
		s.header(Assistant)
	}
}

func (s *script) header(role Role) {
	s.mark("<|start_header_id|>", string(role), "<|end_header_id|>\n\n")
}

// strip is Python's str.strip.
func strip(s string) string { return strings.TrimFunc(s, isSpace) }

// isSpace is Python's str.isspace, which knows four more kinds of white space.
func isSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }
