package stat_test

import (
	"errors"
	"math/big"
	"math/bits"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/stat"
)

// Every choice of k of n attempts, the first c of which succeeded.
func TestPassByEnumeration(t *testing.T) {
	for n := 1; n <= 9; n++ {
		for c := 0; c <= n; c++ {
			for k := 1; k <= n; k++ {
				some, all, total := 0, 0, 0
				for set := range 1 << n {
					if bits.OnesCount(uint(set)) != k {
						continue
					}
					total++
					hits := bits.OnesCount(uint(set & (1<<c - 1)))
					if hits > 0 {
						some++
					}
					if hits == k {
						all++
					}
				}
				at, err := stat.PassAtK(n, c, k)
				if err != nil || !close(at, float64(some)/float64(total), 1e-14) {
					t.Errorf("PassAtK(%d, %d, %d) = %v, %v; want %d/%d", n, c, k, at, err, some, total)
				}
				hat, err := stat.PassHatK(n, c, k)
				if err != nil || !close(hat, float64(all)/float64(total), 1e-14) {
					t.Errorf("PassHatK(%d, %d, %d) = %v, %v; want %d/%d", n, c, k, hat, err, all, total)
				}
			}
		}
	}
}

// C(10000, 5000) is beyond a float64; the estimate is not.
func TestPassOfManyAttempts(t *testing.T) {
	choose := func(n, k int64) *big.Float { return new(big.Float).SetPrec(200).SetInt(new(big.Int).Binomial(n, k)) }
	for _, tc := range []struct{ n, c, k int }{{10000, 3, 5000}, {10000, 9999, 5000}, {256, 17, 16}, {256, 1, 256}} {
		miss, _ := new(big.Float).Quo(choose(int64(tc.n-tc.c), int64(tc.k)), choose(int64(tc.n), int64(tc.k))).Float64()
		if got, err := stat.PassAtK(tc.n, tc.c, tc.k); err != nil || !close(got, 1-miss, 1e-12) {
			t.Errorf("PassAtK(%d, %d, %d) = %v, %v; want %v", tc.n, tc.c, tc.k, got, err, 1-miss)
		}
		hit, _ := new(big.Float).Quo(choose(int64(tc.c), int64(tc.k)), choose(int64(tc.n), int64(tc.k))).Float64()
		if got, err := stat.PassHatK(tc.n, tc.c, tc.k); err != nil || !close(got, hit, 1e-12*hit) {
			t.Errorf("PassHatK(%d, %d, %d) = %v, %v; want %v", tc.n, tc.c, tc.k, got, err, hit)
		}
	}
}

func TestPassErrors(t *testing.T) {
	for _, tc := range []struct {
		n, c, k int
		want    error
	}{
		{3, 1, 4, stat.ErrTooFewAttempts},
		{0, 0, 1, stat.ErrTooFewAttempts},
		{3, 1, 0, stat.ErrRange},
		{3, 4, 1, stat.ErrRange},
		{3, -1, 1, stat.ErrRange},
	} {
		if _, err := stat.PassAtK(tc.n, tc.c, tc.k); !errors.Is(err, tc.want) {
			t.Errorf("PassAtK(%d, %d, %d): error is %v, want %v", tc.n, tc.c, tc.k, err, tc.want)
		}
		if _, err := stat.PassHatK(tc.n, tc.c, tc.k); !errors.Is(err, tc.want) {
			t.Errorf("PassHatK(%d, %d, %d): error is %v, want %v", tc.n, tc.c, tc.k, err, tc.want)
		}
	}
}
