package stat

import (
	"fmt"
	"math"
)

// SeedMean is the mean over runs that differ in their seed alone, with its
// Student t interval (Student 1908, Biometrika 6:1): mean ± t·s/√n, s the
// sample standard deviation, t the two-sided quantile of confidence with n-1
// degrees of freedom. It takes the runs' means to be normally distributed; a
// bootstrap over five runs would have no tails to draw from.
//
// confidence is in (0,1). It returns ErrNoValues, ErrNotFinite, ErrRange, and
// ErrOneValue for a single run.
func SeedMean(values []float64, confidence float64) (Interval, error) {
	if err := checkConfidence(confidence); err != nil {
		return Interval{}, err
	}
	m, err := Mean(values)
	if err != nil {
		return Interval{}, err
	}
	n := len(values)
	if n == 1 {
		return Interval{}, ErrOneValue
	}
	squares := 0.0
	for _, v := range values {
		squares += (v - m) * (v - m)
	}
	half := studentQuantile(n-1, confidence) * math.Sqrt(squares/float64(n-1)/float64(n))
	if math.IsInf(half, 0) {
		return Interval{}, fmt.Errorf("spread of %d runs: %w", n, ErrNotFinite)
	}
	return Interval{Estimate: m, Low: m - half, High: m + half}, nil
}

// SeedDifference is the mean of x[i] - y[i], two treatments under the same seed
// i, with the Student t interval of [SeedMean] over the differences: n-1 degrees
// of freedom for n seeds. Its errors are those of SeedMean, and ErrUnpaired.
func SeedDifference(x, y []float64, confidence float64) (Interval, error) {
	if len(x) != len(y) {
		return Interval{}, fmt.Errorf("%d and %d runs: %w", len(x), len(y), ErrUnpaired)
	}
	d := make([]float64, len(x))
	for i := range x {
		d[i] = x[i] - y[i]
	}
	return SeedMean(d, confidence)
}

// studentQuantile is the t with P(|T| ≤ t) = confidence, T Student's with
// degrees of freedom ≥ 1, by bisection of the angle arctan(t/√degrees).
func studentQuantile(degrees int, confidence float64) float64 {
	low, high := 0.0, math.Pi/2
	for range 100 {
		mid := (low + high) / 2
		if studentWithin(degrees, mid) < confidence {
			low = mid
		} else {
			high = mid
		}
	}
	return math.Sqrt(float64(degrees)) * math.Tan(low)
}

// studentWithin is P(|T| ≤ t) for T Student's with degrees of freedom, t =
// √degrees·tan(angle): the finite sums of Abramowitz & Stegun 1964, 26.7.3 and
// 26.7.4.
func studentWithin(degrees int, angle float64) float64 {
	sin, cos := math.Sincos(angle)
	sum, term, first := 0.0, 1.0, 2
	if degrees%2 == 1 {
		term, first = cos, 3
	}
	for k := first; k <= degrees; k += 2 {
		sum += term
		term *= cos * cos * float64(k-1) / float64(k)
	}
	if degrees%2 == 1 {
		return 2 / math.Pi * (angle + sin*sum)
	}
	return sin * sum
}
