package effect

import "math"

// Arm is the episodes of one arm.
type Arm struct {
	N         int `json:"n"`         // ≥ 0
	Successes int `json:"successes"` // in [0,N]
}

// Rate is the share of successes; 0 if there are no episodes.
func (a Arm) Rate() float64 { return float64(a.Successes) / float64(max(a.N, 1)) }

// Counts are the episodes for which an item was recalled.
type Counts struct {
	Shown    Arm `json:"shown"`
	Withheld Arm `json:"withheld"` // by chance
}

// Verdict is what counts say of an item.
type Verdict string

// The verdicts.
const (
	NotKnown Verdict = ""      // yet
	Helps    Verdict = "helps" // the interval is above 0
	Harms    Verdict = "harms" // it is below 0
)

// Verdict says where the interval at level 1-alpha lies.
func (c Counts) Verdict(alpha float64) Verdict {
	switch d := c.Shown.Rate() - c.Withheld.Rate(); {
	case c.evidence(0) <= -math.Log(alpha):
		return NotKnown
	case d > 0:
		return Helps
	default:
		return Harms
	}
}

// Interval holds the difference of success rates, shown less withheld.
type Interval struct {
	Estimate float64 `json:"estimate"` // in [-1,1]
	Low      float64 `json:"low"`      // in [-1,1]
	High     float64 `json:"high"`     // in [-1,1]
}

// Level is the share of alpha for the k-th item, k ≥ 1, that is looked at. The
// levels of all items, however many, add up to alpha.
func Level(alpha float64, k int) float64 { return alpha / (float64(k) * float64(k+1)) }

// Interval is the confidence interval at level 1-alpha, alpha in (0,1).
func (c Counts) Interval(alpha float64) Interval {
	iv := Interval{Estimate: c.Shown.Rate() - c.Withheld.Rate(), Low: -1, High: 1}
	limit := -math.Log(alpha)
	// The evidence is convex in the difference, and least at the estimate.
	edge := func(outside float64) float64 {
		if c.evidence(outside) <= limit {
			return outside
		}
		inside := iv.Estimate
		for range 50 {
			middle := (inside + outside) / 2
			if c.evidence(middle) <= limit {
				inside = middle
			} else {
				outside = middle
			}
		}
		return outside
	}
	iv.Low, iv.High = edge(-1), edge(1)
	return iv
}

// evidence is the natural log of the e-value against the difference being delta:
// the least of those against all pairs of rates with that difference.
func (c Counts) evidence(delta float64) float64 {
	slope := func(p float64) float64 { return c.Withheld.slope(p) + c.Shown.slope(p+delta) }
	low, high := max(0, -delta), min(1, 1-delta)
	for range 50 {
		middle := (low + high) / 2
		if slope(middle) < 0 {
			low = middle
		} else {
			high = middle
		}
	}
	p := (low + high) / 2
	return c.Withheld.evidence(p) + c.Shown.evidence(min(max(p+delta, 0), 1))
}

// evidence is the natural log of the e-value against the rate being p: the
// likelihood of the mixture over that of p.
func (a Arm) evidence(p float64) float64 {
	s, f := float64(a.Successes), float64(a.N-a.Successes)
	return logBeta(s+0.5, f+0.5) - logBeta(0.5, 0.5) - times(s, math.Log(p)) - times(f, math.Log1p(-p))
}

// slope is the derivative of evidence.
func (a Arm) slope(p float64) float64 {
	return times(float64(a.N-a.Successes), 1/(1-p)) - times(float64(a.Successes), 1/p)
}

// times is n·x, and 0 if n is, whatever x is.
func times(n, x float64) float64 {
	if n == 0 {
		return 0
	}
	return n * x
}

// logBeta is the natural log of the beta function.
func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// HoldOut is the probability with which the item is to be withheld next: base,
// in [0,1/2], and the more the likelier it is that the item harms, up to 1/2. It
// is 0 if base is.
func (c Counts) HoldOut(base float64) float64 {
	if base == 0 {
		return 0
	}
	return base + (0.5-base)*max(0, 2*c.harms()-1)
}

// harms is the probability that the item harms, with uniform priors of both
// rates and their posteriors as if they were normal.
func (c Counts) harms() float64 {
	mean := func(a Arm) (mean, variance float64) {
		n := float64(a.N + 2)
		mean = float64(a.Successes+1) / n
		return mean, mean * (1 - mean) / (n + 1)
	}
	shown, v := mean(c.Shown)
	withheld, w := mean(c.Withheld)
	return 0.5 * math.Erfc((shown-withheld)/math.Sqrt(2*(v+w)))
}
