package huggingface

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// OpenLayout is ReadLayout of the tokenizer_config.json at path.
func OpenLayout(path string) (Layout, error) {
	data, err := readFile(path)
	if err != nil {
		return Layout{}, err
	}
	l, err := ReadLayout(data)
	if err != nil {
		return l, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// ReadLayout finds out from a tokenizer_config.json how its model wants a chat
// laid out. It looks at chat_template, bos_token and eos_token and at nothing
// else; of several templates it takes the one named default. The error wraps
// ErrUnsupported and quotes the template if it is of no known family, and
// ErrInvalid if there is none.
func ReadLayout(config []byte) (Layout, error) {
	var c struct {
		Template json.RawMessage `json:"chat_template"`
		Begin    json.RawMessage `json:"bos_token"`
		End      json.RawMessage `json:"eos_token"`
	}
	if len(config) > MaxBytes {
		return Layout{}, invalid("file", "%d bytes, at most %d", len(config), MaxBytes)
	}
	if err := json.Unmarshal(config, &c); err != nil {
		return Layout{}, fmt.Errorf("%w: file: %w", ErrInvalid, err)
	}
	template, err := templateText(c.Template)
	if err != nil {
		return Layout{}, err
	}
	begin, err := tokenName("bos_token", c.Begin)
	if err != nil {
		return Layout{}, err
	}
	end, err := tokenName("eos_token", c.End)
	if err != nil {
		return Layout{}, err
	}
	return ParseLayout(template, begin, end)
}

// templateText reads "…" or [{"name":"default","template":"…"}, …].
func templateText(data json.RawMessage) (string, error) {
	data = bytes.TrimSpace(data)
	if len(data) == 0 || string(data) == "null" {
		return "", invalid("chat_template", "there is none")
	}
	var one string
	if err := json.Unmarshal(data, &one); err == nil {
		return one, nil
	}
	var several []struct{ Name, Template string }
	if err := json.Unmarshal(data, &several); err != nil {
		return "", fmt.Errorf("%w: chat_template: %w", ErrInvalid, err)
	}
	for _, t := range several {
		if t.Name == "default" {
			return t.Template, nil
		}
	}
	return "", invalid("chat_template", "%d templates, none is named default", len(several))
}

// tokenName reads null, "<s>" or {"content":"<s>", …}.
func tokenName(field string, data json.RawMessage) (string, error) {
	var name *string
	if len(data) == 0 || json.Unmarshal(data, &name) == nil {
		if name == nil {
			return "", nil
		}
		return *name, nil
	}
	var token struct{ Content string }
	if err := json.Unmarshal(data, &token); err != nil {
		return "", fmt.Errorf("%w: %s: %w", ErrInvalid, field, err)
	}
	return token.Content, nil
}

// What a template must contain to be of a family, in canonical form. Whoever
// changes how a message is written changes one of these.
const (
	markChatML      = `{{'<|im_start|>'+message['role']+'\n'+message['content']+'<|im_end|>'+'\n'}}`
	markChatMLDots  = `{{'<|im_start|>'+message.role+'\n'+message.content+'<|im_end|>'+'\n'}}`
	markChatMLReply = `{%ifadd_generation_prompt%}{{'<|im_start|>assistant\n'}}{%endif%}`
	markQwen3       = `{{'<|im_start|>'+message.role+'\n<think>\n'+reasoning_content.strip('\n')+'\n</think>\n\n'+content.lstrip('\n')}}`
	markQwen3Reply  = `{%ifadd_generation_prompt%}{{'<|im_start|>assistant\n'}}{%ifenable_thinkingisdefinedandenable_thinkingisfalse%}{{'<think>\n\n</think>\n\n'}}{%endif%}{%endif%}`
	markLlama2      = `{{bos_token+'[INST] '+content.strip()+' [/INST]'}}`
	markLlama2Reply = `{{' '+content.strip()+' '+eos_token}}`
	markLlama2First = `'<<SYS>>\n'+system_message+'\n<</SYS>>\n\n'+message['content']`
	markLlama3      = `'<|start_header_id|>'+message['role']+'<|end_header_id|>\n\n'+message['content']|trim+'<|eot_id|>'`
	markLlama3Reply = `{%ifadd_generation_prompt%}{{'<|start_header_id|>assistant<|end_header_id|>\n\n'}}{%endif%}`
	markLlama31     = `{{'Today Date: '+date_string+'\n\n'}}`
)

var (
	systemLiteral    = regexp.MustCompile(`'<\|im_start\|>system\\n([^'"{}\\]+)<\|im_end\|>\\n'`)
	knowledgeLiteral = regexp.MustCompile(`{{'Cutting Knowledge Date: ([^'\\{}]+)\\n'}}`)
	dateLiteral      = regexp.MustCompile(`{%setdate_string='([^'\\{}]+)'%}`)
)

// ParseLayout is ReadLayout of a template in Jinja, as newer models have it in
// chat_template.jinja, and the names of the tokens for the beginning and the
// end of a text. Where Llama 3.2's template asks for the date of the day, Today
// is the date that it gives when there is no clock: set it to another one.
func ParseLayout(template, begin, end string) (Layout, error) {
	c := canonical(template)
	has := func(marks ...string) bool {
		for _, m := range marks {
			if !strings.Contains(c, m) {
				return false
			}
		}
		return true
	}
	l := Layout{Begin: begin, End: end}
	ok := true
	switch {
	case has(markQwen3, markQwen3Reply) && !has("bos_token"):
		l.Family, l.Begin, l.End = Qwen3, "", ""
	case has(markChatML, markChatMLReply) || has(markChatMLDots, markChatMLReply):
		ok = l.readChatML(c)
	case has(markLlama2, markLlama2Reply, markLlama2First):
		l.Family = Llama2
	case has(markLlama3, markLlama3Reply, markLlama31, "{{bos_token}}"):
		ok = l.readLlama31(c)
	case has(markLlama3, markLlama3Reply, "bos_token+content") && !has("date_string"):
		l.Family, l.End = Llama3, ""
	default:
		ok = false
	}
	if !ok {
		return Layout{}, unsupported("chat_template", "of no known family: %s", quote(template))
	}
	return l, nil
}

// readChatML takes the system message for chats without one from the template,
// in which it is a literal, twice where there is a branch for tools.
func (l *Layout) readChatML(c string) bool {
	l.Family, l.End = ChatML, ""
	if !strings.Contains(c, "bos_token") {
		l.Begin = ""
	} else if !strings.HasPrefix(c, "{{bos_token}}") {
		return false
	}
	for _, m := range systemLiteral.FindAllStringSubmatch(c, -1) {
		if l.System != "" && l.System != m[1] {
			return false
		}
		l.System = m[1]
	}
	asks := strings.Contains(c, "messages[0]['role']!='system'") || strings.Contains(c, "messages[0]['role']=='system'")
	return (l.System != "") == asks && !strings.Contains(c, "<think>")
}

func (l *Layout) readLlama31(c string) bool {
	knowledge, date := knowledgeLiteral.FindStringSubmatch(c), dateLiteral.FindStringSubmatch(c)
	if knowledge == nil || date == nil {
		return false
	}
	l.Family, l.End, l.Knowledge, l.Today = Llama31, "", knowledge[1], date[1]
	return true
}
