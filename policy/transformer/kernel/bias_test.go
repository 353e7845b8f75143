package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestBias adds a bias to rows and sums its gradient, for shapes across the
// edges of units, with one worker and three.
func TestBias(t *testing.T) {
	for _, set := range Available() {
		for _, shape := range [][2]int{{1, 1}, {3, 64}, {65, 65}, {130, 129}} {
			rows, cols := shape[0], shape[1]
			rng := rand.New(rand.NewPCG(1, uint64(rows)))
			x, b, db := values(rng, rows*cols), values(rng, cols), values(rng, cols)
			sum := make([]float64, cols)
			for j := range sum {
				sum[j] = float64(db[j])
				for i := range rows {
					sum[j] += float64(x[i*cols+j])
				}
			}
			team := NewTeam(set, 1+rows%3)
			y := append([]float32(nil), x...)
			team.Do(func() {
				team.Run(&BiasGrad{Rows: rows, Cols: cols, DOut: x, DWeight: db})
				team.Run(&Bias{Rows: rows, Cols: cols, X: y, Weight: b})
			})
			what := fmt.Sprintf("%v, %d by %d", set, rows, cols)
			for j := range sum {
				checkNumber(t, what+": gradient", db[j], sum[j], 1e-5*float64(rows))
			}
			for i, v := range y {
				checkNumber(t, what+": sum", v, float64(x[i])+float64(b[i%cols]), 1e-6)
			}
		}
	}
}
