package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// specials are the numbers that machine code may treat in its own way: not
// finite, zeros, denormal, and as large as three factors can be without their
// product overflowing, for what a sum makes of that depends on where it rounds.
func specials() []float32 {
	inf := float32(math.Inf(1))
	return []float32{
		float32(math.NaN()), inf, -inf, 0, float32(math.Copysign(0, -1)),
		1e-45, -3e-42, math.SmallestNonzeroFloat32 * 1000, 1.1754944e-38, 1e12, -1e12, 89, -89, 126, -126,
	}
}

// seeded returns 4 rows of n normal numbers. Most columns have one special
// number, in one of the rows: two of them might cancel.
func seeded(rng *rand.Rand, n int) (rows [4][]float32) {
	all := specials()
	for i := range rows {
		rows[i] = values(rng, n)
	}
	for j := range n {
		if rng.IntN(4) > 0 {
			rows[rng.IntN(4)][j] = all[rng.IntN(len(all))]
		}
	}
	return rows
}

func cloneRows(rows [4][]float32) [4][]float32 {
	for i := range rows {
		rows[i] = slices.Clone(rows[i])
	}
	return rows
}

// like checks got against what the portable twin gives: NaN and infinities
// where it does, zeros of the same sign, and the rest within 2e-6 of the size
// of what it is made from.
func like(t testing.TB, what string, got, want float32, size float64) {
	t.Helper()
	checkNumber(t, what, got, float64(want), 2e-6*size)
	if want == 0 && got == 0 && math.Signbit(float64(got)) != math.Signbit(float64(want)) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// TestSpecialRows: every row operation does with special numbers what its
// portable twin does, at every place of a row.
func TestSpecialRows(t *testing.T) {
	ops := append(rowOps(), rowOp{name: "adam", run: func(s Set, r [4][]float32) {
		for i, v := range r[3] {
			r[3][i] = float32(math.Abs(float64(v))) // a mean of squares
		}
		s.adam(r[0], r[1], r[2], r[3], adamStep())
	}})
	for _, set := range Available() {
		rng := rand.New(rand.NewPCG(21, 22))
		for n := range 150 {
			rows := seeded(rng, 1+n%50)
			for _, op := range ops {
				got, want := cloneRows(rows), cloneRows(rows)
				op.run(set, got)
				op.run(Portable(), want)
				for r := range rows {
					for i := range rows[r] {
						if got[r][i] == want[r][i] && got[r][i] != 0 {
							continue
						}
						what := fmt.Sprintf("%v: %s of %d, row %d, element %d of %v %v %v %v",
							set, op.name, len(rows[0]), r, i, rows[0][i], rows[1][i], rows[2][i], rows[3][i])
						like(t, what, got[r][i], want[r][i], sizeOf(rows, i))
					}
				}
			}
		}
	}
}

// sizeOf is the largest finite number of column i, at least 1; every operation
// is about linear in what is large.
func sizeOf(rows [4][]float32, i int) float64 {
	size := 1.0
	for _, r := range rows {
		if v := math.Abs(float64(r[i])); v > size && !math.IsInf(v, 0) {
			size = v
		}
	}
	return size
}

func adamStep() *AdamStep {
	return &AdamStep{
		Beta1: 0.9, Rest1: 0.1, Beta2: 0.99, Rest2: 0.01, Rate: 0.02, Correct2: 3,
		Epsilon: 1e-3, Decay: 0.999, GradScale: 0.5,
	}
}

// TestSpecialSums: one special number in a row makes of its sums, and of its
// largest element, what it does in plain Go. The largest of a row with a NaN is
// left out: AVX2 may skip it.
func TestSpecialSums(t *testing.T) {
	for _, set := range Available() {
		rng := rand.New(rand.NewPCG(23, 24))
		for n := 1; n <= 40; n++ {
			for _, v := range specials() {
				x, y, z := values(rng, n), values(rng, n), values(rng, n)
				at := rng.IntN(n)
				x[at] = v
				what := fmt.Sprintf("%v: %v at %d of %d: ", set, v, at, n)
				size := 1e-5 * (float64(n) + math.Abs(float64(v))*10)
				checkNumber(t, what+"dot", set.dot(y, x), float64(dotPortable(y, x)), size)
				checkNumber(t, what+"dot3", set.dot3(y, z, x), float64(dot3Portable(y, z, x)), size)
				if v == v {
					like(t, what+"max", set.maxOf(x), maxPortable(x), 0)
				}
				sum := expShiftPortable(slices.Clone(x), 0.5, 0.25)
				checkNumber(t, what+"sum of exp", set.expShift(x, 0.5, 0.25), float64(sum), 1e-5*float64(sum))
			}
		}
	}
}

// TestTile compares tiles of every height, number and width that occurs with
// sums in float64: both orientations of a, sums that start from nothing, from
// numbers elsewhere and from c itself, special numbers, and nothing written
// beside the tile.
func TestTile(t *testing.T) {
	for _, set := range Available() {
		rng := rand.New(rand.NewPCG(25, 26))
		for i := range 400 {
			o, width := randomTile(set, rng)
			if i%3 == 0 {
				all := specials()
				for range 3 {
					o.a[rng.IntN(len(o.a))] = all[rng.IntN(len(all))]
					o.b[rng.IntN(len(o.b))] = all[rng.IntN(len(all))]
				}
			}
			was := slices.Clone(o.c)
			add := o.add
			if i%4 == 0 {
				o.add, add = o.c, was
			}
			set.compute(o)
			for j, got := range o.c {
				row, col := j/o.cRow, j%o.cRow
				want, size := float64(was[j]), 0.0
				if col < width {
					want, size = o.sum(add, row, col)
				}
				what := fmt.Sprintf("%v: %d: %d tiles of %d rows, %d strips, inner %d: (%d,%d)", set, i, o.times, o.rows, o.strips, o.inner, row, col)
				checkNumber(t, what, got, want, 2e-6*size+1e-44)
			}
		}
	}
}

// randomTile is a tile of a shape that set may be asked for, and its width.
func randomTile(set Set, rng *rand.Rand) (o *tile, width int) {
	o = &tile{inner: 1 + rng.IntN(40)}
	n := 1 + rng.IntN(2*tileRows)
	o.rows, o.times, o.strips, width = 1, 1, 2, Width
	if n > 1 {
		o.rows, o.times = set.rowsOf(n)
	} else if set != Portable() {
		o.strips = set.atOnce(1 + rng.IntN(9))
		width = o.strips * strip
	}
	o.aRow, o.aCol = o.inner+rng.IntN(5), 1
	if rng.IntN(2) == 0 {
		o.aRow, o.aCol = 1, o.rows+rng.IntN(5)
	}
	o.aNext = (o.rows-1)*o.aRow + (o.inner-1)*o.aCol + 1 + rng.IntN(5)
	o.bNext = (o.inner + rng.IntN(3)) * Width
	o.cRow = width + rng.IntN(9)
	o.a = values(rng, o.times*o.aNext)
	o.b = values(rng, (o.strips-1)/2*o.bNext+o.inner*Width)
	o.c = values(rng, o.rows*o.times*o.cRow)
	if rng.IntN(2) == 0 {
		o.add = values(rng, len(o.c))
	}
	return o, width
}

// sum is what belongs at a place of c, and the sum of the magnitudes.
func (o *tile) sum(add []float32, row, col int) (sum, size float64) {
	if add != nil {
		sum = float64(add[row*o.cRow+col])
		size = math.Abs(sum)
	}
	for k := range o.inner {
		a := o.a[row/o.rows*o.aNext+row%o.rows*o.aRow+k*o.aCol]
		v := float64(a) * float64(o.b[col/Width*o.bNext+k*Width+col%Width])
		sum += v
		size += math.Abs(v)
	}
	return sum, size
}

// TestSpread: pieces come to their places, and nothing else changes.
func TestSpread(t *testing.T) {
	for _, set := range Available() {
		rng := rand.New(rand.NewPCG(27, 28))
		for range 100 {
			p := spread{n: 1 + rng.IntN(9), from: 1 + rng.IntN(70), to: 32 + rng.IntN(40)}
			src, dst := values(rng, p.n*p.from+32), values(rng, p.n*p.to+32)
			for width, run := range map[int]func(dst, src []float32, p spread){8: set.spread8, 32: set.spread32} {
				want := slices.Clone(dst)
				for i := range p.n {
					copy(want[i*p.to:], src[i*p.from:i*p.from+width])
				}
				got := slices.Clone(dst)
				run(got, src, p)
				if !slices.Equal(got, want) {
					t.Fatalf("%v: spread%d of %+v: got %v, want %v", set, width, p, got, want)
				}
			}
		}
	}
}

// TestTranspose: what transpose8 says it did is done, the rest left alone.
func TestTranspose(t *testing.T) {
	for _, set := range Available() {
		rng := rand.New(rand.NewPCG(29, 30))
		for n := range 40 {
			row := n + rng.IntN(5)
			src, dst := values(rng, 7*row+n+1), values(rng, n*Width+Width)
			want := slices.Clone(dst)
			done := set.transpose8(dst, src, row, n)
			if done < 0 || done > n || (set != Portable() && done < n-7) {
				t.Fatalf("%v: did %d of %d", set, done, n)
			}
			for k := range done {
				for c := range 8 {
					want[k*Width+c] = src[c*row+k]
				}
			}
			if !slices.Equal(dst, want) {
				t.Fatalf("%v: %d rows, %d apart: got %v, want %v", set, n, row, dst, want)
			}
		}
	}
}
