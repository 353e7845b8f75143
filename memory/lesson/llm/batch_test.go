package llm_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/lesson/llm"
)

// gate is a model whose first reply waits for open to be closed.
type gate struct {
	open    chan struct{}
	asked   chan struct{} // sent to by each call
	replies []string

	mu      sync.Mutex
	prompts [][]llms.MessageContent
}

func (m *gate) GenerateContent(ctx context.Context, ms []llms.MessageContent, _ ...llms.CallOption) (*llms.ContentResponse, error) {
	m.mu.Lock()
	n := len(m.prompts)
	m.prompts = append(m.prompts, ms)
	m.mu.Unlock()
	m.asked <- struct{}{}
	if n == 0 {
		select {
		case <-m.open:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if n >= len(m.replies) {
		return nil, errors.New("asked too often")
	}
	if m.replies[n] == "panic" {
		panic("the model broke")
	}
	return &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: m.replies[n]}}}, nil
}

func (m *gate) Call(context.Context, string, ...llms.CallOption) (string, error) {
	return "", errors.New("not used")
}

// named is failure() as that of another task.
func named(id string) agent.Episode {
	f := failure()
	f.ID, f.Task.ID, f.Task.Goal = id, "task of "+id, "goal of "+id
	return f
}

// waiting starts the abstraction of failures one after the other, so that they wait
// in this order, and returns a function that returns what became of each.
func waiting(t *testing.T, a *llm.Abstracter, failures ...agent.Episode) func() map[string][]agent.Lesson {
	var mu sync.Mutex
	var all sync.WaitGroup
	out := map[string][]agent.Lesson{}
	for i, f := range failures {
		all.Go(func() {
			ls, err := a.Abstract(t.Context(), f, nil)
			if err != nil {
				t.Errorf("%s: %v", f.ID, err)
			}
			mu.Lock()
			defer mu.Unlock()
			out[f.ID] = ls
		})
		for deadline := time.Now().Add(10 * time.Second); a.Waiting() < i+1; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d wait, want %d", a.Waiting(), i+1)
			}
		}
	}
	return func() map[string][]agent.Lesson { all.Wait(); return out }
}

func about(n int, change ...any) map[string]any {
	l := lessonJSON(change...)
	l["failure"] = n
	return l
}

// TestBatch asks about failures that came in during a call by one call more, and
// again about those alone of which the reply says nothing that passes.
func TestBatch(t *testing.T) {
	m := &gate{open: make(chan struct{}), asked: make(chan struct{}, 10), replies: []string{
		reply(lessonJSON()),
		reply(about(1, "remedy", "first"), about(2, "quote", "You eat the mug."), about(3, "remedy", "third"), about(9)),
		reply(about(1, "remedy", "first again"), about(2, "remedy", "second")),
		reply(lessonJSON("remedy", "fifth")),
	}}
	a, err := llm.New(m, backup{}, llm.Options{Batch: 3})
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan []agent.Lesson, 1)
	go func() {
		ls, err := a.Abstract(t.Context(), named("e0"), nil)
		if err != nil {
			t.Error(err)
		}
		first <- ls
	}()
	<-m.asked
	results := waiting(t, a, named("e1"), named("e2"), named("e3"), named("e4"))
	close(m.open)
	got := results()
	for id, remedy := range map[string]string{"e1": "first", "e2": "second", "e3": "third", "e4": "fifth"} {
		if ls := got[id]; len(ls) != 1 || ls[0].Remedy != remedy || ls[0].Task != "task of "+id {
			t.Errorf("%s: %+v, want %s", id, ls, remedy)
		}
	}
	if ls := <-first; len(ls) != 1 || ls[0].Task != "task of e0" {
		t.Errorf("e0: %+v", ls)
	}
	if c := a.Counts(); c.Calls != 4 || c.Model != 5 || c.Fallback != 0 {
		t.Errorf("counts %+v", c)
	}
	asked := text(m.prompts[1][0]) + text(m.prompts[1][1])
	for i, id := range []string{"e1", "e2", "e3"} {
		if !strings.Contains(asked, fmt.Sprintf("Failure %d.\nTask: goal of %s\n", i+1, id)) {
			t.Errorf("failure %d is not in\n%s", i+1, asked)
		}
	}
	if strings.Contains(asked, "goal of e4") || !strings.Contains(asked, `"maximum":3`) {
		t.Errorf("asked\n%s", asked)
	}
	if again := text(m.prompts[2][3]); !strings.Contains(again, "failure 2: ") || strings.Contains(again, "failure 1") || strings.Contains(again, "failure 3") {
		t.Errorf("asked again: %s", again)
	}
}

// One that gives up does not end the call for the others; when all have, it ends.
// A model that panics costs the lessons of its batch, not the process.
func TestBatchEnds(t *testing.T) {
	m := &gate{open: make(chan struct{}), asked: make(chan struct{}, 10), replies: []string{"", "panic", reply(lessonJSON())}}
	a, err := llm.New(m, backup{}, llm.Options{Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := a.Abstract(ctx, named("e0"), nil)
		gone <- err
	}()
	<-m.asked
	results := waiting(t, a, named("e1"), named("e2"))
	cancel() // the only one of the call that is under way
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("e0: %v", err)
	}
	for id, ls := range results() {
		if len(ls) != 1 || ls[0].Trigger != "fallback" {
			t.Errorf("%s: %+v", id, ls)
		}
	}
	var broke *agent.PanicError
	if !errors.As(a.Warning(), &broke) || broke.Where != "model" {
		t.Errorf("warning %v", a.Warning())
	}
	if ls, err := a.Abstract(t.Context(), named("e3"), nil); err != nil || ls[0].Task != "task of e3" {
		t.Errorf("e3: %+v, %v", ls, err)
	}
}
