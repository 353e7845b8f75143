package langchain

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"

	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/policy"
)

// Options configures a Model. The zero value is usable.
type Options struct {
	Chat      policy.ChatModelOptions // used by Open only
	MaxTokens int                     // of a reply, where the call does not say; 0: DefaultMaxTokens
	Callbacks callbacks.Handler       // told of each call; nil: nobody is
}

// DefaultMaxTokens is the MaxTokens of the zero Options.
const DefaultMaxTokens = 512

// Model is a local model as langchaingo's llms.Model. It is safe for
// concurrent use: see policy.ChatModel.
type Model struct {
	chat      *policy.ChatModel
	name      string
	maxTokens int
	callbacks callbacks.Handler
	unseeded  atomic.Int64 // calls without a seed so far
}

var _ llms.Model = (*Model)(nil)

// Open opens the model in a folder in Hugging Face's layout: see
// policy.OpenChatModel. Its name is the folder's own.
func Open(dir string, o Options) (*Model, error) {
	chat, err := policy.OpenChatModel(dir, o.Chat)
	if err != nil {
		return nil, err
	}
	return New(chat, filepath.Base(dir), o)
}

// New returns chat as a model of the name. It is an error if o.MaxTokens is
// negative.
func New(chat *policy.ChatModel, name string, o Options) (*Model, error) {
	if o.MaxTokens < 0 {
		return nil, fmt.Errorf("langchain: Options.MaxTokens is %d, must not be negative", o.MaxTokens)
	}
	if o.MaxTokens == 0 {
		o.MaxTokens = DefaultMaxTokens
	}
	return &Model{chat: chat, name: name, maxTokens: o.MaxTokens, callbacks: o.Callbacks}, nil
}

// Close gives the files of the model back: see policy.ChatModel.
func (m *Model) Close() error { return m.chat.Close() }

// Call implements llms.Model: one text, one reply.
func (m *Model) Call(ctx context.Context, prompt string, options ...llms.CallOption) (string, error) {
	return llms.GenerateFromSinglePrompt(ctx, m, prompt, options...)
}

// GenerateContent implements llms.Model. Roles are system, which may only be
// the first, human and AI; texts in one message are on lines of their own. A
// model without a chat template goes on with the text of one human message.
//
// Without options it is greedy: where a temperature is given, and nothing else,
// it draws from all tokens. Top-k and top-p of 0 are those that are not given,
// which langchaingo does not tell apart. WithMetadata(map[string]any{"min_p": 0.1}) gives
// min-p, for which langchaingo has no option. The same seed gives the same
// replies; without one the n-th such call of m has seed n, so that a program
// that makes its calls one after the other is repeatable all the same.
//
// StopReason is "stop" if the model or a stop word ended the reply, "length" if
// it was cut off by WithMaxTokens, Options.MaxTokens or the model's context.
// GenerationInfo has the ints PromptTokens, CompletionTokens, TotalTokens,
// PromptCachedTokens (read by an earlier call) and Seed, EndedBy (a
// string), TokenIDs ([]int32) and LogProbs ([]float64): those of the tokens at
// temperature 1 without filters.
//
// Errors are *llms.Error: of code not_implemented, wrapping ErrUnsupported, for
// what a local model cannot do; token_limit, wrapping policy.ErrPromptTooLong,
// for messages that leave no room for a reply, saying by how much;
// invalid_request for what is wrong in itself. Errors of ctx, of the streaming
// function and of the files are none of these, but wrapped as they are.
func (m *Model) GenerateContent(ctx context.Context, messages []llms.MessageContent, options ...llms.CallOption) (*llms.ContentResponse, error) {
	if m.callbacks != nil {
		m.callbacks.HandleLLMGenerateContentStart(ctx, messages)
	}
	response, err := m.generate(ctx, messages, options)
	if m.callbacks != nil && err != nil {
		m.callbacks.HandleLLMError(ctx, err)
	}
	if m.callbacks != nil && err == nil {
		m.callbacks.HandleLLMGenerateContentEnd(ctx, response)
	}
	return response, err
}

func (m *Model) generate(ctx context.Context, messages []llms.MessageContent, options []llms.CallOption) (*llms.ContentResponse, error) {
	chat, err := chatOf(messages)
	if err != nil {
		return nil, err
	}
	o, err := m.replyOptions(ctx, options)
	if err != nil {
		return nil, err
	}
	replies, err := m.chat.Reply(ctx, chat, o)
	if err != nil {
		return nil, failure(err)
	}
	response := &llms.ContentResponse{}
	for _, r := range replies {
		response.Choices = append(response.Choices, choice(r, o.Seed))
	}
	return response, nil
}

// The reasons for which a reply ends, as OpenAI names them.
const (
	reasonStop   = "stop"
	reasonLength = "length"
)

func choice(r policy.Reply, seed uint64) *llms.ContentChoice {
	reason := reasonLength
	if r.Complete() {
		reason = reasonStop
	}
	return &llms.ContentChoice{
		Content:    r.Text,
		StopReason: reason,
		GenerationInfo: map[string]any{
			"PromptTokens":       r.PromptTokens,
			"PromptCachedTokens": r.SharedTokens,
			"CompletionTokens":   len(r.Tokens),
			"TotalTokens":        r.PromptTokens + len(r.Tokens),
			"Seed":               int(seed),
			"EndedBy":            r.End.String(),
			"TokenIDs":           r.Tokens,
			"LogProbs":           r.LogProbs,
		},
	}
}
