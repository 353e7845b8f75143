package langchain

import (
	"context"
	"errors"
	"time"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/surefoot-ai/surefoot/agent"
)

// The wait before the second attempt, doubled for each further one, and its
// bound, which holds for a Retry-After too.
const (
	firstWait = time.Second
	maxWait   = time.Minute
)

// ask calls the model until it replies, at most o.Attempts times, and returns
// what it said and how many tokens it read and wrote. Only transient failures
// are tried again.
func (p *Policy) ask(ctx context.Context, messages []llms.MessageContent, seed int) (string, int, error) {
	for n := 1; ; n++ {
		text, tokens, err := p.call(ctx, messages, seed)
		if err == nil {
			return text, tokens, nil
		}
		if ctx.Err() != nil {
			return "", 0, ctx.Err()
		}
		f := classify(err)
		if !f.Transient || n == p.o.Attempts {
			return "", 0, f
		}
		wait := min(firstWait<<min(n-1, 10), maxWait)
		if s, ok := errors.AsType[*serverError](err); ok && s.retryAfter > 0 {
			wait = min(s.retryAfter, maxWait)
		}
		if err := p.o.Sleep(ctx, wait); err != nil {
			return "", 0, err
		}
	}
}

// call is one call of the model.
func (p *Policy) call(ctx context.Context, messages []llms.MessageContent, seed int) (string, int, error) {
	ctx, cancel := context.WithTimeout(ctx, p.o.Timeout)
	defer cancel()
	reply, err := p.model.GenerateContent(ctx, messages,
		llms.WithTemperature(p.o.Temperature), llms.WithMaxTokens(p.o.MaxTokens), llms.WithSeed(seed))
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return "", 0, errors.Join(errTimeout, err) // langchaingo hides the context's error
		}
		return "", 0, err
	}
	if reply == nil || len(reply.Choices) == 0 || reply.Choices[0] == nil {
		return "", 0, openai.ErrEmptyResponse
	}
	c := reply.Choices[0]
	tokens := reported(c.GenerationInfo)
	if tokens == 0 {
		tokens = p.estimate(messages, c.Content)
	}
	return c.Content, tokens, nil
}

// reported is the number of tokens read and written as the model reports it, 0
// if it does not.
func reported(info map[string]any) int {
	of := func(key string) int {
		n, _ := info[key].(int)
		return max(n, 0)
	}
	if n := of("TotalTokens"); n > 0 {
		return n
	}
	if n := of("PromptTokens") + of("CompletionTokens"); n > 0 {
		return n
	}
	return of("InputTokens") + of("OutputTokens") // as Anthropic's and Google's models name them
}

func (p *Policy) estimate(messages []llms.MessageContent, reply string) int {
	n := p.o.CountTokens(reply)
	for _, m := range messages {
		for _, part := range m.Parts {
			if t, ok := part.(llms.TextContent); ok {
				n += p.o.CountTokens(t.Text)
			}
		}
	}
	return n
}

var errTimeout = errors.New("the model did not reply in time")

var _ agent.Policy = (*Policy)(nil)
