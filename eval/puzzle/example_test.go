package puzzle_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
)

func Example() {
	chains := puzzle.NewChains()
	p := chains.Draw(puzzle.Test, 1, rand.New(rand.NewPCG(5, 1)))[0]
	fmt.Println(p.Prompt)
	fmt.Println(chains.Demonstrate(p, nil))
	for _, answer := range []string{chains.Demonstrate(p, nil), "7,7", "seven"} {
		v := chains.Check(p, answer)
		fmt.Printf("%t %q\n", v.Correct, v.Fault)
	}
	// Output:
	// 1+8*3:
	// 9,27
	// true ""
	// false "!1=9"
	// false "!1?"
}
