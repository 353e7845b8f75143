package kerneltest

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// anyProduct is a product of a random shape without its right operand, either
// orientation of A, and perhaps with distances between rows and Add.
func anyProduct(rng *rand.Rand) *kernel.Product {
	o := &kernel.Product{M: 1 + rng.IntN(20), N: size(rng), K: size(rng)}
	switch rng.IntN(6) {
	case 0:
		o.M, o.N, o.K = 100+rng.IntN(200), 1+rng.IntN(40), 1+rng.IntN(20)
	case 1:
		o.K = 250 + rng.IntN(300)
	}
	o.ARow, o.ACol = o.K+rng.IntN(3), 1
	if rng.IntN(2) == 0 {
		o.ARow, o.ACol = 1, o.M+rng.IntN(3)
	}
	o.A = values(rng, (o.M-1)*o.ARow+(o.K-1)*o.ACol+1)
	o.CRow = o.N + rng.IntN(3)
	o.C = values(rng, (o.M-1)*o.CRow+o.N)
	switch rng.IntN(3) {
	case 0:
		o.Add = o.C
	case 1:
		o.Add = values(rng, len(o.C))
	}
	return o
}

func product(rng *rand.Rand) []kernel.Op {
	o := anyProduct(rng)
	// It may be the first rows and columns of the panels only.
	k, n, gap := o.K+rng.IntN(2)*7, o.N+rng.IntN(2)*40, rng.IntN(3)
	o.B = kernel.NewPanels(k, n)
	return []kernel.Op{&kernel.Pack{Dst: o.B, Src: values(rng, k*(n+gap)), Row: n + gap}, o}
}

func productTransposed(rng *rand.Rand) []kernel.Op {
	o := anyProduct(rng)
	o.B = kernel.NewPanels(o.K, o.N)
	row := o.K + rng.IntN(3)
	return []kernel.Op{&kernel.Pack{Dst: o.B, Src: values(rng, o.N*row), Row: row, Transposed: true}, o}
}

func productSpecial(rng *rand.Rand) []kernel.Op {
	ops := product(rng)
	pack, o := ops[0].(*kernel.Pack), ops[1].(*kernel.Product)
	inf := math.Inf(1)
	for _, v := range []float64{inf, -inf, math.NaN()} {
		o.A[rng.IntN(len(o.A))] = float32(v)
		pack.Src[rng.IntN(len(pack.Src))] = float32(v)
	}
	return ops
}

func brainProduct(rng *rand.Rand) []kernel.Op {
	p := anyProduct(rng)
	o := &kernel.BrainProduct{M: p.M, N: p.N, K: p.K, ARow: p.K + rng.IntN(3), C: p.C, CRow: p.CRow, Add: p.Add, Parts: rng.IntN(3)}
	o.A, o.B = values(rng, (o.M-1)*o.ARow+o.K), kernel.NewBrainPanels(o.K, o.N)
	var src []byte
	for _, v := range values(rng, o.K*o.N) {
		src = binary.LittleEndian.AppendUint16(src, uint16(math.Float32bits(v)>>16))
	}
	return []kernel.Op{&kernel.PackBrain{Dst: o.B, Src: src}, o}
}

// anyAttention is attention of random spans, several queries a key or one.
func anyAttention(rng *rand.Rand) *kernel.Attention {
	keys := 1 + rng.IntN(3)
	h := kernel.Heads{Queries: keys * (1 + rng.IntN(3)), Keys: keys, Dim: 2 * (1 + rng.IntN(20))}
	o := &kernel.Attention{Heads: h}
	n := 0
	for range rng.IntN(5) {
		s := kernel.Span{Row: n, Rows: 1}
		switch rng.IntN(4) {
		case 0:
			s.Rows = 30 + rng.IntN(20)
		case 1:
			s.Rows = 1 + rng.IntN(9)
		}
		o.Spans = append(o.Spans, s)
		n += s.Rows
	}
	o.Q, o.Out = values(rng, n*h.Queries*h.Dim), values(rng, n*h.Queries*h.Dim)
	o.K, o.V = values(rng, n*h.Keys*h.Dim), values(rng, n*h.Keys*h.Dim)
	return o
}

func attentionAlone(rng *rand.Rand) []kernel.Op {
	o := anyAttention(rng)
	if n := len(o.Q) / o.Heads.Dim; rng.IntN(2) == 0 {
		o.LogSum = values(rng, n)
	}
	return []kernel.Op{o}
}

// attentionCached fills caches, copies them to others of other capacities, as
// many positions as are in use, and goes on with these.
func attentionCached(rng *rand.Rand) []kernel.Op {
	first := anyAttention(rng)
	next := *first
	next.Q, next.Out = values(rng, len(first.Q)), values(rng, len(first.Q))
	next.K, next.V = values(rng, len(first.K)), values(rng, len(first.K))
	next.Spans = nil
	ops := []kernel.Op{first}
	for _, s := range first.Spans {
		used := s.Rows
		s.Start = rng.IntN(used + 1) // what comes after it is written to again
		next.Spans = append(next.Spans, s)
		small, large := used+rng.IntN(3), s.Start+s.Rows+rng.IntN(60)
		for range first.Heads.Keys {
			keys, values := kernel.NewPanels(first.Heads.Dim, small), kernel.NewPanels(small, first.Heads.Dim)
			first.KeyCache, first.ValueCache = append(first.KeyCache, keys), append(first.ValueCache, values)
			moreKeys, moreValues := kernel.NewPanels(first.Heads.Dim, large), kernel.NewPanels(large, first.Heads.Dim)
			next.KeyCache, next.ValueCache = append(next.KeyCache, moreKeys), append(next.ValueCache, moreValues)
			ops = append(ops,
				&kernel.CopyPanels{Dst: moreKeys, Src: keys, Rows: keys.K, Cols: s.Start},
				&kernel.CopyPanels{Dst: moreValues, Src: values, Rows: s.Start, Cols: values.N})
		}
	}
	return append(ops, &next)
}

func attentionGradient(rng *rand.Rand) []kernel.Op {
	f := anyAttention(rng)
	f.LogSum = values(rng, len(f.Q)/f.Heads.Dim)
	NewReference().Run(f)
	return []kernel.Op{&kernel.AttentionGrad{
		Heads: f.Heads, Spans: f.Spans, Q: f.Q, K: f.K, V: f.V, Out: f.Out, DOut: values(rng, len(f.Q)), LogSum: f.LogSum,
		DQ: values(rng, len(f.Q)), DK: values(rng, len(f.K)), DV: values(rng, len(f.K)),
	}}
}
