package llm

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/agent"
)

var (
	errNoReply = errors.New("the model did not reply")
	errTokens  = errors.New("tokens used up")
)

// converse asks the model about failures until its replies hold a lesson about
// each that passes, within the bounds of the options, and finishes those. It returns
// the others, and why the last attempt had no lesson about the first of them.
func (a *Abstracter) converse(ctx context.Context, jobs []*job) (open []*job, last error) {
	messages := prompt(jobs, a.o.MaxEvidenceBytes)
	budget, spent := a.o.MaxTokens*len(jobs), 0
	open = jobs
	for n := range a.o.Attempts {
		most := a.o.MaxReplyTokens * len(open)
		if need := size(messages)/4 + most; spent+need > budget {
			return open, errors.Join(last, fmt.Errorf("%w: %d of %d, %d more needed", errTokens, spent, budget, need))
		}
		text, tokens, err := a.call(ctx, messages, most)
		spent += tokens
		a.count(func(c *Counts) { c.Calls++; c.Tokens += tokens })
		if err == nil {
			var wrong []error // by open job
			if open, wrong = read(text, jobs, open); len(open) == 0 {
				return nil, nil
			}
			err = wrong[0]
			messages = append(messages[:2:2],
				llms.TextParts(llms.ChatMessageTypeAI, clip(text, 2000*len(jobs))),
				llms.TextParts(llms.ChatMessageTypeHuman, fmt.Sprintf(again, errors.Join(wrong...))))
		} else if n+1 < a.o.Attempts {
			if serr := a.o.Sleep(ctx, time.Second<<min(n, 5)); serr != nil {
				return open, errors.Join(err, serr)
			}
		}
		last = err
		if ctx.Err() != nil {
			return open, errors.Join(last, ctx.Err())
		}
	}
	return open, last
}

// call is one call of the model, which may write so many tokens: what it said, and
// the tokens it read and wrote.
func (a *Abstracter) call(ctx context.Context, messages []llms.MessageContent, most int) (text string, tokens int, err error) {
	defer func() {
		if p := recover(); p != nil { // others wait for the lead
			err = &agent.PanicError{Where: "model", Value: p, Stack: string(debug.Stack())}
		}
	}()
	reply, err := a.model.GenerateContent(ctx, messages,
		llms.WithTemperature(0), llms.WithMaxTokens(most), llms.WithJSONMode())
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
