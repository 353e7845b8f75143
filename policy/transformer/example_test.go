package transformer_test

import (
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// A model is pushed away from one of three admissible sequences, and then asked
// for its choice among them.
func Example() {
	m, err := transformer.New(transformer.Config{
		Vocab: 8, Dim: 32, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 16, Hidden: 48,
		MaxTokens: 32, RopeBase: 10000, NormEpsilon: 1e-5, TiedHead: true,
	}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		log.Fatal(err)
	}
	prompt := []int32{1, 2, 3}
	actions, err := transformer.NewTrie([][]int32{{4, 5}, {4, 6}, {7}})
	if err != nil {
		log.Fatal(err)
	}
	// The second token of {4, 5} is bad, given that {4, 6} was possible too.
	batch := &transformer.Batch{
		Tokens:  []int32{1, 2, 3, 4},
		Starts:  []int{0, 4},
		Targets: []transformer.Target{{Position: 3, Token: 5, Allowed: actions.Allowed(0)[1]}},
	}
	pass := transformer.NewPass(m, 1)
	optimizer := transformer.NewAdamW(m, transformer.DefaultAdamWConfig())
	for range 20 {
		pass.ZeroGrad()
		if _, _, err := pass.Forward(batch); err != nil {
			log.Fatal(err)
		}
		if err := pass.Backward([]float32{1}, nil); err != nil { // the loss is +log-probability
			log.Fatal(err)
		}
		if _, err := optimizer.Step(m, pass, 1e-2); err != nil {
			log.Fatal(err)
		}
	}
	decoder, cache := m.NewDecoder(1), transformer.NewCache(m, 32)
	logits, err := decoder.Append([]*transformer.Cache{cache}, [][]int32{append(prompt, 4)})
	if err != nil {
		log.Fatal(err)
	}
	rest, err := transformer.NewTrie([][]int32{{5}, {6}})
	if err != nil {
		log.Fatal(err)
	}
	choice, err := decoder.Choose(cache, logits[0], rest, transformer.Sampling{Temperature: 0, TopP: 1}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(choice.Tokens, choice.LogProbs[0] > -0.01)
	// Output: [6] true
}

// A model is taken from a folder as downloaded from Hugging Face, and given
// back as one.
func ExampleLoadFolder() {
	m, fields, err := transformer.LoadFolder("testdata/golden/qwen3")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Config().Layers, "layers, ends with token", string(fields["eos_token_id"]))
	parent, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)
	if err := transformer.SaveFolder(filepath.Join(parent, "tuned"), m, transformer.BF16, fields); err != nil {
		log.Fatal(err)
	}
	// Output: 2 layers, ends with token 1
}

// A folder decoded as it is: its numbers are read when they are needed.
func ExampleOpenFrozen() {
	f, _, err := transformer.OpenFrozen("testdata/golden/qwen3")
	if err != nil {
		log.Fatal(err)
	}
	d := f.NewDecoder(2)
	logits, err := d.Append([]*transformer.Cache{f.NewCache(16)}, [][]int32{{3, 1, 4, 1, 5}})
	if err != nil {
		log.Fatal(err)
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(logits[0]), "logits")
	// Output: 21 logits
}
