package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// brains is n random bfloat16 numbers, a few of them special.
func brains(rng *rand.Rand, n int, special bool) []uint16 {
	out := make([]uint16, n)
	for i, v := range values(rng, n) {
		out[i] = uint16(math.Float32bits(v) >> 16)
	}
	for _, b := range []uint16{0x7f80, 0xff80, 0x7fc1, 0x8000, 0x0001} { // ∞, -∞, NaN, -0, the least
		if special {
			out[rng.IntN(n)] = b
		}
	}
	return out
}

// brainBytes is numbers as a file holds them, at an odd address.
func brainBytes(numbers []uint16) []byte {
	b := make([]byte, 1, 1+2*len(numbers))
	for _, v := range numbers {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b[1:]
}

// TestPackBrain: every number of every shape is where BrainPanels says.
func TestPackBrain(t *testing.T) {
	for _, set := range Available() {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, shape := range [][2]int{{1, 1}, {7, 31}, {8, 32}, {9, 33}, {256, 64}, {264, 32}, {300, 100}, {1030, 64}} {
			k, n := shape[0], shape[1]
			w := brains(rng, k*n, false)
			p := NewBrainPanels(k, n)
			for i := range p.Data {
				p.Data[i] = sentinel
			}
			team := NewTeam(set, 2)
			team.Do(func() { team.Run(&PackBrain{Dst: p, Src: brainBytes(w)}) })
			for i, got := range p.Data {
				row, word := i/Width, i%Width
				col := row/k*Width + word%2*(Width/2) + word/2
				want := uint16(0)
				if col < n {
					want = w[col*k+row%k]
				}
				if got != want {
					t.Fatalf("%v: %d×%d: (%d,%d) is %x, want %x", set, k, n, row%k, col, got, want)
				}
			}
		}
	}
}

// TestBrainProduct: a product with bfloat16 is the product with the same
// numbers in float32, bit for bit, for any number of rows, parts and workers.
func TestBrainProduct(t *testing.T) {
	for _, set := range Available() {
		t.Run(set.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			for i := range 200 {
				o := &BrainProduct{M: 1 + rng.IntN(10), N: 1 + rng.IntN(200), K: 1 + rng.IntN(50), Parts: rng.IntN(5)}
				if i%8 == 0 {
					o.M, o.K = 1+rng.IntN(70), 200+rng.IntN(400)
				}
				compareBrain(t, set, o, rng)
			}
		})
	}
}

// compareBrain fills the operands of o, runs it and compares.
func compareBrain(t *testing.T, set Set, o *BrainProduct, rng *rand.Rand) {
	t.Helper()
	special := rng.IntN(4) == 0
	w := brains(rng, o.N*o.K, special)
	wide := make([]float32, len(w))
	for i, b := range w {
		wide[i] = fromBrain(b)
	}
	o.ARow, o.CRow = o.K+rng.IntN(9), o.N+rng.IntN(9)
	o.A = values(rng, (o.M-1)*o.ARow+o.K)
	if special {
		o.A[rng.IntN(len(o.A))] = float32(math.Inf(1))
	}
	want := make([]float32, (o.M-1)*o.CRow+o.N)
	clearTo(want, sentinel)
	o.C = append([]float32(nil), want...)
	switch rng.IntN(3) {
	case 0:
		o.Add = values(rng, len(want))
	case 1:
		copy(want, values(rng, len(want)))
		copy(o.C, want)
		o.Add = o.C
	}
	team := NewTeam(set, 2)
	p, add := NewPanels(o.K, o.N), o.Add
	if len(add) > 0 && &add[0] == &o.C[0] {
		add = want
	}
	o.B = NewBrainPanels(o.K, o.N)
	team.Do(func() {
		team.Run(&Pack{Dst: p, Src: wide, Row: o.K, Transposed: true})
		team.Run(&Product{M: o.M, N: o.N, K: o.K, A: o.A, ARow: o.ARow, ACol: 1, B: p, C: want, CRow: o.CRow, Add: add})
		team.Run(&PackBrain{Dst: o.B, Src: brainBytes(w)})
		team.Run(o)
	})
	for i, v := range want {
		if got := o.C[i]; math.Float32bits(got) != math.Float32bits(v) && (got == got || v == v) {
			t.Fatalf("%d×%d×%d in %d parts: (%d,%d) is %v, in float32 %v", o.M, o.N, o.K, o.Parts, i/o.CRow, i%o.CRow, got, v)
		}
	}
}

// TestBrainProductChecks: shapes that do not fit are found before any machine
// code sees them.
func TestBrainProductChecks(t *testing.T) {
	good := func() *BrainProduct {
		return &BrainProduct{M: 2, N: 40, K: 8, A: make([]float32, 16), ARow: 8, B: NewBrainPanels(8, 40), C: make([]float32, 80), CRow: 40}
	}
	team := NewTeam(Best(), 1)
	team.Run(good())
	for i, spoil := range []func(*BrainProduct){
		func(o *BrainProduct) { o.A = o.A[1:] },
		func(o *BrainProduct) { o.C = o.C[1:] },
		func(o *BrainProduct) { o.K = 9 },
		func(o *BrainProduct) { o.N = 65 },
		func(o *BrainProduct) { o.CRow = 39 },
		func(o *BrainProduct) { o.Add = o.A },
		func(o *BrainProduct) { o.B.Data = o.B.Data[:8*Width] },
	} {
		o := good()
		spoil(o)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("case %d was run", i)
				}
			}()
			team.Run(o)
		}()
	}
}

// BenchmarkBrain reads 256 MiB of bfloat16, more than caches hold, by the
// products of a decoder's shapes.
func BenchmarkBrain(b *testing.B) {
	const k, n = 576, 1 << 27 / 576 / Width * Width
	rng := rand.New(rand.NewPCG(1, 2))
	panels := NewBrainPanels(k, n)
	for i, v := range brains(rng, 1<<16, false) {
		for at := i; at < len(panels.Data); at += 1 << 16 {
			panels.Data[at] = v
		}
	}
	for _, set := range Available()[1:] {
		for _, rows := range []int{1, 2, 4, 8, 16, 32, 64} {
			for workers := 1; workers <= 2; workers++ {
				b.Run(fmt.Sprintf("%v/rows=%d/threads=%d", set, rows, workers), func(b *testing.B) {
					team := NewTeam(set, workers)
					o := &BrainProduct{M: rows, N: n, K: k, A: values(rng, rows*k), ARow: k, B: panels, C: make([]float32, rows*n), CRow: n, Parts: workers}
					team.Do(func() {
						for b.Loop() {
							team.Run(o)
						}
					})
					b.ReportMetric(float64(2*len(panels.Data)*b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
				})
			}
		}
	}
	b.Run("pack", func(b *testing.B) {
		src := make([]byte, 2*k*n)
		team := NewTeam(Best(), 2)
		team.Do(func() {
			for b.Loop() {
				team.Run(&PackBrain{Dst: panels, Src: src})
			}
		})
		b.ReportMetric(float64(2*len(panels.Data)*b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
	})
}
