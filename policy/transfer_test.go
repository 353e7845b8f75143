package policy

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// permutations are all orders of [0,n), lexicographically.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	var out [][]int
	for _, p := range permutations(n - 1) {
		for at := range n {
			out = append(out, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	slices.SortFunc(out, slices.Compare)
	return out
}

func meanOf(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}

func TestBestOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for n := 1; n <= 6; n++ {
		for range 20 {
			b := make(Transfer, n)
			saturated := make([]float64, n)
			for i := range b {
				b[i], saturated[i] = make([]float64, n), rng.Float64()
				for j := range b[i] {
					b[i][j] = float64(rng.IntN(5)-2) / 10 // many ties
				}
			}
			got, err := b.BestOrder()
			if err != nil {
				t.Fatal(err)
			}
			reverse := slices.Clone(got)
			slices.Reverse(reverse)
			best, worst := meanOf(b.Predict(saturated, got)), meanOf(b.Predict(saturated, reverse))
			for _, order := range permutations(n) {
				m := meanOf(b.Predict(saturated, order))
				if m > best+1e-9 || m < worst-1e-9 || m > best-1e-9 && slices.Compare(order, got) < 0 {
					t.Errorf("%v: order %v predicts %v; best is said to be %v with %v, its reverse has %v", b, order, m, got, best, worst)
				}
			}
		}
	}
}

func TestTransferByHand(t *testing.T) {
	// Training on task 1 harms task 0, that on task 0 helps both others.
	b, err := MeasureTransfer([]float64{0.5, 0.2, 0.1}, [][]float64{{0.9, 0.3, 0.2}, {0.1, 0.8, 0.1}, {0.4, 0.3, 0.6}})
	if err != nil {
		t.Fatal(err)
	}
	near := func(got, want []float64) bool {
		return slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-12 })
	}
	for i, want := range [][]float64{{0.4, -0.4, -0.1}, {0.1, 0.6, 0.1}, {0.1, 0, 0.5}} {
		if !near(b[i], want) {
			t.Errorf("row %d is %v, want %v", i, b[i], want)
		}
	}
	if f := b.Forgettability(); !near(f, []float64{0.25, -0.1, -0.05}) {
		t.Errorf("forgettability %v", f)
	}
	if o := b.ByForgettability(); !slices.Equal(o, []int{1, 2, 0}) {
		t.Errorf("by forgettability %v", o)
	}
	if p := b.Predict([]float64{0.9, 0.8, 0.6}, []int{0, 2, 1}); !near(p, []float64{0.9 - 0.4 - 0.1, 0.8, 0.6}) {
		t.Errorf("predicted %v", p)
	}
	if o, err := b.BestOrder(); err != nil || !slices.Equal(o, []int{1, 2, 0}) { // 0.2 against 0.1 of 2, 1, 0
		t.Errorf("best order %v, %v", o, err)
	}
	if f := (Transfer{{0.3}}).Forgettability(); f[0] != 0 {
		t.Errorf("alone: %v", f)
	}
}

func TestTransferErrors(t *testing.T) {
	nine := make(Transfer, MaxTransferTasks+1)
	for i := range nine {
		nine[i] = make([]float64, len(nine))
	}
	if o, err := nine[:0].BestOrder(); err != nil || len(o) != 0 {
		t.Errorf("none: %v, %v", o, err)
	}
	for _, b := range []Transfer{nine, {{0, 1}}, {{math.NaN()}}, {{math.Inf(1)}}} {
		if _, err := b.BestOrder(); err == nil {
			t.Errorf("%v accepted", b)
		}
	}
	for _, after := range [][][]float64{{{1, 2}}, {{1, 2}, {1}}, {{1, 2}, {1, math.NaN()}}} {
		if _, err := MeasureTransfer([]float64{1, 2}, after); err == nil {
			t.Errorf("%v accepted", after)
		}
	}
}
