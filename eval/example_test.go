package eval_test

import (
	"context"
	"fmt"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval"
	"github.com/surefoot-ai/surefoot/eval/evaltest"
)

// Does the memory help? Play 40 tasks with and without it, three tries each.
func Example() {
	res, err := eval.Run(context.Background(), eval.Config{
		Suite:  evaltest.Suite{Count: 40},
		Policy: evaltest.Policy{},
		Conditions: []eval.Condition{
			{Name: "no memory"},
			{Name: "lessons", Open: func(ctx context.Context, dir string) (eval.Memory, error) {
				return evaltest.Open(ctx, dir)
			}},
		},
		Trials:        3,
		Seeds:         []uint64{1, 2, 3},
		Workers:       2,
		ContextTokens: 100,
		Budget:        agent.Budget{Steps: 2},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range res.Conditions {
		last := c.Trials[len(c.Trials)-1]
		fmt.Printf("%-10s %3d of %d\n", c.Name, last.Solved, last.Attempts)
	}
	d := res.Conditions[1].Trials[2].Difference.Success
	fmt.Printf("difference %+.2f, 95%% interval %+.2f to %+.2f\n", d.Estimate, d.Low, d.High)
	// Output:
	// no memory   71 of 120
	// lessons     97 of 120
	// difference +0.22, 95% interval +0.12 to +0.31
}
