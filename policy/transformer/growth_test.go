//go:build peers

package transformer

import (
	"fmt"
	"testing"
)

// growthTokens is how many tokens each sequence samples in an iteration.
const growthTokens = 8

// What is left out of BenchmarkGrowth: steps of more operations, some seconds
// each, and more memory for training or for caches.
const (
	growthOperations = 1e12
	growthBytes      = 4 << 30
)

// BenchmarkGrowth is how cost grows with width, length and number of
// sequences: tokens a second of training steps on B sequences of T tokens, and
// of sampling the last tokens of B sequences of T, for models of 4 layers with
// heads of 64, 2.75·d hidden and a vocabulary of 256, on two threads.
func BenchmarkGrowth(b *testing.B) {
	for _, d := range []int{128, 256, 512, 1024} {
		c := barConfig()
		c.Dim, c.Heads, c.KVHeads, c.Hidden, c.MaxTokens = d, d/64, d/64, 11*d/4, 2048
		b.Run(fmt.Sprintf("d=%d", d), func(b *testing.B) {
			m := newModel(b, c)
			for _, length := range []int{64, 256, 1024, 2048} {
				b.Run(fmt.Sprintf("T=%d", length), func(b *testing.B) { benchmarkGrowth(b, m, length) })
			}
		})
	}
}

// benchmarkGrowth trains and samples all numbers of sequences.
func benchmarkGrowth(b *testing.B, m *Model, length int) {
	const threads = 2
	full := NewCache(m, length) // but for the tokens of an iteration
	first := randomTokens(m.Config(), 1, length-growthTokens)
	if _, err := m.NewDecoder(threads).Append([]*Cache{full}, [][]int32{first}); err != nil {
		b.Fatal(err)
	}
	for _, sequences := range []int{1, 4, 16, 64, 256} {
		g := growth{m.Config(), sequences * length, length}
		if g.operations() <= growthOperations && g.trainingBytes() <= growthBytes {
			b.Run(fmt.Sprintf("B=%d/train", sequences), func(b *testing.B) {
				step := newTraining(b, m.Clone(), threads, randomBatch(m.Config(), sequences, length))
				step()
				for b.Loop() {
					step()
				}
				b.ReportMetric(float64(sequences*length*b.N)/b.Elapsed().Seconds(), "tokens/s")
			})
		}
		if g.cacheBytes() <= growthBytes {
			b.Run(fmt.Sprintf("B=%d/sample", sequences), func(b *testing.B) {
				var caches []*Cache
				for range sequences {
					caches = append(caches, full.Clone())
				}
				s := newSampler(m, threads, caches)
				s.run(b, length-growthTokens, growthTokens)
				for b.Loop() {
					s.run(b, length-growthTokens, growthTokens)
				}
				b.ReportMetric(float64(sequences*growthTokens*b.N)/b.Elapsed().Seconds(), "tokens/s")
			})
		}
	}
}

// growth is a batch to train, or caches to sample from.
type growth struct {
	config         Config
	tokens, length int // of all sequences, of one
}

// operations of a step of training: a multiply-add for each parameter and token
// forward and two backward, and as much for what a token attends to, on average
// half of its sequence, with keys and with values.
func (g growth) operations() float64 {
	attended := int64(g.config.Layers * g.config.Dim * g.length)
	return 6 * float64(g.tokens) * float64(g.config.ParameterCount()+attended)
}

func (g growth) trainingBytes() int64 {
	return g.config.TrainingBytes(Footprint{Tokens: g.tokens, Targets: g.tokens})
}

// cacheBytes is the keys and values of all sequences.
func (g growth) cacheBytes() int64 { return 8 * int64(g.tokens*g.config.Layers*g.config.Dim) }
