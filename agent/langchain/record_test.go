package langchain_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/schema"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/langchain"
)

// adder is a tool that calls its handler as langchaingo's own tools do.
type adder struct {
	handler callbacks.Handler
	err     error
}

func (adder) Name() string        { return "Adder" }
func (adder) Description() string { return "adds" }
func (a adder) Call(ctx context.Context, input string) (string, error) {
	a.handler.HandleToolStart(ctx, input)
	if a.err != nil {
		return "", a.err
	}
	a.handler.HandleToolEnd(ctx, "4")
	return "4", nil
}

// execute does what langchaingo's agents.Executor does: it announces an
// action, calls the tool if there is one of that name, and says when it is
// done.
func execute(ctx context.Context, h callbacks.Handler, tool langchain.Tool) (map[string]any, error) {
	for _, a := range []schema.AgentAction{{Tool: "adder", ToolInput: "2+2\nObservation:"}, {Tool: "oracle", ToolInput: "?"}, {Tool: "adder", ToolInput: "1+3"}} {
		h.HandleLLMGenerateContentEnd(ctx, &llms.ContentResponse{Choices: []*llms.ContentChoice{{GenerationInfo: map[string]any{"TotalTokens": 10}}}})
		h.HandleAgentAction(ctx, a)
		if !strings.EqualFold(a.Tool, tool.Name()) {
			continue
		}
		if _, err := tool.Call(ctx, strings.TrimSuffix(a.ToolInput, "\nObservation:")); err != nil {
			return nil, err
		}
	}
	f := schema.AgentFinish{ReturnValues: map[string]any{"output": "four"}}
	h.HandleAgentFinish(ctx, f)
	return f.ReturnValues, nil
}

type shelf struct {
	kept []agent.Episode
	err  error
}

func (s *shelf) Record(_ context.Context, e agent.Episode) error {
	s.kept = append(s.kept, e)
	return s.err
}

func TestRecordRun(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	options := func(s *shelf) langchain.RecordOptions {
		return langchain.RecordOptions{
			Recorder: s, Policy: "mrkl", Trial: 1,
			Clock: func() time.Time { now = now.Add(time.Second); return now },
			NewID: func() string { return "e1" },
		}
	}
	const missing = "oracle was not called, or did not say what came of it"
	steps := []agent.Step{
		{Action: "adder: 2+2"},
		{Observation: agent.Observation{Text: "4"}, Action: "oracle: ?"},
		{Observation: agent.Observation{Text: missing}, Action: "adder: 1+3"},
		{Observation: agent.Observation{Text: "4"}, Action: "four", Terminated: true},
	}
	outage := errors.New("API returned unexpected status code: 503")
	for _, tt := range []struct {
		name    string
		judge   func(map[string]any) agent.Outcome
		run     func(context.Context, *langchain.Watch) (map[string]any, error)
		steps   []agent.Step
		final   string
		outcome agent.Outcome
		tokens  int
	}{
		{"success", nil, func(ctx context.Context, w *langchain.Watch) (map[string]any, error) {
			return execute(ctx, w, w.Tool(adder{handler: w}))
		}, steps, "", agent.Outcome{Success: true, Score: 1, Terminated: true}, 30},
		{"unwatched tool with callbacks", nil, func(ctx context.Context, w *langchain.Watch) (map[string]any, error) {
			return execute(ctx, w, adder{handler: w})
		}, steps, "", agent.Outcome{Success: true, Score: 1, Terminated: true}, 30},
		{"judged a failure", func(out map[string]any) agent.Outcome {
			return agent.Outcome{Success: out["output"] == "five", Feedback: "wrong"}
		}, func(ctx context.Context, w *langchain.Watch) (map[string]any, error) {
			return execute(ctx, w, w.Tool(adder{handler: w}))
		}, steps, "", agent.Outcome{Cause: agent.CausePolicy, Feedback: "wrong", Terminated: true}, 30},
		{"chain without tools", nil, func(context.Context, *langchain.Watch) (map[string]any, error) {
			return map[string]any{"text": "hello", "n": 3}, nil
		}, []agent.Step{{Action: "hello", Terminated: true}}, "", agent.Outcome{Success: true, Score: 1, Terminated: true}, 0},
		{"tool fails", nil, func(ctx context.Context, w *langchain.Watch) (map[string]any, error) {
			return execute(ctx, w, w.Tool(adder{handler: w, err: errors.New("overflow")}))
		}, []agent.Step{{Action: "adder: 2+2", Truncated: true}}, "error: overflow",
			agent.Outcome{Cause: agent.CauseTool, Feedback: "overflow", Truncated: true}, 10},
		{"model down", nil, func(context.Context, *langchain.Watch) (map[string]any, error) { return nil, outage },
			nil, "", agent.Outcome{Cause: agent.CauseTool, Transient: true, Feedback: outage.Error(), Truncated: true}, 0},
		{"reply not understood", nil, func(context.Context, *langchain.Watch) (map[string]any, error) {
			return nil, errors.New("unable to parse agent output: hm")
		}, nil, "", agent.Outcome{Cause: agent.CausePolicy, Feedback: "unable to parse agent output: hm", Truncated: true}, 0},
		{"iterations used up", nil, func(ctx context.Context, w *langchain.Watch) (map[string]any, error) {
			err := errors.New("agent not finished before max iterations")
			w.HandleAgentFinish(ctx, schema.AgentFinish{ReturnValues: map[string]any{"output": err.Error()}})
			return map[string]any{}, err
		}, nil, "", agent.Outcome{Cause: agent.CauseBudget, Feedback: "agent not finished before max iterations", Truncated: true}, 0},
		{"panics", nil, func(context.Context, *langchain.Watch) (map[string]any, error) { panic("oops") },
			nil, "", agent.Outcome{Cause: agent.CausePolicy, Feedback: "policy panicked: oops", Truncated: true}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &shelf{}
			o := options(s)
			o.Judge = tt.judge
			e, err := langchain.RecordRun(t.Context(), agent.Task{ID: "t", Goal: "add"}, o, tt.run)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(e.Steps, tt.steps) {
				t.Errorf("steps\n%+v, want\n%+v", e.Steps, tt.steps)
			}
			if e.Final.Text != tt.final || e.Outcome != tt.outcome || e.Tokens != tt.tokens {
				t.Errorf("final %q, outcome %+v, %d tokens; want %q, %+v, %d", e.Final.Text, e.Outcome, e.Tokens, tt.final, tt.outcome, tt.tokens)
			}
			if e.ID != "e1" || e.Policy != "mrkl" || e.Trial != 1 || e.Elapsed != time.Second {
				t.Errorf("episode %+v", e)
			}
			if len(s.kept) != 1 || !reflect.DeepEqual(s.kept[0], e) {
				t.Errorf("recorded %+v", s.kept)
			}
		})
	}
}

func TestRecordRunErrors(t *testing.T) {
	nothing := func(context.Context, *langchain.Watch) (map[string]any, error) { return nil, nil }
	full := errors.New("disk full")
	s := &shelf{err: full}
	if _, err := langchain.RecordRun(t.Context(), agent.Task{}, langchain.RecordOptions{Recorder: s}, nothing); !errors.Is(err, full) {
		t.Errorf("error %v, want that of the recorder", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s = &shelf{}
	if _, err := langchain.RecordRun(ctx, agent.Task{}, langchain.RecordOptions{Recorder: s}, nothing); !errors.Is(err, context.Canceled) || len(s.kept) != 0 {
		t.Errorf("error %v, %d recorded", err, len(s.kept))
	}
}
