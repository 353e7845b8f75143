//go:build peers

package transformer

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
	"github.com/surefoot-ai/surefoot/policy/transformer/kernel/peak"
	"github.com/surefoot-ai/surefoot/policy/transformer/kernel/peertest"
)

// The work that is compared: steps on 64 sequences of 64 tokens, and sampling
// as many tokens, after a prompt of one, for 64 sequences at a time or for one.
const peerSequences, peerLength = 64, 64

// BenchmarkPeer compares training and sampling with PyTorch, in tokens a
// second. The models are of one size but not the same: ours is Llama's
// (RMSNorm, rotary positions, SwiGLU with 704 hidden, no biases: 3.38M
// parameters), testdata/torch_decoder.py's GPT-2's (LayerNorm, learned
// positions, GELU with 1024 hidden, biases: 3.31M). Both are float32, and
// train with AdamW after clipping gradients to norm 1.
//
// PyTorch runs at its best: the benchmarks PyTorch/… try every setting, and
// each of the others takes the one that was fastest at its work. Where a filter
// leaves them out it is the one that was fastest for the project.
//
// peak-share is 6 operations a parameter and token of training, as a share of
// the multiply-adds that the processor does at the same time of the run.
func BenchmarkPeer(b *testing.B) {
	for threads := 1; threads <= 2; threads++ {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			all := torchSettings(threads)
			best := map[string]torchSetting{}
			fastest := map[string]float64{}
			b.Run("PyTorch", func(b *testing.B) {
				for _, s := range all {
					b.Run(s.String(), func(b *testing.B) { tryTorch(b, s, best, fastest) })
				}
			})
			for _, w := range peerWorks() {
				b.Run(w.name, func(b *testing.B) {
					s, ok := best[w.name]
					if !ok {
						s = all[0]
					}
					b.Logf("PyTorch with %v", s)
					comparePyTorch(b, w, s, threads)
				})
			}
		})
	}
}

// torchSetting is what decides how fast PyTorch is.
type torchSetting struct {
	pool   int    // OMP_NUM_THREADS
	blas   int    // OPENBLAS_NUM_THREADS
	vector string // ATEN_CPU_CAPABILITY
}

func (s torchSetting) String() string {
	return fmt.Sprintf("pool=%d/blas=%d/vector=%s", s.pool, s.blas, s.vector)
}

// torchSettings lists all for a number of threads, the one that was fastest for
// the project first.
func torchSettings(threads int) []torchSetting {
	var all []torchSetting
	for _, vector := range []string{"avx2", "avx512"} {
		if vector == "avx512" && kernel.Best().String() != vector {
			continue
		}
		for pool := 1; pool <= threads; pool++ {
			for blas := threads; blas >= 1; blas-- {
				all = append(all, torchSetting{pool, blas, vector})
			}
		}
	}
	return all
}

// torch is a process of PyTorch.
type torch struct{ process *peertest.Process }

func startTorch(b *testing.B, s torchSetting) torch {
	b.Helper()
	core := "Haswell"
	if kernel.Best().String() == "avx512" {
		core = "SkylakeX"
	}
	var ready struct {
		Version    string
		Parameters int
	}
	return torch{peertest.Start(b, peertest.Script{
		Path: "testdata/torch_decoder.py",
		Environment: []string{
			"OPENBLAS_CORETYPE=" + core,
			fmt.Sprintf("OMP_NUM_THREADS=%d", s.pool),
			fmt.Sprintf("OPENBLAS_NUM_THREADS=%d", s.blas),
			"ATEN_CPU_CAPABILITY=" + s.vector,
		},
		Needs: "python3-torch libopenblas0-pthread",
	}, &ready)}
}

// rate is tokens a second in a turn.
func (t torch) rate(b *testing.B, w peerWork) float64 {
	b.Helper()
	request := struct {
		Do    string `json:"do"`
		Batch int    `json:"batch"`
		Times int    `json:"times"`
	}{"train", 0, w.times}
	if w.batch > 0 {
		request.Do, request.Batch = "sample", w.batch
	}
	var answer struct{ Seconds []float64 }
	t.process.Ask(b, request, &answer)
	return w.rate(answer.Seconds)
}

// peerWork is what a turn does.
type peerWork struct {
	name  string
	batch int // sequences sampled at a time; 0: train
	times int // in a turn, of which the first, with caches full of other things, does not count
}

func peerWorks() []peerWork {
	return []peerWork{{"train", 0, 5}, {"sample=64", 64, 4}, {"sample=1", 1, 6}}
}

// tokens is how many one time takes.
func (w peerWork) tokens() float64 {
	if w.batch == 0 {
		return peerSequences * peerLength
	}
	return float64(w.batch * peerLength)
}

// rate is tokens a second, from the seconds that each time took.
func (w peerWork) rate(seconds []float64) float64 { return w.tokens() / peertest.Median(seconds[1:]) }

// tryTorch measures a setting at all works, three times, and notes it where it
// is the fastest so far.
func tryTorch(b *testing.B, s torchSetting, best map[string]torchSetting, fastest map[string]float64) {
	t := startTorch(b, s)
	rates := map[string][]float64{}
	for b.Loop() {
		for _, w := range peerWorks() {
			if len(rates[w.name]) < 3 {
				rates[w.name] = append(rates[w.name], t.rate(b, w))
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, w := range peerWorks() {
		r := slices.Max(rates[w.name])
		b.ReportMetric(r, w.name+"-tokens/s")
		if r > fastest[w.name] {
			fastest[w.name], best[w.name] = r, s
		}
	}
}

// comparePyTorch takes turns at w.
func comparePyTorch(b *testing.B, w peerWork, s torchSetting, threads int) {
	process := startTorch(b, s)
	m := newModel(b, barConfig())
	var work func()
	if w.batch > 0 {
		var caches []*Cache
		for range w.batch {
			caches = append(caches, NewCache(m, peerLength))
		}
		sampler := newSampler(m, threads, caches)
		work = func() { sampler.run(b, 0, peerLength) }
	} else {
		work = newTraining(b, m, threads, randomBatch(m.Config(), peerSequences, peerLength))
	}
	var turns peertest.Turns
	var shares []float64
	turns.Run(b, func() float64 {
		rate := w.rate(timesOf(w.times, work))
		shares = append(shares, 6*float64(m.Config().ParameterCount())*rate/multiplyAdds(threads))
		return rate
	}, func() float64 { return process.rate(b, w) })
	turns.Report(b, "PyTorch", "tokens/s", 1)
	if share := peertest.Median(shares); w.batch == 0 && !math.IsInf(share, 0) {
		b.ReportMetric(share, "peak-share")
	}
}

// timesOf returns the seconds of each of n calls.
func timesOf(n int, f func()) []float64 {
	var all []float64
	for range n {
		begin := time.Now()
		f()
		all = append(all, time.Since(begin).Seconds())
	}
	return all
}

// multiplyAdds is the processor's peak with the widest vectors it has.
func multiplyAdds(threads int) float64 {
	return max(peak.MultiplyAdds(256, threads, 20*time.Millisecond), peak.MultiplyAdds(512, threads, 20*time.Millisecond))
}

// sampler samples sequences together, at temperature 1 from the whole
// vocabulary.
type sampler struct {
	decoder   *Decoder
	sequences []Sequence
}

// newSampler returns a sampler of sequences with these caches.
func newSampler(m *Model, threads int, caches []*Cache) *sampler {
	s := &sampler{decoder: m.NewDecoder(threads)}
	for i, c := range caches {
		s.sequences = append(s.sequences, Sequence{Cache: c, Tokens: []int32{0}, Rand: newRand(uint64(i))})
	}
	return s
}

// run cuts all sequences to their first tokens, at most, appends token 0 and
// samples n more.
func (s *sampler) run(b *testing.B, first, n int) {
	for _, q := range s.sequences {
		q.Cache.Truncate(first)
	}
	out, err := s.decoder.Generate(b.Context(), s.sequences, GenerateOptions{Sampling: DefaultSampling(), MaxTokens: n})
	if err != nil {
		b.Fatal(err)
	}
	for i, c := range out {
		if len(c.Tokens) != n {
			b.Fatalf("sequence %d has %d new tokens, want %d", i, len(c.Tokens), n)
		}
	}
}
