package eval

import (
	"context"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// swaps says whose context the retry of each failed task reads. failed are
// indices into tasks. It is the one half way round those of its kind, or half
// way round all if its kind failed only once: half way, because neighbours may
// be the same task but for a detail. A task that failed alone has none.
func swaps(tasks []agent.Task, failed []int) map[int]int {
	kinds := map[string][]int{}
	for _, task := range failed {
		kinds[tasks[task].Kind] = append(kinds[tasks[task].Kind], task)
	}
	others := map[int]int{}
	for _, task := range failed {
		among := kinds[tasks[task].Kind]
		if len(among) == 1 {
			among = failed
		}
		if n := len(among); n > 1 {
			others[task] = among[(slices.Index(among, task)+n/2)%n]
		}
	}
	return others
}

// forOther recalls for a task other than the one that is asked for.
type forOther struct {
	agent.Recaller
	other agent.Task
}

func (f forOther) Recall(ctx context.Context, _ agent.Task, maxTokens int) (agent.Context, error) {
	return f.Recaller.Recall(ctx, f.other, maxTokens)
}
