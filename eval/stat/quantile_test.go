package stat_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/stat"
)

// Values of R's quantile(x, type = 7).
func TestQuantileKnownValues(t *testing.T) {
	x := []float64{15, 3, 8, 1, 4}
	kept := slices.Clone(x)
	for _, tc := range []struct{ q, want float64 }{{0, 1}, {0.25, 3}, {0.5, 4}, {0.9, 12.2}, {0.975, 14.3}, {1, 15}} {
		if got, err := stat.Quantile(x, tc.q); err != nil || !close(got, tc.want, 1e-12) {
			t.Errorf("quantile %v of %v is %v, %v; want %v", tc.q, x, got, err, tc.want)
		}
	}
	if !slices.Equal(x, kept) {
		t.Errorf("the values were reordered: %v", x)
	}
}

func TestMean(t *testing.T) {
	for _, tc := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{5}, 5},
		{[]float64{1, 2, 3, 4}, 2.5},
		{[]float64{math.MaxFloat64, math.MaxFloat64}, math.MaxFloat64},
		{[]float64{-math.MaxFloat64, math.MaxFloat64}, 0},
	} {
		if got, err := stat.Mean(tc.values); err != nil || !close(got, tc.want, 1e-12*max(1, math.Abs(tc.want))) {
			t.Errorf("mean of %v is %v, %v; want %v", tc.values, got, err, tc.want)
		}
	}
}

func TestValueErrors(t *testing.T) {
	for _, tc := range []struct {
		name   string
		values []float64
		want   error
	}{
		{"none", nil, stat.ErrNoValues},
		{"NaN", []float64{1, math.NaN()}, stat.ErrNotFinite},
		{"infinite", []float64{math.Inf(-1)}, stat.ErrNotFinite},
	} {
		if _, err := stat.Mean(tc.values); !errors.Is(err, tc.want) {
			t.Errorf("%s: Mean's error is %v, want %v", tc.name, err, tc.want)
		}
		if _, err := stat.Quantile(tc.values, 0.5); !errors.Is(err, tc.want) {
			t.Errorf("%s: Quantile's error is %v, want %v", tc.name, err, tc.want)
		}
	}
	for _, q := range []float64{-0.1, 1.1, math.NaN()} {
		if _, err := stat.Quantile([]float64{1}, q); !errors.Is(err, stat.ErrRange) {
			t.Errorf("quantile %v: error is %v, want ErrRange", q, err)
		}
	}
}

func FuzzQuantile(f *testing.F) {
	f.Add(1.0, -2.0, 1e300, 0.3)
	f.Add(-math.MaxFloat64, math.MaxFloat64, 0.0, 0.999)
	f.Fuzz(func(t *testing.T, a, b, c, q float64) {
		x := []float64{a, b, c}
		got, err := stat.Quantile(x, q)
		if err != nil {
			return
		}
		if !(slices.Min(x) <= got && got <= slices.Max(x)) {
			t.Errorf("quantile %v of %v is %v", q, x, got)
		}
		if higher, err := stat.Quantile(x, min(1, q+0.1)); err != nil || higher < got {
			t.Errorf("quantiles of %v: %v at %v, then %v", x, got, q, higher)
		}
		m, err := stat.Mean(x)
		slack := 1e-12 * max(math.Abs(a), math.Abs(b), math.Abs(c))
		if err != nil || !(slices.Min(x)-slack <= m && m <= slices.Max(x)+slack) {
			t.Errorf("mean of %v is %v, %v", x, m, err)
		}
	})
}
