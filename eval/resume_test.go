package eval_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval"
	"github.com/surefoot-ai/surefoot/eval/evaltest"
)

// small is few enough episodes to try every point at which to stop.
func small(dir string) eval.Config {
	c := doors(dir)
	c.Suite, c.Trials = evaltest.Suite{Count: 4}, 2
	c.Conditions = append(c.Conditions, eval.Condition{Name: "swapped", Open: openMemory, Swapped: true})
	return c
}

func TestResumeAfterCancelAtEveryEpisode(t *testing.T) {
	res, want := run(t, small(t.TempDir()))
	for _, workers := range []int{1, 4} {
		for stop := range len(res.Samples) {
			c := small(t.TempDir())
			c.Workers = workers
			ctx, cancel := context.WithCancel(t.Context())
			if stop == 0 {
				cancel()
			}
			last := 0
			c.Progress = func(p eval.Progress) {
				if last = p.Done; p.Done == stop {
					cancel()
				}
			}
			_, err := eval.Run(ctx, c)
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%d workers, stopped after %d: error is %v", workers, stop, err)
			}
			replayed := 0
			c.Progress = func(p eval.Progress) {
				if p.Replayed {
					replayed++
				}
			}
			again, got := run(t, c)
			if !bytes.Equal(got, want) {
				t.Errorf("%d workers, stopped after %d: results differ:\n%s\nwant\n%s", workers, stop, got, want)
			}
			if replayed != last || len(again.Timing.Notes) != 0 {
				t.Errorf("%d workers, stopped after %d: %d replayed, notes %q", workers, last, replayed, again.Timing.Notes)
			}
		}
	}
}

// failing is a memory whose Record fails, or is the last thing the run does,
// at the nth call counted over all memories of the run.
type failing struct {
	*evaltest.Memory
	left *int
}

var errFull = errors.New("disk full")

func (m failing) Record(ctx context.Context, e agent.Episode) error {
	if *m.left--; *m.left < 0 {
		return errFull
	}
	return m.Memory.Record(ctx, e)
}

func TestResumeAfterMemoryFailedAtEveryRecord(t *testing.T) {
	_, want := run(t, small(t.TempDir()))
	for n := 0; ; n++ {
		dir, left := t.TempDir(), n
		c := small(dir)
		c.Conditions[1].Open = func(ctx context.Context, dir string) (eval.Memory, error) {
			m, err := evaltest.Open(ctx, dir)
			return failing{m, &left}, err
		}
		_, err := eval.Run(t.Context(), c)
		if err == nil {
			if n < 8 {
				t.Errorf("only %d records", n)
			}
			return
		}
		if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "condition lessons, seed ") {
			t.Fatalf("error is %v", err)
		}
		if _, got := run(t, small(dir)); !bytes.Equal(got, want) {
			t.Errorf("failed at record %d: results differ", n)
		}
	}
}

// A log cut within its last line has a torn line, cut between two lines it has
// none; the memory that a cut log
// finds on disk knows too much, and must be made anew.
func TestResumeFromTornLog(t *testing.T) {
	dir := t.TempDir()
	_, want := run(t, small(dir))
	path := filepath.Join(dir, "episodes.jsonl")
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ends := lineEnds(log)
	for i := 1; i < len(ends); i++ {
		cut := []int{ends[i-1], ends[i-1] + 1, (ends[i-1] + ends[i]) / 2, ends[i] - 1}[i%4]
		write(t, path, log[:cut])
		res, got := run(t, small(dir))
		if !bytes.Equal(got, want) {
			t.Fatalf("cut at byte %d: results differ", cut)
		}
		if torn := cut > ends[i-1]; torn != (len(res.Timing.Notes) == 1) {
			t.Fatalf("cut at byte %d, lines end at %d and %d: notes %q", cut, ends[i-1], ends[i], res.Timing.Notes)
		}
	}
}

func lineEnds(log []byte) []int {
	var ends []int
	for i, b := range log {
		if b == '\n' {
			ends = append(ends, i+1)
		}
	}
	return ends
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedLog(t *testing.T) {
	dir := t.TempDir()
	run(t, small(dir))
	path := filepath.Join(dir, "episodes.jsonl")
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ends := lineEnds(log)
	flip := func(at int) []byte {
		b := bytes.Clone(log)
		b[at] ^= 4
		return b
	}
	line := func(i int) []byte { return log[ends[i-2]:ends[i-1]] } // from 1, not the first
	for _, tc := range []struct {
		name   string
		log    []byte
		line   int
		offset int
	}{
		{"bit in a value", flip(ends[3] + 200), 5, ends[3]},
		{"bit in a checksum", flip(ends[3] + 10), 5, ends[3]},
		{"bit in the frame", flip(ends[3] + 2), 5, ends[3]},
		{"bit in the first line", flip(100), 1, 0},
		{"bit in the last line", flip(len(log) - 9), len(ends), ends[len(ends)-2]},
		{"line missing its end", append(bytes.Clone(log[:ends[3]-5]), log[ends[3]:]...), 4, ends[2]},
		{"empty line", append(append(bytes.Clone(log[:ends[3]]), '\n'), log[ends[3]:]...), 5, ends[3]},
		{"line twice", append(bytes.Clone(log), line(3)...), len(ends) + 1, len(log)},
		{"first line missing", log[ends[0]:], 1, 0},
		{"first line twice", append(bytes.Clone(log[:ends[0]]), log...), 2, ends[0]},
		{"empty file", nil, 1, 0},
		{"first line torn", log[:50], 1, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			write(t, path, tc.log)
			_, err := eval.Run(t.Context(), small(dir))
			var c *eval.CorruptError
			if !errors.As(err, &c) || !errors.Is(err, eval.ErrCorrupt) {
				t.Fatalf("error is %v, want a CorruptError", err)
			}
			if c.File != path || c.Line != tc.line || c.Offset != int64(tc.offset) {
				t.Errorf("damage at %s line %d byte %d, want line %d byte %d: %v", c.File, c.Line, c.Offset, tc.line, tc.offset, err)
			}
			if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, tc.log) {
				t.Errorf("a damaged log was changed: %v", err)
			}
		})
	}
}

func TestOtherRunIsRefused(t *testing.T) {
	dir := t.TempDir()
	_, want := run(t, small(dir))
	for _, tc := range []struct {
		name   string
		change func(*eval.Config)
		want   string
	}{
		{"meta", func(c *eval.Config) { c.Meta = map[string]string{"commit": "def"} }, `meta.commit is "abc" there, "def" here`},
		{"meta added", func(c *eval.Config) { c.Meta = map[string]string{"commit": "abc", "k": "v"} }, `meta.k is absent there, "v" here`},
		{"meta gone", func(c *eval.Config) { c.Meta = nil }, `meta.commit is "abc" there, absent here`},
		{"seeds", func(c *eval.Config) { c.Seeds = []uint64{1} }, "seeds is [1,7] there, [1] here"},
		{"trials", func(c *eval.Config) { c.Trials = 5 }, "trials is 2 there, 5 here"},
		{"budget", func(c *eval.Config) { c.Budget.Steps = 3 }, "budget.steps is 2 there, 3 here"},
		{"context", func(c *eval.Config) { c.ContextTokens = 3 }, "context_tokens is 100 there, 3 here"},
		{"condition", func(c *eval.Config) { c.Conditions = c.Conditions[:1] }, `conditions is ["none","lessons","swapped"] there, ["none"] here`},
		{"tasks", func(c *eval.Config) { c.Suite = evaltest.Suite{Count: 5} }, "tasks is 4 there, 5 here (and 1 more)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := small(dir)
			tc.change(&c)
			_, err := eval.Run(t.Context(), c)
			if !errors.Is(err, eval.ErrOtherRun) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v, want %q", err, tc.want)
			}
		})
	}
	c := small(dir)
	c.Workers = 3 // is no other run
	if _, got := run(t, c); !bytes.Equal(got, want) {
		t.Error("results differ after the refusals")
	}
}

func TestFolderInUseIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no lock on this platform; run it on Linux or macOS")
	}
	dir := t.TempDir()
	c := small(dir)
	var inner error
	c.Progress = func(p eval.Progress) {
		if p.Done == 1 {
			_, inner = eval.Run(t.Context(), small(dir))
		}
	}
	run(t, c)
	if !errors.Is(inner, eval.ErrBusy) {
		t.Errorf("a second run of the folder: error is %v, want ErrBusy", inner)
	}
}

// The kill test runs this test binary again as a child that only evaluates.
const childDir = "SUREFOOT_EVAL_CHILD_DIR"

// slow takes its time, so that a kill finds it at work.
func slow(dir string) eval.Config {
	c := doors(dir)
	c.Workers = 4
	c.Suite = evaltest.Suite{Count: 9, Wrap: func(_ agent.Task, env agent.Environment) (agent.Environment, error) {
		time.Sleep(4 * time.Millisecond)
		return env, nil
	}}
	return c
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		c := slow(dir)
		c.Progress = func(p eval.Progress) {
			if !p.Replayed {
				fmt.Println(p.Done)
			}
		}
		if _, err := eval.Run(context.Background(), c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestKilledRunIsResumed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("kills with a signal; run it on Linux or macOS")
	}
	_, want := run(t, slow(t.TempDir()))
	dir := t.TempDir()
	kills := 0
	for !killed(t, dir, 7+3*(kills%4)) {
		if kills++; kills == 100 {
			t.Fatal("no end after 100 kills")
		}
	}
	if kills < 3 {
		t.Errorf("the run ended after %d kills: too few to mean anything", kills)
	}
	if got := results(t, dir); !bytes.Equal(got, want) {
		t.Errorf("results after %d kills differ:\n%s\nwant\n%s", kills, got, want)
	}
}

// killed runs a child on dir and kills it after it has reported n new episodes,
// all of which must then be in the log, or reports that it finished.
func killed(t *testing.T, dir string, n int) (finished bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := 0
	for range n {
		if _, err := fmt.Fscan(out, &done); err != nil {
			if err := cmd.Wait(); err != nil {
				t.Fatalf("child: %v: %s", err, stderr.Bytes())
			}
			return true
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if got := episodes(t, dir); got < done {
		t.Errorf("%d episodes were reported, %d are logged", done, got)
	}
	return false
}

// episodes is the number of whole episodes in dir's log.
func episodes(t *testing.T, dir string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "episodes.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range bytes.Lines(b) {
		if bytes.Contains(line, []byte(`"episode":{`)) && bytes.HasSuffix(line, []byte("\n")) {
			n++
		}
	}
	return n
}
