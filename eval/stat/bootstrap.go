package stat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Cluster is a group of measurements that may be alike, those of one task under
// several seeds say. Clusters are resampled whole, so that their likeness is
// not mistaken for evidence.
type Cluster struct {
	Sum   float64 // over the measurements
	Count int     // of measurements, ≥ 0
}

// Bootstrap says how to resample.
type Bootstrap struct {
	Resamples  int        // ≥ 1
	Confidence float64    // in (0,1)
	Rand       *rand.Rand // not nil
}

// Mean is the mean over all measurements, with its percentile bootstrap
// interval over clusters (Efron & Tibshirani 1993, ch. 13): clusters are drawn
// with replacement as often as there are, and the mean of each such resample is
// taken; the interval is between the (1-Confidence)/2 quantiles from both ends,
// by [Quantile]. A resample without a measurement is drawn anew.
//
// It returns ErrNoValues if there is no measurement, ErrNotFinite, and ErrRange
// for a negative count or an unusable Bootstrap.
func (b Bootstrap) Mean(clusters []Cluster) (Interval, error) {
	if err := b.validate(); err != nil {
		return Interval{}, err
	}
	if err := checkClusters(clusters); err != nil {
		return Interval{}, err
	}
	return b.resample(mean(clusters, nil), len(clusters), func(draw []int) float64 {
		return mean(clusters, draw)
	})
}

// Difference is the mean of x less the mean of y, where x[i] and y[i] are
// measurements of the same thing i under two treatments, with its percentile
// bootstrap interval: each resample draws the same things for both, which keeps
// the pairing. A resample without a measurement in one of them is drawn anew.
//
// Its errors are those of [Bootstrap.Mean], and ErrUnpaired if x and y differ in
// length or in the clusters that have no measurement.
func (b Bootstrap) Difference(x, y []Cluster) (Interval, error) {
	if err := b.validate(); err != nil {
		return Interval{}, err
	}
	if len(x) != len(y) {
		return Interval{}, fmt.Errorf("%d and %d clusters: %w", len(x), len(y), ErrUnpaired)
	}
	for i := range x {
		if (x[i].Count == 0) != (y[i].Count == 0) {
			return Interval{}, fmt.Errorf("cluster %d: %d and %d measurements: %w", i, x[i].Count, y[i].Count, ErrUnpaired)
		}
	}
	for _, c := range [][]Cluster{x, y} {
		if err := checkClusters(c); err != nil {
			return Interval{}, err
		}
	}
	return b.resample(mean(x, nil)-mean(y, nil), len(x), func(draw []int) float64 {
		return mean(x, draw) - mean(y, draw)
	})
}

func (b Bootstrap) validate() error {
	if b.Resamples < 1 {
		return fmt.Errorf("%d resamples, want ≥ 1: %w", b.Resamples, ErrRange)
	}
	if b.Rand == nil {
		return fmt.Errorf("no random source: %w", ErrRange)
	}
	return checkConfidence(b.Confidence)
}

func checkClusters(clusters []Cluster) error {
	n := 0
	for i, c := range clusters {
		if c.Count < 0 {
			return fmt.Errorf("cluster %d: %d measurements: %w", i, c.Count, ErrRange)
		}
		if math.IsNaN(c.Sum) || math.IsInf(c.Sum, 0) {
			return fmt.Errorf("cluster %d: sum %v: %w", i, c.Sum, ErrNotFinite)
		}
		n += c.Count
	}
	if n == 0 {
		return ErrNoValues
	}
	return nil
}

// resample fills the interval of estimate from statistic over draws of n
// indices. statistic is NaN for a draw without a measurement.
func (b Bootstrap) resample(estimate float64, n int, statistic func(draw []int) float64) (Interval, error) {
	values := make([]float64, b.Resamples)
	draw := make([]int, n)
	for i := range values {
		v := math.NaN()
		for math.IsNaN(v) {
			for j := range draw {
				draw[j] = b.Rand.IntN(n)
			}
			v = statistic(draw)
		}
		values[i] = v
	}
	slices.Sort(values)
	tail := (1 - b.Confidence) / 2
	return Interval{
		Estimate: estimate,
		// With few resamples a quantile can pass the estimate itself.
		Low:  min(estimate, quantile(values, tail)),
		High: max(estimate, quantile(values, 1-tail)),
	}, nil
}

// mean over the measurements of the drawn clusters, or of all if draw is nil;
// NaN if there is none.
func mean(clusters []Cluster, draw []int) float64 {
	sum, n := 0.0, 0
	if draw == nil {
		for _, c := range clusters {
			sum, n = sum+c.Sum, n+c.Count
		}
	}
	for _, i := range draw {
		sum, n = sum+clusters[i].Sum, n+clusters[i].Count
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}
