package eval

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/report"
)

// Suite is a set of tasks and the world they are played in.
type Suite interface {
	// Name is the suite's name; it is part of every episode's ID.
	Name() string

	// Tasks lists the tasks, in the order in which their episodes are recorded.
	// It returns the same tasks each time, no ID twice.
	Tasks() []agent.Task

	// Environment opens a world for one episode of task. It is called by
	// several goroutines at once. An Environment that is an io.Closer is closed
	// after its episode. An error makes a failed episode, not a failed run.
	Environment(task agent.Task) (agent.Environment, error)
}

// Memory is what a condition puts at the agent's disposal. Recall is called by
// up to Config.Workers goroutines at once, Record by one, never while a Recall
// is under way. What it recalls may depend on nothing but what was recorded, in
// order: not on the clock, and not on chance with an unfixed seed.
type Memory interface {
	agent.Recaller
	agent.Recorder
	io.Closer
}

// Condition is one way of having memory.
type Condition struct {
	Name string // unique in its run

	// Open opens a memory in dir, an empty folder of its own. It is empty, or
	// knows the same each time. Nil: no memory.
	Open func(ctx context.Context, dir string) (Memory, error)

	// Swapped gives each retry the context that memory has for another task
	// which failed in the same trial, of the same kind if there is one; a task
	// that failed alone gets none. Compared to the same memory unswapped, it
	// shows what reading the right context is worth, apart from any context.
	Swapped bool
}

// Config says what is evaluated. There are no defaults: see Validate.
type Config struct {
	Suite      Suite
	Policy     agent.Policy
	Conditions []Condition // ≥ 1; the others are compared to the first

	// Trials is the number of tries per task, ≥ 1. A task that failed is tried
	// again with what memory learned; one that succeeded is not.
	Trials int

	// Seeds, ≥ 1, each once: every condition is run under each, with a fresh
	// memory.
	Seeds []uint64

	Workers       int // episodes played at once, ≥ 1; does not change the result
	ContextTokens int // asked of memory for each episode, ≥ 0
	Budget        agent.Budget

	// Dir is the run folder, made if absent: episodes.jsonl, results.json,
	// timing.json and the memories. Calling Run again goes on with it. Empty:
	// nothing is kept; memories live in a temporary folder.
	Dir string

	// Meta is kept in the first record of the run and shown in reports: the
	// resolved config, the commit. A run is only resumed with the same Meta.
	Meta map[string]string

	// Progress, if not nil, is told of each finished episode, by one goroutine
	// at a time.
	Progress func(Progress)

	// Clock times the episodes for Timing; nil: time.Now. It does not reach
	// the episodes themselves, see Epoch.
	Clock func() time.Time
}

// Progress is how far a run is.
type Progress struct {
	Condition string // of the episode just finished
	Seed      uint64
	Trial     int // from 0
	Task      string
	Success   bool
	Replayed  bool // taken from the log of an earlier process
	Shared    bool // the same computation as the first condition's, not played again

	Done  int // episodes finished
	Total int // the most there may be; falls as tasks are solved, and is Done at the end
}

// The words of a result are those of the package that shows it.
type (
	// Result is what a run found.
	Result = report.Result

	// Interval is an estimate with its bounds.
	Interval = report.Interval
)

// Epoch is the virtual time at which every evaluation starts. An episode's
// Started is Epoch plus one second for each task before it in the trial and the
// trials before, its Elapsed 0: real time would make two equal runs differ.
func Epoch() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// Validate reports the first field that Run cannot use, with its value and its
// bound. The error wraps ErrConfig.
func (c Config) Validate() error {
	if c.Suite == nil {
		return fmt.Errorf("%w: no Suite", ErrConfig)
	}
	if c.Policy == nil {
		return fmt.Errorf("%w: no Policy", ErrConfig)
	}
	for _, f := range []struct {
		name     string
		n, least int64
	}{
		{"Conditions", int64(len(c.Conditions)), 1},
		{"Trials", int64(c.Trials), 1},
		{"Seeds", int64(len(c.Seeds)), 1},
		{"Workers", int64(c.Workers), 1},
		{"ContextTokens", int64(c.ContextTokens), 0},
		{"Budget.Steps", int64(c.Budget.Steps), 0},
		{"Budget.Tokens", int64(c.Budget.Tokens), 0},
		{"Budget.Wall", int64(c.Budget.Wall), 0},
		{"Budget.Invalid", int64(c.Budget.Invalid), 0},
		{"Suite.Tasks", int64(len(c.Suite.Tasks())), 1},
	} {
		if f.n < f.least {
			return fmt.Errorf("%w: %s is %d, want ≥ %d", ErrConfig, f.name, f.n, f.least)
		}
	}
	return c.validateUnique()
}

func (c Config) validateUnique() error {
	names := map[string]bool{}
	for i, cond := range c.Conditions {
		if cond.Name == "" || names[cond.Name] {
			return fmt.Errorf("%w: Conditions[%d].Name is %q, want a name of its own", ErrConfig, i, cond.Name)
		}
		names[cond.Name] = true
	}
	seeds := map[uint64]bool{}
	for i, s := range c.Seeds {
		if seeds[s] {
			return fmt.Errorf("%w: Seeds[%d] is %d, which is there twice", ErrConfig, i, s)
		}
		seeds[s] = true
	}
	tasks := map[string]bool{}
	for i, t := range c.Suite.Tasks() {
		if t.ID == "" || tasks[t.ID] {
			return fmt.Errorf("%w: Suite.Tasks()[%d].ID is %q, want an ID of its own", ErrConfig, i, t.ID)
		}
		tasks[t.ID] = true
	}
	return nil
}
