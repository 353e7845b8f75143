package transformer

import (
	"fmt"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
	"github.com/surefoot-ai/surefoot/policy/transformer/kernel/peak"
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
// which every weight could be read once a token: memory's speed changes with
// what else the machine does, so it is measured in turns with the tokens, and
// the medians are compared.
func BenchmarkFrozen(b *testing.B) {
	f, _, err := OpenFrozen(smolFolder(b))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	numbers := make([]uint16, 1<<28)
	for i := range numbers { // or it would all be one page of zeros
		numbers[i] = uint16(i)
	}
	memory := &kernel.BrainPanels{K: 1 << 10, N: 1 << 18, Data: numbers}
	for _, batch := range []int{1, 2, 4, 8, 32} {
		for threads := 1; threads <= 2; threads++ {
			b.Run(fmt.Sprintf("B=%d/threads=%d", batch, threads), func(b *testing.B) {
				benchmarkFrozen(b, f, memory, shape{batch, threads})
			})
		}
	}
}

type shape struct{ batch, threads int }

func benchmarkFrozen(b *testing.B, f *Frozen, memory *kernel.BrainPanels, s shape) {
	d := f.NewDecoder(s.threads)
	var caches []*Cache
	var prompts, next [][]int32
	for i := range s.batch {
		caches = append(caches, f.NewCache(256))
		prompts = append(prompts, randomTokens(f.Config(), uint64(i), 32))
		next = append(next, []int32{int32(i)})
	}
	if _, err := d.Append(caches, prompts); err != nil {
		b.Fatal(err)
	}
	team := kernel.NewTeam(kernel.Best(), s.threads)
	read := &kernel.BrainProduct{
		M: 1, N: memory.N, K: memory.K, A: make([]float32, memory.K), ARow: memory.K, B: memory,
		C: make([]float32, memory.N), CRow: memory.N, Parts: s.threads,
	}
	numbers := unsafe.Slice((*byte)(unsafe.Pointer(&memory.Data[0])), 2*len(memory.Data))
	bandwidth := func() float64 { // of the faster of two readers
		seconds := timed(func() { team.Do(func() { team.Run(read) }) }).Seconds()
		return max(float64(len(numbers))/seconds, peak.Read(numbers, s.threads, 0))
	}
	bandwidth() // so that C is there
	var steps []time.Duration
	var bandwidths []float64
	d.Do(func() { // as Generate does
		for i := 0; b.Loop(); i++ {
			if i%8 == 0 {
				b.StopTimer()
				bandwidths = append(bandwidths, bandwidth())
				b.StartTimer()
			}
			if caches[0].Len() == 160 {
				for _, c := range caches {
					c.Truncate(32)
				}
			}
			steps = append(steps, timed(func() {
				if _, err := d.Append(caches, next); err != nil {
					b.Fatal(err)
				}
			}))
		}
	})
	slices.Sort(steps)
	slices.Sort(bandwidths)
	step := steps[len(steps)/2].Seconds()
	memorySpeed := bandwidths[len(bandwidths)/2]
	b.ReportMetric(float64(s.batch)/step, "tokens/s")
	b.ReportMetric(memorySpeed/1e9, "GB/s")
	b.ReportMetric(float64(f.bytesPerToken())/step/memorySpeed, "of-bandwidth")
}

func timed(body func()) time.Duration {
	start := time.Now()
	body()
	return time.Since(start)
}

// smolFolder is a folder of a model of smolConfig, in the page cache. The memory
// it took to make is given back: a program that decodes a folder has not had
// it, and what it allocates lies together.
func smolFolder(b *testing.B) string {
	dir := filepath.Join(b.TempDir(), "model")
	if err := SaveFolder(dir, newModel(b, smolConfig()), BF16, nil); err != nil {
		b.Fatal(err)
	}
	debug.FreeOSMemory()
	return dir
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

// BenchmarkOpen is the time to open a folder of 269 MB of bfloat16 that is in
// the page cache, and to the first token.
func BenchmarkOpen(b *testing.B) {
	dir := smolFolder(b)
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
