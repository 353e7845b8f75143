package stat_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/stat"
)

func boot(seed uint64) stat.Bootstrap {
	return stat.Bootstrap{Resamples: 20000, Confidence: 0.9, Rand: rand.New(rand.NewPCG(seed, 0))}
}

// draws calls f with each of the n^n equally likely resamples of n things.
func draws(n int, f func(draw []int)) {
	draw := make([]int, n)
	for {
		f(draw)
		i := 0
		for ; i < n; i++ {
			if draw[i]++; draw[i] < n {
				break
			}
			draw[i] = 0
		}
		if i == n {
			return
		}
	}
}

// within tells whether bound lies between the quantiles q-d and q+d of the exact
// distribution of values, which are all equally likely.
func within(values []float64, bound, q, d float64) bool {
	s := slices.Sorted(slices.Values(values))
	at := func(q float64) float64 { return s[min(len(s)-1, max(0, int(q*float64(len(s)))))] }
	return at(q-d)-1e-12 <= bound && bound <= at(q+d)+1e-12
}

// The bounds must be the quantiles of the exact bootstrap distribution, all of
// whose n^n members are enumerated here.
func TestBootstrapByEnumeration(t *testing.T) {
	x := []stat.Cluster{{Sum: 3, Count: 3}, {Sum: 1, Count: 4}, {Sum: 0, Count: 1}, {Sum: 2.5, Count: 5}, {Sum: 4, Count: 4}}
	y := []stat.Cluster{{Sum: 1, Count: 2}, {Sum: 1, Count: 1}, {Sum: -3, Count: 6}, {Sum: 0, Count: 2}, {Sum: 2, Count: 3}}
	share := func(c []stat.Cluster, draw []int) float64 {
		s, n := 0.0, 0
		for _, i := range draw {
			s, n = s+c[i].Sum, n+c[i].Count
		}
		return s / float64(n)
	}
	var means, differences []float64
	draws(len(x), func(draw []int) {
		means = append(means, share(x, draw))
		differences = append(differences, share(x, draw)-share(y, draw))
	})
	if len(means) != 3125 {
		t.Fatalf("%d resamples", len(means))
	}
	for seed := range uint64(5) {
		iv, err := boot(seed).Mean(x)
		if err != nil {
			t.Fatal(err)
		}
		if !close(iv.Estimate, 10.5/17, 1e-15) || !within(means, iv.Low, 0.05, 0.01) || !within(means, iv.High, 0.95, 0.01) {
			t.Errorf("seed %d: mean %+v", seed, iv)
		}
		iv, err = boot(seed).Difference(x, y)
		if err != nil {
			t.Fatal(err)
		}
		if !close(iv.Estimate, 10.5/17-1./14, 1e-15) || !within(differences, iv.Low, 0.05, 0.01) || !within(differences, iv.High, 0.95, 0.01) {
			t.Errorf("seed %d: difference %+v", seed, iv)
		}
	}
}

// A difference that is the same for everything is certain, however much the
// things differ. That is what pairing is for; unpaired, it would be lost.
func TestDifferenceIsPaired(t *testing.T) {
	var x, y []stat.Cluster
	for i := range 30 {
		y = append(y, stat.Cluster{Sum: float64(i * i), Count: 1})
		x = append(x, stat.Cluster{Sum: float64(i*i) + 0.5, Count: 1})
	}
	iv, err := boot(1).Difference(x, y)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []float64{iv.Estimate, iv.Low, iv.High} {
		if !close(v, 0.5, 1e-12) {
			t.Errorf("difference %+v, want 0.5 throughout", iv)
		}
	}
}

// Ten equal measurements of each thing say no more than one.
func TestBootstrapResamplesWholeClusters(t *testing.T) {
	var one, ten []stat.Cluster
	for i := range 25 {
		v := float64(i % 2)
		one = append(one, stat.Cluster{Sum: v, Count: 1})
		ten = append(ten, stat.Cluster{Sum: 10 * v, Count: 10})
	}
	a, err := boot(3).Mean(one)
	if err != nil {
		t.Fatal(err)
	}
	b, err := boot(3).Mean(ten)
	if err != nil {
		t.Fatal(err)
	}
	if !close(a.Low, b.Low, 1e-12) || !close(a.High, b.High, 1e-12) || !(a.High-a.Low > 0.2) {
		t.Errorf("%+v from one measurement each, %+v from ten", a, b)
	}
}

// At 20 things, the least for which an evaluation does not warn, nominal 95%
// intervals of a mean must hold the truth nearly that often.
func TestBootstrapCoverage(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	const runs, tasks, rate = 600, 20, 0.4
	held := 0
	for range runs {
		c := make([]stat.Cluster, tasks)
		for i := range c {
			c[i].Count = 1
			if r.Float64() < rate {
				c[i].Sum = 1
			}
		}
		iv, err := stat.Bootstrap{Resamples: 500, Confidence: 0.95, Rand: r}.Mean(c)
		if err != nil {
			t.Fatal(err)
		}
		if iv.Low <= rate && rate <= iv.High {
			held++
		}
	}
	if share := float64(held) / runs; share < 0.90 || share > 0.97 {
		t.Errorf("95%% intervals held the truth in %.1f%% of %d runs", 100*share, runs)
	} else {
		t.Logf("95%% intervals held the truth in %.1f%% of %d runs", 100*share, runs)
	}
}

func TestBootstrapIsDeterministicAndWritesNothing(t *testing.T) {
	x := []stat.Cluster{{Sum: 3, Count: 3}, {Sum: 1, Count: 4}, {}}
	y := []stat.Cluster{{Sum: 1, Count: 3}, {Sum: 2, Count: 4}, {}}
	x0, y0 := slices.Clone(x), slices.Clone(y)
	a, err := boot(9).Difference(x, y)
	if err != nil {
		t.Fatal(err)
	}
	b, err := boot(9).Difference(x, y)
	if err != nil {
		t.Fatal(err)
	}
	if a != b || !slices.Equal(x, x0) || !slices.Equal(y, y0) {
		t.Errorf("%+v, then %+v; arguments now %v and %v", a, b, x, y)
	}
}

func TestBootstrapErrors(t *testing.T) {
	ok := []stat.Cluster{{Sum: 1, Count: 1}}
	for _, tc := range []struct {
		name  string
		spoil func(*stat.Bootstrap)
		x, y  []stat.Cluster
		want  error
	}{
		{"no resamples", func(b *stat.Bootstrap) { b.Resamples = 0 }, ok, ok, stat.ErrRange},
		{"no chance", func(b *stat.Bootstrap) { b.Rand = nil }, ok, ok, stat.ErrRange},
		{"confidence", func(b *stat.Bootstrap) { b.Confidence = 95 }, ok, ok, stat.ErrRange},
		{"no clusters", nil, nil, nil, stat.ErrNoValues},
		{"empty clusters", nil, []stat.Cluster{{}}, []stat.Cluster{{}}, stat.ErrNoValues},
		{"negative count", nil, []stat.Cluster{{Count: -1}}, []stat.Cluster{{Count: -1}}, stat.ErrRange},
		{"NaN", nil, []stat.Cluster{{Sum: math.NaN(), Count: 1}}, ok, stat.ErrNotFinite},
		{"infinite", nil, []stat.Cluster{{Sum: math.Inf(1), Count: 1}}, ok, stat.ErrNotFinite},
	} {
		b := boot(1)
		if tc.spoil != nil {
			tc.spoil(&b)
		}
		if _, err := b.Mean(tc.x); !errors.Is(err, tc.want) {
			t.Errorf("%s: Mean's error is %v, want %v", tc.name, err, tc.want)
		}
		if _, err := b.Difference(tc.x, tc.y); !errors.Is(err, tc.want) {
			t.Errorf("%s: Difference's error is %v, want %v", tc.name, err, tc.want)
		}
	}
	for _, y := range [][]stat.Cluster{nil, {{}}} {
		if _, err := boot(1).Difference(ok, y); !errors.Is(err, stat.ErrUnpaired) {
			t.Errorf("unpaired %v: error is %v", y, err)
		}
	}
}
