package stat

import (
	"fmt"
	"math"
	"slices"
)

// Mean is the arithmetic mean. It returns ErrNoValues and ErrNotFinite.
func Mean(values []float64) (float64, error) {
	if err := checkValues(values); err != nil {
		return 0, err
	}
	// Welford's update cannot overflow where the sum would.
	m := 0.0
	for i, v := range values {
		n := float64(i + 1)
		m += v/n - m/n
	}
	return m, nil
}

// Quantile is the value below which the share q of the values lies, q in
// [0,1]: linear between the two nearest order statistics, type 7 of Hyndman &
// Fan 1996 (Am. Stat. 50:361). 0 gives the least value, 0.5 the median, 1 the
// greatest. It returns ErrNoValues, ErrNotFinite, and ErrRange for q.
func Quantile(values []float64, q float64) (float64, error) {
	if err := checkValues(values); err != nil {
		return 0, err
	}
	if !(q >= 0 && q <= 1) {
		return 0, fmt.Errorf("quantile %v, want in [0,1]: %w", q, ErrRange)
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return quantile(sorted, q), nil
}

// quantile is Quantile of sorted, finite values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i >= len(sorted)-1 {
		return sorted[len(sorted)-1]
	}
	f := at - float64(i)
	lo, hi := sorted[i], sorted[i+1]
	if lo == hi {
		return lo
	}
	return lo*(1-f) + hi*f
}

func checkValues(values []float64) error {
	if len(values) == 0 {
		return ErrNoValues
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("value %d is %v: %w", i, v, ErrNotFinite)
		}
	}
	return nil
}
