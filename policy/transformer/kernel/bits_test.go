package kernel

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSameBits holds that every processor gives the bits it always has: all
// machine code gives the same, and plain Go the same on every architecture,
// although some of its compilers could fuse a multiply with an add.
func TestSameBits(t *testing.T) {
	for _, tc := range []struct {
		name               string
		run                func(s Set, h digest)
		portable, machines string
	}{
		{"rows", digestRows, "0b1b6ae3ec147d61", "fc2a6f6f7664d256"},
		{"exp", digestExp, "43ee28bb74cc8fa8", "526041ebb57e66cb"},
		{"sums", digestSums, "fc0f64ba03ca88d1", "61865ce7b483f8ed"},
		{"adam", digestAdam, "8d4aa805c7fbe9a3", "1a09c96b608b241e"},
		{"product", digestProducts, "c1845585adbc0a91", "cd5064452a332ddd"},
	} {
		for _, set := range Available() {
			want := tc.machines
			if set == Portable() {
				want = tc.portable
			}
			h := digest{sha256.New()}
			tc.run(set, h)
			if got := hex.EncodeToString(h.Sum(nil)[:8]); got != want {
				t.Errorf("%s by %v: digest %s, want %s", tc.name, set, got, want)
			}
		}
	}
}

// digest is a hash of numbers. Of a NaN it takes only that it is one: processors
// differ in its other bits.
type digest struct{ hash.Hash }

func (h digest) add(x ...float32) {
	var b []byte
	for _, v := range x {
		if v != v {
			v = float32(math.NaN())
		}
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	h.Write(b)
}

func digestRows(s Set, h digest) {
	for _, op := range rowOps() {
		rng := rand.New(rand.NewPCG(31, 32))
		for n := 1; n < 60; n++ {
			rows := seeded(rng, n)
			op.run(s, rows)
			for _, r := range rows {
				h.add(r...)
			}
		}
	}
}

// digestExp is of exp, and of the gate that is made of it, all over their range.
func digestExp(s Set, h digest) {
	var x, ones []float32
	for i := range 20000 {
		x, ones = append(x, float32(i)*180/20000-90), append(ones, 1)
	}
	for _, limit := range []float32{expLow, expHigh, 89} {
		for ulps := range uint32(100) {
			x, ones = append(x, math.Float32frombits(math.Float32bits(limit)+ulps-50)), append(ones, 1)
		}
	}
	exp, gate := slices.Clone(x), make([]float32, len(x))
	h.add(s.expShift(exp, 1, 0))
	h.add(exp...)
	s.gate(gate, x, ones)
	h.add(gate...)
}

func digestSums(s Set, h digest) {
	rng := rand.New(rand.NewPCG(33, 34))
	for n := 1; n < 200; n++ {
		x, y, z := values(rng, n), values(rng, n), values(rng, n)
		h.add(s.dot(x, y), s.dot3(x, y, z), s.maxOf(x), s.expShift(x, 0.7, 0.3))
	}
}

func digestAdam(s Set, h digest) {
	rng := rand.New(rand.NewPCG(35, 36))
	for n := 1; n < 60; n++ {
		rows := seeded(rng, n)
		for i, v := range rows[3] {
			rows[3][i] = v * v
		}
		s.adam(rows[0], rows[1], rows[2], rows[3], adamStep())
		for _, r := range rows {
			h.add(r...)
		}
	}
}

func digestProducts(s Set, h digest) {
	rng := rand.New(rand.NewPCG(37, 38))
	for range 20 {
		o, w := random(rng, nil)
		o.B = NewPanels(o.K, o.N)
		team := NewTeam(s, 1)
		pack(team, o, w, false)
		team.Run(o)
		h.add(o.C...)
	}
}
