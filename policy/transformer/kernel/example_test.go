package kernel_test

import (
	"fmt"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// Y = X·Wᵀ on two workers, W packed once.
func Example() {
	x := []float32{
		1, 2,
		3, 4,
		5, 6,
	} // 3×2
	w := []float32{
		1, 0,
		1, -1,
	} // 2×2: a row of weights for each column of Y
	y := make([]float32, 3*2)

	team := kernel.NewTeam(kernel.Best(), 2)
	packed := kernel.NewPanels(2, 2)
	team.Do(func() {
		team.Run(&kernel.Pack{Dst: packed, Src: w, Row: 2, Transposed: true})
		team.Run(&kernel.Product{M: 3, N: 2, K: 2, A: x, ARow: 2, ACol: 1, B: packed, C: y, CRow: 2})
	})
	fmt.Println(y)
	// Output: [1 -1 3 -1 5 -1]
}
