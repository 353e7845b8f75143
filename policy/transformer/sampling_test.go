package transformer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func greedy() Sampling { return Sampling{Temperature: 0, TopP: 1} }

func TestSamplingValidate(t *testing.T) {
	for _, s := range []Sampling{DefaultSampling(), greedy(), {0.5, 3, 1e-9, 1}, {1e300, math.MaxInt, 1, 0}} {
		if err := s.Validate(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, tc := range []struct {
		s            Sampling
		field, value string
	}{
		{Sampling{-1, 0, 1, 0}, "Temperature", "-1"},
		{Sampling{nan, 0, 1, 0}, "Temperature", "NaN"},
		{Sampling{inf, 0, 1, 0}, "Temperature", "+Inf"},
		{Sampling{1, -1, 1, 0}, "TopK", "-1"},
		{Sampling{1, 0, 0, 0}, "TopP", "0"},
		{Sampling{1, 0, 1.5, 0}, "TopP", "1.5"},
		{Sampling{1, 0, nan, 0}, "TopP", "NaN"},
		{Sampling{1, 0, 1, -0.5}, "MinP", "-0.5"},
		{Sampling{1, 0, 1, 2}, "MinP", "2"},
		{Sampling{1, 0, 1, nan}, "MinP", "NaN"},
	} {
		err := tc.s.Validate()
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("Sampling.%s is %s, must be", tc.field, tc.value)) {
			t.Errorf("%+v: %v does not name %s %s", tc.s, err, tc.field, tc.value)
		}
	}
}

// grid is a random source that goes through n equal parts of [0,1) in turn:
// what is drawn from it n times has the exact distribution up to 1/n.
type grid struct{ i, n uint64 }

func (g *grid) Uint64() uint64 {
	g.i++
	return uint64((float64((g.i-1)%g.n) + 0.5) / float64(g.n) * (1 << 53)) // what Float64 takes: the low 53 bits
}

// shares draws n times from a grid and returns the share of each candidate.
func shares(t testing.TB, logits []float32, tokens []int32, s Sampling, n int) []float64 {
	t.Helper()
	var d drawer
	size := len(logits)
	if tokens != nil {
		size = len(tokens)
	}
	out := make([]float64, size)
	src := source{s, rand.New(&grid{n: uint64(n)})}
	for range n {
		j, _, err := d.draw(logits, tokens, src)
		if err != nil {
			t.Fatal(err)
		}
		out[j] += 1 / float64(n)
	}
	return out
}

// TestDrawExactly: the shares of a small vocabulary under each filter, worked
// out by hand. The probabilities at temperature 1 are .4 .05 .2 .2 .1 .05, and
// at temperature ½ their squares, 16 ¼ 4 4 1 ¼ of 25.5.
func TestDrawExactly(t *testing.T) {
	var logits []float32
	for _, p := range []float64{.4, .05, .2, .2, .1, .05} {
		logits = append(logits, float32(math.Log(p)+3))
	}
	for _, tc := range []struct {
		s    Sampling
		want []float64
	}{
		{Sampling{1, 0, 1, 0}, []float64{.4, .05, .2, .2, .1, .05}},
		{Sampling{.5, 0, 1, 0}, []float64{16. / 25.5, .25 / 25.5, 4. / 25.5, 4. / 25.5, 1. / 25.5, .25 / 25.5}},
		{Sampling{1, 1, 1, 0}, []float64{1, 0, 0, 0, 0, 0}},
		{Sampling{1, 2, 1, 0}, []float64{2. / 3, 0, 1. / 3, 0, 0, 0}},                     // of two equal ones the lower
		{Sampling{1, 5, 1, 0}, []float64{8. / 19, 1. / 19, 4. / 19, 4. / 19, 2. / 19, 0}}, // again
		{Sampling{1, 6, 1, 0}, []float64{.4, .05, .2, .2, .1, .05}},
		{Sampling{1, 900, 1, 0}, []float64{.4, .05, .2, .2, .1, .05}},
		{Sampling{1, 0, .39, 0}, []float64{1, 0, 0, 0, 0, 0}},
		{Sampling{1, 0, 1e-300, 0}, []float64{1, 0, 0, 0, 0, 0}},
		{Sampling{1, 0, .41, 0}, []float64{2. / 3, 0, 1. / 3, 0, 0, 0}},
		{Sampling{1, 0, .79, 0}, []float64{.5, 0, .25, .25, 0, 0}},
		{Sampling{1, 0, .91, 0}, []float64{8. / 19, 1. / 19, 4. / 19, 4. / 19, 2. / 19, 0}},
		{Sampling{.5, 0, .78, 0}, []float64{.8, 0, .2, 0, 0, 0}}, // 20 of 25.5 are .784
		{Sampling{.5, 0, .79, 0}, []float64{2. / 3, 0, 1. / 6, 1. / 6, 0, 0}},
		{Sampling{1, 0, 1, .49}, []float64{.5, 0, .25, .25, 0, 0}},
		{Sampling{1, 0, 1, .51}, []float64{1, 0, 0, 0, 0, 0}},
		{Sampling{1, 0, 1, 1}, []float64{1, 0, 0, 0, 0, 0}},
		{Sampling{.5, 0, 1, .24}, []float64{2. / 3, 0, 1. / 6, 1. / 6, 0, 0}},
		// Top-p is of what top-k left: .4 of .6, then .2 of .6.
		{Sampling{1, 2, .66, 0}, []float64{1, 0, 0, 0, 0, 0}},
		{Sampling{1, 2, .67, 0}, []float64{2. / 3, 0, 1. / 3, 0, 0, 0}},
		// Min-p is after top-p: before it, .5 and .25 of three would be .7 already.
		{Sampling{1, 0, .7, .3}, []float64{.5, 0, .25, .25, 0, 0}},
		{Sampling{1, 0, .95, .3}, []float64{.5, 0, .25, .25, 0, 0}},
		{Sampling{1, 2, .67, .6}, []float64{1, 0, 0, 0, 0, 0}},
	} {
		got := shares(t, logits, nil, tc.s, 4000)
		for j, want := range tc.want {
			if !(math.Abs(got[j]-want) <= 1./4000+1e-9) || want == 0 && got[j] != 0 {
				t.Errorf("%+v: shares %v, want %v", tc.s, got, tc.want)
				break
			}
		}
	}
}

// randomLogits has ties, and some that are -Inf.
func randomLogits(rng *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(rng.IntN(12)) / 2
		if rng.IntN(8) == 0 {
			out[i] = float32(math.Inf(-1))
		}
	}
	out[rng.IntN(n)] = 1
	return out
}

// TestFilters: what the filters keep of random logits has the properties that
// define it.
func TestFilters(t *testing.T) {
	rng := newRand(3)
	for trial := range 20000 {
		logits := randomLogits(rng, 1+rng.IntN(40))
		s := Sampling{Temperature: 0.25 + rng.Float64()*2, TopP: 1}
		if rng.IntN(2) == 0 {
			s.TopK = 1 + rng.IntN(len(logits))
		}
		if rng.IntN(2) == 0 {
			s.TopP = 1 - rng.Float64()
		}
		if rng.IntN(2) == 0 {
			s.MinP = rng.Float64()
		}
		var d drawer
		best, err := d.gather(logits, nil)
		if err != nil {
			t.Fatal(err)
		}
		d.weigh(d.logits[best], s.Temperature)
		before := slices.Clone(d.weights)
		d.filter(s)
		checkFiltered(t, fmt.Sprintf("trial %d, %+v of %v", trial, s, logits), s, before, d.weights)
	}
}

// checkFiltered compares the weights before and after filters.
func checkFiltered(t *testing.T, what string, s Sampling, before, after []float64) {
	t.Helper()
	order := make([]int, len(before)) // likeliest first, of equal ones the lower
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case before[a] > before[b]:
			return -1
		case before[a] < before[b]:
			return 1
		}
		return 0
	})
	kept := 0
	for i, j := range order {
		switch after[j] {
		case before[j]:
			if kept++; kept != i+1 && before[j] != 0 {
				t.Fatalf("%s: %d, and not one that is likelier: %v", what, j, after)
			}
		case 0:
			if i == 0 {
				t.Fatalf("%s: the likeliest is left out: %v", what, after)
			}
		default:
			t.Fatalf("%s: weight of %d is %v, was %v", what, j, after[j], before[j])
		}
	}
	kept = 0
	for _, w := range after {
		if w > 0 {
			kept++
		}
	}
	k := len(before)
	if s.TopK > 0 {
		k = min(s.TopK, k)
	}
	mass := func(n int) float64 {
		m := 0.0
		for _, j := range order[:n] {
			m += before[j]
		}
		return m
	}
	const slack = 1e-12
	nucleus := func(n int) bool { return mass(n) >= s.TopP*mass(k)*(1-slack) }
	likely := func(i int) bool { return before[order[i]] > 0 && before[order[i]] >= s.MinP }
	// The last that is kept passes all filters, and the next one fails one.
	if kept > k || !likely(kept-1) || kept > 1 && mass(kept-1) >= s.TopP*mass(k)*(1+slack) {
		t.Fatalf("%s: %d of %v are too many", what, kept, before)
	}
	if kept < k && likely(kept) && !nucleus(kept) {
		t.Fatalf("%s: %d of %v are too few", what, kept, before)
	}
}

// TestDrawFrequencies is a chi-square test of pairs of draws from a real random
// source, so of their independence too.
func TestDrawFrequencies(t *testing.T) {
	logits := []float32{1, -1, 0.5, 2, 1}
	s := source{Sampling{Temperature: 0.8, TopK: 4, TopP: 0.8, MinP: 0.1}, newRand(4)}
	var p [5]float64
	total := 0.0
	for _, j := range []int{0, 3, 4} { // e^2.5, e^1.25 twice: .904 of the four that top-k leaves
		p[j] = math.Exp(float64(logits[j]) / 0.8)
		total += p[j]
	}
	const pairs = 20000
	var d drawer
	var counts [5][5]float64
	draw := func() int {
		j, logProb, err := d.draw(logits, nil, s)
		if err != nil {
			t.Fatal(err)
		}
		all := 0.0
		for _, z := range logits {
			all += math.Exp(float64(z))
		}
		near(t, "log-probability at temperature 1, unfiltered", logProb, float64(logits[j])-math.Log(all), 1e-12)
		return j
	}
	for range pairs {
		counts[draw()][draw()]++
	}
	chi := 0.0
	for i := range p {
		for j := range p {
			want := pairs * p[i] / total * p[j] / total
			if want == 0 {
				if counts[i][j] != 0 {
					t.Errorf("%d and %d were drawn", i, j)
				}
				continue
			}
			chi += (counts[i][j] - want) * (counts[i][j] - want) / want
		}
	}
	if !(chi < 26.1) { // 8 degrees of freedom: p = .001
		t.Errorf("chi-square is %v", chi)
	}
}

// TestDrawOne holds what is no distribution: greedy ties, errors, and that one
// number is taken from the source whatever the filters leave.
func TestDrawOne(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, tc := range []struct {
		logits []float32
		tokens []int32
		want   int
		err    string
	}{
		{[]float32{1, 3, 2, 3}, nil, 1, ""},
		{[]float32{-inf, -inf, -7}, nil, 2, ""},
		{[]float32{1, 3, 2, 3}, []int32{0, 2}, 1, ""},
		{[]float32{1, nan, 2}, nil, 0, "logit of token 1 is NaN"},
		{[]float32{1, 2, inf}, nil, 0, "logit of token 2 is +Inf"},
		{[]float32{1, nan, 2}, []int32{0, 2}, 1, ""},
		{[]float32{1, nan, 2}, []int32{0, 1}, 0, "logit of token 1 is NaN"},
		{[]float32{-inf, -inf}, nil, 0, "every logit to choose from is -Inf"},
		{[]float32{1, 2}, []int32{1, 2}, 0, "token 2, vocabulary of 2"},
	} {
		for _, s := range []Sampling{greedy(), {1, 1, 1, 0}, {1e-300, 0, 1, 0}, {1, 0, 1e-9, 0}, {1, 0, 1, 1}} {
			var d drawer
			src := source{s, newRand(5)}
			got, _, err := d.draw(tc.logits, tc.tokens, src)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("%v of %v: error %v, want %q", tc.tokens, tc.logits, err, tc.err)
				}
				continue
			}
			tied := s.MinP == 1 || s.Temperature == 1e-300 // they keep equal ones
			if err != nil || got != tc.want && !(tied && tc.logits[got] == tc.logits[tc.want]) {
				t.Errorf("%+v: %v of %v: %d, %v, want %d", s, tc.tokens, tc.logits, got, err, tc.want)
			}
			next := newRand(5)
			if s.Temperature > 0 {
				next.Float64()
			}
			if src.rng.Uint64() != next.Uint64() {
				t.Errorf("%+v: not one number was drawn", s)
			}
		}
	}
}

// TestChooseFiltered: filters act among the tokens the trie allows, and leave
// the log-probabilities as they are.
func TestChooseFiltered(t *testing.T) {
	m := lively(t, tiny(), 6)
	trie, err := NewTrie([][]int32{{4, 1, 9}, {2, 3, 5, 5}, {2, 3, 1}, {4, 1, 2, 6}, {7}, {2, 3, 5, 6}})
	if err != nil {
		t.Fatal(err)
	}
	d, c, logits := prompted(t, m, []int32{3, 8, 1})
	logits = slices.Clone(logits)
	choose := func(s Sampling, seed uint64) Choice {
		got, err := d.Choose(c, logits, trie, s, newRand(seed))
		if err != nil {
			t.Fatal(err)
		}
		c.Truncate(3)
		return got
	}
	want := choose(greedy(), 0)
	seen := map[int]bool{}
	for seed := range uint64(50) {
		for _, s := range []Sampling{{3, 1, 1, 0}, {3, 0, 1e-9, 0}, {3, 0, 1, 1}} {
			got := choose(s, seed)
			if got.Index != want.Index || !slices.Equal(got.LogProbs, want.LogProbs) {
				t.Errorf("%+v: %+v, want the likeliest, %+v", s, got, want)
			}
		}
		seen[choose(Sampling{3, 0, 1, 0}, seed).Index] = true
	}
	if len(seen) < 4 {
		t.Errorf("without filters only %v are chosen", seen)
	}
}
