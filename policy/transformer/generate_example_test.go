package transformer_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Three rollouts of one prompt, which is read once.
func ExampleDecoder_Generate() {
	m, err := transformer.New(transformer.Config{
		Vocab: 26, Dim: 32, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 16, Hidden: 48,
		MaxTokens: 32, RopeBase: 10000, NormEpsilon: 1e-5, TiedHead: true,
	}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		log.Fatal(err)
	}
	ctx, decoder := context.Background(), m.NewDecoder(2)
	var sources []*rand.Rand
	for seed := range uint64(3) {
		sources = append(sources, rand.New(rand.NewPCG(seed, 0)))
	}
	prompt := transformer.Sequence{Cache: transformer.NewCache(m, 8), Tokens: []int32{7, 4, 11, 11, 14}}
	group, err := decoder.Fork(ctx, prompt, sources, 10)
	if err != nil {
		log.Fatal(err)
	}
	rollouts, err := decoder.Generate(ctx, group, transformer.GenerateOptions{
		Sampling:    transformer.Sampling{Temperature: 0.8, TopP: 0.95},
		MaxTokens:   10,
		StopStrings: []string{"z"},
		Bytes:       func(dst []byte, _ int, token int32) []byte { return append(dst, byte('a'+token)) },
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range rollouts {
		fmt.Println(r.End, len(r.LogProbs) == len(r.Tokens))
	}
	// Output:
	// stop string true
	// max tokens true
	// max tokens true
}
