package household_test

import (
	"context"
	"fmt"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/household"
)

// An expert plays a generated game twice. What it saw the first time tells it
// where to go the second time.
func Example() {
	g, err := household.Generate(9, household.DefaultGenerateOptions())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g.Task().Kind+":", g.Task().Goal)
	var seen []agent.Episode
	for range 2 {
		e, err := agent.Run(context.Background(), g.Task(), agent.RunOptions{
			Policy:      household.NewExpert(nil, household.ExpertOptions{Seen: seen}),
			Environment: household.NewEnvironment(g, household.Current),
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("won:", e.Outcome.Success, "steps:", len(e.Steps), "the last:", e.Steps[len(e.Steps)-1].Action)
		seen = append(seen, e)
	}
	// Output:
	// pick_clean_then_place_in_recep: put a clean ladle in sinkbasin.
	// won: true steps: 30 the last: move ladle 1 to sinkbasin 1
	// won: true steps: 5 the last: move ladle 1 to sinkbasin 1
}
