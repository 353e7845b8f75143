package stat_test

import (
	"errors"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/stat"
)

// The curve is the mean of the estimator that is tested by enumeration.
func TestPassCurveIsTheMean(t *testing.T) {
	for _, n := range []int{1, 2, 7, 256} {
		var solved []int
		for c := 0; c <= n; c += 1 + n/9 {
			solved = append(solved, c, n-c, c/2)
		}
		curve, err := stat.PassCurve(n, solved)
		if err != nil || len(curve) != n {
			t.Fatalf("n %d: %d points, %v", n, len(curve), err)
		}
		for k := 1; k <= n; k++ {
			sum := 0.0
			for _, c := range solved {
				p, err := stat.PassAtK(n, c, k)
				if err != nil {
					t.Fatal(err)
				}
				sum += p
			}
			if want := sum / float64(len(solved)); !close(curve[k-1], want, 1e-13) {
				t.Errorf("n %d, k %d: %v, want %v", n, k, curve[k-1], want)
			}
			if k > 1 && curve[k-1] < curve[k-2] {
				t.Errorf("n %d: the curve falls at k %d", n, k)
			}
		}
	}
}

func TestPassCurveEnds(t *testing.T) {
	for _, tc := range []struct{ solved, want int }{{0, 0}, {8, 1}} {
		curve, err := stat.PassCurve(8, []int{tc.solved, tc.solved, tc.solved})
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range curve {
			if v != float64(tc.want) {
				t.Errorf("%d of 8 solved, k %d: %v", tc.solved, k+1, v)
			}
		}
	}
	for _, tc := range []struct {
		n      int
		solved []int
		want   error
	}{{0, []int{0}, stat.ErrRange}, {3, nil, stat.ErrNoValues}, {3, []int{1, 4}, stat.ErrRange}, {3, []int{-1}, stat.ErrRange}} {
		if _, err := stat.PassCurve(tc.n, tc.solved); !errors.Is(err, tc.want) {
			t.Errorf("%v of %d: error is %v, want %v", tc.solved, tc.n, err, tc.want)
		}
	}
}

func BenchmarkPassCurve(b *testing.B) {
	solved := make([]int, 10_000)
	for i := range solved {
		solved[i] = i * i % 257
	}
	for b.Loop() {
		if _, err := stat.PassCurve(256, solved); err != nil {
			b.Fatal(err)
		}
	}
}
