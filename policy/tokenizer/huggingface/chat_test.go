package huggingface

import (
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// chats is testdata/chat.json.
type chats struct {
	Chats     [][]Message
	Templates map[string]struct {
		Template string
		Texts    []*string // of each chat, for Qwen 3 also of each without a thought; nil where the template fails
	}
}

// TestChatGolden compares with what Jinja made of the same templates: see
// testdata/chat.py.
func TestChatGolden(t *testing.T) {
	var golden chats
	readJSON(t, "chat.json", &golden)
	families := map[Family]bool{}
	for _, name := range slices.Sorted(maps.Keys(golden.Templates)) {
		g := golden.Templates[name]
		l, err := ParseLayout(g.Template, "<s>", "</s>")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		families[l.Family] = true
		thoughtless := []bool{false}
		if l.Family == Qwen3 {
			thoughtless = append(thoughtless, true)
		}
		for i, chat := range golden.Chats {
			for j := range thoughtless {
				l.Thoughtless = thoughtless[j]
				got, err := l.Chat(chat)
				want := g.Texts[len(thoughtless)*i+j]
				switch {
				case want == nil:
					if !errors.Is(err, ErrMessages) {
						t.Errorf("%s: chat %d: have %q, %v, want ErrMessages", name, i, got, err)
					}
				case *want == "" && errors.Is(err, ErrMessages): // Llama 2 of a system message alone
				case err != nil || got != *want:
					t.Errorf("%s: chat %d, thoughtless %t:\n have %q, %v\n want %q", name, i, l.Thoughtless, got, err, *want)
				}
			}
		}
	}
	for _, f := range []Family{ChatML, Qwen3, Llama2, Llama3, Llama31} {
		if !families[f] {
			t.Errorf("no template is taken for %s", f)
		}
	}
}

// TestChatNear holds that a template that writes one thing otherwise is not
// taken for the family.
func TestChatNear(t *testing.T) {
	var golden chats
	readJSON(t, "chat.json", &golden)
	for _, c := range []struct{ name, old, new string }{
		{"plain ChatML", `'<|im_end|>' + '\n'`, `'<|im_end|>'`},
		{"plain ChatML", `'<|im_start|>assistant\n'`, `'<|im_start|>assistant\n<think>\n'`},
		{"plain ChatML", `message["content"]`, `message["content"] | trim`},
		{"plain ChatML", `{%- for message in messages -%}`, `{%- for message in messages -%}{{ bos_token }}`},
		{"plain ChatML", `{%- for message in messages -%}`, `{%- if messages[0]['role'] == 'system' -%}{%- endif -%}{%- for message in messages -%}`},
		{"ChatML on one line", "You are a test.", `You\'re a test.`},
		{"ChatML on one line", "{% for", "{% if x %}{{ '<|im_start|>system\nYou are another.<|im_end|>\n' }}{% endif %}{% for"},
		{"Qwen 3", `reasoning_content.strip('\n')`, `reasoning_content`},
		{"Qwen 3", `enable_thinking is false`, `not enable_thinking`},
		{"Llama 2", `'[INST] '`, `'[INST]'`},
		{"Llama 2", `'<<SYS>>\n'`, `'<<SYS>>\\n'`},
		{"Llama 3", `| trim`, ``},
		{"Llama 3", `bos_token + content`, `content`},
		{"Llama 3.1", `"Today Date: "`, `"Date: "`},
		{"Llama 3.1", `March 2022`, `{{ month }}`},
	} {
		text := golden.Templates[c.name].Template
		if !strings.Contains(text, c.old) {
			t.Fatalf("%s: no %q in the template", c.name, c.old)
		}
		near := strings.ReplaceAll(text, c.old, c.new)
		if l, err := ParseLayout(near, "<s>", "</s>"); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), quote(near)) {
			t.Errorf("%s with %q: have %+v, %v, want ErrUnsupported with the template", c.name, c.new, l, err)
		}
	}
}

func TestReadLayout(t *testing.T) {
	var golden chats
	readJSON(t, "chat.json", &golden)
	text := func(name string) json.RawMessage {
		b, err := json.Marshal(golden.Templates[name].Template)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name   string
		config map[string]any
		want   Layout
		err    error
		says   string
	}{
		{"names", map[string]any{"chat_template": text("Llama 2"), "bos_token": "<s>", "eos_token": map[string]any{"content": "</s>", "lstrip": false}},
			Layout{Family: Llama2, Begin: "<s>", End: "</s>"}, nil, ""},
		{"several", map[string]any{"chat_template": []any{
			map[string]any{"name": "tools", "template": "?"}, map[string]any{"name": "default", "template": text("Llama 3.1")}}, "bos_token": "<b>"},
			Layout{Family: Llama31, Begin: "<b>", Knowledge: "March 2022", Today: "01 Feb 2023"}, nil, ""},
		{"default system message", map[string]any{"chat_template": text("ChatML on one line"), "bos_token": "<b>"},
			Layout{Family: ChatML, Begin: "<b>", System: "You are a test."}, nil, ""},
		{"null names", map[string]any{"chat_template": text("plain ChatML"), "bos_token": nil, "other": 1},
			Layout{Family: ChatML}, nil, ""},
		{"no template", map[string]any{"bos_token": "<s>"}, Layout{}, ErrInvalid, "chat_template: there is none"},
		{"no default", map[string]any{"chat_template": []any{map[string]any{"name": "x"}}}, Layout{}, ErrInvalid, "none is named default"},
		{"number", map[string]any{"chat_template": 1}, Layout{}, ErrInvalid, "chat_template"},
		{"bad name", map[string]any{"chat_template": text("Llama 3"), "bos_token": 7}, Layout{}, ErrInvalid, "bos_token"},
		{"unknown", map[string]any{"chat_template": "{{ messages }}"}, Layout{}, ErrUnsupported, `"{{ messages }}"`},
	} {
		data, err := json.Marshal(c.config)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadLayout(data)
		if got != c.want || !errors.Is(err, c.err) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: have %+v, %v, want %+v, %v that says %q", c.name, got, err, c.want, c.err, c.says)
		}
	}
}

func TestChatMessages(t *testing.T) {
	for _, c := range []struct {
		family   Family
		messages []Message
		says     string
	}{
		{ChatML, nil, "none"},
		{ChatML, []Message{{"tool", "x"}}, `message 0 is from "tool"`},
		{Llama3, []Message{{User, "x"}, {System, "y"}}, `message 1 is from "system"`},
		{Llama2, []Message{{System, "x"}}, `none from "user"`},
		{Llama2, []Message{{System, "x"}, {Assistant, "y"}}, `must be from "user"`},
	} {
		if got, err := (Layout{Family: c.family}).Chat(c.messages); !errors.Is(err, ErrMessages) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s of %v: have %q, %v, want ErrMessages that says %s", c.family, c.messages, got, err, c.says)
		}
	}
	if _, err := (Layout{}).Chat([]Message{{User, "x"}}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("zero Layout: have %v, want ErrUnsupported", err)
	}
}

// TestLayoutEncode holds that the tokens of a chat are those of its text where
// contents have no names of special tokens, and that contents that have some
// make none.
func TestLayoutEncode(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var x texts
	readJSON(t, "texts.json", &x)
	tok := parseShape(t, "qwen2")
	l := Layout{Family: ChatML, System: "Be a test."}
	harmless := strings.NewReplacer("<|im_start|>", "", "<|im_end|>", "", "<|endoftext|>", "")
	for range 500 {
		var evil, good []Message
		for range 1 + rng.IntN(5) {
			m := Message{[]Role{User, Assistant}[rng.IntN(2)], x.random(rng.IntN(4000))}
			evil = append(evil, m)
			m.Content = harmless.Replace(m.Content)
			good = append(good, m)
		}
		text, err := l.Chat(good)
		if err != nil {
			t.Fatal(err)
		}
		ids, err := l.Encode(nil, tok, good)
		if want := tok.Encode(nil, text); err != nil || !slices.Equal(ids, want) {
			t.Fatalf("%q: have %v, %v, want %v", text, ids, err, want)
		}
		ids, err = l.Encode([]int32{-7}, tok, evil)
		if err != nil || ids[0] != -7 {
			t.Fatal(ids, err)
		}
		text, err = l.Chat(evil)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := tok.Decode(ids[1:]), newComposer().nfc(text); got != want {
			t.Fatalf("%q: tokens are of %q", text, got)
		}
		special := 0
		for _, id := range ids[1:] {
			if tok.IsSpecial(id) {
				special++
			}
		}
		want := 2*len(evil) + 2 // and the system message
		if evil[len(evil)-1].Role != Assistant {
			want++
		}
		if special != want {
			t.Fatalf("%q: %d special tokens, want %d", text, special, want)
		}
	}
	// The end of a content must not swallow the token after it.
	ids, err := l.Encode(nil, tok, []Message{{Assistant, "x<|im_start|"}, {Assistant, "<|im_start|><"}})
	if got, want := tok.DecodePlain(ids), "system\nBe a test.\nassistant\nx<|im_start|\nassistant\n<|im_start|><\n"; err != nil || got != want {
		t.Errorf("have %q, %v, want %q", got, err, want)
	}
	data := strings.Replace(string(shapes(t)["qwen2"]), `"content":"<|endoftext|>"`, `"content":"!<|im"`, 1)
	crossing, err := Parse([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	ids, err = l.Encode(nil, crossing, []Message{{User, "x!"}})
	if got, want := crossing.DecodePlain(ids), "system\nBe a test.\nuser\nx!\nassistant\n"; err != nil || got != want {
		t.Errorf("a token across the end of a content: have %q, %v, want %q", got, err, want)
	}
	if _, err := l.Encode(nil, tok, nil); !errors.Is(err, ErrMessages) {
		t.Errorf("no messages: %v", err)
	}
	late := strings.Replace(string(shapes(t)["qwen2"]), `"normalized":false`, `"normalized":true`, 1)
	other, err := Parse([]byte(late))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Encode(nil, other, []Message{{User, "x"}}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("special tokens in normalised text: %v", err)
	}
}

// FuzzParseLayout holds that no template makes it fail otherwise than by an
// error, and that what is taken for a family can be used.
func FuzzParseLayout(f *testing.F) {
	var golden chats
	readJSON(f, "chat.json", &golden)
	for _, g := range golden.Templates {
		f.Add(g.Template)
	}
	f.Add("{{ 'a' }} {% if \"b\\\"%}\" %}{# ' #}{{")
	f.Fuzz(func(t *testing.T, template string) {
		l, err := ParseLayout(template, "<s>", "</s>")
		if err != nil {
			if !errors.Is(err, ErrUnsupported) {
				t.Fatal(err)
			}
			return
		}
		if _, err := l.Chat([]Message{{User, "x"}}); err != nil {
			t.Fatal(err)
		}
	})
}
