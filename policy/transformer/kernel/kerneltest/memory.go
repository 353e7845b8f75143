package kerneltest

import (
	"math/rand/v2"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// equal holds that small whole numbers, which every machine computes exactly,
// are as they should be.
func equal(t *testing.T, what string, got []float32, want ...float32) {
	t.Helper()
	for i, w := range want {
		if got[i] != w {
			t.Fatalf("%s: got %v, want %v", what, got, want)
		}
	}
}

// testMemory holds that operations see what earlier ones wrote, in parts of
// each other's operands, that the host sees it after Do, and the machine what
// the host wrote between one Do and the next, or outside.
func testMemory(t *testing.T, m kernel.Machine) {
	x, y := []float32{1, 2, 3, 4, 5, 6}, make([]float32, 6)
	step := func() {
		runAll(m, []kernel.Op{
			&kernel.Zero{X: x[1:3]},
			&kernel.Scale{Out: y, X: x, Factor: 2},
			&kernel.Scale{Out: x[2:5], X: y[3:], Factor: 1},
			&kernel.Scale{Out: y[5:], X: x[2:3], Factor: 3},
		})
	}
	step()
	equal(t, "in the machine", y, 2, 0, 0, 8, 10, 24)
	equal(t, "back in the host", x, 1, 0, 8, 10, 12, 6)
	x[0], x[4], y[1] = 7, 9, 5
	step()
	equal(t, "after the host wrote to it", y, 14, 0, 0, 20, 18, 60)
	equal(t, "in the host once more", x, 7, 0, 20, 18, 12, 6)
	m.Run(&kernel.Scale{Out: x, X: x, Factor: 2})
	equal(t, "outside Do", x, 14, 0, 40, 36, 24, 12)
	x[0] = 1
	m.Do(func() {})
	m.Run(&kernel.Bias{Rows: 2, Cols: 3, X: x, Weight: []float32{1, 1, 1}})
	equal(t, "outside Do again", x, 2, 1, 41, 37, 25, 13)
}

// testScratch holds that what a Scratch names is there in the next Do, too.
func testScratch(t *testing.T, m kernel.Machine) {
	x, y, scratch := []float32{1, 2, 3}, make([]float32, 3), make([]float32, 5)
	runAll(m, []kernel.Op{
		&kernel.Scratch{X: scratch},
		&kernel.Scale{Out: scratch[1:4], X: x, Factor: 2},
	})
	x[0] = 0
	runAll(m, []kernel.Op{
		&kernel.Scratch{X: scratch},
		&kernel.Scale{Out: scratch[2:3], X: x[1:2], Factor: 5},
	})
	runAll(m, []kernel.Op{&kernel.Scale{Out: y, X: scratch[1:4], Factor: 1}})
	equal(t, "from scratch memory", y, 2, 10, 6)
}

// testStatement holds that a machine has read what is not an operand when Run
// returns: the caller uses the operation and its indices again.
func testStatement(t *testing.T, m kernel.Machine) {
	table, out := []float32{10, 20, 30}, make([]float32, 4)
	w := []float32{1, 2, 3, 4} // and its adaption
	m.Do(func() {
		o := &kernel.Gather{Index: []int32{2, 1}, Cols: 1, Table: table, Out: out[:2]}
		m.Run(o)
		o.Index[0], o.Index[1] = 0, 0
		o.Out = out[2:]
		m.Run(o)
		step := kernel.AdamStep{Decay: 2}
		adam := &kernel.Adam{P: w, G: make([]float32, 4), M: make([]float32, 4), V: make([]float32, 4), Step: &step}
		step.Epsilon = 1
		m.Run(adam)
		step.Decay, adam.P = 100, nil
	})
	equal(t, "gathered", out, 30, 20, 10, 10)
	equal(t, "adapted", w, 2, 4, 6, 8)
}

// testRepacked holds that panels may be packed again, in another shape, within
// one Do and in the next, and copied.
func testRepacked(t *testing.T, m kernel.Machine) {
	rng := rand.New(rand.NewPCG(1, 2))
	p, q := kernel.NewPanels(2, 3), kernel.NewPanels(5, 70)
	for i := range 4 {
		k, n := 1+rng.IntN(5), 1+rng.IntN(70)
		src, x := make([]float32, k*n), []float32{1, 2, 3, 4, 5}
		got, copied, want := make([]float32, n), make([]float32, n), make([]float32, n)
		for j := range src {
			src[j] = float32(rng.IntN(9))
			want[j%n] += x[j/n] * src[j]
		}
		ops := []kernel.Op{
			&kernel.Pack{Dst: p, Src: src, Row: n},
			&kernel.Product{M: 1, N: n, K: k, A: x, ARow: k, ACol: 1, B: p, C: got, CRow: n},
			&kernel.CopyPanels{Dst: q, Src: p, Rows: k, Cols: n},
			&kernel.Product{M: 1, N: n, K: k, A: x, ARow: k, ACol: 1, B: q, C: copied, CRow: n},
		}
		m.Do(func() {
			p.Reset(k, n)
			for _, op := range ops[:2+i%2*2] {
				m.Run(op)
			}
			if i%2 == 1 {
				return
			}
			p.Reset(1, 1)
			m.Run(&kernel.Pack{Dst: p, Src: x, Row: 1})
		})
		equal(t, "product", got, want...)
		if i%2 == 1 {
			equal(t, "product with a copy", copied, want...)
		}
	}
}
