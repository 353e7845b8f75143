package methods

import (
	"fmt"

	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/eval/stat"
)

// comparison is a part of a claim: that the mean of a-b is above a bound.
type comparison struct {
	what  string
	a, b  []float64
	above float64
	show  unit
}

// unit is how a difference is shown.
type unit uint8

const (
	percent unit = iota // a share, in percent points
	plain
	nats // a token
)

func (u unit) sentence(what string, iv stat.Interval, above float64) string {
	times, name, digits := 100.0, " points", 1
	switch u {
	case plain:
		times, name = 1, ""
	case nats:
		times, name, digits = 1, " nats a token", 3
	}
	return fmt.Sprintf("%s: %+.*f%s [%+.*f, %+.*f]; the claim says above %+.*f.", what, digits, times*iv.Estimate, name,
		digits, times*iv.Low, digits, times*iv.High, digits, times*above)
}

// decide adds comparisons to a study's summary, and its verdict: the claim holds
// if every interval is above its bound, and does not hold if one is below.
func decide(s *report.Study, parts []comparison) error {
	s.Verdict = report.Holds
	for _, c := range parts {
		iv, ok, err := lead(c.a, c.b)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", c.what, err)
		case !ok:
			s.Summary = append(s.Summary, c.what+": too few seeds for an interval.")
			s.Verdict = report.NotDecided
			continue
		}
		s.Summary = append(s.Summary, c.show.sentence(c.what, iv, c.above))
		switch {
		case iv.High < c.above:
			s.Verdict = report.DoesNotHold
		case iv.Low <= c.above && s.Verdict == report.Holds:
			s.Verdict = report.NotDecided
		}
	}
	return nil
}
