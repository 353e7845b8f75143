package transformer

import (
	"fmt"
	"testing"
)

// barConfig is the decoder of the speed bar: 3.38M parameters.
func barConfig() Config {
	return Config{
		Vocab: 256, Dim: 256, Layers: 4, Heads: 4, KVHeads: 4, HeadDim: 64, Hidden: 704,
		MaxTokens: 1024, RopeBase: 10000, NormEpsilon: 1e-5,
	}
}

// BenchmarkTrain is one whole step, AdamW included, on 64 sequences of 64
// tokens with every token a target.
func BenchmarkTrain(b *testing.B) {
	const sequences, length = 64, 64
	for threads := 1; threads <= 2; threads++ {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			step := newTraining(b, newModel(b, barConfig()), threads, randomBatch(barConfig(), sequences, length))
			step() // so that all buffers are there
			for b.Loop() {
				step()
			}
			b.ReportMetric(float64(sequences*length*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// randomBatch is sequences of random tokens, each token a target.
func randomBatch(c Config, sequences, length int) *Batch {
	batch := &Batch{Tokens: randomTokens(c, 1, sequences*length), Starts: []int{0}}
	for i := range sequences {
		batch.Starts = append(batch.Starts, (i+1)*length)
	}
	for i, t := range randomTokens(c, 2, len(batch.Tokens)) {
		batch.Targets = append(batch.Targets, Target{Position: i, Token: t})
	}
	return batch
}

// newTraining returns a whole step of maximising the log-probability of the
// batch's targets.
func newTraining(b *testing.B, m *Model, threads int, batch *Batch) (step func()) {
	g := make([]float32, len(batch.Targets))
	for i := range g {
		g[i] = -1 / float32(len(g))
	}
	p, o := NewPass(m, threads), NewAdamW(m, DefaultAdamWConfig())
	return func() {
		p.ZeroGrad()
		if _, _, err := p.Forward(batch); err != nil {
			b.Fatal(err)
		}
		if err := p.Backward(g, nil); err != nil {
			b.Fatal(err)
		}
		if _, err := o.Step(m, p, 1e-3); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecode is cached decoding, from 32 to 160 tokens of context, for
// models of 0.86M (d=128) and 3.38M (d=256) parameters.
func BenchmarkDecode(b *testing.B) {
	small := barConfig()
	small.Dim, small.HeadDim, small.Hidden = 128, 32, 352
	for _, c := range []Config{small, barConfig()} {
		for _, batch := range []int{1, 32} {
			for threads := 1; threads <= 2; threads++ {
				b.Run(fmt.Sprintf("d=%d/B=%d/threads=%d", c.Dim, batch, threads), func(b *testing.B) {
					benchmarkDecode(b, newModel(b, c).NewDecoder(threads), batch)
				})
			}
		}
	}
}

func benchmarkDecode(b *testing.B, d *Decoder, batch int) {
	var caches []*Cache
	var prompts, next [][]int32
	for i := range batch {
		caches = append(caches, NewCache(d.m, 256))
		prompts = append(prompts, randomTokens(d.m.config, uint64(i), 32))
		next = append(next, []int32{int32(i)})
	}
	if _, err := d.Append(caches, prompts); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if caches[0].Len() == 160 {
			for _, c := range caches {
				c.Truncate(32)
			}
		}
		if _, err := d.Append(caches, next); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "tokens/s")
}
