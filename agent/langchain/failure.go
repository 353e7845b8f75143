package langchain

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/surefoot-ai/surefoot/agent"
)

// classify says what an error of a model means. What a later try may mend is
// transient: time-outs, 408, 409, 429 and 5xx, a network that fails, a reply
// that is cut off or not of the protocol. A prompt that is too long and a
// quota that is used up are failures by budget, a refusal for what was said is
// one of the policy, and everything else one of the model as a tool.
func classify(err error) *agent.FailureError {
	f, _ := known(err)
	return f
}

// known is classify, and whether it recognised err at all.
func known(err error) (*agent.FailureError, bool) {
	if f, ok := errors.AsType[*agent.FailureError](err); ok {
		return f, true
	}
	f := &agent.FailureError{Cause: agent.CauseTool, Err: err}
	if e, ok := errors.AsType[*llms.Error](err); ok {
		f.Cause, f.Transient = ofCode(e.Code)
		return f, true
	}
	status, text := statusOf(err)
	switch {
	case mentions(text, "context length", "context_length", "context size", "maximum context", "too many tokens"):
		f.Cause = agent.CauseBudget
	case mentions(text, "insufficient_quota", "quota exceeded", "exceeded your current quota", "billing"):
		f.Cause = agent.CauseBudget
	case mentions(text, "content_filter", "content policy", "content management policy"):
		f.Cause = agent.CausePolicy
	case status > 0:
		f.Transient = status == http.StatusRequestTimeout || status == http.StatusConflict ||
			status == http.StatusTooManyRequests || status >= 500
	default:
		f.Transient = broken(err)
		return f, f.Transient
	}
	return f, true
}

func ofCode(c llms.ErrorCode) (agent.Cause, bool) {
	switch c {
	case llms.ErrCodeRateLimit, llms.ErrCodeTimeout, llms.ErrCodeProviderUnavailable:
		return agent.CauseTool, true
	case llms.ErrCodeTokenLimit, llms.ErrCodeQuotaExceeded:
		return agent.CauseBudget, false
	case llms.ErrCodeContentFilter:
		return agent.CausePolicy, false
	}
	return agent.CauseTool, false
}

var statusText = regexp.MustCompile(`(?i)status(?: code)?:? ?(\d{3})\b`)

// statusOf is the HTTP status of err, 0 if there is none, and its text in
// lower case. A model that was not made by [Open] may have only the text.
func statusOf(err error) (int, string) {
	text := strings.ToLower(err.Error())
	if s, ok := errors.AsType[*serverError](err); ok {
		return s.status, text
	}
	if m := statusText.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err == nil {
			return n, text
		}
	}
	return 0, text
}

func mentions(text string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// broken reports whether err is one of the network or of a reply that was not
// of the protocol.
func broken(err error) bool {
	for _, target := range []error{
		errTimeout, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF, openai.ErrEmptyResponse, ollama.ErrEmptyResponse,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*serverError](err); ok {
		return true // without a status: the connection
	}
	if e, ok := errors.AsType[net.Error](err); ok {
		return e.Timeout()
	}
	text := err.Error()
	return strings.Contains(text, "empty response") || strings.Contains(text, "network error") || strings.Contains(text, "request timeout")
}
