package stat_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/eval/stat"
)

// Two conditions played the same five tasks under four seeds each.
func Example() {
	with := []stat.Cluster{{Sum: 4, Count: 4}, {Sum: 3, Count: 4}, {Sum: 1, Count: 4}, {Sum: 4, Count: 4}, {Sum: 2, Count: 4}}
	without := []stat.Cluster{{Sum: 3, Count: 4}, {Sum: 1, Count: 4}, {Sum: 1, Count: 4}, {Sum: 2, Count: 4}, {Sum: 1, Count: 4}}

	rate, err := stat.Wilson(14, 20, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("with: %.2f, 95%% interval %.2f to %.2f\n", rate.Estimate, rate.Low, rate.High)

	b := stat.Bootstrap{Resamples: 10000, Confidence: 0.95, Rand: rand.New(rand.NewPCG(1, 2))}
	d, err := b.Difference(with, without)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("difference: %+.2f, 95%% interval %+.2f to %+.2f\n", d.Estimate, d.Low, d.High)
	// Output:
	// with: 0.70, 95% interval 0.48 to 0.85
	// difference: +0.30, 95% interval +0.15 to +0.45
}
