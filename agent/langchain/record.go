package langchain

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/schema"

	"github.com/surefoot-ai/surefoot/agent"
)

// RecordOptions configures RecordRun. The zero RecordOptions is usable.
type RecordOptions struct {
	Recorder agent.Recorder                     // nil: the episode is only returned
	Policy   string                             // version of the agent, for the episode
	Context  agent.Context                      // what the caller recalled and put into the prompt
	Judge    func(map[string]any) agent.Outcome // of the outputs of a run without error; nil: that is a success
	Trial    int                                // 0 for the first try
	Clock    func() time.Time                   // nil: time.Now
	NewID    func() string                      // nil: UUIDv7
}

// Tool is langchaingo's tools.Tool, whose package cannot be imported without
// all its dependencies.
type Tool interface {
	Name() string
	Description() string
	Call(ctx context.Context, input string) (string, error)
}

// RecordRun makes an episode of what run does with a langchaingo chain or
// agent and records it, whether it succeeds, fails or panics. Give w as the
// callbacks.Handler of the chain, the agent and the model, and pass each tool
// through [Watch.Tool].
//
// The steps are the calls of tools, "NAME: INPUT", each followed by what the
// tool said, and at the end of a run without error its answer. An error of run
// fails the episode; it is returned in the outcome, not by RecordRun. Errors
// of RecordRun are that of the Recorder, and of ctx if it ended, in which case
// nothing is recorded.
func RecordRun(ctx context.Context, task agent.Task, o RecordOptions, run func(ctx context.Context, w *Watch) (map[string]any, error)) (agent.Episode, error) {
	clock, id := o.Clock, o.NewID
	if clock == nil {
		clock = time.Now
	}
	if id == nil {
		id = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	e := agent.Episode{ID: id(), Task: task, Trial: o.Trial, Policy: o.Policy, Context: o.Context, Started: clock()}
	w := &Watch{}
	outputs, err := guard(ctx, w, run)
	w.finish(&e, outputs, err, o.Judge)
	e.Elapsed = clock().Sub(e.Started)
	if err := ctx.Err(); err != nil {
		return e, err
	}
	if o.Recorder != nil {
		if err := o.Recorder.Record(ctx, e); err != nil {
			return e, fmt.Errorf("record episode %s: %w", e.ID, err)
		}
	}
	return e, nil
}

func guard(ctx context.Context, w *Watch, run func(context.Context, *Watch) (map[string]any, error)) (out map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, &agent.PanicError{Where: "policy", Value: p, Stack: string(debug.Stack())}
		}
	}()
	return run(ctx, w)
}

// Watch collects what a run does. It is a callbacks.Handler, safe for
// concurrent use; calls of tools that overlap are recorded in the order in
// which they began.
type Watch struct {
	callbacks.SimpleHandler

	mu      sync.Mutex
	calls   []call
	planned int     // of the last calls, those the agent has announced but no tool has begun
	answer  string  // of the agent, at its end
	broke   []error // of tools
	tokens  int
}

// call is one call of a tool.
type call struct {
	action agent.Action
	seen   string // what the tool said
}

// HandleLLMGenerateContentEnd counts the tokens the model reports.
func (w *Watch) HandleLLMGenerateContentEnd(_ context.Context, r *llms.ContentResponse) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r != nil && len(r.Choices) > 0 && r.Choices[0] != nil {
		w.tokens += reported(r.Choices[0].GenerationInfo)
	}
}

// HandleAgentAction notes a call the agent has decided on. If no tool of that
// name begins it, that is recorded as what the agent saw.
func (w *Watch) HandleAgentAction(_ context.Context, a schema.AgentAction) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call{
		action: action(a.Tool, a.ToolInput),
		seen:   a.Tool + " was not called, or did not say what came of it",
	})
	w.planned++
}

// HandleAgentFinish notes the agent's answer.
func (w *Watch) HandleAgentFinish(_ context.Context, f schema.AgentFinish) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = single(f.ReturnValues)
}

func action(tool, input string) agent.Action {
	return agent.Action(tool + ": " + strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(input), "Observation:")))
}

// HandleToolEnd notes what a tool said that was announced but not passed
// through Tool.
func (w *Watch) HandleToolEnd(_ context.Context, output string) { w.unwatched(output) }

// HandleToolError is like HandleToolEnd for a tool that failed.
func (w *Watch) HandleToolError(_ context.Context, err error) { w.unwatched("error: " + err.Error()) }

func (w *Watch) unwatched(seen string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.planned > 0 {
		w.calls[len(w.calls)-1].seen = seen // an executor announces a call just before it
		w.planned = 0
	}
}

// Tool returns t with its calls recorded, also those that fail.
func (w *Watch) Tool(t Tool) Tool { return watched{t, w} }

type watched struct {
	Tool
	w *Watch
}

func (t watched) Call(ctx context.Context, input string) (string, error) {
	i := t.w.begin(t.Name(), input)
	out, err := t.Tool.Call(ctx, input)
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	t.w.calls[i].seen = out
	if err != nil {
		t.w.calls[i].seen = strings.TrimSpace(out + "\nerror: " + err.Error())
		t.w.broke = append(t.w.broke, err)
	}
	return out, err
}

// begin returns the index of the call that now begins: the one announced
// first, if it is this one, else a new one.
func (w *Watch) begin(tool, input string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := action(tool, input)
	for ; w.planned > 0; w.planned-- {
		if i := len(w.calls) - w.planned; strings.EqualFold(string(w.calls[i].action), string(a)) {
			w.planned--
			return i
		}
	}
	w.calls = append(w.calls, call{action: a})
	return len(w.calls) - 1
}

// finish turns what was collected into e.
func (w *Watch) finish(e *agent.Episode, outputs map[string]any, err error, judge func(map[string]any) agent.Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e.Tokens = w.tokens
	seen := ""
	for _, c := range w.calls {
		e.Steps = append(e.Steps, agent.Step{Observation: agent.Observation{Text: seen}, Action: c.action})
		seen = c.seen
	}
	e.Final = agent.Observation{Text: seen}
	if err != nil {
		e.Outcome = w.failed(err)
	} else {
		answer := w.answer
		if answer == "" {
			answer = single(outputs)
		}
		e.Steps = append(e.Steps, agent.Step{Observation: e.Final, Action: agent.Action(answer)})
		e.Final = agent.Observation{}
		e.Outcome = judged(outputs, judge)
	}
	if n := len(e.Steps); n > 0 {
		e.Steps[n-1].Terminated, e.Steps[n-1].Truncated = e.Outcome.Terminated, e.Outcome.Truncated
	}
}

func judged(outputs map[string]any, judge func(map[string]any) agent.Outcome) agent.Outcome {
	o := agent.Outcome{Success: true, Score: 1}
	if judge != nil {
		o = judge(outputs)
	}
	o.Terminated, o.Truncated = true, false
	if o.Success {
		o.Cause = ""
	} else if o.Cause == "" {
		o.Cause = agent.CausePolicy
	}
	return o
}

// notFinished is the text of langchaingo's agents.ErrNotFinished, whose
// package cannot be imported without all its dependencies.
const notFinished = "agent not finished before max iterations"

// failed is the outcome of a run that ended with err: the agent's own mistake
// unless a tool or the model broke, or the agent's iterations were used up.
func (w *Watch) failed(err error) agent.Outcome {
	o := agent.Outcome{Cause: agent.CausePolicy, Feedback: err.Error(), Truncated: true}
	if strings.Contains(err.Error(), notFinished) {
		o.Cause = agent.CauseBudget
		return o
	}
	if _, ok := errors.AsType[*agent.PanicError](err); ok {
		return o
	}
	f, ok := known(err)
	tool := slices.ContainsFunc(w.broke, func(b error) bool { return errors.Is(err, b) })
	if ok || tool {
		o.Cause, o.Transient = f.Cause, f.Transient
	}
	return o
}

// single is the one text among values, "" if there is none or more than one
// and none is the "output" of an agent.
func single(values map[string]any) string {
	if s, ok := values["output"].(string); ok {
		return s
	}
	found, n := "", 0
	for _, v := range values {
		if s, ok := v.(string); ok {
			found = s
			n++
		}
	}
	if n != 1 {
		return ""
	}
	return found
}
