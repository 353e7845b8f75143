package kerneltest

import (
	"slices"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// rows is the number of rows or spans of op that do not depend on each other, 0
// if it has none.
func rows(op kernel.Op) int {
	switch o := op.(type) {
	case *kernel.Product:
		return o.M
	case *kernel.BrainProduct:
		return o.M
	case *kernel.Bias:
		return o.Rows
	case *kernel.Norm:
		return o.Rows
	case *kernel.NormGrad:
		return o.Rows
	case *kernel.Gate:
		return len(o.G)
	case *kernel.GateGrad:
		return len(o.G)
	case *kernel.Rotate:
		return o.Rows
	case *kernel.Attention:
		return len(o.Spans)
	case *kernel.AttentionGrad:
		return len(o.Spans)
	case *kernel.LogSoftmax:
		return o.Rows
	}
	return 0
}

// restrict makes op work on rows [lo,hi), or spans, which follow each other.
func restrict(op kernel.Op, lo, hi int) {
	part := func(x *[]float32, width int) {
		if *x != nil {
			*x = (*x)[lo*width : hi*width]
		}
	}
	last := func(x *[]float32, distance, width int) {
		if *x != nil {
			*x = (*x)[lo*distance : (hi-1)*distance+width]
		}
	}
	switch o := op.(type) {
	case *kernel.Product:
		o.M = hi - lo
		o.A = o.A[lo*o.ARow:]
		last(&o.C, o.CRow, o.N)
		last(&o.Add, o.CRow, o.N)
	case *kernel.BrainProduct:
		o.M = hi - lo
		o.A = o.A[lo*o.ARow:]
		last(&o.C, o.CRow, o.N)
		last(&o.Add, o.CRow, o.N)
	case *kernel.Bias:
		o.Rows = hi - lo
		part(&o.X, o.Cols)
	case *kernel.Norm:
		o.Rows = hi - lo
		part(&o.X, o.Cols)
		part(&o.Out, o.Cols)
		part(&o.Inverse, 1)
	case *kernel.NormGrad:
		o.Rows = hi - lo
		part(&o.X, o.Cols)
		part(&o.DOut, o.Cols)
		part(&o.DX, o.Cols)
		part(&o.Inverse, 1)
	default:
		restrictElements(op, lo, hi)
	}
}

// restrictElements is restrict for operations without a weight.
func restrictElements(op kernel.Op, lo, hi int) {
	part := func(x *[]float32, width int) {
		if *x != nil {
			*x = (*x)[lo*width : hi*width]
		}
	}
	switch o := op.(type) {
	case *kernel.Gate:
		part(&o.Out, 1)
		part(&o.G, 1)
		part(&o.U, 1)
	case *kernel.GateGrad:
		part(&o.G, 1)
		part(&o.U, 1)
		part(&o.D, 1)
		part(&o.Act, 1)
	case *kernel.Rotate:
		o.Rows, o.Positions = hi-lo, o.Positions[lo:hi]
		part(&o.X, o.Heads*o.HeadDim)
	case *kernel.LogSoftmax:
		o.Rows, o.Tokens, o.Allowed = hi-lo, o.Tokens[lo:hi], o.Allowed[lo:hi]
		part(&o.Logits, o.Row)
		part(&o.LogProb, 1)
		part(&o.Entropy, 1)
		part(&o.DLogProb, 1)
		part(&o.DEntropy, 1)
	default:
		restrictSpans(op, lo, hi)
	}
}

// restrictSpans is restrict for attention.
func restrictSpans(op kernel.Op, lo, hi int) {
	var from, to int // rows
	narrow := func(spans []kernel.Span) []kernel.Span {
		spans = slices.Clone(spans[lo:hi])
		from, to = spans[0].Row, spans[hi-lo-1].Row+spans[hi-lo-1].Rows
		for i := range spans {
			spans[i].Row -= from
		}
		return spans
	}
	part := func(width int, all ...*[]float32) {
		for _, x := range all {
			if *x != nil {
				*x = (*x)[from*width : to*width]
			}
		}
	}
	switch o := op.(type) {
	case *kernel.Attention:
		h := o.Heads
		o.Spans = narrow(o.Spans)
		part(h.Queries*h.Dim, &o.Q, &o.Out)
		part(h.Keys*h.Dim, &o.K, &o.V)
		part(h.Queries, &o.LogSum)
		if o.KeyCache != nil {
			o.KeyCache, o.ValueCache = o.KeyCache[lo*h.Keys:hi*h.Keys], o.ValueCache[lo*h.Keys:hi*h.Keys]
		}
	case *kernel.AttentionGrad:
		h := o.Heads
		o.Spans = narrow(o.Spans)
		part(h.Queries*h.Dim, &o.Q, &o.Out, &o.DOut, &o.DQ)
		part(h.Keys*h.Dim, &o.K, &o.V, &o.DK, &o.DV)
		part(h.Queries, &o.LogSum)
	}
}
