package langchain

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/policy"
)

// noSeed stands for no seed: langchaingo does not tell one of 0 from none.
const noSeed = math.MinInt

// minP is the key of min-p in the metadata of a call.
const minP = "min_p"

// replyOptions makes those of a ChatModel of langchaingo's.
func (m *Model) replyOptions(ctx context.Context, options []llms.CallOption) (policy.ReplyOptions, error) {
	given := llms.CallOptions{Seed: noSeed}
	for _, o := range options {
		o(&given)
	}
	o := policy.DefaultReplyOptions()
	if err := m.refuse(given); err != nil {
		return o, err
	}
	o.Sampling.Temperature = given.Temperature
	o.Sampling.TopK = given.TopK
	if given.TopP != 0 {
		o.Sampling.TopP = given.TopP
	}
	if p, ok := given.Metadata[minP]; ok {
		if o.Sampling.MinP, ok = p.(float64); !ok {
			return o, invalid(fmt.Errorf("metadata %s is %v of type %T, must be a float64", minP, p, p))
		}
	}
	if o.MaxTokens = given.MaxTokens; o.MaxTokens == 0 {
		o.MaxTokens = m.maxTokens
	}
	o.StopStrings = given.StopWords
	o.Replies = cmp.Or(given.N, given.CandidateCount, 1)
	if f := given.StreamingFunc; f != nil {
		if o.Replies > 1 {
			return o, unsupported("option StreamingFunc with %d replies", o.Replies)
		}
		o.OnText = func(text string) error { return f(ctx, []byte(text)) }
	}
	if given.N != 0 && given.CandidateCount != 0 && given.N != given.CandidateCount {
		return o, invalid(fmt.Errorf("option N is %d, but CandidateCount %d", given.N, given.CandidateCount))
	}
	if err := o.Validate(); err != nil {
		return o, invalid(err)
	}
	if given.Seed == noSeed {
		given.Seed = int(m.unseeded.Add(1))
	}
	o.Seed = uint64(given.Seed)
	return o, nil
}

// refuse names an option that cannot be honoured, unless it says what is so
// anyway.
func (m *Model) refuse(o llms.CallOptions) error {
	for _, f := range []struct {
		name  string
		value any
		so    []any // values of no effect
	}{
		{"Model", o.Model, []any{"", m.name}},
		{"MinLength", o.MinLength, []any{0}},
		{"MaxLength", o.MaxLength, []any{0}},
		{"RepetitionPenalty", o.RepetitionPenalty, []any{0.0, 1.0}},
		{"FrequencyPenalty", o.FrequencyPenalty, []any{0.0}},
		{"PresencePenalty", o.PresencePenalty, []any{0.0}},
		{"JSONMode", o.JSONMode, []any{false}},
		{"ResponseMIMEType", o.ResponseMIMEType, []any{"", "text/plain"}},
		{"FunctionCallBehavior", o.FunctionCallBehavior,
			[]any{llms.FunctionCallBehavior(""), llms.FunctionCallBehaviorNone, llms.FunctionCallBehaviorAuto}},
		{"StreamingReasoningFunc", o.StreamingReasoningFunc != nil, []any{false}},
	} {
		if !slices.Contains(f.so, f.value) {
			return unsupported("option %s %v", f.name, f.value)
		}
	}
	if len(o.Tools) > 0 {
		return unsupported("option Tools, of which there are %d", len(o.Tools))
	}
	if len(o.Functions) > 0 {
		return unsupported("option Functions, of which there are %d", len(o.Functions))
	}
	if name, ok := o.ToolChoice.(string); o.ToolChoice != nil && (!ok || name != "" && name != "none" && name != "auto") {
		return unsupported("option ToolChoice %v", o.ToolChoice)
	}
	for _, key := range slices.Sorted(maps.Keys(o.Metadata)) {
		if key != minP {
			return unsupported("option Metadata %q", key)
		}
	}
	return nil
}
