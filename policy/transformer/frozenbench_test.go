package transformer

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// smolConfig is the shape of SmolLM2-135M: 134.5M weights.
func smolConfig() Config {
	return Config{
		Vocab: 49152, Dim: 576, Layers: 30, Heads: 9, KVHeads: 3, HeadDim: 64, Hidden: 1536,
		MaxTokens: 2048, RopeBase: 100000, NormEpsilon: 1e-5, TiedHead: true,
	}
}

// BenchmarkFrozen is cached decoding with weights of bfloat16, from 32 to 160
// tokens of context. It reports what share it is of the tokens a second at
// which every weight could be read once a token, at the best of the read
// bandwidths measured before and after.
func BenchmarkFrozen(b *testing.B) {
	f, err := newModel(b, smolConfig()).Freeze()
	if err != nil {
		b.Fatal(err)
	}
	for _, batch := range []int{1, 2, 4, 8, 32} {
		for threads := 1; threads <= 2; threads++ {
			b.Run(fmt.Sprintf("B=%d/threads=%d", batch, threads), func(b *testing.B) {
				before := readBandwidth(threads)
				benchmarkDecode(b, f.NewDecoder(threads), batch)
				bandwidth := max(before, readBandwidth(threads))
				steps := float64(b.N) / b.Elapsed().Seconds()
				b.ReportMetric(bandwidth/1e9, "GB/s")
				b.ReportMetric(steps*float64(f.bytesPerToken())/bandwidth, "of-bandwidth")
			})
		}
	}
}

// bytesPerToken is what a decoder reads of the weights for one token: all but
// the embedding's, of which it is one row.
func (f *Frozen) bytesPerToken() int {
	n := 0
	for _, p := range f.model.params[1:] {
		b, _ := f.files.bytes(p.Name)
		n += len(b)
	}
	if f.model.config.TiedHead {
		b, _ := f.files.bytes(embedTensor)
		n += len(b)
	}
	return n
}

// readBandwidth is the bytes a second at which so many goroutines read 512 MiB,
// at the best of some passes of plain Go and of the machine code.
func readBandwidth(threads int) float64 {
	const k, n = 1 << 10, 1 << 18
	p := kernel.NewBrainPanels(k, n)
	for i := range p.Data { // or it would all be one page of zeros
		p.Data[i] = uint16(i)
	}
	best := time.Duration(1 << 62)
	pass := func(read func()) {
		start := time.Now()
		read()
		best = min(best, time.Since(start))
	}
	team := kernel.NewTeam(kernel.Best(), threads)
	o := &kernel.BrainProduct{M: 1, N: n, K: k, A: make([]float32, k), ARow: k, B: p, C: make([]float32, n), CRow: n, Parts: threads}
	for range 4 {
		pass(func() { addUp(p.Data, threads) })
		pass(func() { team.Do(func() { team.Run(o) }) })
	}
	return float64(2*len(p.Data)) / best.Seconds()
}

// addUp adds numbers up, as fast as it can be said in Go.
func addUp(numbers []uint16, threads int) uint16 {
	sums := make([]uint16, threads)
	var all sync.WaitGroup
	for t := range threads {
		all.Go(func() {
			part := numbers[t*len(numbers)/threads : (t+1)*len(numbers)/threads]
			var s [8]uint16
			for len(part) >= 32 { // a cache line
				for i := range s {
					s[i] += part[i*4]
				}
				part = part[32:]
			}
			for _, v := range s {
				sums[t] += v
			}
		})
	}
	all.Wait()
	total := uint16(0)
	for _, v := range sums {
		total += v
	}
	return total
}

// BenchmarkOpen is the time to open a folder of 269 MB of bfloat16 that is in
// the page cache, and to the first token.
func BenchmarkOpen(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "model")
	if err := SaveFolder(dir, newModel(b, smolConfig()), BF16, nil); err != nil {
		b.Fatal(err)
	}
	if _, err := os.ReadFile(filepath.Join(dir, weightsFile)); err != nil {
		b.Fatal(err)
	}
	for threads := 1; threads <= 2; threads++ {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			var open, first time.Duration
			for b.Loop() {
				start := time.Now()
				f, _, err := OpenFrozen(dir)
				if err != nil {
					b.Fatal(err)
				}
				open += time.Since(start)
				d, c := f.NewDecoder(threads), f.NewCache(16)
				if _, err := d.Append([]*Cache{c}, [][]int32{{1}}); err != nil {
					b.Fatal(err)
				}
				first += time.Since(start)
				if err := f.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(open.Seconds()*1e3/float64(b.N), "ms-open")
			b.ReportMetric(first.Seconds()*1e3/float64(b.N), "ms-first-token")
		})
	}
	b.Run("LoadFolder", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := LoadFolder(dir); err != nil {
				b.Fatal(err)
			}
		}
	})
}
