package eval_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
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
	_, want := run(t, doors(t.TempDir()))
	for _, workers := range []int{2, 4, 64} {
		c := doors(t.TempDir())
		c.Workers = workers
		if _, got := run(t, c); !bytes.Equal(got, want) {
			t.Errorf("%d workers: results.json differs:\n%s\nwant\n%s", workers, got, want)
		}
	}
}
