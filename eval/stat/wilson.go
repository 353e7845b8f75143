package stat

import (
	"fmt"
	"math"
)

// Interval is an estimate, and the bounds between which the truth lies with
// the confidence that was asked for: Low ≤ Estimate ≤ High.
type Interval struct {
	Estimate float64
	Low      float64
	High     float64
}

// Wilson is the share c/n of successes in n independent tries, with the score
// interval of Wilson 1927 (J. Am. Stat. Assoc. 22:209): the rates p with
// |c/n - p| ≤ z·√(p(1-p)/n), z the two-sided normal quantile of confidence.
// Unlike the textbook interval p ± z·s it stays in [0,1], and is not empty at
// c = 0 or c = n.
//
// confidence is in (0,1). It returns ErrNoValues if n is 0 and ErrRange if c is
// not in [0,n] or confidence not in its range.
func Wilson(c, n int, confidence float64) (Interval, error) {
	if n == 0 {
		return Interval{}, ErrNoValues
	}
	if n < 0 || c < 0 || c > n {
		return Interval{}, fmt.Errorf("%d successes of %d: %w", c, n, ErrRange)
	}
	if err := checkConfidence(confidence); err != nil {
		return Interval{}, err
	}
	z := math.Sqrt2 * math.Erfinv(confidence)
	N := float64(n)
	p := float64(c) / N
	z2 := z * z / N
	mid := (p + z2/2) / (1 + z2)
	half := z / (1 + z2) * math.Sqrt(p*(1-p)/N+z2/(4*N))
	iv := Interval{Estimate: p, Low: max(0, mid-half), High: min(1, mid+half)}
	// At the ends the bound is exactly 0 or 1; rounding would leave 1e-17.
	if c == 0 {
		iv.Low = 0
	}
	if c == n {
		iv.High = 1
	}
	return iv, nil
}

func checkConfidence(c float64) error {
	if !(c > 0 && c < 1) {
		return fmt.Errorf("confidence %v, want in (0,1): %w", c, ErrRange)
	}
	return nil
}
