package agent

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// countdown is a world that is won by saying "down" n times. "up" goes back,
// anything else changes nothing.
type countdown struct {
	n, at int
	err   error // returned by every Step
	panic any   // given to panic in every Step
}

func (c *countdown) Reset(context.Context, Task) (Observation, error) {
	c.at = c.n
	return c.see(), nil
}

func (c *countdown) see() Observation {
	return Observation{Text: strings.Repeat("|", c.at), Admissible: []Action{"down", "up"}}
}

func (c *countdown) Step(_ context.Context, a Action) (Result, error) {
	if c.panic != nil {
		panic(c.panic)
	}
	if c.err != nil {
		return Result{}, c.err
	}
	switch a {
	case "down":
		c.at--
	case "up":
		c.at++
	}
	r := Result{Observation: c.see()}
	if c.at == 0 {
		r.Reward, r.Terminated, r.Outcome = 1, true, Outcome{Success: true, Score: 1, Cause: CausePolicy}
	}
	return r, nil
}

// script is a policy that says its lines in order and then the last one again.
type script struct {
	lines []Action
	err   error
	panic any
	wait  bool // until the context ends
}

func (s script) Version() string { return "script" }

func (s script) Begin(context.Context, Brief) (Actor, error) { return &actor{script: s}, nil }

type actor struct {
	script
	at int
}

func (a *actor) Act(ctx context.Context, _ Observation) (Decision, error) {
	if a.wait {
		<-ctx.Done()
		return Decision{}, ctx.Err()
	}
	if a.panic != nil {
		panic(a.panic)
	}
	if a.err != nil {
		return Decision{Tokens: 1}, a.err
	}
	line := a.lines[min(a.at, len(a.lines)-1)]
	a.at++
	return Decision{Action: line, LogProbs: []float64{-0.5}, Tokens: 3}, nil
}

func TestRunOutcome(t *testing.T) {
	outage := &FailureError{Cause: CauseTool, Transient: true, Err: errors.New("503")}
	for _, tt := range []struct {
		name   string
		policy script
		env    countdown
		budget Budget
		want   Outcome
		steps  int
		tokens int
	}{
		{"wins", script{lines: []Action{"down"}}, countdown{n: 3}, Budget{},
			Outcome{Success: true, Score: 1, Terminated: true}, 3, 9},
		{"default step budget", script{lines: []Action{"up"}}, countdown{n: 3}, Budget{},
			Outcome{Cause: CauseBudget, Truncated: true, Feedback: "step budget of 50 used up"}, 50, 150},
		{"step budget", script{lines: []Action{"up"}}, countdown{n: 3}, Budget{Steps: 7},
			Outcome{Cause: CauseBudget, Truncated: true, Feedback: "step budget of 7 used up"}, 7, 21},
		{"token budget", script{lines: []Action{"up"}}, countdown{n: 3}, Budget{Tokens: 7},
			Outcome{Cause: CauseBudget, Truncated: true, Feedback: "token budget of 7 used up"}, 3, 9},
		{"wall budget", script{wait: true}, countdown{n: 3}, Budget{Wall: time.Millisecond},
			Outcome{Cause: CauseBudget, Truncated: true, Feedback: "context deadline exceeded"}, 0, 0},
		{"inadmissible actions", script{lines: []Action{"dance", "up", "dance"}}, countdown{n: 3}, Budget{Invalid: 3},
			Outcome{Cause: CausePolicy, Truncated: true, Feedback: "3 inadmissible actions in a row"}, 5, 15},
		{"policy error", script{err: errors.New("no idea")}, countdown{n: 3}, Budget{},
			Outcome{Cause: CausePolicy, Truncated: true, Feedback: "no idea"}, 0, 1},
		{"policy outage", script{err: outage}, countdown{n: 3}, Budget{},
			Outcome{Cause: CauseTool, Transient: true, Truncated: true, Feedback: "transient tool failure: 503"}, 0, 1},
		{"policy panic", script{panic: "oops"}, countdown{n: 3}, Budget{},
			Outcome{Cause: CausePolicy, Truncated: true, Feedback: "policy panicked: oops"}, 0, 0},
		{"environment error", script{lines: []Action{"down"}}, countdown{n: 3, err: errors.New("gone")}, Budget{},
			Outcome{Cause: CauseEnvironment, Truncated: true, Feedback: `action "down": gone`}, 1, 3},
		{"environment panic", script{lines: []Action{"down"}}, countdown{n: 3, panic: 7}, Budget{},
			Outcome{Cause: CauseEnvironment, Truncated: true, Feedback: `action "down": environment panicked: 7`}, 1, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := Run(t.Context(), Task{ID: "t"}, RunOptions{Policy: tt.policy, Environment: &tt.env, Budget: tt.budget})
			if err != nil {
				t.Fatal(err)
			}
			if e.Outcome != tt.want {
				t.Errorf("outcome %+v, want %+v", e.Outcome, tt.want)
			}
			if len(e.Steps) != tt.steps || e.Tokens != tt.tokens {
				t.Errorf("%d steps, %d tokens; want %d, %d", len(e.Steps), e.Tokens, tt.steps, tt.tokens)
			}
			if n := len(e.Steps); n > 0 {
				last := e.Steps[n-1]
				if last.Terminated != e.Outcome.Terminated || last.Truncated != e.Outcome.Truncated {
					t.Errorf("last step terminated %v truncated %v, outcome %+v", last.Terminated, last.Truncated, e.Outcome)
				}
			}
		})
	}
}

// shelf is a memory that returns what it was given and keeps what it gets.
type shelf struct {
	context Context
	kept    []Episode
	err     error
}

func (s *shelf) Recall(context.Context, Task, int) (Context, error) { return s.context, s.err }

func (s *shelf) Record(_ context.Context, e Episode) error {
	s.kept = append(s.kept, e)
	return s.err
}

func TestRunRecordsEverythingTheLearnerNeeds(t *testing.T) {
	mem := &shelf{context: Context{Items: []Item{{ID: "l1", Kind: KindLesson, Text: "go down", Tokens: 2}}}}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	e, err := Run(t.Context(), Task{ID: "t", Goal: "reach zero"}, RunOptions{
		Policy:      script{lines: []Action{"dance", "down"}},
		Environment: &countdown{n: 1},
		Recaller:    mem,
		Recorder:    mem,
		Seed:        9,
		Trial:       2,
		Clock:       func() time.Time { now = now.Add(time.Second); return now },
		NewID:       func() string { return "e1" },
	})
	if err != nil {
		t.Fatal(err)
	}
	see := func(n int) Observation { return Observation{strings.Repeat("|", n), []Action{"down", "up"}} }
	want := Episode{
		ID: "e1", Task: Task{ID: "t", Goal: "reach zero"}, Trial: 2, Seed: 9, Policy: "script", Context: mem.context,
		Steps: []Step{
			{Observation: see(1), Action: "dance", LogProbs: []float64{-0.5}, Invalid: true},
			{Observation: see(1), Action: "down", LogProbs: []float64{-0.5}, Reward: 1, Terminated: true},
		},
		Final:   see(0),
		Outcome: Outcome{Success: true, Score: 1, Terminated: true},
		Started: time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC), Elapsed: time.Second, Tokens: 6,
	}
	if !reflect.DeepEqual(e, want) {
		t.Errorf("episode\n%+v, want\n%+v", e, want)
	}
	if len(mem.kept) != 1 || !reflect.DeepEqual(mem.kept[0], e) {
		t.Errorf("recorded %+v", mem.kept)
	}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back Episode
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, e) {
		t.Errorf("episode after JSON\n%+v, want\n%+v", back, e)
	}
}

func TestRunErrors(t *testing.T) {
	full := errors.New("disk full")
	ok := RunOptions{Policy: script{lines: []Action{"down"}}, Environment: &countdown{n: 1}}
	with := func(change func(*RunOptions)) RunOptions { o := ok; change(&o); return o }
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	mem := &shelf{}
	for _, tt := range []struct {
		name string
		ctx  context.Context
		o    RunOptions
		want string
	}{
		{"no policy", t.Context(), with(func(o *RunOptions) { o.Policy = nil }), "agent: no policy"},
		{"no environment", t.Context(), with(func(o *RunOptions) { o.Environment = nil }), "agent: no environment"},
		{"negative budget", t.Context(), with(func(o *RunOptions) { o.Budget.Tokens = -1 }), "agent: Budget.Tokens is -1, must not be negative"},
		{"recall", t.Context(), with(func(o *RunOptions) { o.Recaller = &shelf{err: full} }), "recall for task t: disk full"},
		{"record", t.Context(), with(func(o *RunOptions) {
			o.Recorder, o.NewID = &shelf{err: full}, func() string { return "e1" }
		}), "record episode e1: disk full"},
		{"cancelled", ended, with(func(o *RunOptions) { o.Recorder = mem }), "context canceled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Run(tt.ctx, Task{ID: "t"}, tt.o)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
	if len(mem.kept) != 0 {
		t.Errorf("a cancelled episode was recorded: %+v", mem.kept)
	}
}
