package stat_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/stat"
)

// Two-sided quantiles of Student's distribution from its published tables. The
// values 0, … with one 1 of n have mean 1/n and standard error 1/n.
func TestSeedMeanKnownQuantiles(t *testing.T) {
	for _, tc := range []struct {
		degrees    int
		confidence float64
		t          float64
	}{
		{1, 0.95, 12.706}, {2, 0.95, 4.303}, {3, 0.95, 3.182}, {4, 0.95, 2.776}, {5, 0.95, 2.571}, {9, 0.95, 2.262},
		{10, 0.95, 2.228}, {30, 0.95, 2.042}, {120, 0.95, 1.980}, {1, 0.90, 6.314}, {4, 0.99, 4.604}, {7, 0.99, 3.499}, {4, 0.5, 0.741},
	} {
		n := tc.degrees + 1
		values := make([]float64, n)
		values[0] = 1
		iv, err := stat.SeedMean(values, tc.confidence)
		if err != nil {
			t.Fatal(err)
		}
		e := 1 / float64(n)
		if !close(iv.Estimate, e, 1e-12) || !close((iv.High-e)/e, tc.t, 6e-4) || !close((e-iv.Low)/e, tc.t, 6e-4) {
			t.Errorf("%d degrees at %v: %+v, want t %v", tc.degrees, tc.confidence, iv, tc.t)
		}
	}
}

// Nominal 95% intervals over five runs must hold the truth that often.
func TestSeedMeanCoverage(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const runs = 4000
	held := 0
	for range runs {
		x, y := make([]float64, 5), make([]float64, 5)
		for i := range x {
			seed := 10 * r.NormFloat64() // shared by both treatments
			x[i], y[i] = seed+0.7+0.2*r.NormFloat64(), seed+0.2*r.NormFloat64()
		}
		iv, err := stat.SeedDifference(x, y, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if iv.Low <= 0.7 && 0.7 <= iv.High && iv.High-iv.Low < 5 {
			held++
		}
	}
	if share := float64(held) / runs; !close(share, 0.95, 0.012) {
		t.Errorf("95%% intervals held the truth in %.1f%% of %d runs", 100*share, runs)
	}
}

func TestSeedsAgree(t *testing.T) {
	iv, err := stat.SeedMean([]float64{0.25, 0.25, 0.25}, 0.95)
	if want := (stat.Interval{Estimate: 0.25, Low: 0.25, High: 0.25}); err != nil || iv != want {
		t.Errorf("%+v, %v; want %+v", iv, err, want)
	}
	iv, err = stat.SeedDifference([]float64{3, 5, 9}, []float64{1, 3, 7}, 0.95)
	if want := (stat.Interval{Estimate: 2, Low: 2, High: 2}); err != nil || iv != want {
		t.Errorf("difference %+v, %v; want %+v", iv, err, want)
	}
}

func TestSeedErrors(t *testing.T) {
	for _, tc := range []struct {
		name       string
		values     []float64
		confidence float64
		want       error
	}{
		{"none", nil, 0.95, stat.ErrNoValues},
		{"one", []float64{1}, 0.95, stat.ErrOneValue},
		{"NaN", []float64{1, math.NaN()}, 0.95, stat.ErrNotFinite},
		{"too far apart", []float64{math.MaxFloat64, 0}, 0.95, stat.ErrNotFinite},
		{"sure", []float64{1, 2}, 1, stat.ErrRange},
	} {
		if _, err := stat.SeedMean(tc.values, tc.confidence); !errors.Is(err, tc.want) {
			t.Errorf("%s: SeedMean's error is %v, want %v", tc.name, err, tc.want)
		}
		if _, err := stat.SeedDifference(tc.values, make([]float64, len(tc.values)), tc.confidence); !errors.Is(err, tc.want) {
			t.Errorf("%s: SeedDifference's error is %v, want %v", tc.name, err, tc.want)
		}
	}
	if _, err := stat.SeedDifference([]float64{1, 2}, []float64{1}, 0.95); !errors.Is(err, stat.ErrUnpaired) {
		t.Errorf("unpaired: error is %v", err)
	}
}
