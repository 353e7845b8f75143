// Package evaltest has a tiny world, policy and memory with which to try out
// evaluations: thousands of episodes a second, deterministic, and a memory that
// really helps.
//
// In the world one of [Letters] opens a door, and only trying tells which. The
// policy tries at random, but never what its context says is wrong. The memory
// says, of a task that failed, what was wrong.
package evaltest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/surefoot-ai/surefoot/agent"
)

// Letters are the actions of the world.
func Letters() []agent.Action { return []agent.Action{"a", "b", "c", "d", "e", "f"} }

// Suite is Count doors of two kinds. Its methods are those of eval.Suite.
type Suite struct {
	Count int

	// Wrap, if not nil, is given each environment before it is used.
	Wrap func(task agent.Task, env agent.Environment) (agent.Environment, error)
}

// Name is "doors".
func (s Suite) Name() string { return "doors" }

// Tasks are Count tasks, alternately of kind "barn" and "house".
func (s Suite) Tasks() []agent.Task {
	tasks := make([]agent.Task, s.Count)
	for i := range tasks {
		tasks[i] = agent.Task{
			ID:    fmt.Sprintf("door-%03d", i),
			Suite: "doors",
			Kind:  []string{"house", "barn"}[i%2],
			Goal:  "open the door",
		}
	}
	return tasks
}

// Environment is a door.
func (s Suite) Environment(task agent.Task) (agent.Environment, error) {
	env := agent.Environment(&Door{})
	if s.Wrap != nil {
		return s.Wrap(task, env)
	}
	return env, nil
}

// Door is the world of one task. It opens for the letter that the task's ID
// hashes to, and until then goes on for ever.
type Door struct{ key agent.Action }

// Reset closes the door.
func (d *Door) Reset(_ context.Context, task agent.Task) (agent.Observation, error) {
	h := fnv.New32a()
	h.Write([]byte(task.ID))
	d.key = Letters()[h.Sum32()%uint32(len(Letters()))]
	return agent.Observation{Text: "A closed door.", Admissible: Letters()}, nil
}

// Step tries a letter.
func (d *Door) Step(_ context.Context, a agent.Action) (agent.Result, error) {
	if a == d.key {
		return agent.Result{
			Observation: agent.Observation{Text: "It opens."},
			Reward:      1,
			Terminated:  true,
			Outcome:     agent.Outcome{Success: true, Score: 1},
		}, nil
	}
	return agent.Result{Observation: agent.Observation{Text: "It stays shut.", Admissible: Letters()}}, nil
}

// Policy tries letters at random, except those that the context says are wrong.
type Policy struct{}

// Version is "random-1".
func (Policy) Version() string { return "random-1" }

// Begin starts an episode.
func (Policy) Begin(_ context.Context, b agent.Brief) (agent.Actor, error) { return &actor{b}, nil }

type actor struct{ agent.Brief }

func (a *actor) Act(_ context.Context, obs agent.Observation) (agent.Decision, error) {
	text := a.Context.Text()
	left := slices.DeleteFunc(slices.Clone(obs.Admissible), func(c agent.Action) bool {
		return strings.Contains(text, "not "+string(c)+".")
	})
	return agent.Decision{Action: left[a.Rand.IntN(len(left))], Tokens: 1 + a.Context.Tokens()}, nil
}

// Memory remembers of each failed task which letters were wrong, in a file. Its
// methods are those of eval.Memory.
type Memory struct {
	mu        sync.RWMutex // guards wrong and file
	wrong     map[string][]agent.Action
	file      *os.File
	recalling atomic.Int64
}

// Open opens a memory in dir with what the file there holds.
func Open(_ context.Context, dir string) (*Memory, error) {
	m := &Memory{wrong: map[string][]agent.Action{}}
	path := filepath.Join(dir, "wrong.jsonl")
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	lines := bufio.NewScanner(strings.NewReader(string(old)))
	for lines.Scan() {
		var e agent.Episode
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		m.learn(e)
	}
	m.file, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	return m, err
}

func (m *Memory) learn(e agent.Episode) {
	if e.Outcome.Success {
		return
	}
	for _, s := range e.Steps {
		if !slices.Contains(m.wrong[e.Task.ID], s.Action) {
			m.wrong[e.Task.ID] = append(m.wrong[e.Task.ID], s.Action)
		}
	}
}

// Recall gives one lesson of 3 tokens for each wrong letter, as many as fit.
func (m *Memory) Recall(_ context.Context, task agent.Task, maxTokens int) (agent.Context, error) {
	m.recalling.Add(1)
	defer m.recalling.Add(-1)
	m.mu.RLock()
	defer m.mu.RUnlock()
	var c agent.Context
	for _, a := range m.wrong[task.ID] {
		if c.Tokens()+3 > maxTokens {
			break
		}
		c.Items = append(c.Items, agent.Item{
			ID: task.ID + "-" + string(a), Kind: agent.KindLesson, Text: "not " + string(a) + ".", Tokens: 3,
		})
	}
	return c, nil
}

// ErrRecalling is returned by Record while a Recall is under way, which an
// evaluation must not do.
var ErrRecalling = errors.New("evaltest: record during a recall")

// Record learns from e.
func (m *Memory) Record(_ context.Context, e agent.Episode) error {
	if m.recalling.Load() != 0 {
		return ErrRecalling
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := m.file.Write(append(b, '\n')); err != nil {
		return err
	}
	m.learn(e)
	return nil
}

// Close closes the file.
func (m *Memory) Close() error { return m.file.Close() }
