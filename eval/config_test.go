package eval_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval"
	"github.com/surefoot-ai/surefoot/eval/evaltest"
)

func TestValidate(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(*eval.Config)
		want  string
	}{
		{"no suite", func(c *eval.Config) { c.Suite = nil }, "no Suite"},
		{"no policy", func(c *eval.Config) { c.Policy = nil }, "no Policy"},
		{"no conditions", func(c *eval.Config) { c.Conditions = nil }, "Conditions is 0"},
		{"no trials", func(c *eval.Config) { c.Trials = 0 }, "Trials is 0"},
		{"no seeds", func(c *eval.Config) { c.Seeds = nil }, "Seeds is 0"},
		{"no workers", func(c *eval.Config) { c.Workers = -1 }, "Workers is -1"},
		{"context", func(c *eval.Config) { c.ContextTokens = -5 }, "ContextTokens is -5"},
		{"budget", func(c *eval.Config) { c.Budget.Tokens = -2 }, "Budget.Tokens is -2"},
		{"no tasks", func(c *eval.Config) { c.Suite = evaltest.Suite{} }, "Suite.Tasks is 0"},
		{"same name", func(c *eval.Config) { c.Conditions[1].Name = "none" }, `Conditions[1].Name is "none"`},
		{"no name", func(c *eval.Config) { c.Conditions[0].Name = "" }, `Conditions[0].Name is ""`},
		{"same seed", func(c *eval.Config) { c.Seeds[1] = 1 }, "Seeds[1] is 1"},
		{"same task", func(c *eval.Config) { c.Suite = twice{} }, `Suite.Tasks()[1].ID is "x"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := doors("")
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			tc.spoil(&c)
			_, err := eval.Run(t.Context(), c)
			if !errors.Is(err, eval.ErrConfig) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v, want %q", err, tc.want)
			}
		})
	}
}

type twice struct{ evaltest.Suite }

func (twice) Tasks() []agent.Task { return []agent.Task{{ID: "x"}, {ID: "x"}} }
