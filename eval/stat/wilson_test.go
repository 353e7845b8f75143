package stat_test

import (
	"errors"
	"math"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/stat"
)

// close tells whether a is within tol of b; NaN never is.
func close(a, b, tol float64) bool { return math.Abs(a-b) <= tol }

// Published values: Newcombe 1998 (Stat. Med. 17:857), table I, method 3.
func TestWilsonKnownValues(t *testing.T) {
	for _, tc := range []struct {
		c, n      int
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662},
		{15, 148, 0.0624, 0.1605},
		{0, 20, 0, 0.1611},
		{1, 29, 0.0061, 0.1718},
	} {
		iv, err := stat.Wilson(tc.c, tc.n, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if !close(iv.Low, tc.low, 5e-5) || !close(iv.High, tc.high, 5e-5) || iv.Estimate != float64(tc.c)/float64(tc.n) {
			t.Errorf("%d of %d: %+v, want %v to %v", tc.c, tc.n, iv, tc.low, tc.high)
		}
	}
}

// The bounds are defined by |c/n - p| = z·√(p(1-p)/n), whatever the formula by
// which they are found. The quantiles are from tables.
func TestWilsonBoundsSolveTheScoreEquation(t *testing.T) {
	z := map[float64]float64{0.90: 1.6448536269514722, 0.95: 1.959963984540054, 0.99: 2.5758293035489004}
	for confidence, z := range z {
		for n := 1; n <= 60; n++ {
			for c := 0; c <= n; c++ {
				iv, err := stat.Wilson(c, n, confidence)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range []float64{iv.Low, iv.High} {
					if c == 0 && p == iv.Low || c == n && p == iv.High {
						continue // the boundary itself
					}
					lhs, rhs := math.Abs(iv.Estimate-p), z*math.Sqrt(p*(1-p)/float64(n))
					if !close(lhs, rhs, 1e-12) {
						t.Errorf("%d of %d at %v: bound %v is %v off, want %v", c, n, confidence, p, lhs, rhs)
					}
				}
			}
		}
	}
}

// Over all outcomes of n tries at rate p, the share of intervals that hold p must
// be about the confidence: exact, by enumeration.
func TestWilsonCoverage(t *testing.T) {
	const n = 40
	worst, sum, rates := 1.0, 0.0, 0
	for p := 0.05; p < 0.96; p += 0.01 {
		covered := 0.0
		for c := range n + 1 {
			iv, err := stat.Wilson(c, n, 0.95)
			if err != nil {
				t.Fatal(err)
			}
			if iv.Low <= p && p <= iv.High {
				covered += binomial(n, c) * math.Pow(p, float64(c)) * math.Pow(1-p, float64(n-c))
			}
		}
		worst, sum, rates = min(worst, covered), sum+covered, rates+1
	}
	if mean := sum / float64(rates); worst < 0.91 || !close(mean, 0.95, 0.01) {
		t.Errorf("coverage is at least %.3f, %.3f in the mean; want 0.91 and about 0.95", worst, mean)
	}
}

// binomial is C(n, k) by Pascal's triangle.
func binomial(n, k int) float64 {
	row := make([]float64, n+1)
	row[0] = 1
	for i := 1; i <= n; i++ {
		for j := i; j > 0; j-- {
			row[j] += row[j-1]
		}
	}
	return row[k]
}

func TestWilsonErrors(t *testing.T) {
	for _, tc := range []struct {
		name       string
		c, n       int
		confidence float64
		want       error
	}{
		{"nothing", 0, 0, 0.95, stat.ErrNoValues},
		{"negative n", 0, -1, 0.95, stat.ErrRange},
		{"negative c", -1, 3, 0.95, stat.ErrRange},
		{"c above n", 4, 3, 0.95, stat.ErrRange},
		{"sure", 1, 3, 1, stat.ErrRange},
		{"no confidence", 1, 3, 0, stat.ErrRange},
		{"NaN", 1, 3, math.NaN(), stat.ErrRange},
	} {
		if _, err := stat.Wilson(tc.c, tc.n, tc.confidence); !errors.Is(err, tc.want) {
			t.Errorf("%s: error is %v, want %v", tc.name, err, tc.want)
		}
	}
}

func FuzzWilson(f *testing.F) {
	f.Add(3, 7, 0.95)
	f.Add(0, 1, 0.999999999999)
	f.Add(1<<40, 1<<41, 1e-9)
	f.Fuzz(func(t *testing.T, c, n int, confidence float64) {
		iv, err := stat.Wilson(c, n, confidence)
		if err != nil {
			return
		}
		if !(0 <= iv.Low && iv.Low <= iv.Estimate && iv.Estimate <= iv.High && iv.High <= 1) {
			t.Errorf("%d of %d at %v: %+v", c, n, confidence, iv)
		}
		other, err := stat.Wilson(n-c, n, confidence)
		if err != nil || !close(other.Low, 1-iv.High, 1e-9) {
			t.Errorf("%d of %d at %v: failures' interval %+v does not mirror %+v, %v", c, n, confidence, other, iv, err)
		}
	})
}
