package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

const sentinel = 12345

// checkNumber compares with a tolerance, and NaN and infinities exactly.
func checkNumber(t testing.TB, what string, got float32, want, tol float64) {
	t.Helper()
	if math.IsNaN(want) || math.IsInf(want, 0) {
		if !(math.IsNaN(want) && math.IsNaN(float64(got))) && float64(got) != want {
			t.Fatalf("%s: got %v, want %v", what, got, want)
		}
		return
	}
	if !(math.Abs(float64(got)-want) <= tol) {
		t.Fatalf("%s: got %v, want %v within %v", what, got, want, tol)
	}
}

// random is a product of a random shape with random strides, either
// orientation of A, and sentinels around C.
func random(rng *rand.Rand, special []float32) (*Product, []float32) {
	o := &Product{M: 1 + rng.IntN(40), N: 1 + rng.IntN(90), K: 1 + rng.IntN(40)}
	switch rng.IntN(8) {
	case 0:
		o.M = 100 + rng.IntN(300)
	case 1:
		o.K = 200 + rng.IntN(400)
	}
	o.ARow, o.ACol = o.K+rng.IntN(9), 1
	if rng.IntN(2) == 0 {
		o.ARow, o.ACol = 1, o.M+rng.IntN(9)
	}
	o.A = values(rng, (o.M-1)*o.ARow+(o.K-1)*o.ACol+1)
	w := values(rng, o.K*o.N)
	for _, v := range special {
		o.A[rng.IntN(len(o.A))] = v
		w[rng.IntN(len(w))] = v
	}
	o.CRow = o.N + rng.IntN(5)
	o.C = make([]float32, o.M*o.CRow)
	for i := range o.C {
		o.C[i] = sentinel
	}
	if rng.IntN(2) == 0 {
		o.Add = values(rng, len(o.C))
	}
	return o, w
}

// naive is element (m,n) in float64, and the sum of the magnitudes.
func naive(o *Product, w []float32, m, n int) (sum, magnitude float64) {
	if o.Add != nil {
		sum = float64(o.Add[m*o.CRow+n])
		magnitude = math.Abs(sum)
	}
	for k := range o.K {
		v := float64(o.A[m*o.ARow+k*o.ACol]) * float64(w[k*o.N+n])
		sum += v
		magnitude += math.Abs(v)
	}
	return sum, magnitude
}

func TestProduct(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, set := range Available() {
		t.Run(set.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			for i := range 150 {
				var special []float32
				if i%5 == 4 {
					special = []float32{inf, nan, -inf, float32(math.Copysign(0, -1)), 1e-42}
				}
				o, w := random(rng, special)
				o.B = &Panels{}
				o.B.Reset(o.K, o.N)
				team := NewTeam(set, 1+i%2)
				pack(team, o, w, i%3 == 0)
				team.Do(func() { team.Run(o) })
				shape := fmt.Sprintf("%d: %d×%d×%d", i, o.M, o.N, o.K)
				for m := range o.M {
					for n := range o.N {
						want, magnitude := naive(o, w, m, n)
						checkNumber(t, fmt.Sprintf("%s (%d,%d)", shape, m, n), o.C[m*o.CRow+n], want, 1e-5*magnitude+1e-44)
					}
					for n := o.N; n < o.CRow; n++ {
						if o.C[m*o.CRow+n] != sentinel {
							t.Fatalf("%s: wrote outside C at (%d,%d)", shape, m, n)
						}
					}
				}
			}
		})
	}
}

// pack packs w, K×N, from either orientation.
func pack(team *Team, o *Product, w []float32, transposed bool) {
	p := &Pack{Dst: o.B, Src: w, Row: o.N}
	if transposed {
		turned := make([]float32, len(w))
		for k := range o.K {
			for n := range o.N {
				turned[n*o.K+k] = w[k*o.N+n]
			}
		}
		p.Src, p.Row, p.Transposed = turned, o.K, true
	}
	team.Run(p)
}

// TestProductRows: a row has the same bits alone, in any batch, from either
// orientation of A, for any number of workers.
func TestProductRows(t *testing.T) {
	for _, set := range Available() {
		rng := rand.New(rand.NewPCG(3, 4))
		const m, n, k = 300, 75, 530
		a, w := values(rng, m*k), values(rng, k*n)
		all := &Product{M: m, N: n, K: k, A: a, ARow: k, ACol: 1, B: NewPanels(k, n), C: make([]float32, m*n), CRow: n}
		pack(NewTeam(set, 1), all, w, false)
		two := NewTeam(set, 2)
		two.Do(func() { two.Run(all) })
		for _, rows := range []int{1, 2, 3, 5, 6, 7, 8, 13, 200} {
			part := *all
			part.M, part.A, part.C = rows, a[(m-rows)*k:], make([]float32, rows*n)
			NewTeam(set, 1).Run(&part)
			turned := part
			turned.C = make([]float32, rows*n)
			turned.A, turned.ARow, turned.ACol = make([]float32, rows*k), 1, rows
			for i := range rows {
				for j := range k {
					turned.A[j*rows+i] = part.A[i*k+j]
				}
			}
			NewTeam(set, 1).Run(&turned)
			for i, v := range all.C[(m-rows)*n:] {
				if math.Float32bits(v) != math.Float32bits(part.C[i]) || math.Float32bits(v) != math.Float32bits(turned.C[i]) {
					t.Fatalf("%v, %d rows, element %d: %v in the batch, %v, %v alone", set, rows, i, v, part.C[i], turned.C[i])
				}
			}
		}
	}
}

func TestProductChecks(t *testing.T) {
	good := func() *Product {
		return &Product{
			M: 2, N: 3, K: 4, A: make([]float32, 8), ARow: 4, ACol: 1,
			B: NewPanels(4, 3), C: make([]float32, 6), CRow: 3,
		}
	}
	NewTeam(Best(), 1).Run(good())
	for name, spoil := range map[string]func(*Product){
		"short A":   func(o *Product) { o.A = o.A[:7] },
		"short C":   func(o *Product) { o.C = o.C[:5] },
		"short Add": func(o *Product) { o.Add = make([]float32, 5) },
		"small B":   func(o *Product) { o.B = NewPanels(3, 3) },
		"narrow B":  func(o *Product) { o.N, o.CRow, o.C = 33, 33, make([]float32, 66) },
		"close C":   func(o *Product) { o.CRow = 2 },
		"strides":   func(o *Product) { o.ARow, o.ACol, o.A = 8, 2, make([]float32, 20) },
	} {
		o := good()
		spoil(o)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			NewTeam(Best(), 1).Run(o)
		}()
	}
}

func TestPanels(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const k, n = 21, 50
	w := values(rng, k*n)
	want := NewPanels(k, n)
	for i := range k {
		for j := range n {
			want.Data[((j/Width)*k+i)*Width+j%Width] = w[i*n+j]
		}
	}
	byRow, byColumn := NewPanels(k, n), NewPanels(k, n)
	for i := range k {
		byRow.setRow(i, w[i*n:(i+1)*n])
	}
	for j := range n {
		column := make([]float32, k)
		for i := range k {
			column[i] = w[i*n+j]
		}
		byColumn.setColumn(j, column)
	}
	copied := NewPanels(k, n)
	NewTeam(Portable(), 1).Run(&CopyPanels{Dst: copied, Src: byRow, Rows: k, Cols: n})
	got := map[string]*Panels{"setRow": byRow, "setColumn": byColumn, "CopyPanels": copied}
	for _, set := range Available() {
		for _, transposed := range []bool{false, true} {
			o := &Product{K: k, N: n, B: NewPanels(k, n)}
			for i := range o.B.Data {
				o.B.Data[i] = sentinel
			}
			pack(NewTeam(set, 1), o, w, transposed)
			got[fmt.Sprint("Pack ", set, transposed)] = o.B
		}
	}
	for name, p := range got {
		for i, v := range want.Data {
			if p.Data[i] != v {
				t.Fatalf("%s: element %d is %v, want %v", name, i, p.Data[i], v)
			}
		}
	}
}
