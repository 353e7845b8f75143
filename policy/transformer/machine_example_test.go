package transformer_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/policy/transformer"
	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// counter is a kernel.Machine that counts multiply-adds and lets another one do
// the work.
type counter struct {
	kernel.Machine
	products int
}

func (c *counter) Run(op kernel.Op) {
	if o, ok := op.(*kernel.Product); ok {
		c.products += o.M * o.N * o.K
	}
	c.Machine.Run(op)
}

// A machine of one's own tells operations apart by their types.
func ExampleNewPassOn() {
	m, err := transformer.New(transformer.Config{
		Vocab: 256, Dim: 32, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 16, Hidden: 64,
		MaxTokens: 16, RopeBase: 10000, NormEpsilon: 1e-5,
	}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		log.Fatal(err)
	}
	machine := &counter{Machine: kernel.NewTeam(kernel.Best(), 2)}
	pass := transformer.NewPassOn(m, machine)
	b := &transformer.Batch{Tokens: []int32{1, 2, 3, 4}, Starts: []int{0, 4}, Targets: []transformer.Target{{Position: 3, Token: 5}}}
	if _, _, err := pass.Forward(b); err != nil {
		log.Fatal(err)
	}
	fmt.Println(machine.products)
	// Output: 81920
}
