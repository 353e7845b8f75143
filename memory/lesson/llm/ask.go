package llm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/agent"
)

var (
	errNoReply = errors.New("the model did not reply")
	errTokens  = errors.New("tokens used up")
)

// ask asks the model until a reply holds a lesson that passes, within the
// bounds of the options. The error is that of the last attempt.
func (a *Abstracter) ask(ctx context.Context, failure agent.Episode, successes []agent.Episode) ([]agent.Lesson, error) {
	ctx, cancel := context.WithTimeout(ctx, a.o.Timeout)
	defer cancel()
	messages := prompt(failure, successes, a.o.MaxEvidenceBytes)
	spent := 0
	var last error
	for n := range a.o.Attempts {
		if need := size(messages)/4 + a.o.MaxReplyTokens; spent+need > a.o.MaxTokens {
			return nil, errors.Join(last, fmt.Errorf("%w: %d of %d, %d more needed", errTokens, spent, a.o.MaxTokens, need))
		}
		text, tokens, err := a.call(ctx, messages)
		spent += tokens
		a.count(func(c *Counts) { c.Calls++; c.Tokens += tokens })
		if err == nil {
			var lessons []agent.Lesson
			if lessons, err = read(text, failure); err == nil {
				return lessons, nil
			}
			messages = append(messages[:2:2],
				llms.TextParts(llms.ChatMessageTypeAI, clip(text, 2000)),
				llms.TextParts(llms.ChatMessageTypeHuman, fmt.Sprintf(again, err)))
		} else if n+1 < a.o.Attempts {
			if serr := a.o.Sleep(ctx, time.Second<<min(n, 5)); serr != nil {
				return nil, errors.Join(err, serr)
			}
		}
		last = err
		if ctx.Err() != nil {
			return nil, errors.Join(last, ctx.Err())
		}
	}
	return nil, last
}

// call is one call of the model: what it said, and the tokens it read and
// wrote.
func (a *Abstracter) call(ctx context.Context, messages []llms.MessageContent) (string, int, error) {
	reply, err := a.model.GenerateContent(ctx, messages,
		llms.WithTemperature(0), llms.WithMaxTokens(a.o.MaxReplyTokens), llms.WithJSONMode())
	if err != nil {
		return "", size(messages) / 4, err
	}
	if reply == nil || len(reply.Choices) == 0 || reply.Choices[0] == nil || reply.Choices[0].Content == "" {
		return "", size(messages) / 4, errNoReply
	}
	c := reply.Choices[0]
	if n, ok := c.GenerationInfo["TotalTokens"].(int); ok && n > 0 {
		return c.Content, n, nil
	}
	return c.Content, (size(messages) + len(c.Content)) / 4, nil
}

func size(messages []llms.MessageContent) int {
	n := 0
	for _, m := range messages {
		for _, p := range m.Parts {
			if t, ok := p.(llms.TextContent); ok {
				n += len(t.Text)
			}
		}
	}
	return n
}
