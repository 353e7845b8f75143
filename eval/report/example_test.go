package report_test

import (
	"fmt"
	"os"

	"github.com/surefoot-ai/surefoot/eval/report"
)

// A Result usually comes from eval.Run; this one is made up.
func Example() {
	row := report.Trial{
		Number: 1, Attempts: 100, Solved: 40, Success: report.Interval{Estimate: 0.4, Low: 0.309, High: 0.498},
		Episodes: 100, MeanSteps: 12.25,
	}
	err := report.Text(os.Stdout, &report.Result{
		Suite: "doors", Policy: "v1", Tasks: 100, Seeds: []uint64{1}, Trials: 1, Confidence: 0.95,
		Conditions: []report.Condition{{Name: "no memory", Trials: []report.Trial{row}}},
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// doors, policy v1: 100 tasks × 1 seed, up to 1 trial, 0 context tokens, 50 steps
	//
	// condition             success  steps  context  seconds
	// no memory  40.0% [30.9, 49.8]   12.2        0        –
	//
	// success    tasks × seeds solved by then, with the 95% Wilson interval
	// steps      mean per episode, all trials
	// context    tokens of memory per episode
	// seconds    of play, all episodes one after another
}
