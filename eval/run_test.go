package eval_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval"
	"github.com/surefoot-ai/surefoot/eval/evaltest"
)

// doors is a small evaluation: without memory, and with one that helps.
func doors(dir string) eval.Config {
	return eval.Config{
		Suite:  evaltest.Suite{Count: 9},
		Policy: evaltest.Policy{},
		Conditions: []eval.Condition{
			{Name: "none"},
			{Name: "lessons", Open: openMemory},
		},
		Trials:        3,
		Seeds:         []uint64{1, 7},
		Workers:       1,
		ContextTokens: 100,
		Budget:        agent.Budget{Steps: 2},
		Dir:           dir,
		Meta:          map[string]string{"commit": "abc"},
	}
}

func openMemory(ctx context.Context, dir string) (eval.Memory, error) { return evaltest.Open(ctx, dir) }

// run runs c and returns the result with the bytes of results.json.
func run(t *testing.T, c eval.Config) (*eval.Result, []byte) {
	t.Helper()
	res, err := eval.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return res, results(t, c.Dir)
}

func results(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWorkersDoNotChangeTheResult(t *testing.T) {
	first, want := run(t, doors(t.TempDir()))
	for _, workers := range []int{2, 4, 64} {
		c := doors(t.TempDir())
		c.Workers = workers
		res, got := run(t, c)
		if !bytes.Equal(got, want) {
			t.Errorf("%d workers: results.json differs:\n%s\nwant\n%s", workers, got, want)
		}
		if !slices.Equal(res.Samples, first.Samples) {
			t.Errorf("%d workers: samples differ", workers)
		}
	}
	c := doors("")
	res, err := eval.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(res.Samples, first.Samples) {
		t.Error("without a folder: samples differ")
	}
}

// The numbers of the doors follow from their rules: 6 letters, 2 tries an
// episode. Without memory the chance to open one in t trials is 1-(5/6)^2t; with
// it no letter that a former trial tried is tried again.
func TestResult(t *testing.T) {
	c := doors("")
	c.Suite = evaltest.Suite{Count: 300}
	c.Workers = 2
	res, err := eval.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	none, lessons := res.Conditions[0].Trials, res.Conditions[1].Trials
	for i, want := range []float64{1 - pow(5./6, 2), 1 - pow(5./6, 4), 1 - pow(5./6, 6)} {
		if got := none[i].Success; !(got.Low <= want && want <= got.High) {
			t.Errorf("none, trial %d: success %+v, want around %.3f", i+1, got, want)
		}
	}
	if none[0].Success != lessons[0].Success {
		t.Errorf("first trials differ: %+v, %+v", none[0].Success, lessons[0].Success)
	}
	if d := lessons[0].Difference; d.Success != (eval.Interval{}) || d.OnlyHere+d.OnlyThere != 0 || d.SignTestP != 1 {
		t.Errorf("difference after the first trial is %+v, want none", *d)
	}
	last := lessons[2]
	if d := last.Difference; !(d.Success.Low > 0) || d.BetterOn <= d.WorseOn || !(d.SignTestP < 0.01) {
		t.Errorf("a memory that helps shows difference %+v", *d)
	}
	if got := last.Difference.Success.Estimate; !near(got, last.Success.Estimate-none[2].Success.Estimate) {
		t.Errorf("difference is %v, want that of the successes", got)
	}
	if last.RetryContextTokens < 3 || none[2].RetryContextTokens != 0 || lessons[0].MeanContextTokens != 0 {
		t.Errorf("context tokens: %+v and %+v", last, none[2])
	}
	if len(res.Warnings) != 0 {
		t.Errorf("warnings %q, want none", res.Warnings)
	}
	checkSums(t, res)
}

// checkSums counts the samples again, the slow way.
func checkSums(t *testing.T, res *eval.Result) {
	t.Helper()
	for _, c := range res.Conditions {
		for _, row := range c.Trials {
			solved, kinds := map[string]bool{}, map[string]int{}
			episodes, steps, tokens, ctx := 0, 0, 0, 0
			for _, s := range res.Samples {
				if s.Condition != c.Name || s.Trial >= row.Number {
					continue
				}
				episodes, steps, tokens, ctx = episodes+1, steps+s.Steps, tokens+s.Tokens, ctx+s.ContextTokens
				if s.Success {
					solved[fmt.Sprint(s.Seed, s.Task)] = true
					kinds[s.Kind]++
				}
			}
			if row.Attempts != res.Tasks*len(res.Seeds) || row.Solved != len(solved) || row.Episodes != episodes || row.Tokens != tokens ||
				!near(row.MeanSteps*float64(episodes), float64(steps)) || !near(row.MeanContextTokens*float64(episodes), float64(ctx)) {
				t.Errorf("%s trial %d: %+v, counted %d solved, %d episodes, %d steps, %d tokens, %d context", c.Name, row.Number, row, len(solved), episodes, steps, tokens, ctx)
			}
			if got := row.Success.Estimate; !near(got, float64(len(solved))/float64(row.Attempts)) || !near(row.Clustered.Estimate, got) {
				t.Errorf("%s trial %d: success %v and %v of %d/%d", c.Name, row.Number, got, row.Clustered.Estimate, len(solved), row.Attempts)
			}
			for _, k := range row.Kinds {
				if k.Solved != kinds[k.Name] || k.Attempts != k.Tasks*len(res.Seeds) {
					t.Errorf("%s trial %d: kind %+v, counted %d", c.Name, row.Number, k, kinds[k.Name])
				}
			}
		}
	}
}

func near(a, b float64) bool {
	d := a - b
	return d <= 1e-9 && d >= -1e-9
}

func pow(x float64, n int) float64 {
	p := 1.0
	for range n {
		p *= x
	}
	return p
}

// spy records what the policy is told and draws.
type spy struct {
	evaltest.Policy
	begun atomic.Int64
	seen  chan agent.Brief
}

func (s *spy) Begin(ctx context.Context, b agent.Brief) (agent.Actor, error) {
	s.begun.Add(1)
	if s.seen != nil {
		s.seen <- b
	}
	return s.Policy.Begin(ctx, b)
}

// Two memories that never recall anything must give exactly what no memory
// gives, in every trial: same sources of chance, nothing else different.
func TestPairing(t *testing.T) {
	c := doors("")
	c.ContextTokens = 0 // the memory of the doors then recalls nothing
	c.Conditions = append(c.Conditions, eval.Condition{Name: "again", Open: openMemory})
	res, err := eval.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	type pair struct {
		seed  uint64
		trial int
		task  string
	}
	want := map[pair]int{}
	for _, s := range res.Samples {
		p := pair{s.Seed, s.Trial, s.Task}
		if s.Condition == "none" {
			want[p] = s.Steps*2 + b2i(s.Success)
		} else if got := s.Steps*2 + b2i(s.Success); got != want[p] {
			t.Errorf("%s %+v: %d, want %d", s.Condition, p, got, want[p])
		}
	}
	if want := "lessons, again: the difference to none is the same on every task"; !slices.ContainsFunc(res.Warnings, func(w string) bool { return strings.HasPrefix(w, want) }) {
		t.Errorf("warnings %q, want one that begins %q", res.Warnings, want)
	}
	ids := map[string]bool{}
	for _, s := range res.Samples {
		ids[s.Episode] = true
	}
	if len(ids) != len(res.Samples) {
		t.Errorf("%d episodes have %d ids", len(res.Samples), len(ids))
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Tasks and seeds must not share their chance, or n of them say as much as one.
func TestEveryTaskHasItsOwnChance(t *testing.T) {
	c := doors("")
	s := &spy{seen: make(chan agent.Brief, 1000)}
	c.Policy, c.Conditions = s, c.Conditions[:1]
	if _, err := eval.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	close(s.seen)
	drawn, n := map[uint64]bool{}, 0
	for b := range s.seen {
		drawn[b.Rand.Uint64()] = true // after the episode's own draws; still different
		n++
	}
	if len(drawn) != n || n == 0 {
		t.Errorf("%d episodes drew %d different numbers", n, len(drawn))
	}
}

func TestFirstTrialIsShared(t *testing.T) {
	none, primed := eval.Condition{Name: "none"}, eval.Condition{Name: "primed", Open: openPrimed}
	for _, tc := range []struct {
		name          string
		first, second eval.Condition
		begun         int64
	}{
		{"empty memory", none, eval.Condition{Name: "lessons", Open: openMemory}, 18},
		{"no memory", none, eval.Condition{Name: "none again"}, 18},
		{"memory that knows something", none, primed, 18 + 2},
		{"the first knows something", primed, none, 18 + 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := doors("")
			s := &spy{}
			shared := 0
			c.Policy, c.Trials, c.Conditions = s, 1, []eval.Condition{tc.first, tc.second}
			c.Progress = func(p eval.Progress) {
				if p.Shared {
					shared++
				}
			}
			if _, err := eval.Run(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if got := s.begun.Load(); got != tc.begun || shared != int(36-tc.begun) {
				t.Errorf("played %d, shared %d, want %d played", got, shared, tc.begun)
			}
		})
	}
}

// openPrimed opens a memory that knows something about door-003 only.
func openPrimed(ctx context.Context, dir string) (eval.Memory, error) {
	m, err := evaltest.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	return m, m.Record(ctx, agent.Episode{
		Task:  agent.Task{ID: "door-003"},
		Steps: []agent.Step{{Action: "a"}},
	})
}

func TestProgressCounts(t *testing.T) {
	for _, workers := range []int{1, 3} {
		c := doors(t.TempDir())
		c.Workers = workers
		var got []eval.Progress
		c.Progress = func(p eval.Progress) { got = append(got, p) }
		res, _ := run(t, c)
		if len(got) != len(res.Samples) {
			t.Fatalf("%d reports of %d episodes", len(got), len(res.Samples))
		}
		total := 2 * 2 * 9 * 3
		for i, p := range got {
			if p.Done != i+1 || p.Total > total || p.Total < p.Done || p.Replayed {
				t.Errorf("report %d: %+v after a total of %d", i, p, total)
			}
			total = p.Total
		}
		if last := got[len(got)-1]; last.Done != last.Total {
			t.Errorf("last report is %+v", last)
		}
		got = nil
		run(t, c)
		if len(got) != len(res.Samples) || slices.ContainsFunc(got, func(p eval.Progress) bool { return !p.Replayed }) {
			t.Errorf("a finished run again: %d reports, all of them replayed: %+v", len(got), got)
		}
	}
}

// brokenEnv breaks at its first step.
type brokenEnv struct{ evaltest.Door }

func (*brokenEnv) Step(context.Context, agent.Action) (agent.Result, error) {
	return agent.Result{}, errors.New("the floor gave way")
}

type closingEnv struct {
	agent.Environment
	open *atomic.Int64
}

func (e closingEnv) Close() error { e.open.Add(-1); return errors.New("stuck") }

func TestBrokenEnvironmentIsAFailedEpisode(t *testing.T) {
	var open atomic.Int64
	c := doors("")
	c.Suite = evaltest.Suite{Count: 9, Wrap: func(task agent.Task, env agent.Environment) (agent.Environment, error) {
		switch task.ID {
		case "door-001":
			return nil, errors.New("no such door")
		case "door-002":
			panic("no door at all")
		case "door-003":
			return &brokenEnv{}, nil
		case "door-004":
			open.Add(1)
			return closingEnv{env, &open}, nil
		}
		return env, nil
	}}
	res, err := eval.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range res.Samples {
		broken := s.Task == "door-001" || s.Task == "door-002" || s.Task == "door-003"
		if broken && (s.Success || s.Cause != agent.CauseEnvironment) || !broken && s.Cause == agent.CauseEnvironment {
			t.Errorf("episode %+v", s)
		}
	}
	want := "none: 18 of "
	if !slices.ContainsFunc(res.Warnings, func(w string) bool { return strings.HasPrefix(w, want) }) {
		t.Errorf("warnings %q, want one that begins %q", res.Warnings, want)
	}
	if open.Load() != 0 || len(res.Timing.Notes) == 0 || !strings.Contains(res.Timing.Notes[0], "stuck") {
		t.Errorf("%d environments left open, notes %q", open.Load(), res.Timing.Notes)
	}
}

type greedyMemory struct{ *evaltest.Memory }

func (m greedyMemory) Recall(ctx context.Context, task agent.Task, n int) (agent.Context, error) {
	return m.Memory.Recall(ctx, task, n+1000)
}

func TestWarnings(t *testing.T) {
	c := doors("")
	c.Seeds, c.ContextTokens, c.Budget.Wall = c.Seeds[:1], 1, 1e12
	c.Conditions[1].Open = func(ctx context.Context, dir string) (eval.Memory, error) {
		m, err := evaltest.Open(ctx, dir)
		return greedyMemory{m}, err
	}
	res, err := eval.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"only 9 tasks", "one seed", "16m40s of real time", "lessons: memory gave more than the 1 context tokens"} {
		if !slices.ContainsFunc(res.Warnings, func(w string) bool { return strings.Contains(w, want) }) {
			t.Errorf("no warning contains %q: %q", want, res.Warnings)
		}
	}
}
