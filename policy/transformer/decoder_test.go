package transformer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

func randomTokens(c Config, seed uint64, n int) []int32 {
	rng := newRand(seed)
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(rng.IntN(c.Vocab))
	}
	return out
}

// appendAll returns a copy of the logits after tokens, split at cuts.
func appendAll(t testing.TB, d *Decoder, tokens []int32, cuts ...int) []float32 {
	t.Helper()
	c := NewCache(d.m, len(tokens))
	var last []float32
	for from, i := 0, 0; from < len(tokens); i++ {
		to := len(tokens)
		if i < len(cuts) {
			to = cuts[i]
		}
		logits, err := d.Append([]*Cache{c}, [][]int32{tokens[from:to]})
		if err != nil {
			t.Fatal(err)
		}
		last, from = logits[0], to
	}
	return slices.Clone(last)
}

func decoderConfig() Config {
	c := tiny()
	c.MaxTokens = 700
	c.HeadDim = 10
	return c
}

// TestInvariance: the logits after a sequence are the same bits however its
// tokens are split, whatever else is decoded with it, for any number of
// threads; and they are the reference's within 1e-4.
func TestInvariance(t *testing.T) {
	c := decoderConfig()
	for _, set := range kernel.Available() {
		t.Run(set.String(), func(t *testing.T) {
			m := lively(t, c, 1)
			m.set = set
			d := m.NewDecoder(1)
			tokens := randomTokens(c, 2, 90)
			want := appendAll(t, d, tokens)
			for i, v := range newReference(m).logits(tokens)[len(tokens)-1] {
				near(t, "logit", float64(want[i]), v, 1e-4)
			}
			every := make([]int, len(tokens))
			for i := range every {
				every[i] = i + 1
			}
			for _, cuts := range [][]int{{1}, {31, 32, 33, 80}, {89}, {64}, every} {
				sameBits(t, fmt.Sprint("split at ", cuts), want, appendAll(t, d, tokens, cuts...))
			}
			sameBits(t, "two threads", want, appendAll(t, m.NewDecoder(2), tokens, 40))

			var caches []*Cache
			var all [][]int32
			for i, n := range []int{1, 600, 90, 33, 2, 128, 7} { // more than one block of rows
				caches = append(caches, NewCache(m, 700))
				all = append(all, randomTokens(c, uint64(10+i), n))
			}
			all[2] = tokens
			for threads := 1; threads <= 2; threads++ {
				for _, c := range caches {
					c.Truncate(0)
				}
				logits, err := m.NewDecoder(threads).Append(caches, all)
				if err != nil {
					t.Fatal(err)
				}
				sameBits(t, "in a batch", want, logits[2])
			}
			sameBits(t, "longest", appendAll(t, d, all[1]), mustLogits(t, d, caches[1], all[1]))
		})
	}
}

// mustLogits takes the last token of a cache back and appends it again.
func mustLogits(t testing.TB, d *Decoder, c *Cache, tokens []int32) []float32 {
	t.Helper()
	c.Truncate(len(tokens) - 1)
	logits, err := d.Append([]*Cache{c}, [][]int32{tokens[len(tokens)-1:]})
	if err != nil {
		t.Fatal(err)
	}
	return logits[0]
}

func TestCache(t *testing.T) {
	c := decoderConfig()
	m := lively(t, c, 1)
	d := m.NewDecoder(1)
	tokens := randomTokens(c, 3, 50)
	want := appendAll(t, d, tokens)

	cache := NewCache(m, 60)
	if _, err := d.Append([]*Cache{cache}, [][]int32{tokens[:40]}); err != nil {
		t.Fatal(err)
	}
	fork := cache.Clone()
	if _, err := d.Append([]*Cache{fork}, [][]int32{tokens[40:45]}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Append([]*Cache{cache}, [][]int32{{1, 1, 1, 1, 1}}); err != nil {
		t.Fatal(err)
	}
	logits, err := d.Append([]*Cache{fork}, [][]int32{tokens[45:]})
	if err != nil {
		t.Fatal(err)
	}
	sameBits(t, "clone", want, logits[0])
	cache.Truncate(100)
	if cache.Len() != 45 {
		t.Errorf("Len is %d after a Truncate beyond the end", cache.Len())
	}
	cache.Truncate(40)
	if logits, err = d.Append([]*Cache{cache}, [][]int32{tokens[40:]}); err != nil {
		t.Fatal(err)
	}
	sameBits(t, "truncated", want, logits[0])

	for _, tc := range []struct {
		name   string
		caches []*Cache
		tokens [][]int32
		want   error
	}{
		{"full", []*Cache{cache}, [][]int32{make([]int32, 11)}, ErrTooLong},
		{"twice", []*Cache{cache, cache}, [][]int32{{1}, {1}}, nil},
		{"count", []*Cache{cache}, [][]int32{{1}, {1}}, nil},
		{"empty", []*Cache{cache}, [][]int32{{}}, nil},
		{"vocabulary", []*Cache{cache}, [][]int32{{19}}, nil},
		{"other model", []*Cache{NewCache(newModel(t, tiny()), 5)}, [][]int32{{1}}, ErrMismatch},
	} {
		_, err := d.Append(tc.caches, tc.tokens)
		if err == nil || (tc.want != nil && !errors.Is(err, tc.want)) {
			t.Errorf("%s: error %v", tc.name, err)
		}
		if cache.Len() != 50 {
			t.Errorf("%s: Len is %d", tc.name, cache.Len())
		}
	}
}

func TestDecoderAllocations(t *testing.T) {
	m := newModel(t, decoderConfig())
	d := m.NewDecoder(1)
	c := NewCache(m, 600)
	caches, tokens := []*Cache{c}, [][]int32{{3}}
	step := func() {
		if _, err := d.Append(caches, tokens); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		step()
	}
	c.Truncate(0)
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("%v allocations a token", n)
	}
}

func TestTrie(t *testing.T) {
	trie, err := NewTrie([][]int32{{4, 1}, {2, 3, 5}, {2, 3, 1}, {4, 1}, {7}})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(trie.Allowed(1), trie.Allowed(3), trie.Allowed(4)); got != "[[2 4 7] [3] [1 5]] [[2 4 7] [1]] [[2 4 7]]" {
		t.Error(got)
	}
	if trie.Len() != 5 {
		t.Error(trie.Len())
	}
	for _, tc := range []struct {
		sequences [][]int32
		words     []string
	}{
		{nil, nil},
		{[][]int32{{1}, {}}, []string{"sequence 1"}},
		{[][]int32{{1, 2}, {5}, {1, 2, 3}}, []string{"sequence 0", "sequence 2"}},
		{[][]int32{{1, 2, 3}, {1, 4}, {1}}, []string{"sequence 2", "sequence 0"}},
	} {
		_, err := NewTrie(tc.sequences)
		if err == nil {
			t.Errorf("%v: no error", tc.sequences)
			continue
		}
		for _, w := range tc.words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%v: %v does not name %s", tc.sequences, err, w)
			}
		}
	}
}

// prompted is a decoder with a prompt appended.
func prompted(t testing.TB, m *Model, prompt []int32) (*Decoder, *Cache, []float32) {
	t.Helper()
	d, c := m.NewDecoder(1), NewCache(m, 64)
	logits, err := d.Append([]*Cache{c}, [][]int32{prompt})
	if err != nil {
		t.Fatal(err)
	}
	return d, c, logits[0]
}

// TestChoose: the distribution of choices is the model's over the trie, the
// log-probabilities are those of Pass.Forward under the same Allowed sets, and
// cache and Pending together are the sequence.
func TestChoose(t *testing.T) {
	m := lively(t, tiny(), 6)
	prompt := []int32{3, 8, 1}
	sequences := [][]int32{{4, 1, 9}, {2, 3, 5, 5}, {2, 3, 1}, {4, 1, 2, 6}, {7}, {2, 3, 5, 6}}
	trie, err := NewTrie(sequences)
	if err != nil {
		t.Fatal(err)
	}
	sums := make([]float64, len(sequences))
	for i, s := range sequences {
		sums[i] = sum(scored(t, m, prompt, s, trie.Allowed(i)))
	}
	total := 0.0
	for _, s := range sums {
		total += math.Exp(s)
	}
	near(t, "total probability", total, 1, 1e-5)

	const draws = 4000
	counts := make([]int, len(sequences))
	rng := newRand(9)
	d, c, logits := prompted(t, m, prompt)
	logits = slices.Clone(logits)
	for range draws {
		got, err := d.Choose(c, logits, trie, DefaultSampling(), rng)
		if err != nil {
			t.Fatal(err)
		}
		counts[got.Index]++
		if !slices.Equal(got.Tokens, sequences[got.Index]) {
			t.Fatalf("index %d, tokens %v", got.Index, got.Tokens)
		}
		near(t, "log-probability", sum(got.LogProbs), sums[got.Index], 1e-4)
		if n := c.Len() - len(prompt) + len(got.Pending); n != len(got.Tokens) || len(got.Pending) == 0 {
			t.Fatalf("%d tokens cached, pending %v of %v", c.Len()-len(prompt), got.Pending, got.Tokens)
		}
		c.Truncate(len(prompt))
	}
	for i, s := range sums {
		p := math.Exp(s)
		near(t, fmt.Sprint("frequency of ", i), float64(counts[i])/draws, p, 5*math.Sqrt(p*(1-p)/draws)+1e-9)
	}
}

func sum(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}

// scored is the log-probabilities Pass gives the tokens of s after prompt.
func scored(t testing.TB, m *Model, prompt, s []int32, allowed [][]int32) []float64 {
	t.Helper()
	b := &Batch{Tokens: slices.Concat(prompt, s), Starts: []int{0, len(prompt) + len(s)}}
	for i, token := range s {
		b.Targets = append(b.Targets, Target{Position: len(prompt) + i - 1, Token: token, Allowed: allowed[i]})
	}
	lp, _, err := NewPass(m, 1).Forward(b)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, len(lp))
	for i, v := range lp {
		out[i] = float64(v)
	}
	return out
}

func TestChooseEachToken(t *testing.T) {
	m := lively(t, tiny(), 6)
	prompt := []int32{3, 8, 1}
	sequences := [][]int32{{4, 1, 9, 9}, {4, 1, 2, 6}, {2, 2, 2, 2}, {7, 7}}
	trie, err := NewTrie(sequences)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[int]bool)
	for seed := range uint64(30) {
		for _, temperature := range []float64{0.5, 1, 3} {
			d, c, logits := prompted(t, m, prompt)
			got, err := d.Choose(c, logits, trie, Sampling{Temperature: temperature, TopP: 1}, newRand(seed))
			if err != nil {
				t.Fatal(err)
			}
			seen[got.Index] = true
			for i, v := range scored(t, m, prompt, got.Tokens, trie.Allowed(got.Index)) {
				near(t, fmt.Sprintf("%v token %d", got.Tokens, i), got.LogProbs[i], v, 1e-4)
			}
			if got.Index == 2 && (len(got.Pending) != 4 || c.Len() != len(prompt)) {
				t.Errorf("forced tokens were appended: pending %v", got.Pending)
			}
		}
	}
	if len(seen) != len(sequences) {
		t.Errorf("only %v were drawn", seen)
	}
}

func TestChooseGreedy(t *testing.T) {
	m := lively(t, tiny(), 6)
	d, c, logits := prompted(t, m, []int32{1})
	trie, err := NewTrie([][]int32{{9}, {4}, {6}, {11}})
	if err != nil {
		t.Fatal(err)
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, tc := range []struct {
		at   map[int]float32
		want int // token; -1: an error
	}{
		{map[int]float32{9: 1, 4: 2, 6: 2, 11: 0}, 4},
		{map[int]float32{9: -inf, 4: -inf, 6: -inf, 11: -5}, 11},
		{map[int]float32{9: 0, 4: nan, 6: 0, 11: 0}, -1},
		{map[int]float32{9: 0, 4: inf, 6: 0, 11: 0}, -1},
		{map[int]float32{9: -inf, 4: -inf, 6: -inf, 11: -inf}, -1},
	} {
		for token, v := range tc.at {
			logits[token] = v
		}
		got, err := d.Choose(c, logits, trie, greedy(), nil)
		if tc.want < 0 {
			if err == nil {
				t.Errorf("%v: chose %v", tc.at, got)
			}
			continue
		}
		if err != nil || got.Tokens[0] != int32(tc.want) {
			t.Errorf("%v: chose %v, error %v", tc.at, got.Tokens, err)
		}
	}
	if _, err := d.Choose(c, logits, trie, Sampling{Temperature: math.NaN(), TopP: 1}, newRand(1)); err == nil {
		t.Error("temperature NaN passed")
	}
	if _, err := d.Choose(c, logits, trie, DefaultSampling(), nil); err == nil {
		t.Error("sampling without a source passed")
	}
}

// TestChooseFull: no room in the cache is an error, and leaves it as it was.
func TestChooseFull(t *testing.T) {
	m := lively(t, tiny(), 6)
	d, c := m.NewDecoder(1), NewCache(m, 3)
	logits, err := d.Append([]*Cache{c}, [][]int32{{1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	trie, err := NewTrie([][]int32{{1, 1, 1, 1}, {1, 1, 1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Choose(c, logits[0], trie, greedy(), nil); !errors.Is(err, ErrTooLong) || c.Len() != 2 {
		t.Errorf("error %v, %d tokens", err, c.Len())
	}
}
