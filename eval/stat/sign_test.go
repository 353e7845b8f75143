package stat_test

import (
	"errors"
	"math/big"
	"math/bits"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/stat"
)

// All 2^n ways in which n pairs may fall are equally likely under the null
// hypothesis; p is the share of those at least as uneven.
func TestSignTestByEnumeration(t *testing.T) {
	for n := 0; n <= 12; n++ {
		for wins := 0; wins <= n; wins++ {
			uneven := max(wins, n-wins)
			as := 0
			for set := range 1 << n {
				if ones := bits.OnesCount(uint(set)); max(ones, n-ones) >= uneven {
					as++
				}
			}
			got, err := stat.SignTest(wins, n-wins)
			if want := float64(as) / float64(int(1)<<n); err != nil || !close(got, want, 1e-13) {
				t.Errorf("%d to %d: p %v, %v; want %v", wins, n-wins, got, err, want)
			}
		}
	}
}

// Exact integers for pairs too many to enumerate.
func TestSignTestOfManyPairs(t *testing.T) {
	for _, tc := range []struct{ wins, losses int }{{10, 40}, {480, 520}, {300, 1000}, {0, 400}, {980, 1020}} {
		n, k := int64(tc.wins+tc.losses), int64(min(tc.wins, tc.losses))
		sum := new(big.Int)
		for i := int64(0); i <= k; i++ {
			sum.Add(sum, new(big.Int).Binomial(n, i))
		}
		p := new(big.Rat).SetFrac(sum.Lsh(sum, 1), new(big.Int).Lsh(big.NewInt(1), uint(n)))
		want, _ := p.Float64()
		got, err := stat.SignTest(tc.wins, tc.losses)
		if err != nil || !close(got, want, 1e-9*want) {
			t.Errorf("%d to %d: p %v, %v; want %v", tc.wins, tc.losses, got, err, want)
		}
	}
}

func TestMcNemar(t *testing.T) {
	// 1 thing only the first solved, 6 only the second, 3 both, 2 neither.
	var a, b []bool
	add := func(n int, x, y bool) {
		for range n {
			a, b = append(a, x), append(b, y)
		}
	}
	add(1, true, false)
	add(6, false, true)
	add(3, true, true)
	add(2, false, false)
	d, err := stat.McNemar(a, b)
	if err != nil || d.OnlyFirst != 1 || d.OnlySecond != 6 || !close(d.P, 16./128, 1e-15) {
		t.Errorf("%+v, %v; want 1, 6 and p 2·(1+7)/2^7", d, err)
	}
	if _, err := stat.McNemar(a, b[1:]); !errors.Is(err, stat.ErrUnpaired) {
		t.Errorf("unpaired: error is %v", err)
	}
	if _, err := stat.McNemar(nil, nil); !errors.Is(err, stat.ErrNoValues) {
		t.Errorf("nothing: error is %v", err)
	}
	if _, err := stat.SignTest(-1, 3); !errors.Is(err, stat.ErrRange) {
		t.Errorf("negative: error is %v", err)
	}
}

func FuzzSignTest(f *testing.F) {
	f.Add(3, 9)
	f.Add(1000000, 1001000)
	f.Fuzz(func(t *testing.T, wins, losses int) {
		wins, losses = wins%100000, losses%100000
		p, err := stat.SignTest(wins, losses)
		if err != nil {
			return
		}
		if q, err := stat.SignTest(losses, wins); err != nil || p != q || !(p >= 0 && p <= 1) {
			t.Errorf("%d to %d: p %v, the other way round %v, %v", wins, losses, p, q, err)
		}
	})
}
