package methods

import "github.com/surefoot-ai/surefoot/eval/report"

// What studies beside the experiments of this package need to report in the same
// way.

// Comparison is a part of a claim: that the mean of A-B over seeds, in percent
// points, is above a bound.
type Comparison struct {
	What  string
	A, B  []float64 // shares, one a seed
	Above float64   // a share
}

// Decide adds comparisons to a study's summary, and its verdict: the claim holds
// if every interval is above its bound, and does not hold if one is below.
func Decide(s *report.Study, parts ...Comparison) error {
	own := make([]comparison, len(parts))
	for i, p := range parts {
		own[i] = comparison{p.What, p.A, p.B, p.Above, percent}
	}
	return decide(s, own)
}

// Interval is the mean over seeds with its 95% t interval; of one seed it has no
// width.
func Interval(values []float64) (report.Interval, error) { return interval(values) }

// Quoted is a table of a paper's figures, as they are printed there.
func Quoted(t report.Table, rows [][]string) report.Table { return quoted(t, rows) }
