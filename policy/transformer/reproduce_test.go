//go:build amd64 || arm64

package transformer

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// TestReproduce holds that a model of a given config and seed trains to the
// bits, and saves to the bytes, it always has: a trained policy can be made
// again by a later version. The digests are from before and after 5 steps;
// they are the same on every processor, and for all machine code.
func TestReproduce(t *testing.T) {
	c := tiny()
	c.TiedHead, c.Dim, c.Hidden = true, 40, 70
	own := tiny()
	for _, tc := range []struct {
		name          string
		c             Config
		before, after map[string]string // by Set
	}{
		{"tied", c,
			map[string]string{"portable": "bab61849e9ebc5a4", "avx2": "7a1cd08ef1ad7adf", "avx512": "7a1cd08ef1ad7adf", "neon": "7a1cd08ef1ad7adf"},
			map[string]string{"portable": "d11ace81ef29d25a", "avx2": "f10f5b77e03c5087", "avx512": "f10f5b77e03c5087", "neon": "f10f5b77e03c5087"}},
		{"own head", own,
			map[string]string{"portable": "758c8534db861ac6", "avx2": "0e55f357028aff5d", "avx512": "0e55f357028aff5d", "neon": "0e55f357028aff5d"},
			map[string]string{"portable": "2d8fc5fbacbc3833", "avx2": "56b8b7e5ca0fcc9a", "avx512": "56b8b7e5ca0fcc9a", "neon": "56b8b7e5ca0fcc9a"}},
	} {
		for _, set := range kernel.Available() {
			m := newModel(t, tc.c)
			m.set = set
			if got := digest(t, m); got != tc.before[set.String()] {
				t.Errorf("%s: new model under %s has digest %s, want %s", tc.name, set, got, tc.before[set.String()])
			}
			o := DefaultAdamWConfig()
			o.WeightDecay = 0.1
			train(t, m, NewAdamW(m, o), ragged(tc.c, newRand(2), 33, 5, 64), schedule{2, 5, 1e-3})
			if got := digest(t, m); got != tc.after[set.String()] {
				t.Errorf("%s: trained by %s has digest %s, want %s", tc.name, set, got, tc.after[set.String()])
			}
		}
	}
}

// digest is the first digits of the SHA-256 of m's checkpoint and of the logits
// that its decoder gives after some tokens.
func digest(t testing.TB, m *Model) string {
	t.Helper()
	b := saved(t, m, F32, map[string]string{"version": "1"})
	for _, v := range appendAll(t, m.NewDecoder(1), randomTokens(m.config, 3, 50), 7, 40) {
		b = F32.appendNumber(b, v)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
