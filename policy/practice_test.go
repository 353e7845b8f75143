package policy

import (
	"context"
	"fmt"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// counted is a toy whose memory says how many episodes it holds.
type counted struct{ toy }

func (counted) Memory(string, func(string) int) (Memory, error) { return &counter{}, nil }

type counter struct{ n int }

func (c *counter) Recall(context.Context, agent.Task, int) (agent.Context, error) {
	if c.n == 0 {
		return agent.Context{}, nil
	}
	return agent.Context{Items: []agent.Item{{ID: "n", Text: fmt.Sprint(c.n)}}}, nil
}

func (c *counter) Record(context.Context, agent.Episode) error { c.n++; return nil }
func (c *counter) Close() error                                { return nil }

// Where the teacher plays too, half of the first tries meet a memory of the other
// half, and the teacher shows them with that memory; the held-out score knows no
// memory at a first try.
func TestFirstTriesMeetAMemoryOfOthers(t *testing.T) {
	k := &kitchen{Recipe: toyRecipe(), world: counted{}, lm: toyLM(t, 1), log: func(Event) {}}
	tasks := toyTasks(0, 8)
	for _, teach := range []bool{true, false} {
		b := block{kitchen: k, phase: "x", player: k.lm, tasks: tasks, teach: teach}
		own, told, err := b.play(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range own[:len(tasks)] {
			want := ""
			if teach && i >= len(tasks)/2 {
				want = "4"
			}
			if e.Task.ID != tasks[i].ID || e.Trial != 0 || e.Context.Text() != want {
				t.Errorf("teach %v: first try %d is %s, trial %d, with memory %q, want %s with %q", teach, i, e.Task.ID, e.Trial, e.Context.Text(), tasks[i].ID, want)
			}
		}
		shown := map[string]bool{}
		for _, e := range told {
			if e.Trial == 0 {
				shown[e.Task.ID] = e.Context.Text() == "4"
			}
		}
		for i, task := range tasks {
			if want := teach && i >= len(tasks)/2; shown[task.ID] != want {
				t.Errorf("teach %v: task %s is shown with the memory of others: %v, want %v", teach, task.ID, shown[task.ID], want)
			}
		}
	}
}
