package eval_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval"
	"github.com/surefoot-ai/surefoot/eval/evaltest"
)

// opened is a door that any letter opens, or none.
type opened struct {
	evaltest.Door
	ever bool
}

func (o *opened) Step(ctx context.Context, a agent.Action) (agent.Result, error) {
	return agent.Result{Terminated: true, Outcome: agent.Outcome{Success: o.ever}}, nil
}

// Doors of even number are houses, the others barns.
func TestSwapped(t *testing.T) {
	for _, tc := range []struct {
		name    string
		swapped map[string]string // of each door that fails: whose lesson it reads in its second try
	}{
		{"half way round the kind", map[string]string{
			"door-000": "door-004", "door-002": "door-006", "door-004": "door-000", "door-006": "door-002",
			"door-001": "door-003", "door-003": "door-001",
		}},
		{"an odd number", map[string]string{"door-000": "door-002", "door-002": "door-008", "door-008": "door-000"}},
		{"the only one of its kind", map[string]string{"door-000": "door-002", "door-002": "door-000", "door-001": "door-002"}},
		{"alone", map[string]string{"door-003": ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			own := map[string]string{}
			for door := range tc.swapped {
				own[door] = door
			}
			for _, cond := range []struct {
				eval.Condition
				want map[string]string
			}{
				{eval.Condition{Name: "lessons", Open: openMemory}, own},
				{eval.Condition{Name: "swapped", Open: openMemory, Swapped: true}, tc.swapped},
			} {
				c := doors("")
				s := &spy{seen: make(chan agent.Brief, 100)}
				c.Policy, c.Trials, c.Seeds, c.Conditions = s, 2, c.Seeds[:1], []eval.Condition{cond.Condition}
				c.Workers = 3
				c.Suite = evaltest.Suite{Count: 9, Wrap: func(task agent.Task, _ agent.Environment) (agent.Environment, error) {
					_, fails := tc.swapped[task.ID]
					return &opened{ever: !fails}, nil
				}}
				if _, err := eval.Run(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				close(s.seen)
				if got := readers(t, s.seen); !maps.Equal(got, cond.want) {
					t.Errorf("%s: retries read lessons of %v, want %v", cond.Name, got, cond.want)
				}
			}
		})
	}
}

// readers says of each task that was tried a second time whose lessons it read.
func readers(t *testing.T, seen <-chan agent.Brief) map[string]string {
	t.Helper()
	tries, of := map[string]int{}, map[string]string{}
	for b := range seen {
		if tries[b.Task.ID]++; tries[b.Task.ID] == 1 {
			if len(b.Context.Items) > 0 {
				t.Errorf("the first try of %s reads %q", b.Task.ID, b.Context.Text())
			}
			continue
		}
		var owners []string
		for _, it := range b.Context.Items {
			owners = append(owners, it.ID[:len("door-000")])
		}
		owners = slices.Compact(append(owners, ""))
		of[b.Task.ID] = owners[0]
	}
	return of
}
