package kerneltest

import (
	"math"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// cases lists the tests of all operations, with their tolerances. 1e-5 is some
// hundred units in the last place of float32: what sums of hundreds of numbers
// in float32 may lose.
func cases() []testCase {
	return append([]testCase{
		{"product", 1e-5, 24, product},
		{"product, transposed", 1e-5, 16, productTransposed},
		{"product with NaN and infinities", 1e-5, 10, productSpecial},
		{"product with bfloat16", 1e-5, 20, brainProduct},
		{"attention", 1e-5, 12, attentionAlone},
		{"attention with caches", 1e-5, 14, attentionCached},
		{"attention, gradient", 2e-5, 12, attentionGradient},
	}, rowCases()...)
}

// rowCases lists the tests of the operations that know no panels.
func rowCases() []testCase {
	return []testCase{
		{"bias", 1e-6, 14, buildBias},
		{"norm", 1e-5, 14, buildNorm},
		{"norm, gradient", 2e-5, 14, buildNormGrad},
		{"gate", 1e-6, 14, buildGate},
		{"rotate", 1e-6, 14, buildRotate},
		{"gather and scatter", 1e-6, 14, buildGather},
		{"log softmax", 1e-5, 14, buildLogSoftmax},
		{"log softmax, gradient", 1e-5, 14, buildLogSoftmaxGrad},
		{"zero and scale", 1e-7, 14, buildScale},
		{"sum of squares", 1e-12, 14, buildSumSquares},
		{"adam", 2e-6, 14, buildAdam},
	}
}

// size is a number of columns: small, or around the widths that machines work in.
func size(rng *rand.Rand) int {
	around := []int{4, 8, 16, 32, 64, 128}
	if rng.IntN(2) == 0 {
		return 1 + rng.IntN(9)
	}
	return around[rng.IntN(len(around))] - 1 + rng.IntN(3)
}

// count is a number of rows: perhaps none, often one.
func count(rng *rand.Rand) int {
	switch rng.IntN(8) {
	case 0:
		return 0
	case 1, 2:
		return 1
	case 3:
		return 40 + rng.IntN(40)
	}
	return 1 + rng.IntN(20)
}

// length is that of an array without rows: around a multiple of 2^13, a few
// numbers, or none.
func length(rng *rand.Rand) int {
	if rng.IntN(3) == 0 {
		return rng.IntN(40)
	}
	return rng.IntN(5)<<13 + rng.IntN(9)
}

// values is n random numbers, in memory that has some more after them.
func values(rng *rand.Rand, n int) []float32 {
	out := make([]float32, n+4)
	for i := range out {
		out[i] = 4*rng.Float32() - 2
	}
	return out[:n]
}

// positive is values above 0.1.
func positive(rng *rand.Rand, n int) []float32 {
	out := values(rng, n)
	for i, v := range out {
		out[i] = float32(math.Abs(float64(v)) + 0.1)
	}
	return out
}

// indices is n random numbers below most.
func indices(rng *rand.Rand, n, most int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(rng.IntN(most))
	}
	return out
}

func buildBias(rng *rand.Rand) []kernel.Op {
	rows, cols := count(rng), size(rng)
	return []kernel.Op{
		&kernel.BiasGrad{Rows: rows, Cols: cols, DOut: values(rng, rows*cols), DWeight: values(rng, cols)},
		&kernel.Bias{Rows: rows, Cols: cols, X: values(rng, rows*cols), Weight: values(rng, cols)},
	}
}

func buildNorm(rng *rand.Rand) []kernel.Op {
	rows, cols := count(rng), size(rng)
	o := kernel.Norm{
		Rows: rows, Cols: cols, X: values(rng, rows*cols), Out: values(rng, rows*cols),
		Weight: values(rng, cols), Epsilon: 1e-3, Inverse: values(rng, rows),
	}
	known := o
	known.Known, known.Out = true, values(rng, rows*cols)
	known.Inverse = positive(rng, rows)
	if rng.IntN(3) == 0 {
		o.Out = o.X
	}
	if rng.IntN(2) == 0 {
		known.X = values(rng, rows*cols)
		return []kernel.Op{&o, &known}
	}
	return []kernel.Op{&o}
}

func buildNormGrad(rng *rand.Rand) []kernel.Op {
	rows, cols := count(rng), size(rng)
	x, d, inverse := values(rng, rows*cols), values(rng, rows*cols), positive(rng, rows)
	return []kernel.Op{
		&kernel.NormWeightGrad{Rows: rows, Cols: cols, X: x, DOut: d, Inverse: inverse, DWeight: values(rng, cols)},
		&kernel.NormGrad{Rows: rows, Cols: cols, X: x, DOut: d, DX: values(rng, rows*cols), Weight: values(rng, cols), Inverse: inverse},
	}
}

func buildGate(rng *rand.Rand) []kernel.Op {
	n := count(rng) * size(rng)
	o := &kernel.Gate{G: values(rng, n), U: values(rng, n), Out: values(rng, n)}
	switch rng.IntN(4) {
	case 0:
		o.Out = o.G
	case 1:
		o.Out = o.U
	case 2:
		return []kernel.Op{o, &kernel.GateGrad{G: values(rng, n), U: values(rng, n), D: values(rng, n), Act: values(rng, n)}}
	}
	return []kernel.Op{o}
}

func buildRotate(rng *rand.Rand) []kernel.Op {
	const positions = 50
	rows, heads, half := count(rng), 1+rng.IntN(4), size(rng)
	return []kernel.Op{&kernel.Rotate{
		Rows: rows, Heads: heads, HeadDim: 2 * half, X: values(rng, rows*heads*2*half),
		Positions: indices(rng, rows, positions), Cos: values(rng, positions*half), Sin: values(rng, positions*half),
	}}
}

func buildGather(rng *rand.Rand) []kernel.Op {
	n, table, cols := count(rng), 1+rng.IntN(30), size(rng)
	return []kernel.Op{
		&kernel.Gather{Index: indices(rng, n, table), Cols: cols, Table: values(rng, table*cols), Out: values(rng, n*cols)},
		&kernel.Scatter{Index: indices(rng, n, table), Cols: cols, In: values(rng, n*cols), Table: values(rng, table*cols)},
	}
}

func buildLogSoftmax(rng *rand.Rand) []kernel.Op {
	rows, vocab := count(rng), size(rng)
	o := &kernel.LogSoftmax{
		Rows: rows, Vocab: vocab, Row: vocab + rng.IntN(3), Tokens: indices(rng, rows, vocab),
		Allowed: make([][]int32, rows), LogProb: values(rng, rows), Entropy: values(rng, rows),
	}
	o.Logits = values(rng, rows*o.Row)
	for i, token := range o.Tokens {
		for a := range int32(vocab) {
			if i%2 == 1 && (a == token || rng.IntN(2) == 0) {
				o.Allowed[i] = append(o.Allowed[i], a)
			} else if a != token && rng.IntN(20) == 0 {
				o.Logits[i*o.Row+int(a)] = float32(math.Inf(-1))
			}
		}
	}
	return []kernel.Op{o}
}

func buildLogSoftmaxGrad(rng *rand.Rand) []kernel.Op {
	ops := buildLogSoftmax(rng)
	o := ops[0].(*kernel.LogSoftmax)
	o.Grad, o.DLogProb = true, values(rng, o.Rows)
	if rng.IntN(2) == 0 {
		o.DEntropy = values(rng, o.Rows)
	}
	return ops
}

func buildScale(rng *rand.Rand) []kernel.Op {
	n := length(rng)
	o := &kernel.Scale{X: values(rng, n), Out: values(rng, n), Factor: 0.3}
	switch rng.IntN(3) {
	case 0:
		o.Out = o.X
	case 1:
		o.Factor = 1
	}
	return []kernel.Op{&kernel.Zero{X: values(rng, n)}, o}
}

func buildSumSquares(rng *rand.Rand) []kernel.Op {
	o := &kernel.SumSquares{X: values(rng, length(rng))}
	o.Parts = make([]float64, o.Units())
	for i := range o.Parts {
		o.Parts[i] = math.NaN()
	}
	return []kernel.Op{o}
}

func buildAdam(rng *rand.Rand) []kernel.Op {
	n := length(rng)
	return []kernel.Op{&kernel.Adam{P: values(rng, n), G: values(rng, n), M: values(rng, n), V: positive(rng, n), Step: &kernel.AdamStep{
		Beta1: 0.9, Rest1: 0.1, Beta2: 0.99, Rest2: 0.01, Rate: 0.02, Correct2: 3, Epsilon: 1e-3, Decay: 0.999, GradScale: 0.5,
	}}}
}
