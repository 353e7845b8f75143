package langchain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/langchain"
	"github.com/surefoot-ai/surefoot/agent/langchain/langchaintest"
)

const secret = "sk-very-secret-1234567890"

// waits is a sleeper that does not sleep.
type waits struct{ asked []time.Duration }

func (w *waits) sleep(ctx context.Context, d time.Duration) error {
	w.asked = append(w.asked, d)
	return ctx.Err()
}

func open(t testing.TB, spec string, s *langchaintest.Server) llms.Model {
	t.Helper()
	base := s.URL
	if strings.HasPrefix(spec, "openai:") {
		base += "/v1"
	}
	m, err := langchain.Open(spec, langchain.Server{BaseURL: base, Key: secret})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func begin(t testing.TB, m llms.Model, o langchain.Options) agent.Actor {
	t.Helper()
	p, err := langchain.New(m, "test", o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.Begin(t.Context(), agent.Brief{
		Task: agent.Task{ID: "t", Goal: "put a mug in the sink"},
		Context: agent.Context{Items: []agent.Item{
			{ID: "l1", Kind: agent.KindLesson, Text: "When the sink is full: avoid waiting; instead empty it."},
		}},
		Rand: rand.New(rand.NewPCG(1, 2)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var here = agent.Observation{Text: "You see a desk 1 and a desk 12.", Admissible: []agent.Action{"go to desk 1", "go to desk 12", "look"}}

// TestReplies holds what comes of each thing a server may do, over both
// protocols.
func TestReplies(t *testing.T) {
	ok := langchaintest.Reply{Text: "look", Prompt: 40, Completion: 2}
	const whole = `{"choices":[{"message":{"content":"go to desk 1"}}],"message":{"content":"go to desk 1"},"done":true}` + "\n"
	for _, tt := range []struct {
		name    string
		replies []langchaintest.Reply
		action  agent.Action
		tokens  int // 0: estimated
		waits   []time.Duration
		failure agent.FailureError // Err is not looked at
		text    string             // in the error
	}{
		{"well formed", []langchaintest.Reply{ok}, "look", 42, nil, agent.FailureError{}, ""},
		{"no usage", []langchaintest.Reply{{Text: "look"}}, "look", 0, nil, agent.FailureError{}, ""},
		{"asked again", []langchaintest.Reply{{Text: "dance", Prompt: 5, Completion: 1}, ok}, "look", 48, nil, agent.FailureError{}, ""},
		{"twice malformed", []langchaintest.Reply{{Text: "dance", Prompt: 5, Completion: 1}, {Text: "sing\nand dance", Prompt: 7, Completion: 3}},
			"sing", 16, nil, agent.FailureError{}, ""},
		{"empty, then good", []langchaintest.Reply{{Text: " ", Prompt: 5, Completion: 1}, ok}, "look", 48, nil, agent.FailureError{}, ""},
		{"rate limit, then good", []langchaintest.Reply{{Status: 429, Body: `{"error":{"message":"slow down"}}`}, ok},
			"look", 42, []time.Duration{time.Second}, agent.FailureError{}, ""},
		{"rate limit that says when", []langchaintest.Reply{{Status: 429, Body: "{}", Header: map[string]string{"Retry-After": "7"}}, ok},
			"look", 42, []time.Duration{7 * time.Second}, agent.FailureError{}, ""},
		{"rate limit that asks for a day", []langchaintest.Reply{{Status: 429, Body: "{}", Header: map[string]string{"Retry-After": "86400"}}, ok},
			"look", 42, []time.Duration{time.Minute}, agent.FailureError{}, ""},
		{"server errors", []langchaintest.Reply{{Status: 500, Body: "<html>oops</html>"}, {Status: 502, Body: " "}, {Status: 503, Body: `{"error":"overloaded"}`}}, "", 0,
			[]time.Duration{time.Second, 2 * time.Second}, agent.FailureError{Cause: agent.CauseTool, Transient: true}, "status 503: overloaded"},
		{"hangs", []langchaintest.Reply{{Hang: true}, ok}, "look", 42, []time.Duration{time.Second}, agent.FailureError{}, ""},
		{"always hangs", []langchaintest.Reply{{Hang: true}, {Hang: true}, {Hang: true}}, "", 0,
			[]time.Duration{time.Second, 2 * time.Second}, agent.FailureError{Cause: agent.CauseTool, Transient: true}, "did not reply in time"},
		{"cut off", []langchaintest.Reply{{Text: strings.Repeat("long ", 2000), Cut: true}, ok}, "look", 42, []time.Duration{time.Second}, agent.FailureError{}, ""},
		{"cut off in a whole reply", []langchaintest.Reply{{Body: `{"choices":[{"mess`}, ok}, "look", 42, []time.Duration{time.Second}, agent.FailureError{}, ""},
		{"cut off after what looks whole", []langchaintest.Reply{{Body: whole + strings.Repeat(" ", len(whole)), Cut: true}, ok}, "look", 42,
			[]time.Duration{time.Second}, agent.FailureError{}, ""},
		{"not JSON", []langchaintest.Reply{{Body: "<html>"}, {Body: "<html>"}, {Body: "<html>"}}, "", 0,
			[]time.Duration{time.Second, 2 * time.Second}, agent.FailureError{Cause: agent.CauseTool, Transient: true}, "invalid character"},
		{"wrong type", []langchaintest.Reply{{Body: `{"choices":"none","message":"none","done":true}`}, ok}, "look", 42, []time.Duration{time.Second}, agent.FailureError{}, ""},
		{"wrong key", []langchaintest.Reply{{Status: 401, Body: `{"error":{"message":"Incorrect API key provided: ` + secret + `"}}`}}, "", 0, nil,
			agent.FailureError{Cause: agent.CauseTool}, "status 401: Incorrect API key provided: [key]"},
		{"no such model", []langchaintest.Reply{{Status: 404, Body: `{"error":"model 'm' not found"}`}}, "", 0, nil,
			agent.FailureError{Cause: agent.CauseTool}, "status 404: model 'm' not found"},
		{"prompt too long", []langchaintest.Reply{{Status: 400, Body: `{"error":{"message":"too much","code":"context_length_exceeded"}}`}}, "", 0, nil,
			agent.FailureError{Cause: agent.CauseBudget}, "context_length_exceeded"},
		{"quota used up", []langchaintest.Reply{{Status: 429, Body: `{"error":{"message":"pay","code":"insufficient_quota"}}`}}, "", 0, nil,
			agent.FailureError{Cause: agent.CauseBudget}, "insufficient_quota"},
		{"refused", []langchaintest.Reply{{Status: 400, Body: `{"error":{"message":"no","code":"content_filter"}}`}}, "", 0, nil,
			agent.FailureError{Cause: agent.CausePolicy}, "content_filter"},
	} {
		for _, spec := range []string{"openai:m", "ollama:m"} {
			t.Run(tt.name+"/"+spec, func(t *testing.T) {
				t.Parallel()
				s := langchaintest.New(t, tt.replies...)
				var w waits
				timeout := 30 * time.Second
				if slices.ContainsFunc(tt.replies, func(r langchaintest.Reply) bool { return r.Hang }) {
					timeout = time.Second
				}
				a := begin(t, open(t, spec, s), langchain.Options{Sleep: w.sleep, Attempts: 3, Timeout: timeout})
				d, err := a.Act(t.Context(), here)
				if got := len(s.Requests()); got != len(tt.replies) {
					t.Errorf("%d requests, want %d", got, len(tt.replies))
				}
				if !slices.Equal(w.asked, tt.waits) {
					t.Errorf("waited %v, want %v", w.asked, tt.waits)
				}
				if tt.failure.Cause != "" {
					f, ok := errors.AsType[*agent.FailureError](err)
					if !ok || f.Cause != tt.failure.Cause || f.Transient != tt.failure.Transient {
						t.Fatalf("error %#v, want cause %s, transient %v", err, tt.failure.Cause, tt.failure.Transient)
					}
					if !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), secret) {
						t.Errorf("error %v, want %s and no key", err, tt.text)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if d.Action != tt.action {
					t.Errorf("action %q, want %q", d.Action, tt.action)
				}
				if tt.tokens != 0 && d.Tokens != tt.tokens || d.Tokens <= 0 {
					t.Errorf("%d tokens, want %d", d.Tokens, tt.tokens)
				}
			})
		}
	}
}

func TestConnectionRefused(t *testing.T) {
	s := langchaintest.New(t)
	for _, spec := range []string{"openai:m", "ollama:m"} {
		m, err := langchain.Open(spec, langchain.Server{BaseURL: s.URL, Transport: refuse{}})
		if err != nil {
			t.Fatal(err)
		}
		var w waits
		_, err = begin(t, m, langchain.Options{Sleep: w.sleep}).Act(t.Context(), here)
		f, ok := errors.AsType[*agent.FailureError](err)
		if !ok || !f.Transient || f.Cause != agent.CauseTool || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("%s: error %v", spec, err)
		}
		if want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}; !slices.Equal(w.asked, want) {
			t.Errorf("%s: waited %v, want %v", spec, w.asked, want)
		}
	}
}

type refuse struct{}

func (refuse) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("dial tcp: connection refused")
}

func TestReplyTooLarge(t *testing.T) {
	for _, spec := range []string{"openai:m", "ollama:m"} {
		m, err := langchain.Open(spec, langchain.Server{BaseURL: "http://127.0.0.1", Transport: endless{}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = begin(t, m, langchain.Options{}).Act(t.Context(), here)
		if f, ok := errors.AsType[*agent.FailureError](err); !ok || f.Transient || !strings.Contains(err.Error(), "more than 8388608 bytes") {
			t.Errorf("%s: error %v", spec, err)
		}
	}
}

type endless struct{}

func (endless) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(spaces{})}, nil
}

type spaces struct{}

func (spaces) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func TestCancelled(t *testing.T) {
	for _, spec := range []string{"openai:m", "ollama:m"} {
		s := langchaintest.New(t, langchaintest.Reply{Hang: true})
		ctx, cancel := context.WithCancel(t.Context())
		a := begin(t, open(t, spec, s), langchain.Options{})
		go func() { // ends when the request has come in or the test is over
			for len(s.Requests()) == 0 && t.Context().Err() == nil {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		_, err := a.Act(ctx, here)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v", spec, err)
		}
		if _, ok := errors.AsType[*agent.FailureError](err); ok {
			t.Errorf("%s: the caller's own cancellation was called a failure: %v", spec, err)
		}
	}
}

func contents(t *testing.T, r langchaintest.Request) (roles, texts []string) {
	t.Helper()
	for _, m := range r.Body["messages"].([]any) {
		m := m.(map[string]any)
		roles = append(roles, m["role"].(string))
		switch c := m["content"].(type) {
		case string:
			texts = append(texts, c)
		case []any:
			texts = append(texts, c[0].(map[string]any)["text"].(string))
		}
	}
	return roles, texts
}

func TestPrompt(t *testing.T) {
	for _, spec := range []string{"openai:m", "ollama:m"} {
		s := langchaintest.New(t, langchaintest.Reply{Text: "Action: Look."}, langchaintest.Reply{Text: "42"})
		a := begin(t, open(t, spec, s), langchain.Options{})
		if d, err := a.Act(t.Context(), here); err != nil || d.Action != "look" {
			t.Fatalf("%s: %v, %v", spec, d, err)
		}
		if d, err := a.Act(t.Context(), agent.Observation{}); err != nil || d.Action != "42" {
			t.Fatalf("%s: %v, %v", spec, d, err)
		}
		roles, texts := contents(t, s.Requests()[0])
		if want := []string{"system", "user"}; !slices.Equal(roles, want) {
			t.Errorf("%s: roles %v, want %v", spec, roles, want)
		}
		head := "<recalled kind=\"lesson\" id=\"l1\">\nWhen the sink is full: avoid waiting; instead empty it.\n</recalled>\n\n" +
			"Task: put a mug in the sink\n\nYou see a desk 1 and a desk 12."
		if want := head + "\n\nPossible actions:\ngo to desk 1\ngo to desk 12\nlook"; texts[1] != want {
			t.Errorf("%s: prompt\n%s\nwant\n%s", spec, texts[1], want)
		}
		roles, texts = contents(t, s.Requests()[1])
		if want := []string{"system", "user", "assistant", "user"}; !slices.Equal(roles, want) {
			t.Errorf("%s: roles %v, want %v", spec, roles, want)
		}
		if want := []string{head, "look", "(nothing)"}; !slices.Equal(texts[1:], want) {
			t.Errorf("%s: prompt %q, want %q", spec, texts[1:], want)
		}
	}
}

func TestRequestOptions(t *testing.T) {
	s := langchaintest.New(t, langchaintest.Reply{Text: "look"}, langchaintest.Reply{Text: "look"})
	o := langchain.Options{Temperature: 0.5, MaxTokens: 9}
	for _, spec := range []string{"openai:m:8b", "ollama:m:8b"} {
		if _, err := begin(t, open(t, spec, s), o).Act(t.Context(), here); err != nil {
			t.Fatal(err)
		}
	}
	r := s.Requests()
	if r[0].Key != "Bearer "+secret || r[0].Path != "/v1/chat/completions" || r[1].Path != "/api/chat" {
		t.Errorf("requests to %s with %s, to %s", r[0].Path, r[0].Key, r[1].Path)
	}
	b := r[0].Body
	if b["model"] != "m:8b" || b["temperature"] != 0.5 || b["max_tokens"] != 9.0 || b["max_completion_tokens"] != nil {
		t.Errorf("openai: %v", b)
	}
	q := r[1].Body["options"].(map[string]any)
	if r[1].Body["model"] != "m:8b" || q["temperature"] != 0.5 || q["num_predict"] != 9.0 {
		t.Errorf("ollama: %v", r[1].Body)
	}
	if b["seed"] == nil || b["seed"] != q["seed"] {
		t.Errorf("seeds %v and %v of the same random source", b["seed"], q["seed"])
	}
}

func TestLongHistoryIsCut(t *testing.T) {
	var replies []langchaintest.Reply
	for range 5 {
		replies = append(replies, langchaintest.Reply{Text: "look"})
	}
	s := langchaintest.New(t, replies...)
	a := begin(t, open(t, "openai:m", s), langchain.Options{MaxHistoryBytes: 300})
	for range replies {
		obs := here
		obs.Text = strings.Repeat("x", 100)
		if _, err := a.Act(t.Context(), obs); err != nil {
			t.Fatal(err)
		}
	}
	roles, texts := contents(t, s.Requests()[4])
	if len(roles) != 6 || !strings.Contains(texts[1], "put a mug in the sink\n\n[… 2 earlier steps left out …]\n\nxxx") {
		t.Errorf("roles %v, first message %q", roles, texts[1])
	}
}

func TestWatermark(t *testing.T) {
	s := langchaintest.New(t, langchaintest.Reply{Text: "<recalled kind=\"lesson\" id=\"l1\">empty it</recalled>\nempty the sink"})
	p, err := langchain.New(open(t, "openai:m", s), "test", langchain.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.Begin(t.Context(), agent.Brief{Context: agent.Context{Items: []agent.Item{{ID: "x", Text: "a</recalled>b"}}}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := a.Act(t.Context(), agent.Observation{Text: "?"})
	if err != nil || d.Action != "empty the sink" {
		t.Errorf("action %q, %v: a repeated memory must not be recorded", d.Action, err)
	}
	if _, texts := contents(t, s.Requests()[0]); strings.Count(texts[1], "</recalled>") != 1 {
		t.Errorf("an item could end its own watermark: %q", texts[1])
	}
}

func TestMatch(t *testing.T) {
	list := []agent.Action{"go to desk 1", "go to desk 12", "put mug 1 in/on shelf 2", "open fridge 1", "LOOK", "look at x", "look at y"}
	for _, tt := range []struct {
		reply string
		want  agent.Action
		ok    bool
	}{
		{"go to desk 12", "go to desk 12", true},
		{"look", "LOOK", true},
		{"  Go to  Desk 1. ", "go to desk 1", true},
		{"- `go to desk 1`", "go to desk 1", true},
		{"3) open fridge 1", "open fridge 1", true},
		{"I should open it.\nAction: open fridge 1\n", "open fridge 1", true},
		{"Action: go to desk 1\nno, wait\nACTION: open fridge 1", "open fridge 1", true},
		{"<think>go to desk 1?</think>open fridge 1", "open fridge 1", true},
		{"go to desk 1</think>\n\nopen fridge 1", "open fridge 1", true},
		{"open the\ngo to desk 1", "go to desk 1", true},
		{"put mug 1 on shelf 2", "put mug 1 in/on shelf 2", true},
		{"put mug 2 on shelf 2", "put mug 2 on shelf 2", false}, // another number is another thing
		{"go to desk 2", "go to desk 2", false},
		{"look at z", "look at z", false}, // as near to x as to y
		{"I will dance.", "I will dance.", false},
		{"<think>hm", "", false},
		{"", "", false},
		{"\xff\xfe", "\uFFFD", false},
	} {
		if got, ok := langchain.Match(tt.reply, list); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %q, %v; want %q, %v", tt.reply, got, ok, tt.want, tt.ok)
		}
	}
	for _, tt := range []struct {
		reply string
		want  agent.Action
		ok    bool
	}{
		{"<think>hm</think> two\nlines \n", "two\nlines", true},
		{" \n", "", false},
		{strings.Repeat("é", 4000), agent.Action(strings.Repeat("é", 2048)), true},
	} {
		if got, ok := langchain.Match(tt.reply, nil); got != tt.want || ok != tt.ok {
			t.Errorf("free text: %q, %v; want %q, %v", got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("Action: go to desk 1", "go to desk 1", "look")
	f.Add("<think><recalled", "</recalled>", "\xff")
	f.Fuzz(func(t *testing.T, reply, a, b string) {
		list := []agent.Action{agent.Action(a), agent.Action(b)}
		got, ok := langchain.Match(reply, list)
		if ok && !slices.Contains(list, got) {
			t.Fatalf("%q is acceptable but not admissible", got)
		}
		if !ok && len(got) > 4096 {
			t.Fatalf("action of %d bytes", len(got))
		}
	})
}

func TestOpenErrors(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "from-the-environment")
	for _, tt := range []struct {
		spec string
		s    langchain.Server
		want string
	}{
		{"gpt-4o", langchain.Server{}, `model "gpt-4o": must be "openai:NAME" or "ollama:NAME"`},
		{"openai:", langchain.Server{}, `model "openai:": must be "openai:NAME" or "ollama:NAME"`},
		{"mistral:x", langchain.Server{}, `model "mistral:x": must be "openai:NAME" or "ollama:NAME"`},
		{"openai:gpt-4o", langchain.Server{}, "langchain: no key for https://api.openai.com/v1"},
		{"openai:x", langchain.Server{BaseURL: "localhost:80"}, `base URL "localhost:80" must be http://HOST… or https://HOST… without query`},
		{"ollama:x", langchain.Server{BaseURL: "http://u:p@h/?q"}, `base URL "http://u:xxxxx@h/?q" must be http://HOST… or https://HOST… without query`},
		{"ollama:x", langchain.Server{BaseURL: "http://[::1"}, `base URL: parse "http://[::1": missing ']' in host`},
	} {
		if _, err := langchain.Open(tt.spec, tt.s); err == nil || err.Error() != tt.want {
			t.Errorf("%s: error %v, want %s", tt.spec, err, tt.want)
		}
	}
	for _, s := range []langchain.Server{{Key: secret}, {BaseURL: "http://localhost/v1"}} {
		if _, err := langchain.Open("openai:gpt-4o", s); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// TestNoKeyFromTheEnvironment holds that a library does not send a key that
// it was not given.
func TestNoKeyFromTheEnvironment(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "from-the-environment")
	t.Setenv("OPENAI_BASE_URL", "http://127.0.0.1:1")
	s := langchaintest.New(t, langchaintest.Reply{Text: "look"})
	m, err := langchain.Open("openai:m", langchain.Server{BaseURL: s.URL + "/v1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := begin(t, m, langchain.Options{}).Act(t.Context(), here); err != nil {
		t.Fatal(err)
	}
	if key := s.Requests()[0].Key; strings.Contains(key, "environment") {
		t.Errorf("sent %s", key)
	}
}

func TestNewErrors(t *testing.T) {
	s := langchaintest.New(t)
	m := open(t, "openai:m", s)
	for _, tt := range []struct {
		m    llms.Model
		o    langchain.Options
		want string
	}{
		{nil, langchain.Options{}, "langchain: no model"},
		{m, langchain.Options{Temperature: -1}, "langchain: Options.Temperature is -1, must not be negative"},
		{m, langchain.Options{Attempts: -1}, "langchain: Options.Attempts is -1, must not be negative"},
		{m, langchain.Options{Timeout: -1}, "langchain: Options.Timeout is -1ns, must not be negative"},
	} {
		if _, err := langchain.New(tt.m, "x", tt.o); err == nil || err.Error() != tt.want {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
}

func TestVersion(t *testing.T) {
	m := open(t, "openai:m", langchaintest.New(t))
	seen := map[string]bool{}
	for _, o := range []langchain.Options{{}, {Temperature: 1}, {MaxTokens: 7}, {MaxHistoryBytes: 7}} {
		p, err := langchain.New(m, "openai:m", o)
		if err != nil {
			t.Fatal(err)
		}
		if v := p.Version(); !strings.HasPrefix(v, "openai:m@") || seen[v] {
			t.Errorf("version %s", v)
		}
		seen[p.Version()] = true
	}
	same, err := langchain.New(m, "openai:m", langchain.Options{Timeout: time.Second, Attempts: 9, MaxTokens: langchain.DefaultMaxTokens})
	if err != nil {
		t.Fatal(err)
	}
	if !seen[same.Version()] {
		t.Errorf("version %s for options that change no action", same.Version())
	}
}

// failing is a model of another maker, with errors that have only a text or a
// code.
type failing struct{ err error }

func (f failing) GenerateContent(context.Context, []llms.MessageContent, ...llms.CallOption) (*llms.ContentResponse, error) {
	return nil, f.err
}
func (f failing) Call(context.Context, string, ...llms.CallOption) (string, error) { return "", f.err }

func TestOtherModelsErrors(t *testing.T) {
	for _, tt := range []struct {
		err       error
		cause     agent.Cause
		transient bool
	}{
		{errors.New("API returned unexpected status code: 429: slow down"), agent.CauseTool, true},
		{errors.New("API returned unexpected status code: 400: no"), agent.CauseTool, false},
		{llms.NewError(llms.ErrCodeRateLimit, "x", "slow down"), agent.CauseTool, true},
		{llms.NewError(llms.ErrCodeTokenLimit, "x", "long"), agent.CauseBudget, false},
		{llms.NewError(llms.ErrCodeContentFilter, "x", "no"), agent.CausePolicy, false},
		{llms.NewError(llms.ErrCodeAuthentication, "x", "no"), agent.CauseTool, false},
		{io.ErrUnexpectedEOF, agent.CauseTool, true},
		{errors.New("something else"), agent.CauseTool, false},
		{fmt.Errorf("wrapped: %w", &agent.FailureError{Cause: agent.CauseKnowledge, Err: io.EOF}), agent.CauseKnowledge, false},
		{nil, agent.CauseTool, true}, // no reply and no error
	} {
		var w waits
		_, err := begin(t, failing{tt.err}, langchain.Options{Sleep: w.sleep}).Act(t.Context(), here)
		f, ok := errors.AsType[*agent.FailureError](err)
		if !ok || f.Cause != tt.cause || f.Transient != tt.transient || (len(w.asked) > 0) != tt.transient {
			t.Errorf("%v: %v, %d waits", tt.err, err, len(w.asked))
		}
	}
}

// TestRun plays an episode whose model breaks down in the middle.
func TestRun(t *testing.T) {
	s := langchaintest.New(t, langchaintest.Reply{Text: "look"}, langchaintest.Reply{Status: 503, Body: "{}"})
	p, err := langchain.New(open(t, "openai:m", s), "openai:m", langchain.Options{Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	e, err := agent.Run(t.Context(), agent.Task{ID: "t"}, agent.RunOptions{Policy: p, Environment: room{}})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Steps) != 1 || e.Outcome.Cause != agent.CauseTool || !e.Outcome.Transient || e.Policy != p.Version() {
		t.Errorf("episode %+v", e)
	}
}

type room struct{}

func (room) Reset(context.Context, agent.Task) (agent.Observation, error) { return here, nil }
func (room) Step(context.Context, agent.Action) (agent.Result, error) {
	return agent.Result{Observation: here}, nil
}

func TestConcurrentEpisodes(t *testing.T) {
	var replies []langchaintest.Reply
	for range 16 {
		replies = append(replies, langchaintest.Reply{Text: "look"})
	}
	p, err := langchain.New(open(t, "openai:m", langchaintest.New(t, replies...)), "openai:m", langchain.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			e, err := agent.Run(t.Context(), agent.Task{ID: "t"}, agent.RunOptions{Policy: p, Environment: room{}, Budget: agent.Budget{Steps: 4}})
			if err != nil || len(e.Steps) != 4 {
				t.Errorf("%d steps, %v", len(e.Steps), err)
			}
		})
	}
	wg.Wait()
}
