package eval_test

import (
	"testing"

	"github.com/surefoot-ai/surefoot/eval"
	"github.com/surefoot-ai/surefoot/eval/evaltest"
)

// What the harness costs beyond the episodes themselves, whose world and policy
// are next to nothing here: the log, the memories' bookkeeping, the intervals.
func BenchmarkRun(b *testing.B) {
	c := doors("")
	c.Suite, c.Seeds, c.Workers = evaltest.Suite{Count: 140}, []uint64{1, 2, 3}, 2
	c.Conditions = append(c.Conditions, eval.Condition{Name: "b", Open: openMemory}, eval.Condition{Name: "c", Open: openMemory})
	for b.Loop() {
		c.Dir = b.TempDir()
		res, err := eval.Run(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(res.Samples)), "episodes/op")
	}
}
