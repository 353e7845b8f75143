package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkProduct reports GFLOP/s of a square product, packed once, for each
// Set and one and two workers.
func BenchmarkProduct(b *testing.B) {
	const n = 1024
	rng := rand.New(rand.NewPCG(1, 2))
	for _, set := range Available() {
		for workers := 1; workers <= 2; workers++ {
			b.Run(fmt.Sprintf("%v/%d", set, workers), func(b *testing.B) {
				x, w := values(rng, n*n), values(rng, n*n)
				p := NewPanels(n, n)
				team := NewTeam(set, workers)
				team.Run(&Pack{Dst: p, Src: w, Row: n, Transposed: true})
				op := &Product{M: n, N: n, K: n, A: x, ARow: n, ACol: 1, B: p, C: make([]float32, n*n), CRow: n}
				team.Do(func() {
					for b.Loop() {
						team.Run(op)
					}
				})
				b.ReportMetric(2*n*n*n*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

func values(rng *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	return out
}
