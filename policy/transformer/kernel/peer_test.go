//go:build peers

package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
	"github.com/surefoot-ai/surefoot/policy/transformer/kernel/peak"
	"github.com/surefoot-ai/surefoot/policy/transformer/kernel/peertest"
)

// turn is how long a side works in its turn, about.
const turn = 60 * time.Millisecond

// openBLAS is a process with one choice of OpenBLAS's kernels.
type openBLAS struct{ process *peertest.Process }

// coreTypes are OpenBLAS's kernels for the same instructions as a Set's.
var coreTypes = map[string]string{"avx512": "SkylakeX", "avx2": "Haswell"}

func startOpenBLAS(b *testing.B, set kernel.Set) openBLAS {
	b.Helper()
	core, ok := coreTypes[set.String()]
	if !ok {
		b.Skipf("no peer for %v", set)
	}
	var ready struct{ Core, Version string }
	p := peertest.Start(b, peertest.Script{
		Path:        "testdata/openblas.py",
		Environment: []string{"OPENBLAS_CORETYPE=" + core, "OPENBLAS_NUM_THREADS=2"},
		Needs:       "python3 libopenblas0-pthread",
	}, &ready)
	if !strings.EqualFold(ready.Core, core) {
		b.Fatalf("%s runs its kernels for %s, want %s", ready.Version, ready.Core, core)
	}
	return openBLAS{p}
}

// request is one of openblas.py's.
type request struct {
	M       int     `json:"m"`
	N       int     `json:"n"`
	K       int     `json:"k"`
	TA      bool    `json:"ta"`
	TB      bool    `json:"tb"`
	Batch   int     `json:"batch"`
	Threads int     `json:"threads"`
	Budget  float64 `json:"budget"` // seconds
}

// seconds is the time of a batch of products.
func (o openBLAS) seconds(b *testing.B, r request) float64 {
	b.Helper()
	var answer struct{ Seconds float64 }
	r.Budget = turn.Seconds()
	o.process.Ask(b, r, &answer)
	if !(answer.Seconds > 0) {
		b.Fatalf("%+v took %v s, less than no work does", r, answer.Seconds)
	}
	return answer.Seconds
}

// product is a shape to compare.
type product struct {
	m, n, k int
	kind    kind
	pack    bool // the right operand is packed in each call
}

type kind uint8

const (
	square  kind = iota
	forward      // Y = X·Wᵀ
	weights      // dW = dYᵀ·X
)

func (k kind) String() string { return [...]string{"square", "forward", "weights"}[k] }

// products are those of the decoder of the speed bar, d=256 with 704 hidden:
// training on 4096 tokens, which all go through attention's last projection at
// once and through the others 512 at a time; sampling 64 sequences; sampling
// one; then layers of larger models for one token, the last the head of
// SmolLM2-135M. The decoder's own head has the shape of its attention's
// projections: its vocabulary is 256.
//
// OpenBLAS packs its operands in every call. We pack weights once an update and
// use them in many products, so packing is not in our time; packed says what it
// would be with it. The right operand of a weight gradient is new each time,
// but serves up to three products.
var products = []product{
	{1024, 1024, 1024, square, false},
	{1024, 1024, 1024, square, true},
	{4096, 256, 256, forward, false},
	{512, 256, 256, forward, false},
	{512, 704, 256, forward, false},
	{512, 256, 704, forward, false},
	{256, 256, 512, weights, false},
	{256, 256, 512, weights, true},
	{704, 256, 512, weights, false},
	{704, 256, 512, weights, true},
	{256, 704, 512, weights, false},
	{256, 704, 512, weights, true},
	{64, 256, 256, forward, false},
	{64, 704, 256, forward, false},
	{64, 256, 704, forward, false},
	{1, 256, 256, forward, false},
	{1, 704, 256, forward, false},
	{1, 256, 704, forward, false},
	{1, 1536, 576, forward, false},
	{1, 4096, 1024, forward, false},
	{1, 49152, 576, forward, false},
}

func (p product) String() string {
	s := fmt.Sprintf("%v=%dx%dx%d", p.kind, p.m, p.n, p.k)
	if p.pack {
		s += "/packed"
	}
	return s
}

func (p product) operations() float64 { return 2 * float64(p.m) * float64(p.n) * float64(p.k) }

// request is the product as OpenBLAS gets it, from the same layouts.
func (p product) request(threads int) request {
	return request{M: p.m, N: p.n, K: p.k, TA: p.kind == weights, TB: p.kind == forward, Batch: 1, Threads: threads}
}

// prepare returns the product as a function to be called in team.Do.
func (p product) prepare(rng *rand.Rand, team *kernel.Team) func() {
	panels := kernel.NewPanels(p.k, p.n)
	pack := &kernel.Pack{Dst: panels, Src: normal(rng, p.k*p.n), Row: p.n}
	op := &kernel.Product{
		M: p.m, N: p.n, K: p.k,
		A: normal(rng, p.m*p.k), ARow: p.k, ACol: 1, B: panels, C: make([]float32, p.m*p.n), CRow: p.n,
	}
	switch p.kind {
	case forward: // W is N×K
		pack.Row, pack.Transposed = p.k, true
	case weights: // dY is K×M
		op.ARow, op.ACol = 1, p.m
	}
	team.Run(pack)
	if !p.pack {
		return func() { team.Run(op) }
	}
	return func() {
		team.Run(pack)
		team.Run(op)
	}
}

func normal(rng *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	return out
}

// BenchmarkPeerProduct compares products with OpenBLAS's in GFLOP/s: AVX-512
// with its SkylakeX kernels, AVX2 with its Haswell kernels. Names are
// kind=rows×columns×inner.
func BenchmarkPeerProduct(b *testing.B) {
	forEachSet(b, func(b *testing.B, blas openBLAS, set kernel.Set, threads int) {
		for _, p := range products {
			b.Run(p.String(), func(b *testing.B) {
				team := kernel.NewTeam(set, threads)
				call := p.prepare(rand.New(rand.NewPCG(1, 2)), team)
				var t peertest.Turns
				t.Run(b,
					func() float64 { return p.operations() / secondsIn(team, call) },
					func() float64 { return p.operations() / blas.seconds(b, p.request(threads)) })
				t.Report(b, "OpenBLAS", "GFLOP/s", 1e9)
			})
		}
	})
}

// The attention of the speed bar's decoder in training: 64 sequences of 64
// tokens, 4 heads of 64.
const (
	sequences, length, heads, dim = 64, 64, 4, 64
	width                         = heads * dim
	attentionOperations           = 2 * 2 * length * length * dim * heads * sequences
)

// BenchmarkPeerAttention compares the two products of each head of attention
// with OpenBLAS's: products, those alone, of all 64×64 pairs; attention, the
// operation that the model runs. This one is not the same work as theirs: it
// takes the softmax, and leaves out a part of what the mask hides. Ours packs
// keys and values in both. GFLOP/s counts all pairs of the products.
//
// OpenBLAS has no call for many small products, and does one this small on one
// core: its time on two is taken as half of that on one, the best there could
// be.
func BenchmarkPeerAttention(b *testing.B) {
	forEachSet(b, func(b *testing.B, blas openBLAS, set kernel.Set, threads int) {
		rng := rand.New(rand.NewPCG(1, 2))
		const size = sequences * length * width
		op := &kernel.Attention{
			Heads: kernel.Heads{Queries: heads, Keys: heads, Dim: dim},
			Q:     normal(rng, size), K: normal(rng, size), V: normal(rng, size), Out: make([]float32, size),
		}
		for i := range sequences {
			op.Spans = append(op.Spans, kernel.Span{Row: i * length, Rows: length})
		}
		scores := request{M: length, N: length, K: dim, TB: true, Batch: heads * sequences, Threads: 1}
		values := request{M: length, N: dim, K: length, Batch: heads * sequences, Threads: 1}
		theirs := func() float64 {
			return attentionOperations * float64(threads) / (blas.seconds(b, scores) + blas.seconds(b, values))
		}
		team := kernel.NewTeam(set, threads)
		compare := func(op kernel.Op) func(b *testing.B) {
			return func(b *testing.B) {
				var t peertest.Turns
				t.Run(b, func() float64 {
					return attentionOperations / secondsIn(team, func() { team.Run(op) })
				}, theirs)
				t.Report(b, "OpenBLAS", "GFLOP/s", 1e9)
			}
		}
		b.Run("products", compare(newHeadProducts(op, threads)))
		b.Run("attention", compare(op))
	})
}

// headProducts is the products of an attention without what comes between
// them: Q·Kᵀ and, as if that were the probabilities, times V.
type headProducts struct {
	of   *kernel.Attention
	free chan *headScratch // as many as workers
}

// headScratch is what a worker needs for one head.
type headScratch struct {
	panels  *kernel.Panels
	pack    kernel.Pack
	product kernel.Product
	scores  []float32
}

func newHeadProducts(of *kernel.Attention, workers int) *headProducts {
	h := &headProducts{of, make(chan *headScratch, workers)}
	for range workers {
		h.free <- &headScratch{panels: kernel.NewPanels(dim, length), scores: make([]float32, length*length)}
	}
	return h
}

// Units is the number of heads of all sequences.
func (h *headProducts) Units() int { return sequences * heads }

// Run does both products of a head.
func (h *headProducts) Run(w *kernel.Worker, unit int) {
	s := <-h.free
	at := unit/heads*length*width + unit%heads*dim
	s.panels.Reset(dim, length)
	s.pack = kernel.Pack{Dst: s.panels, Src: h.of.K[at:], Row: width, Transposed: true}
	s.product = kernel.Product{
		M: length, N: length, K: dim, A: h.of.Q[at:], ARow: width, ACol: 1, B: s.panels, C: s.scores, CRow: length,
	}
	s.run(w)
	s.panels.Reset(length, dim)
	s.pack = kernel.Pack{Dst: s.panels, Src: h.of.V[at:], Row: width}
	s.product = kernel.Product{
		M: length, N: dim, K: length, A: s.scores, ARow: length, ACol: 1, B: s.panels, C: h.of.Out[at:], CRow: width,
	}
	s.run(w)
	h.free <- s
}

func (s *headScratch) run(w *kernel.Worker) {
	for _, op := range []kernel.Op{&s.pack, &s.product} {
		for i := range op.Units() {
			op.Run(w, i)
		}
	}
}

// forEachSet runs f for each Set that OpenBLAS has kernels for, fastest first,
// and one and two threads.
func forEachSet(b *testing.B, f func(b *testing.B, blas openBLAS, set kernel.Set, threads int)) {
	sets := kernel.Available()
	for i := range sets {
		set := sets[len(sets)-1-i]
		b.Run(fmt.Sprintf("set=%v", set), func(b *testing.B) {
			blas := startOpenBLAS(b, set)
			for threads := 1; threads <= 2; threads++ {
				b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) { f(b, blas, set, threads) })
			}
		})
	}
}

// secondsIn is the time of a call with the team awake.
func secondsIn(team *kernel.Team, call func()) (s float64) {
	team.Do(func() { s = peertest.Seconds(turn, call) })
	return s
}

// BenchmarkPeak reports what the machine can do at most, the best of all
// iterations: multiply-adds in registers for vectors of 256 and 512 bits, and
// reading memory.
func BenchmarkPeak(b *testing.B) {
	memory := make([]byte, 1<<29)
	for i := range memory {
		memory[i] = byte(i)
	}
	for threads := 1; threads <= 2; threads++ {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			var avx2, avx512, read float64
			for b.Loop() {
				avx2 = max(avx2, peak.MultiplyAdds(256, threads, turn))
				avx512 = max(avx512, peak.MultiplyAdds(512, threads, turn))
				read = max(read, peak.Read(memory, threads, 4*turn))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(avx2/1e9, "avx2-GFLOP/s")
			b.ReportMetric(avx512/1e9, "avx512-GFLOP/s")
			b.ReportMetric(read/1e9, "read-GB/s")
		})
	}
}
