package transformer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// request is a sequence to be made anew for each Generate.
type request struct {
	prompt []int32
	seed   uint64
	room   int // of the cache after the prompt
}

func (r request) sequence(m *Model) Sequence {
	return Sequence{Cache: NewCache(m, len(r.prompt)+r.room), Tokens: r.prompt, Rand: newRand(r.seed)}
}

// raggedRequests have prompts of 1 to 600 tokens, of which long ones take
// several steps to be read.
func raggedRequests(c Config) []request {
	var out []request
	for i, n := range []int{3, 600, 1, 257, 40, 7} {
		out = append(out, request{randomTokens(c, uint64(i), n), uint64(100 + i), 25 + i})
	}
	out[4].room = 5 // its cache is full before the others end
	return out
}

// letters says what tokens stand for: some for several letters, some for none.
func letters(dst []byte, _ int, token int32) []byte {
	return append(dst, []string{"a", "b", "", "ab", "ba", "aab"}[token%6]...)
}

// sameContinuation compares bit for bit.
func sameContinuation(t *testing.T, what string, got, want Continuation) {
	t.Helper()
	if !slices.Equal(got.Tokens, want.Tokens) || !slices.Equal(got.LogProbs, want.LogProbs) ||
		string(got.Text) != string(want.Text) || got.End != want.End {
		t.Errorf("%s: have %v %v %q %v, want %v %v %q %v", what,
			got.Tokens, got.LogProbs, got.Text, got.End, want.Tokens, want.LogProbs, want.Text, want.End)
	}
}

func generate(t testing.TB, d *Decoder, sequences []Sequence, o GenerateOptions) []Continuation {
	t.Helper()
	out, err := d.Generate(t.Context(), sequences, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// appended is the logits after tokens appended to c.
func appended(t testing.TB, d *Decoder, c *Cache, tokens []int32) []float32 {
	t.Helper()
	logits, err := d.appendOne(c, tokens)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(logits)
}

// TestGenerateRagged: what a sequence becomes is the same bits alone, with
// others, in another order, and for any number of threads; and sequences end in
// every way there is.
func TestGenerateRagged(t *testing.T) {
	c := decoderConfig()
	c.Vocab = 700
	m := lively(t, c, 1)
	o := GenerateOptions{
		Sampling: Sampling{Temperature: 0.9, TopK: 300, TopP: 0.95, MinP: 0.01}, MaxTokens: 9,
		StopStrings: []string{"aabaab", "bbbb"}, Bytes: letters,
	}
	for id := range int32(30) {
		o.StopTokens = append(o.StopTokens, 23*id)
	}
	requests := raggedRequests(c)
	var alone []Continuation
	ends := map[End]int{}
	for seed := range uint64(3) {
		alone = nil
		for i := range requests {
			requests[i].seed = 10*seed + uint64(i)
			alone = append(alone, generate(t, m.NewDecoder(1), []Sequence{requests[i].sequence(m)}, o)[0])
			ends[alone[i].End]++
		}
		for _, threads := range []int{1, 2} {
			var together []Sequence
			for _, r := range requests {
				together = append(together, r.sequence(m))
			}
			slices.Reverse(together)
			got := generate(t, m.NewDecoder(threads), together, o)
			for i, c := range got {
				sameContinuation(t, fmt.Sprintf("seed %d, %d threads, sequence %d", seed, threads, i), c, alone[len(alone)-1-i])
			}
		}
	}
	for _, e := range []End{AtStopToken, AtStopString, AtMaxTokens, AtCapacity} {
		if ends[e] == 0 {
			t.Errorf("none ended by %v: %v", e, ends)
		}
	}
}

// TestGenerateLogProbs: log-probabilities are those that Pass.Forward gives,
// whatever the sampling, and a cache holds all but the last token.
func TestGenerateLogProbs(t *testing.T) {
	m := lively(t, decoderConfig(), 1)
	for _, s := range []Sampling{DefaultSampling(), greedy(), {0.4, 5, 0.9, 0}} {
		r := request{randomTokens(m.config, 7, 30), 8, 20}
		q := r.sequence(m)
		d := m.NewDecoder(1)
		got := generate(t, d, []Sequence{q}, GenerateOptions{Sampling: s, MaxTokens: 20})[0]
		if len(got.Tokens) != 20 || got.Text != nil {
			t.Fatalf("%d tokens, text %q", len(got.Tokens), got.Text)
		}
		for i, want := range scored(t, m, r.prompt, got.Tokens, make([][]int32, 20)) {
			near(t, fmt.Sprintf("%+v token %d", s, i), got.LogProbs[i], want, 1e-4)
		}
		if q.Cache.Len() != 49 {
			t.Errorf("%d tokens in the cache, want 49", q.Cache.Len())
		}
		all := slices.Concat(r.prompt, got.Tokens)
		sameBits(t, "the cache goes on", appended(t, d, q.Cache, all[49:]), appendAll(t, d, all))
	}
}

// TestGenerateText: text and what is streamed of it are what a search of all
// bytes gives.
func TestGenerateText(t *testing.T) {
	m := lively(t, decoderConfig(), 1)
	for seed := range uint64(40) {
		o := GenerateOptions{Sampling: Sampling{Temperature: 2, TopP: 1}, MaxTokens: 30, Bytes: letters, StopTokens: []int32{7}}
		rng := newRand(seed)
		for range rng.IntN(4) {
			o.StopStrings = append(o.StopStrings, strings.Repeat("aab", 2)[rng.IntN(3):3+rng.IntN(4)])
		}
		streamed := make([]string, 3)
		count := make([]int, 3)
		var tokens [3][]int32
		var last [3]End
		o.OnToken = func(k Token) error {
			streamed[k.Sequence] += string(k.Text)
			count[k.Sequence]++
			tokens[k.Sequence] = append(tokens[k.Sequence], k.ID)
			if last[k.Sequence] != Unfinished {
				t.Errorf("sequence %d: a token after the last one", k.Sequence)
			}
			last[k.Sequence] = k.End
			all := ""
			for _, id := range tokens[k.Sequence] {
				if id != 7 {
					all = string(letters([]byte(all), 0, id))
				}
			}
			want, stopped := stopAt(all, o.StopStrings)
			if !stopped && k.End == Unfinished {
				want = want[:len(want)-beginning(want, o.StopStrings)]
			}
			if streamed[k.Sequence] != want || stopped != (k.End == AtStopString) {
				t.Errorf("stops %q, text %q: streamed %q, end %v, want %q, stopped %t", o.StopStrings, all, streamed[k.Sequence], k.End, want, stopped)
			}
			return nil
		}
		var all []Sequence
		for i := range uint64(3) {
			all = append(all, request{randomTokens(m.config, i, 5), 3*seed + i, 40}.sequence(m))
		}
		for i, c := range generate(t, m.NewDecoder(1), all, o) {
			if string(c.Text) != streamed[i] || c.End != last[i] || !slices.Equal(c.Tokens, tokens[i]) {
				t.Errorf("sequence %d: %q, %v, %v; streamed %q, %v, %v", i, c.Text, c.End, c.Tokens, streamed[i], last[i], tokens[i])
			}
		}
	}
}

// TestGenerateEnds: of several reasons on one token the first counts, and the
// text is whole.
func TestGenerateEnds(t *testing.T) {
	m := lively(t, tiny(), 6)
	const n = 6
	var prompt, want []int32
	for i := int32(0); want == nil || slices.Index(want, want[n-1]) < n-1; i++ { // until the last token is new
		prompt = []int32{i % 16, i / 16, 1}
		want = generate(t, m.NewDecoder(1), []Sequence{{NewCache(m, 40), prompt, nil}}, GenerateOptions{Sampling: greedy(), MaxTokens: n})[0].Tokens
	}
	last := want[n-1]
	text := func(dst []byte, _ int, token int32) []byte {
		if token == last {
			return append(dst, "y!z"...)
		}
		return append(dst, 'x')
	}
	for _, tc := range []struct {
		o        GenerateOptions
		capacity int
		end      End
		text     string
	}{
		{GenerateOptions{StopTokens: []int32{last}, StopStrings: []string{"!"}, MaxTokens: n}, 3 + n - 1, AtStopToken, "xxxxx"},
		{GenerateOptions{StopTokens: []int32{last}, StopStrings: []string{"xy"}, MaxTokens: n}, 3 + n - 1, AtStopToken, "xxxxx"},
		{GenerateOptions{StopStrings: []string{"!", "zz"}, MaxTokens: n}, 3 + n - 1, AtStopString, "xxxxxy"},
		{GenerateOptions{StopStrings: []string{"zz", "y!zw"}, MaxTokens: n}, 3 + n - 1, AtMaxTokens, "xxxxxy!z"},
		{GenerateOptions{StopStrings: []string{"zz"}}, 3 + n - 1, AtCapacity, "xxxxxy!z"},
		{GenerateOptions{StopStrings: []string{"x!"}, MaxTokens: n - 1}, 40, AtMaxTokens, "xxxxx"},
		{GenerateOptions{}, 3, AtCapacity, "x"}, // a full cache has room for one
	} {
		tc.o.Sampling, tc.o.Bytes = greedy(), text
		got := generate(t, m.NewDecoder(1), []Sequence{{NewCache(m, tc.capacity), prompt, nil}}, tc.o)[0]
		if got.End != tc.end || string(got.Text) != tc.text || !slices.Equal(got.Tokens, want[:len(got.Tokens)]) {
			t.Errorf("%+v: %v, %v, %q; want %v, %q", tc.o, got.Tokens, got.End, got.Text, tc.end, tc.text)
		}
	}
	if got := fmt.Sprint(Unfinished, AtStopToken, AtStopString, AtMaxTokens, AtCapacity); got != "unfinished stop token stop string max tokens capacity" {
		t.Error(got)
	}
}

func TestGenerateRefuses(t *testing.T) {
	m := lively(t, tiny(), 6)
	c := NewCache(m, 4)
	rng := newRand(1)
	one := []int32{1}
	ok := GenerateOptions{Sampling: DefaultSampling(), MaxTokens: 1}
	with := func(change func(o *GenerateOptions)) GenerateOptions {
		o := ok
		change(&o)
		return o
	}
	for _, tc := range []struct {
		sequences []Sequence
		o         GenerateOptions
		is        error
		says      string
	}{
		{[]Sequence{{c, one, rng}}, GenerateOptions{}, nil, "Sampling.TopP is 0"},
		{[]Sequence{{c, one, rng}}, with(func(o *GenerateOptions) { o.MaxTokens = -1 }), nil, "MaxTokens is -1"},
		{[]Sequence{{c, one, rng}}, with(func(o *GenerateOptions) { o.StopTokens = []int32{99} }), nil, "StopTokens"},
		{[]Sequence{{c, one, rng}}, with(func(o *GenerateOptions) { o.StopStrings = []string{"x"} }), nil, "Bytes is nil"},
		{[]Sequence{{c, one, rng}}, with(func(o *GenerateOptions) { o.StopStrings, o.Bytes = []string{"x", ""}, letters }), nil, "stop string 1"},
		{[]Sequence{{c, one, nil}}, ok, nil, "sequence 0: transformer: sampling without"},
		{[]Sequence{{c, one, rng}, {NewCache(m, 4), one, rng}}, ok, nil, "sequences 0 and 1 have one random source"},
		{[]Sequence{{nil, one, rng}}, ok, nil, "sequence 0 has no cache"},
		{[]Sequence{{c, nil, rng}}, ok, nil, "sequence 0: no tokens"},
		{[]Sequence{{c, one, rng}, {c, one, newRand(2)}}, ok, nil, "sequence 1: its cache is used twice"},
		{[]Sequence{{c, []int32{1, 2, 3, 4, 5}, rng}}, ok, ErrTooLong, "sequence 0"},
		{[]Sequence{{NewCache(newModel(t, decoderConfig()), 4), one, rng}}, ok, ErrMismatch, "cache 0"},
	} {
		_, err := m.NewDecoder(1).Generate(t.Context(), tc.sequences, tc.o)
		if err == nil || !strings.Contains(err.Error(), tc.says) || tc.is != nil && !errors.Is(err, tc.is) {
			t.Errorf("%q: %v", tc.says, err)
		}
	}
	if out, err := m.NewDecoder(1).Generate(t.Context(), nil, ok); len(out) != 0 || err != nil {
		t.Errorf("no sequences: %v, %v", out, err)
	}
	if c.Len() != 0 {
		t.Errorf("a refused sequence was read: %d tokens", c.Len())
	}
}

// TestGenerateInterrupted: an error of the context, of the listener or of a
// logit ends it, and what there is so far is what there would have been.
func TestGenerateInterrupted(t *testing.T) {
	m := lively(t, decoderConfig(), 1)
	requests := raggedRequests(m.config)[:3]
	o := GenerateOptions{Sampling: DefaultSampling(), MaxTokens: 10}
	run := func(ctx context.Context, o GenerateOptions) ([]Continuation, error) {
		var all []Sequence
		for _, r := range requests {
			all = append(all, r.sequence(m))
		}
		return m.NewDecoder(2).Generate(ctx, all, o)
	}
	want, err := run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("enough")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, tc := range []struct {
		name string
		ctx  context.Context
		on   func(k Token) error
		is   error
	}{
		{"listener", t.Context(), func(Token) error { return stop }, stop},
		{"context", ctx, func(Token) error { cancel(); return nil }, context.Canceled},
	} {
		n := 0
		o.OnToken = func(k Token) error {
			if n++; n < 5 {
				return nil
			}
			return tc.on(k)
		}
		got, err := run(tc.ctx, o)
		if !errors.Is(err, tc.is) {
			t.Errorf("%s: %v", tc.name, err)
		}
		total := 0
		for i, c := range got {
			if total += len(c.Tokens); !slices.Equal(c.Tokens, want[i].Tokens[:len(c.Tokens)]) || c.End != Unfinished {
				t.Errorf("%s: sequence %d has %v, %v, want of %v", tc.name, i, c.Tokens, c.End, want[i].Tokens)
			}
		}
		if total < 5 || total > 7 { // the others of the step
			t.Errorf("%s: %d tokens", tc.name, total)
		}
	}
	m.Parameters()[0].Data[0] = float32(math.NaN())
	m.Changed()
	o.OnToken = nil
	if _, err := run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "is NaN") || !strings.Contains(err.Error(), "sequence 0") {
		t.Errorf("NaN: %v", err)
	}
}

// TestFork: a group gives bit for bit what its members give alone, and the
// prompt is read once.
func TestFork(t *testing.T) {
	m := lively(t, everything(), 3)
	o := GenerateOptions{Sampling: DefaultSampling(), MaxTokens: 12}
	for _, n := range []int{1, 2, 33, 50} {
		prompt := randomTokens(m.config, 4, n)
		d := m.NewDecoder(2)
		base := NewCache(m, 60)
		var sources []*rand.Rand
		for i := range uint64(5) {
			sources = append(sources, newRand(i))
		}
		group, err := d.Fork(t.Context(), Sequence{Cache: base, Tokens: prompt}, sources, 12)
		if err != nil {
			t.Fatal(err)
		}
		if base.Len() != n-1 || len(group) != 5 || group[0].Cache.Capacity() != n+12 {
			t.Fatalf("%d tokens in the shared cache, %d sequences, capacity %d", base.Len(), len(group), group[0].Cache.Capacity())
		}
		for i, got := range generate(t, d, group, o) {
			alone := request{prompt, uint64(i), 12}.sequence(m)
			want := generate(t, m.NewDecoder(1), []Sequence{alone}, o)[0]
			sameContinuation(t, fmt.Sprintf("prompt of %d, rollout %d", n, i), got, want)
		}
		if base.Len() != n-1 {
			t.Errorf("the shared cache has changed")
		}
	}
	d := m.NewDecoder(1)
	if _, err := d.Fork(t.Context(), Sequence{NewCache(m, 2), []int32{1, 2, 3}, nil}, nil, 1); !errors.Is(err, ErrTooLong) {
		t.Errorf("a prompt that is too long: %v", err)
	}
	if _, err := d.Fork(t.Context(), Sequence{NewCache(m, 2), []int32{1}, nil}, nil, -1); err == nil {
		t.Error("negative room passed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Fork(ctx, Sequence{NewCache(m, 9), []int32{1, 2}, nil}, nil, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestCacheFork: a copy of any capacity goes on with the same bits, and has
// memory of its own.
func TestCacheFork(t *testing.T) {
	config := decoderConfig()
	config.HeadDim = 70 // three panels
	m := lively(t, config, 1)
	d := m.NewDecoder(1)
	tokens := randomTokens(m.config, 5, 100)
	c := NewCache(m, 90)
	appended(t, d, c, tokens[:70])
	for _, capacity := range []int{71, 95, 96, 97, 300} {
		f := c.Fork(capacity)
		if f.Len() != 70 || f.Capacity() != capacity {
			t.Fatalf("%d tokens of %d", f.Len(), f.Capacity())
		}
		sameBits(t, fmt.Sprint("capacity ", capacity), appended(t, d, f, tokens[70:71]), appendAll(t, d, tokens[:71]))
	}
	short := c.Fork(40)
	if short.Len() != 40 {
		t.Fatalf("%d tokens in a short copy", short.Len())
	}
	short.Truncate(39)
	sameBits(t, "cut off", appended(t, d, short, tokens[39:40]), appendAll(t, d, tokens[:40]))
	sameBits(t, "the original", appended(t, d, c, tokens[70:80]), appendAll(t, d, tokens[:80]))
	if n := c.Fork(1 << 30).Capacity(); n != m.config.MaxTokens {
		t.Errorf("capacity %d", n)
	}
}

// TestPrefixCache: whatever comes after whatever, the result is that of a fresh
// cache, and no token is read that need not be.
func TestPrefixCache(t *testing.T) {
	m := lively(t, decoderConfig(), 1)
	d := m.NewDecoder(1)
	p := NewPrefixCache(m)
	if p.Len() != 0 || p.Shared([]int32{1, 2}) != 0 {
		t.Errorf("an empty one has %d tokens and shares %d", p.Len(), p.Shared([]int32{1, 2}))
	}
	rng := newRand(6)
	o := GenerateOptions{Sampling: DefaultSampling()}
	var chat []int32
	for turn := range 60 {
		switch rng.IntN(4) {
		case 0: // another chat, that begins like it
			chat = slices.Clone(chat[:rng.IntN(len(chat)+1)])
		case 1: // the same again
		default:
			chat = append(chat, randomTokens(m.config, uint64(turn), 1+rng.IntN(40))...)
		}
		if len(chat) == 0 || len(chat) > 600 {
			chat = []int32{int32(turn % 9)}
		}
		shared := p.Shared(chat)
		for i := range shared {
			if p.tokens[i] != chat[i] {
				t.Fatalf("turn %d: token %d is not shared", turn, i)
			}
		}
		if shared < len(chat)-1 && shared < min(len(p.tokens), p.cache.Len()) && p.tokens[shared] == chat[shared] {
			t.Fatalf("turn %d: token %d is shared", turn, shared)
		}
		o.MaxTokens = 1 + rng.IntN(10)
		c, rest := p.Begin(chat, o.MaxTokens)
		if c.Len() != shared || p.Len() != shared || len(rest) != len(chat)-shared || c.Capacity() < len(chat)+o.MaxTokens {
			t.Fatalf("turn %d: %d tokens kept of %d, capacity %d", turn, c.Len(), shared, c.Capacity())
		}
		seed := uint64(turn)
		got := generate(t, d, []Sequence{{c, rest, newRand(seed)}}, o)[0]
		want := generate(t, d, []Sequence{request{chat, seed, o.MaxTokens}.sequence(m)}, o)[0]
		sameContinuation(t, fmt.Sprint("turn ", turn), got, want)
		if rng.IntN(3) > 0 { // who forgets to say so reads more, and that is all
			p.Add(got.Tokens)
		}
		chat = append(chat, got.Tokens...)
	}
	if c, rest := p.Begin(randomTokens(m.config, 1, 900), 5); c.Capacity() != 700 || len(rest) == 0 {
		t.Errorf("a text longer than the model allows: capacity %d", c.Capacity())
	}
}
