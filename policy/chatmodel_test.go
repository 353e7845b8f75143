package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/surefoot-ai/surefoot/policy/langchain/langchaintest"
	"github.com/surefoot-ai/surefoot/policy/tokenizer/huggingface"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

func chatFolder(t testing.TB, reply ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := langchaintest.WriteFolder(dir, reply...); err != nil {
		t.Fatal(err)
	}
	return dir
}

// writer is a model that replies "Sure, why not?".
func writer(t testing.TB, o ChatModelOptions) *ChatModel {
	t.Helper()
	m, err := OpenChatModel(chatFolder(t, "Su", "re", ", wh", "y not?"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// babbler is a model that replies whatever its random weights say, which
// depends on all that was said before.
func babbler(t testing.TB, o ChatModelOptions) *ChatModel {
	t.Helper()
	w := writer(t, o)
	m, err := transformer.New(transformer.Config{
		Vocab: w.tokens.Vocab(), Dim: 24, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 12, Hidden: 20,
		MaxTokens: 600, RopeBase: 10000, NormEpsilon: 1e-5, TiedHead: true,
	}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Parameters() {
		for i := range p.Data {
			if len(p.Shape) == 2 {
				p.Data[i] *= 20
			}
		}
	}
	m.Changed()
	f, err := m.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	o.Layout = w.layout
	b, err := NewChatModel(f, w.tokens, w.ends, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func say(texts ...string) []Message {
	var out []Message
	for i, text := range texts {
		out = append(out, Message{Role: []Role{User, Assistant}[i%2], Content: text})
	}
	return out
}

func greedily(maxTokens int, stops ...string) ReplyOptions {
	o := DefaultReplyOptions()
	o.Sampling.Temperature, o.MaxTokens, o.StopStrings = 0, maxTokens, stops
	return o
}

func replies(t testing.TB, m *ChatModel, messages []Message, o ReplyOptions) []Reply {
	t.Helper()
	out, err := m.Reply(t.Context(), messages, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReply(t *testing.T) {
	m := writer(t, ChatModelOptions{})
	for _, tc := range []struct {
		o        ReplyOptions
		text     string
		tokens   int
		end      transformer.End
		complete bool
	}{
		{greedily(0), "Sure, why not?", 5, transformer.AtStopToken, true},
		{greedily(5), "Sure, why not?", 5, transformer.AtStopToken, true},
		{greedily(4), "Sure, why not?", 4, transformer.AtMaxTokens, false},
		{greedily(2), "Sure", 2, transformer.AtMaxTokens, false},
		{greedily(0, "e, w"), "Sur", 3, transformer.AtStopString, true},
		{greedily(0, "??", "\n"), "Sure, why not?", 5, transformer.AtStopToken, true},
		{greedily(0, "not", "why"), "Sure, ", 4, transformer.AtStopString, true},
	} {
		got := replies(t, m, say("Open the box."), tc.o)
		if len(got) != 1 {
			t.Fatalf("%d replies", len(got))
		}
		r := got[0]
		// <|im_start|>user\n, 13 letters, <|im_end|>\n<|im_start|>assistant\n
		if r.Text != tc.text || len(r.Tokens) != tc.tokens || len(r.LogProbs) != tc.tokens || r.End != tc.end ||
			r.Complete() != tc.complete || r.PromptTokens != 1+5+13+1+1+1+10 {
			t.Errorf("%+v: %+v", tc.o, r)
		}
		if p := r.LogProbs[0]; !(p > -0.2 && p < 0) {
			t.Errorf("log-probability %v", p)
		}
	}
}

// TestReplyEndName: the name of a special token as a stop string is the token,
// which has no text.
func TestReplyEndName(t *testing.T) {
	w := writer(t, ChatModelOptions{})
	m, err := NewChatModel(w.model, w.tokens, nil, ChatModelOptions{Layout: w.layout})
	if err != nil {
		t.Fatal(err)
	}
	if r := replies(t, m, say("?"), greedily(9))[0]; r.End != transformer.AtMaxTokens {
		t.Errorf("%+v", r)
	}
	if r := replies(t, m, say("?"), greedily(9, "<|im_end|>"))[0]; r.End != transformer.AtStopToken || r.Text != "Sure, why not?" {
		t.Errorf("%+v", r)
	}
}

// TestReplyStream: what is streamed is the reply, character by whole
// character, and the reply is the tokens decoded.
func TestReplyStream(t *testing.T) {
	m := babbler(t, ChatModelOptions{})
	partial := 0
	for seed := range uint64(60) {
		o := DefaultReplyOptions()
		o.Seed, o.MaxTokens = seed, 40
		if seed%2 == 1 {
			o.StopStrings = []string{"a", "B", "€"}
		}
		streamed := ""
		o.OnText = func(text string) error {
			if !utf8.ValidString(text) || text == "" {
				t.Errorf("streamed %q", text)
			}
			streamed += text
			return nil
		}
		r := replies(t, m, say("Say something."), o)[0]
		if r.Text != streamed {
			t.Errorf("streamed %q of %q", streamed, r.Text)
		}
		all := m.tokens.DecodePlain(r.Tokens)
		if r.End == transformer.AtStopString {
			cut := strings.IndexAny(all, "aB€")
			if cut < 0 {
				t.Fatalf("no stop string in %q", all)
			}
			all = all[:cut]
		}
		if r.Text != all {
			t.Errorf("seed %d: %q, tokens are %q", seed, r.Text, all)
		}
		if strings.HasSuffix(r.Text, "\uFFFD") {
			partial++
		}
	}
	if partial == 0 {
		t.Error("no reply ended in the middle of a character")
	}
}

// TestReplyPartial: a character over two tokens, and a stop string before it.
func TestReplyPartial(t *testing.T) {
	m, err := OpenChatModel(chatFolder(t, "Su", "re\xe2\x82", "\xac!"), ChatModelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		o    ReplyOptions
		text string
	}{
		{greedily(0), "Sure€!"},
		{greedily(2), "Sure\uFFFD"},
		{greedily(0, "re"), "Su"},
		{greedily(0, "€"), "Sure"},
	} {
		streamed := ""
		tc.o.OnText = func(text string) error { streamed += text; return nil }
		if r := replies(t, m, say("?"), tc.o)[0]; r.Text != tc.text || streamed != tc.text {
			t.Errorf("%d tokens, stops %q: %q, streamed %q, want %q", tc.o.MaxTokens, tc.o.StopStrings, r.Text, streamed, tc.text)
		}
	}
}

// sameReply compares all but what was shared.
func sameReply(a, b Reply) bool {
	return a.Text == b.Text && slices.Equal(a.Tokens, b.Tokens) && slices.Equal(a.LogProbs, b.LogProbs) && a.End == b.End && a.PromptTokens == b.PromptTokens
}

// TestReplyGroup: the replies of a group are different, the first is the one
// that comes alone, and each is what the seed says.
func TestReplyGroup(t *testing.T) {
	o := DefaultReplyOptions()
	o.MaxTokens, o.Seed, o.Replies = 12, 7, 5
	m := babbler(t, ChatModelOptions{})
	group := replies(t, m, say("Hello."), o)
	again := replies(t, m, say("Hello."), o)
	texts := map[string]bool{}
	for i := range group {
		texts[group[i].Text] = true
		if !sameReply(group[i], again[i]) {
			t.Errorf("reply %d is %+v, was %+v", i, again[i], group[i])
		}
	}
	if len(texts) != 5 {
		t.Errorf("replies are %v", texts)
	}
	o.Replies = 1
	if alone := replies(t, babbler(t, ChatModelOptions{}), say("Hello."), o)[0]; !sameReply(alone, group[0]) {
		t.Errorf("alone %+v, in a group %+v", alone, group[0])
	}
	if n := again[0].SharedTokens; n != again[0].PromptTokens-1 {
		t.Errorf("%d of %d tokens were not read again", n, again[0].PromptTokens)
	}
}

// TestReplyShares: a chat that goes on reads only what is new, also if another
// one comes between, and the replies are those of a model that forgets all.
func TestReplyShares(t *testing.T) {
	m, forgetful := babbler(t, ChatModelOptions{}), babbler(t, ChatModelOptions{IdleCaches: -1})
	chats := [][]Message{say("Tell me about boxes, please: all that you know."), say("Hello, what is there to be done in the kitchen?")}
	for turn := range 4 {
		for i := range chats {
			o := DefaultReplyOptions()
			o.MaxTokens, o.Seed = 10, uint64(turn)
			got, want := replies(t, m, chats[i], o)[0], replies(t, forgetful, chats[i], o)[0]
			if !sameReply(got, want) {
				t.Errorf("chat %d, turn %d: %+v, want %+v", i, turn, got, want)
			}
			if want.SharedTokens != 0 {
				t.Errorf("the forgetful one remembers %d tokens", want.SharedTokens)
			}
			// All but the text that decoding cannot give back, and what is said next.
			if least := got.PromptTokens - 70; turn > 0 && got.SharedTokens < least {
				t.Errorf("chat %d, turn %d: %d of %d tokens shared, want %d", i, turn, got.SharedTokens, got.PromptTokens, least)
			}
			chats[i] = append(chats[i], Message{Role: Assistant, Content: got.Text}, Message{Role: User, Content: "Go on."})
		}
	}
	r := replies(t, m, chats[0], greedily(9))[0]
	prompt, err := m.prompt(chats[0])
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(prompt, r.Tokens)
	if n := m.idle[len(m.idle)-1].prefix.Shared(all); n != len(all)-1 {
		t.Errorf("%d of %d tokens of messages and reply are known", n, len(all))
	}
	if len(m.idle) != 2 || len(forgetful.idle) != 0 {
		t.Errorf("%d and %d idle", len(m.idle), len(forgetful.idle))
	}
}

// TestReplyConcurrently: calls do not disturb each other.
func TestReplyConcurrently(t *testing.T) {
	m := babbler(t, ChatModelOptions{Threads: 2})
	var want [12]Reply
	options := func(i int) ([]Message, ReplyOptions) {
		o := DefaultReplyOptions()
		o.MaxTokens, o.Seed, o.StopStrings = 15, uint64(i), []string{"x"}
		return say(strings.Repeat("Go on. ", i%5), "I do.", fmt.Sprint("And ", i%3)), o
	}
	for i := range want {
		messages, o := options(i)
		want[i] = replies(t, babbler(t, ChatModelOptions{}), messages, o)[0]
	}
	var wait sync.WaitGroup
	for i := range want {
		wait.Go(func() {
			messages, o := options(i)
			got, err := m.Reply(t.Context(), messages, o)
			if err != nil || !sameReply(got[0], want[i]) {
				t.Errorf("call %d: %+v, %v, want %+v", i, got, err, want[i])
			}
		})
	}
	wait.Wait()
}

func TestReplyErrors(t *testing.T) {
	m := writer(t, ChatModelOptions{MaxContextTokens: 60})
	if m.MaxContextTokens() != 60 || m.CountTokens("abc") != 3 {
		t.Errorf("context of %d, %d tokens", m.MaxContextTokens(), m.CountTokens("abc"))
	}
	// A prompt of n letters has 19 tokens more.
	if r := replies(t, m, say(strings.Repeat("a", 40)), greedily(0))[0]; r.PromptTokens != 59 || len(r.Tokens) != 1 {
		t.Errorf("a prompt with room for one token: %+v", r)
	}
	if r := replies(t, m, say(strings.Repeat("a", 38)), greedily(100))[0]; r.Text != "Sure, wh" || r.Complete() {
		t.Errorf("a prompt with room for three tokens: %+v", r)
	}
	enough := errors.New("enough")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	change := func(f func(*ReplyOptions)) ReplyOptions {
		o := DefaultReplyOptions()
		f(&o)
		return o
	}
	for _, tc := range []struct {
		ctx      context.Context
		messages []Message
		o        ReplyOptions
		is       error
		says     string
	}{
		{t.Context(), say(strings.Repeat("a", 41)), greedily(0), ErrPromptTooLong, "60 tokens, with a context of 60 at most 59 leave room for a reply: 1 too many"},
		{t.Context(), say(strings.Repeat("a", 99)), greedily(1), ErrPromptTooLong, ": 59 too many"},
		{t.Context(), nil, greedily(0), ErrMessages, "there are none"},
		{t.Context(), say("a", "b"), greedily(0), ErrMessages, "the model's own"},
		{t.Context(), []Message{{Role: "tool", Content: "a"}}, greedily(0), ErrMessages, `"tool"`},
		{t.Context(), []Message{{Role: User}, {Role: System}, {Role: User}}, greedily(0), ErrMessages, `message 1 is from "system"`},
		{cancelled, say("a"), greedily(0), context.Canceled, ""},
		{t.Context(), say("a"), change(func(o *ReplyOptions) { *o = greedily(0); o.OnText = func(string) error { return enough } }), enough, ""},
		{t.Context(), say("a"), change(func(o *ReplyOptions) { o.Sampling.TopP = 0 }), nil, "TopP is 0"},
		{t.Context(), say("a"), change(func(o *ReplyOptions) { o.MaxTokens = -1 }), nil, "MaxTokens is -1"},
		{t.Context(), say("a"), change(func(o *ReplyOptions) { o.Replies = 0 }), nil, "Replies is 0"},
		{t.Context(), say("a"), change(func(o *ReplyOptions) { o.Replies, o.OnText = 2, func(string) error { return nil } }), nil, "Replies is 2"},
		{t.Context(), say("a"), greedily(0, "x", ""), nil, "StopStrings"},
		{t.Context(), say("a"), greedily(0, "\xe2"), nil, "StopStrings"}, // would match half a character
	} {
		got, err := m.Reply(tc.ctx, tc.messages, tc.o)
		if err == nil || tc.is != nil && !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.says) || got != nil {
			t.Errorf("%q: %v, %v", tc.says, got, err)
		}
	}
	if r := replies(t, m, say("a"), greedily(0))[0]; r.Text != "Sure, why not?" {
		t.Errorf("after errors: %+v", r)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Reply(t.Context(), say("b"), greedily(0)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestNewChatModelRefuses(t *testing.T) {
	w := writer(t, ChatModelOptions{})
	toy, err := transformer.New(toyModelConfig(100), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	small, err := toy.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		m    *transformer.Frozen
		ends []int32
		o    ChatModelOptions
		says string
	}{
		{small, nil, ChatModelOptions{}, "tokenizer has 262 tokens, model 100"},
		{w.model, []int32{262}, ChatModelOptions{}, "token 262"},
		{w.model, nil, ChatModelOptions{Threads: -1}, "Threads is -1"},
		{w.model, nil, ChatModelOptions{MaxContextTokens: -1}, "MaxContextTokens is -1"},
	} {
		if _, err := NewChatModel(tc.m, w.tokens, tc.ends, tc.o); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", tc.says, err)
		}
	}
}

func toyModelConfig(vocab int) transformer.Config {
	return transformer.Config{Vocab: vocab, Dim: 4, Layers: 1, Heads: 1, KVHeads: 1, HeadDim: 2, Hidden: 2, MaxTokens: 9, RopeBase: 10000, NormEpsilon: 1e-5}
}

// edit changes a JSON file of a folder; without members it is removed.
func edit(t testing.TB, dir, name string, members map[string]any) {
	t.Helper()
	path := filepath.Join(dir, name)
	if members == nil {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	all := map[string]any{}
	if b, err := os.ReadFile(path); err == nil {
		if err := json.Unmarshal(b, &all); err != nil {
			t.Fatal(err)
		}
	}
	for k, v := range members {
		all[k] = v
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestOpenChatModelEnds: a reply ends by any of the places that name a token.
func TestOpenChatModelEnds(t *testing.T) {
	for _, tc := range []struct {
		config, generation any
		template           bool
		want               []int32
	}{
		{nil, nil, true, []int32{261}},
		{nil, nil, false, nil},
		{5, nil, false, []int32{5}},
		{[]int{7, 5}, []int{5, 6}, false, []int32{5, 6, 7}},
		{nil, 9, true, []int32{9, 261}},
	} {
		dir := chatFolder(t, "Su", "re", ", wh", "y not?")
		edit(t, dir, "config.json", map[string]any{"eos_token_id": tc.config})
		edit(t, dir, "generation_config.json", map[string]any{"eos_token_id": tc.generation})
		if !tc.template {
			edit(t, dir, "tokenizer_config.json", nil)
		}
		m, err := OpenChatModel(dir, ChatModelOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(m.ends, tc.want) {
			t.Errorf("%+v: ends %v", tc, m.ends)
		}
	}
}

// TestOpenChatModelTemplate: where the layout comes from, and what there is
// without one.
func TestOpenChatModelTemplate(t *testing.T) {
	dir := chatFolder(t, "Su", "re")
	llama3 := "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}" +
		"{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
	if err := os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(llama3), 0o644); err != nil {
		t.Fatal(err)
	}
	edit(t, dir, "tokenizer_config.json", map[string]any{"bos_token": "<b>"})
	m, err := OpenChatModel(dir, ChatModelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if m.layout.Family != huggingface.Llama3 || m.layout.Begin != "<b>" {
		t.Errorf("chat_template.jinja is not preferred: %+v", m.layout)
	}
	if m, err = OpenChatModel(dir, ChatModelOptions{Layout: &huggingface.Layout{Family: huggingface.Qwen3, Thoughtless: true}}); err != nil || !m.layout.Thoughtless {
		t.Errorf("the caller's layout is not used: %+v, %v", m, err)
	}

	dir = chatFolder(t, "Su", "re")
	edit(t, dir, "tokenizer_config.json", map[string]any{"chat_template": nil})
	if m, err = OpenChatModel(dir, ChatModelOptions{}); err != nil {
		t.Fatal(err)
	}
	if r := replies(t, m, say("It is said:\n"), greedily(9))[0]; r.Text != "Sure" || r.PromptTokens != 12 {
		t.Errorf("a model without a template goes on with %+v", r)
	}
	if r := replies(t, m, say("<|im_end|>"), greedily(1))[0]; r.PromptTokens != 10 {
		t.Errorf("the text has a special token: %+v", r)
	}
	for _, messages := range [][]Message{say("a", "b", "c"), {{Role: System, Content: "a"}}} {
		if _, err := m.Reply(t.Context(), messages, greedily(1)); !errors.Is(err, ErrMessages) || !strings.Contains(err.Error(), "no chat template") {
			t.Errorf("%v without a template: %v", messages, err)
		}
	}
	if _, err := m.Reply(t.Context(), say(""), greedily(1)); !errors.Is(err, ErrMessages) {
		t.Errorf("no text: %v", err)
	}
}

func TestOpenChatModelRefuses(t *testing.T) {
	for _, tc := range []struct {
		name    string
		members map[string]any // nil: the file is missing
		is      error
		says    string
	}{
		{"config.json", nil, fs.ErrNotExist, "config.json"},
		{"tokenizer.json", nil, fs.ErrNotExist, "tokenizer.json"},
		{"tokenizer.json", map[string]any{"normalizer": 3}, huggingface.ErrInvalid, "tokenizer.json"},
		{"tokenizer_config.json", map[string]any{"chat_template": "{{ messages }}"}, huggingface.ErrUnsupported, "tokenizer_config.json"},
		{"generation_config.json", map[string]any{"eos_token_id": "x"}, nil, "generation_config.json: eos_token_id"},
		{"generation_config.json", map[string]any{"eos_token_id": 1000}, nil, "token 1000"},
		{"config.json", map[string]any{"eos_token_id": -1}, nil, "token -1"},
		{"config.json", map[string]any{"eos_token_id": []any{1, "x"}}, nil, "config.json: eos_token_id"},
		{"config.json", map[string]any{"num_hidden_layers": 2}, transformer.ErrFormat, "model.layers.1"},
	} {
		dir := chatFolder(t, "Su", "re")
		edit(t, dir, tc.name, tc.members)
		_, err := OpenChatModel(dir, ChatModelOptions{})
		if err == nil || tc.is != nil && !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s %v: %v", tc.name, tc.members, err)
		}
	}
	dir := chatFolder(t, "Su")
	if err := os.WriteFile(filepath.Join(dir, "tokenizer_config.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenChatModel(dir, ChatModelOptions{}); err == nil || !strings.Contains(err.Error(), "tokenizer_config.json") {
		t.Errorf("a damaged tokenizer_config.json: %v", err)
	}
}

// FuzzChatFiles: whatever the files beside the model hold, the end tokens are
// tokens of the model or there is an error, and the model replies.
func FuzzChatFiles(f *testing.F) {
	w := writer(f, ChatModelOptions{})
	dir := f.TempDir()
	var seeds []string
	for _, name := range []string{"tokenizer_config.json", "generation_config.json"} {
		b, err := os.ReadFile(filepath.Join(chatFolder(f, "Su"), name))
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, string(b))
	}
	f.Add(seeds[0], "", seeds[1], "[1, 2]")
	f.Add("{}", "{{ bos_token }}", `{"eos_token_id": null}`, "null")
	f.Add(`{"chat_template": [{"name": "default", "template": "x"}]}`, "", `{"eos_token_id": 1e9}`, "-1")
	f.Fuzz(func(t *testing.T, config, template, generation, end string) {
		for name, text := range map[string]string{"tokenizer_config.json": config, "chat_template.jinja": template, "generation_config.json": generation} {
			path := filepath.Join(dir, name)
			err := os.WriteFile(path, []byte(text), 0o644)
			if text == "" { // no such file
				err = os.Remove(path)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		l, err := openLayout(dir)
		if err != nil {
			return
		}
		ends, err := endTokens(dir, map[string]json.RawMessage{"eos_token_id": json.RawMessage(end)}, w.tokens, l)
		if err != nil {
			return
		}
		m, err := NewChatModel(w.model, w.tokens, ends, ChatModelOptions{Layout: l})
		if err != nil {
			return
		}
		if _, err := m.Reply(t.Context(), say("a"), greedily(1)); err != nil && !errors.Is(err, ErrPromptTooLong) {
			t.Fatal(err)
		}
	})
}
