package kernel

import "math"

// queryRows is the number of queries attended to at a time.
const queryRows = 32

// Span is a run of consecutive positions of one sequence within the rows of a
// batch.
type Span struct {
	Row   int // of the first position
	Rows  int
	Start int // position of the first row: what is before it is in the caches
}

// Heads is the shape of grouped-query attention (Ainslie et al. 2023,
// arXiv:2305.13245): query head h reads key and value head h/(Queries/Keys).
type Heads struct{ Queries, Keys, Dim int }

func (h Heads) scale() float32 { return float32(1 / math.Sqrt(float64(h.Dim))) }

// Attention is causal attention within each span (Vaswani et al. 2017,
// arXiv:1706.03762, eq. 1).
type Attention struct {
	Heads Heads
	Spans []Span
	Q     []float32 // (rows, Queries*Dim)
	K, V  []float32 // (rows, Keys*Dim)

	// KeyCache and ValueCache, if not nil, hold one cache for each span and
	// key head, span after span, with the positions before the span: keys as
	// Dim × capacity, values as capacity × Dim. K and V are added to them.
	KeyCache, ValueCache []*Panels

	Out    []float32 // (rows, Queries*Dim)
	LogSum []float32 // (rows, Queries), out; nil: not kept. Log of the softmax's denominator
}

// pairsAtOnce is how many pairs of span and key head a unit has if the spans
// are short: while one is attended to the next one's caches are fetched.
const pairsAtOnce = 8

// pairs is the number of pairs of span and key head of a unit.
func (o *Attention) pairs() int {
	if len(o.KeyCache) == 0 {
		return 1
	}
	last := o.Spans[len(o.Spans)-1]
	if last.Row+last.Rows > 2*len(o.Spans) {
		return 1
	}
	return pairsAtOnce
}

// Units is the number of pairs of span and key head, by pairs.
func (o *Attention) Units() int { return units(len(o.Spans)*o.Heads.Keys, o.pairs()) }

// Run does some pairs of span and key head.
func (o *Attention) Run(w *Worker, unit int) {
	lo, hi := chunk(unit, o.pairs(), len(o.Spans)*o.Heads.Keys)
	for pair := lo; pair < hi; pair++ {
		if o.KeyCache == nil {
			w.attendSpan(o, pair)
			continue
		}
		if pair == lo {
			w.fetchPair(o, pair)
		}
		if pair+1 < hi {
			w.fetchPair(o, pair+1)
		}
		w.attendSpan(o, pair)
	}
}

// fetchPair asks for the caches of a pair, as far as they are in use.
func (w *Worker) fetchPair(o *Attention, pair int) {
	s := o.Spans[pair/o.Heads.Keys]
	n, keys, values := s.Start+s.Rows, o.KeyCache[pair], o.ValueCache[pair]
	w.set.fetch(keys.Data[:units(n, Width)*keys.K*Width])
	for j := range units(values.N, Width) {
		w.set.fetch(values.panel(j)[:n*Width])
	}
}

// attendSpan does all queries of one span for the query heads of one key head.
// The heads' queries at one position are done together, those at several head
// by head.
func (w *Worker) attendSpan(o *Attention, pair int) {
	h, s := o.Heads, o.Spans[pair/o.Heads.Keys]
	kh := pair % h.Keys
	keys, values := &w.panels[0], &w.panels[1]
	at := (s.Row*h.Keys + kh) * h.Dim
	if o.KeyCache != nil {
		keys, values = o.KeyCache[pair], o.ValueCache[pair]
		for i := range s.Rows {
			from := at + i*h.Keys*h.Dim
			keys.setColumn(s.Start+i, o.K[from:from+h.Dim])
			values.setRow(s.Start+i, o.V[from:from+h.Dim])
		}
	} else {
		w.packSpan(keys, o.K[at:], s.Rows, h, transposed)
		w.packSpan(values, o.V[at:], s.Rows, h, plain)
	}
	group := h.Queries / h.Keys
	if s.Rows == 1 {
		if group == 1 {
			w.attendOne(o, pair, keys, values)
			return
		}
		for g := 0; g < group; g += queryRows {
			w.attend(o, queries{head: kh*group + g, row: s.Row, heads: min(queryRows, group-g), start: s.Start}, keys, values)
		}
		return
	}
	for q := kh * group; q < (kh+1)*group; q++ {
		for r := 0; r < s.Rows; r += queryRows {
			n := min(queryRows, s.Rows-r)
			w.attend(o, queries{head: q, row: s.Row + r, rows: n, start: s.Start + r}, keys, values)
		}
	}
}

type orientation uint8

const (
	plain orientation = iota
	transposed
)

// packSpan packs the rows of one key head.
func (w *Worker) packSpan(p *Panels, src []float32, rows int, how Heads, o orientation) {
	pack := Pack{Dst: p, Src: src, Row: how.Keys * how.Dim, Transposed: o == transposed}
	if pack.Transposed {
		p.Reset(how.Dim, rows)
	} else {
		p.Reset(rows, how.Dim)
	}
	for i := range pack.Units() {
		pack.Run(w, i)
	}
}

// attendOne does one query of one head, which is what attend would do.
func (w *Worker) attendOne(o *Attention, pair int, keys, values *Panels) {
	h, s := o.Heads, o.Spans[pair/o.Heads.Keys]
	at, seen := (s.Row*h.Queries+pair%h.Keys)*h.Dim, s.Start+1
	w.scores = grow(w.scores, units(seen, strip)*strip)
	w.rowTimes(w.scores, o.Q[at:at+h.Dim], keys)
	shift, sum := w.softmax(w.scores, seen, h.scale())
	if o.LogSum != nil {
		o.LogSum[s.Row*h.Queries+pair%h.Keys] = logSum(shift, sum)
	}
	w.rowTimes(o.Out[at:at+h.Dim], w.scores[:seen], values)
}

// queries are rows [row, row+rows) of one head, at positions from start; or, if
// rows is 0, so many heads of one row.
type queries struct{ head, row, rows, heads, start int }

// attend computes one block of queries.
func (w *Worker) attend(o *Attention, q queries, keys, values *Panels) {
	h := o.Heads
	rows, seen, stride := q.rows, q.start+q.rows, h.Queries*h.Dim
	if rows == 0 {
		rows, seen, stride = q.heads, q.start+1, h.Dim
	}
	width := units(seen, strip) * strip
	w.scores = grow(w.scores, queryRows*width)
	at := (q.row*h.Queries + q.head) * h.Dim
	scores := Product{
		M: rows, N: width, K: h.Dim,
		A: o.Q[at:], ARow: stride, ACol: 1, B: keys, C: w.scores, CRow: width,
	}
	w.product(&scores, rect{0, rows, 0, units(width, Width)})
	scale := h.scale()
	for i := range rows {
		s, n, at := w.scores[i*width:(i+1)*width], q.start+i+1, (q.row+i)*h.Queries+q.head
		if q.rows == 0 {
			n, at = seen, q.row*h.Queries+q.head+i
		}
		shift, sum := w.softmax(s, n, scale)
		if o.LogSum != nil {
			o.LogSum[at] = logSum(shift, sum)
		}
	}
	out := Product{
		M: rows, N: h.Dim, K: seen,
		A: w.scores, ARow: width, ACol: 1, B: values, C: o.Out[at:], CRow: stride,
	}
	w.product(&out, rect{0, rows, 0, units(h.Dim, Width)})
}

// softmax turns the first n of the scores into probabilities, the others into
// 0, and returns the denominator as sum·exp(shift).
func (w *Worker) softmax(s []float32, n int, scale float32) (shift, sum float32) {
	clearTo(s[n:], negInf())
	shift = float32(w.set.maxOf(s[:n]) * scale)
	// Sums run over whole lanes, so the padding is part of them: exp(-Inf) is 0.
	sum = w.set.expShift(s[:lanes(n)], scale, shift)
	clear(s[lanes(n):])
	w.set.scaleBy(s[:n], 1/sum)
	return shift, sum
}

// logSum is the log of sum·exp(shift).
func logSum(shift, sum float32) float32 { return shift + float32(math.Log(float64(sum))) }

// lanes is n rounded up to whole vectors; a row of scores is that long at least.
func lanes(n int) int { return (n + 15) &^ 15 }

func clearTo(s []float32, v float32) {
	for i := range s {
		s[i] = v
	}
}

func negInf() float32 { return float32(math.Inf(-1)) }

// AttentionGrad is the gradient of an [Attention] without caches, from LogSum
// and Out of its forward pass.
type AttentionGrad struct {
	Heads      Heads
	Spans      []Span
	Q, K, V    []float32
	Out, DOut  []float32
	LogSum     []float32
	DQ, DK, DV []float32 // out, laid out as Q, K, V; overwritten
}

// Units is the number of pairs of span and key head.
func (o *AttentionGrad) Units() int { return len(o.Spans) * o.Heads.Keys }

// Run does one span for one key head. The query heads of the group add to the
// key's gradient in ascending order, and in each head the blocks of queries.
func (o *AttentionGrad) Run(w *Worker, unit int) {
	h, s := o.Heads, o.Spans[unit/o.Heads.Keys]
	kh := unit % h.Keys
	at := (s.Row*h.Keys + kh) * h.Dim
	w.packSpan(&w.panels[0], o.K[at:], s.Rows, h, transposed)
	w.packSpan(&w.panels[1], o.V[at:], s.Rows, h, transposed)
	w.packSpan(&w.panels[2], o.K[at:], s.Rows, h, plain)
	for i := range s.Rows {
		from := at + i*h.Keys*h.Dim
		clear(o.DK[from : from+h.Dim])
		clear(o.DV[from : from+h.Dim])
	}
	group := h.Queries / h.Keys
	for q := kh * group; q < (kh+1)*group; q++ {
		for r := 0; r < s.Rows; r += queryRows {
			n := min(queryRows, s.Rows-r)
			w.attendGrad(o, queries{head: q, row: s.Row + r, rows: n, start: r}, at)
		}
	}
}

// attendGrad does one block of queries of a span whose keys start at element
// kv of K: with P the probabilities, dP = dO·Vᵀ, dS = P∘(dP - Σ dO∘O)·scale,
// dQ = dS·K, dK += dSᵀ·Q, dV += Pᵀ·dO.
func (w *Worker) attendGrad(o *AttentionGrad, q queries, kv int) {
	h := o.Heads
	seen := q.start + q.rows
	width := units(seen, Width) * Width
	w.scores = grow(w.scores, queryRows*width)
	w.dscores = grow(w.dscores, queryRows*width)
	at, row := (q.row*h.Queries+q.head)*h.Dim, h.Queries*h.Dim
	all := rect{0, q.rows, 0, width / Width}
	p := Product{
		M: q.rows, N: width, K: h.Dim,
		A: o.Q[at:], ARow: row, ACol: 1, B: &w.panels[0], C: w.scores, CRow: width,
	}
	w.product(&p, all)
	p.A, p.B, p.C = o.DOut[at:], &w.panels[1], w.dscores
	w.product(&p, all)
	for i := range q.rows {
		n, from := q.start+i+1, at+i*row
		s, d := w.scores[i*width:(i+1)*width], w.dscores[i*width:(i+1)*width]
		w.set.expShift(s[:n], h.scale(), o.LogSum[(q.row+i)*h.Queries+q.head])
		clear(s[n:])
		delta := w.set.dot(o.DOut[from:from+h.Dim], o.Out[from:from+h.Dim])
		w.set.subScale(d[:n], s[:n], delta, h.scale())
		clear(d[n:])
	}
	dq := Product{
		M: q.rows, N: h.Dim, K: seen,
		A: w.dscores, ARow: width, ACol: 1, B: &w.panels[2], C: o.DQ[at:], CRow: row,
	}
	w.product(&dq, rect{0, q.rows, 0, units(h.Dim, Width)})
	w.addOuter(o.DK[kv:], w.dscores, o.Q[at:], outer{seen, q.rows, width, h})
	w.addOuter(o.DV[kv:], w.scores, o.DOut[at:], outer{seen, q.rows, width, h})
}

type outer struct {
	m, k, width int
	heads       Heads
}

// addOuter adds the product of the transpose of s (k×m) and x (k×Dim) to c.
func (w *Worker) addOuter(c, s, x []float32, o outer) {
	p := &w.panels[3]
	p.Reset(o.k, o.heads.Dim)
	pack := Pack{Dst: p, Src: x, Row: o.heads.Queries * o.heads.Dim}
	for i := range pack.Units() {
		pack.Run(w, i)
	}
	prod := Product{
		M: o.m, N: o.heads.Dim, K: o.k,
		A: s, ARow: 1, ACol: o.width, B: p, C: c, CRow: o.heads.Keys * o.heads.Dim, Add: c,
	}
	w.product(&prod, rect{0, o.m, 0, units(o.heads.Dim, Width)})
}
