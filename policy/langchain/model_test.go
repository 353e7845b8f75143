package langchain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/compliance"

	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/langchain/langchaintest"
)

// opened is a model that replies with the pieces.
func opened(t testing.TB, o Options, reply ...string) *Model {
	t.Helper()
	dir := t.TempDir()
	if err := langchaintest.WriteFolder(dir, reply...); err != nil {
		t.Fatal(err)
	}
	m, err := Open(dir, o)
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

func ask(t testing.TB, m *Model, text string, options ...llms.CallOption) []*llms.ContentChoice {
	t.Helper()
	r, err := m.GenerateContent(t.Context(), []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, text)}, options...)
	if err != nil {
		t.Fatal(err)
	}
	return r.Choices
}

// TestCompliance runs langchaingo's own suite for models.
func TestCompliance(t *testing.T) {
	m := opened(t, Options{}, "Hello, World! ", "Alice, ", "42. ", "Monday, Tuesday, ", "Wednesday, ", "Thursday. ", "Friday.")
	compliance.NewSuite("surefoot", m).Run(t)
}

func TestGenerateContent(t *testing.T) {
	m := opened(t, Options{MaxTokens: 4}, "Under", " the", " big", " table", "s.")
	c := ask(t, m, "Where?")[0]
	info := map[string]any{
		"PromptTokens": 25, "PromptCachedTokens": 0, "CompletionTokens": 4, "TotalTokens": 29,
		"Seed": 1, "EndedBy": "max tokens", "TokenIDs": []int32{256, 257, 258, 259}, "LogProbs": c.GenerationInfo["LogProbs"],
	}
	if c.Content != "Under the big table" || c.StopReason != "length" || !reflect.DeepEqual(c.GenerationInfo, info) {
		t.Errorf("%+v", c)
	}
	if lp := c.GenerationInfo["LogProbs"].([]float64); len(lp) != 4 || !(lp[0] < -0.05 && lp[0] > -0.2) {
		t.Errorf("log-probabilities %v", lp)
	}
	c = ask(t, m, "Where?", llms.WithMaxTokens(9))[0]
	if c.Content != "Under the big tables." || c.StopReason != "stop" || c.GenerationInfo["EndedBy"] != "stop token" || c.GenerationInfo["PromptCachedTokens"] != 24 {
		t.Errorf("%+v", c)
	}
	c = ask(t, m, "Where?", llms.WithMaxTokens(9), llms.WithStopWords([]string{"g t", "zzz"}))[0]
	if c.Content != "Under the bi" || c.StopReason != "stop" || c.GenerationInfo["EndedBy"] != "stop string" {
		t.Errorf("%+v", c)
	}
	text, err := m.Call(t.Context(), "Where?", llms.WithMaxTokens(2))
	if err != nil || text != "Under the" {
		t.Errorf("%q, %v", text, err)
	}
}

// TestMessages: roles and parts are laid out as the template says.
func TestMessages(t *testing.T) {
	m := opened(t, Options{}, "Un", "der")
	messages := []llms.MessageContent{
		llms.TextParts(llms.ChatMessageTypeSystem, "Be brief."),
		llms.TextParts(llms.ChatMessageTypeHuman, "One,", "two."),
		llms.TextParts(llms.ChatMessageTypeAI, "Three."),
		{Role: llms.ChatMessageTypeHuman},
	}
	chat, err := chatOf(messages)
	want := []policy.Message{
		{Role: policy.System, Content: "Be brief."}, {Role: policy.User, Content: "One,\ntwo."},
		{Role: policy.Assistant, Content: "Three."}, {Role: policy.User},
	}
	if err != nil || !slices.Equal(chat, want) {
		t.Errorf("%v, %v", chat, err)
	}
	r, err := m.GenerateContent(t.Context(), messages)
	// <|im_start|>, the role, a line break, the text, <|im_end|>, a line break
	n := 4 + len("system") + len("Be brief.") + 4 + len("user") + len("One,\ntwo.") + 4 + len("assistant") + len("Three.") + 4 + len("user") + 2 + len("assistant")
	if err != nil || r.Choices[0].Content != "Under" || r.Choices[0].GenerationInfo["PromptTokens"] != n {
		t.Errorf("%+v, %v, want %d tokens", r, err, n)
	}
}

// TestSampling: options mean what they say.
func TestSampling(t *testing.T) {
	m := opened(t, Options{}, "Un", "der", " the", " table")
	hot := func(o ...llms.CallOption) []llms.CallOption {
		return append(o, llms.WithTemperature(1), llms.WithN(100))
	}
	right := func(o ...llms.CallOption) int {
		n := 0
		for _, c := range ask(t, m, "Where?", o...) {
			if c.Content == "Under the table" {
				n++
			}
		}
		return n
	}
	// At temperature 1 the five tokens are right with probability .9 each: .59
	// together, and so 59 of 100 with a deviation of 5.
	if n := right(hot(llms.WithSeed(1))...); n < 40 || n > 78 {
		t.Errorf("%d of 100 are right at temperature 1", n)
	}
	for name, o := range map[string]llms.CallOption{
		"top-k": llms.WithTopK(1), "top-p": llms.WithTopP(0.5), "min-p": llms.WithMetadata(map[string]any{"min_p": 0.1}),
	} {
		if n := right(hot(o)...); n != 100 {
			t.Errorf("%s: %d of 100 are right", name, n)
		}
	}
	if n := right(llms.WithN(100)); n != 100 {
		t.Errorf("no temperature: %d of 100 are right", n)
	}
	if n := len(ask(t, m, "Where?", llms.WithCandidateCount(3))); n != 3 {
		t.Errorf("%d candidates of 3", n)
	}
}

// TestSeed: the same seed gives the same, and no seed the seed of the number
// of the call.
func TestSeed(t *testing.T) {
	draw := func(m *Model, o ...llms.CallOption) (string, any) {
		c := ask(t, m, "Where?", append(o, llms.WithTemperature(3), llms.WithMaxTokens(6))...)[0]
		return fmt.Sprint(c.GenerationInfo["TokenIDs"]), c.GenerationInfo["Seed"]
	}
	m := opened(t, Options{}, "Un", "der")
	seen := map[string]bool{}
	for _, seed := range []int{0, 7, -7} {
		a, got := draw(m, llms.WithSeed(seed))
		b, _ := draw(m, llms.WithSeed(seed))
		if a != b || got != seed {
			t.Errorf("seed %d: %s, then %s, called %v", seed, a, b, got)
		}
		seen[a] = true
	}
	for n := 1; n <= 3; n++ {
		a, got := draw(m)
		b, _ := draw(m, llms.WithSeed(n))
		if a != b || got != n {
			t.Errorf("call %d without a seed: %s, seed %v; with it %s", n, a, got, b)
		}
		seen[a] = true
	}
	if len(seen) != 6 {
		t.Errorf("6 seeds gave %v", seen)
	}
}

func TestStreaming(t *testing.T) {
	m := opened(t, Options{}, "Un", "der the", " ta", "ble.")
	var chunks []string
	stream := llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
		chunks = append(chunks, string(chunk))
		return nil
	})
	c := ask(t, m, "Where?", stream, llms.WithStopWords([]string{"then", " t-"}))[0]
	if want := []string{"Un", "der ", "the ta", "ble."}; c.Content != "Under the table." || !slices.Equal(chunks, want) {
		t.Errorf("%q streamed as %q, want %q", c.Content, chunks, want)
	}
	stop := errors.New("enough")
	n := 0
	_, err := m.Call(t.Context(), "Where?", llms.WithStreamingFunc(func(context.Context, []byte) error {
		if n++; n == 2 {
			return stop
		}
		return nil
	}))
	if !errors.Is(err, stop) || n != 2 {
		t.Errorf("%d chunks, error %v", n, err)
	}
	if e, ok := errors.AsType[*llms.Error](err); ok {
		t.Errorf("the listener's error is taken for the model's: %v", e)
	}
}

// TestRefusals: nothing that is asked for is ignored.
func TestRefusals(t *testing.T) {
	m := opened(t, Options{}, "Un", "der")
	human := []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, "Where?")}
	with := func(parts ...llms.ContentPart) []llms.MessageContent {
		return []llms.MessageContent{{Role: llms.ChatMessageTypeHuman, Parts: parts}}
	}
	tool := llms.Tool{Type: "function", Function: &llms.FunctionDefinition{Name: "look"}}
	for _, tc := range []struct {
		messages []llms.MessageContent
		option   llms.CallOption
		code     llms.ErrorCode
		is       error
		says     string
	}{
		{human, llms.WithModel("other"), llms.ErrCodeNotImplemented, ErrUnsupported, "option Model other"},
		{human, llms.WithMinLength(3), llms.ErrCodeNotImplemented, ErrUnsupported, "option MinLength 3"},
		{human, llms.WithMaxLength(3), llms.ErrCodeNotImplemented, ErrUnsupported, "option MaxLength 3"},
		{human, llms.WithRepetitionPenalty(1.1), llms.ErrCodeNotImplemented, ErrUnsupported, "option RepetitionPenalty 1.1"},
		{human, llms.WithFrequencyPenalty(0.5), llms.ErrCodeNotImplemented, ErrUnsupported, "option FrequencyPenalty 0.5"},
		{human, llms.WithPresencePenalty(0.5), llms.ErrCodeNotImplemented, ErrUnsupported, "option PresencePenalty 0.5"},
		{human, llms.WithJSONMode(), llms.ErrCodeNotImplemented, ErrUnsupported, "option JSONMode"},
		{human, llms.WithResponseMIMEType("application/json"), llms.ErrCodeNotImplemented, ErrUnsupported, "option ResponseMIMEType application/json"},
		{human, llms.WithFunctionCallBehavior("look"), llms.ErrCodeNotImplemented, ErrUnsupported, "option FunctionCallBehavior look"},
		{human, llms.WithStreamingReasoningFunc(func(context.Context, []byte, []byte) error { return nil }), llms.ErrCodeNotImplemented, ErrUnsupported, "option StreamingReasoningFunc"},
		{human, llms.WithTools([]llms.Tool{tool}), llms.ErrCodeNotImplemented, ErrUnsupported, "option Tools"},
		{human, llms.WithFunctions([]llms.FunctionDefinition{{Name: "look"}}), llms.ErrCodeNotImplemented, ErrUnsupported, "option Functions"},
		{human, llms.WithToolChoice("required"), llms.ErrCodeNotImplemented, ErrUnsupported, "option ToolChoice required"},
		{human, llms.WithToolChoice(llms.ToolChoice{Type: "function"}), llms.ErrCodeNotImplemented, ErrUnsupported, "option ToolChoice"},
		{human, llms.WithMetadata(map[string]any{"user": "x"}), llms.ErrCodeNotImplemented, ErrUnsupported, `option Metadata "user"`},
		{human, llms.WithOptions(llms.CallOptions{N: 2, StreamingFunc: func(context.Context, []byte) error { return nil }}), llms.ErrCodeNotImplemented, ErrUnsupported, "option StreamingFunc with 2 replies"},
		{[]llms.MessageContent{llms.TextParts(llms.ChatMessageTypeTool, "x")}, nil, llms.ErrCodeNotImplemented, ErrUnsupported, `message 0: role "tool"`},
		{[]llms.MessageContent{llms.TextParts(llms.ChatMessageTypeGeneric, "x")}, nil, llms.ErrCodeNotImplemented, ErrUnsupported, `role "generic"`},
		{with(llms.TextPart("a"), llms.ImageURLPart("http://x")), nil, llms.ErrCodeNotImplemented, ErrUnsupported, "part 1: llms.ImageURLContent"},
		{with(llms.BinaryPart("image/png", nil)), nil, llms.ErrCodeNotImplemented, ErrUnsupported, "part 0: llms.BinaryContent"},
		{with(llms.ToolCall{ID: "1"}), nil, llms.ErrCodeNotImplemented, ErrUnsupported, "part 0: llms.ToolCall"},
		{with(llms.ToolCallResponse{}), nil, llms.ErrCodeNotImplemented, ErrUnsupported, "part 0: llms.ToolCallResponse"},

		{human, llms.WithTemperature(-1), llms.ErrCodeInvalidRequest, nil, "Temperature is -1"},
		{human, llms.WithTopK(-1), llms.ErrCodeInvalidRequest, nil, "TopK is -1"},
		{human, llms.WithTopP(2), llms.ErrCodeInvalidRequest, nil, "TopP is 2"},
		{human, llms.WithMaxTokens(-1), llms.ErrCodeInvalidRequest, nil, "MaxTokens is -1"},
		{human, llms.WithN(-1), llms.ErrCodeInvalidRequest, nil, "Replies is -1"},
		{human, llms.WithOptions(llms.CallOptions{N: 2, CandidateCount: 3}), llms.ErrCodeInvalidRequest, nil, "option N is 2, but CandidateCount 3"},
		{human, llms.WithStopWords([]string{""}), llms.ErrCodeInvalidRequest, nil, "StopStrings"},
		{human, llms.WithMetadata(map[string]any{"min_p": "x"}), llms.ErrCodeInvalidRequest, nil, "min_p is x of type string"},
		{human, llms.WithMetadata(map[string]any{"min_p": 2.0}), llms.ErrCodeInvalidRequest, nil, "MinP is 2"},
		{nil, nil, llms.ErrCodeInvalidRequest, policy.ErrMessages, "there are none"},
		{[]llms.MessageContent{llms.TextParts(llms.ChatMessageTypeAI, "x")}, nil, llms.ErrCodeInvalidRequest, policy.ErrMessages, "model's own"},
		{with(llms.TextPart(strings.Repeat("a", langchaintest.MaxTokens))), nil, llms.ErrCodeTokenLimit, policy.ErrPromptTooLong, ": 20 too many"},
	} {
		var options []llms.CallOption
		if tc.option != nil {
			options = append(options, tc.option)
		}
		r, err := m.GenerateContent(t.Context(), tc.messages, options...)
		e, ok := errors.AsType[*llms.Error](err)
		if !ok || e.Code != tc.code || r != nil || !strings.Contains(err.Error(), tc.says) || tc.is != nil && !errors.Is(err, tc.is) {
			t.Errorf("%s %q: %v, %v", tc.code, tc.says, r, err)
		}
	}
	all := []llms.CallOption{
		llms.WithModel(m.name), llms.WithRepetitionPenalty(1), llms.WithResponseMIMEType("text/plain"), llms.WithToolChoice("auto"),
		llms.WithFunctionCallBehavior(llms.FunctionCallBehaviorNone), llms.WithN(1), llms.WithCandidateCount(1), llms.WithTopP(1),
	}
	if c := ask(t, m, "Where?", all...)[0]; c.Content != "Under" {
		t.Errorf("options that say what is so anyway: %+v", c)
	}
}

func TestContext(t *testing.T) {
	m := opened(t, Options{}, "Un", "der")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := m.Call(ctx, "Where?", llms.WithStreamingFunc(func(context.Context, []byte) error { cancel(); return nil }))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if e, ok := errors.AsType[*llms.Error](err); ok {
		t.Errorf("the context's error is taken for the model's: %v", e)
	}
}

// recorder is a handler that keeps what it is told of calls.
type recorder struct {
	callbacks.SimpleHandler
	got []string
}

func (r *recorder) HandleLLMGenerateContentStart(_ context.Context, m []llms.MessageContent) {
	r.got = append(r.got, fmt.Sprint("start ", len(m)))
}

func (r *recorder) HandleLLMGenerateContentEnd(_ context.Context, c *llms.ContentResponse) {
	r.got = append(r.got, "end "+c.Choices[0].Content)
}

func (r *recorder) HandleLLMError(_ context.Context, err error) {
	r.got = append(r.got, fmt.Sprint("error ", errors.Is(err, ErrUnsupported)))
}

// TestCallbacks: a handler is told of each call, as by langchaingo's own models.
func TestCallbacks(t *testing.T) {
	var r recorder
	m := opened(t, Options{Callbacks: &r}, "Un", "der the", " ta", "ble.")
	text, err := llms.GenerateFromSinglePrompt(t.Context(), m, "Where?", llms.WithStopWords([]string{"ble"}), llms.WithStreamingFunc(nil))
	if err != nil || text != "Under the ta" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := m.Call(t.Context(), "Where?", llms.WithMinLength(5)); !errors.Is(err, ErrUnsupported) {
		t.Errorf("an option that is refused: %v", err)
	}
	if want := []string{"start 1", "end Under the ta", "start 1", "error true"}; !slices.Equal(r.got, want) {
		t.Errorf("callbacks %q, want %q", r.got, want)
	}
}

func TestConcurrently(t *testing.T) {
	m := opened(t, Options{}, "Un", "der the", " ta", "ble.")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for range 5 {
				text, err := m.Call(t.Context(), strings.Repeat("Where? ", 1+i), llms.WithStopWords([]string{"."}))
				if err != nil || text != "Under the table" {
					t.Errorf("%q, %v", text, err)
				}
			}
		})
	}
	wait.Wait()
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(t.TempDir(), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no model: %v", err)
	}
	m := opened(t, Options{}, "Un", "der")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Call(t.Context(), "Where?"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if _, err := New(m.chat, "x", Options{MaxTokens: -1}); err == nil || !strings.Contains(err.Error(), "MaxTokens is -1") {
		t.Errorf("%v", err)
	}
	dir := t.TempDir()
	if err := langchaintest.WriteFolder(dir, "a"); err == nil {
		t.Error("a fake with a piece of one byte")
	}
}
