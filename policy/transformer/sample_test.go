package transformer

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// sources are n random sources, the same each time.
func sources(first uint64, n int) []*rand.Rand {
	var out []*rand.Rand
	for i := range n {
		out = append(out, newRand(first+uint64(i)))
	}
	return out
}

// Samples are, bit for bit, what Generate gives of each by itself, on every
// machine's number of threads, however many begin alike.
func TestSampleIsGenerate(t *testing.T) {
	m := lively(t, decoderConfig(), 5)
	for _, o := range []GenerateOptions{
		{Sampling: DefaultSampling(), MaxTokens: 20},
		{Sampling: Sampling{Temperature: 0.3, TopP: 0.9, TopK: 3}, MaxTokens: 30, StopTokens: []int32{3}, StopStrings: []string{"ab"}, Bytes: letters},
		{Sampling: greedy(), MaxTokens: 9, Bytes: letters},
		{Sampling: Sampling{Temperature: 0.5, TopP: 1}, MaxTokens: 0, StopTokens: []int32{1, 2}},
	} {
		prompts := [][]int32{randomTokens(m.config, 1, 3), randomTokens(m.config, 2, 600), randomTokens(m.config, 3, 1), randomTokens(m.config, 2, 600)}
		var groups []Group
		var want [][]Continuation
		for i, p := range prompts {
			n := []int{40, 5, 1, 3}[i]
			groups = append(groups, Group{p, sources(uint64(1000*i), n)})
			room := m.config.MaxTokens - len(p)
			if o.MaxTokens > 0 {
				room = o.MaxTokens
			}
			var alone []Continuation
			for _, rng := range sources(uint64(1000*i), n) {
				alone = append(alone, generate(t, m.NewDecoder(1), []Sequence{{NewCache(m, len(p)+room), p, rng}}, o)...)
			}
			want = append(want, alone)
		}
		for _, threads := range []int{1, 3} {
			for i := range groups {
				groups[i].Rand = sources(uint64(1000*i), len(groups[i].Rand))
			}
			got, err := m.NewDecoder(threads).Sample(t.Context(), groups, o)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %d threads: samples differ from what is generated alone", o.Sampling, threads)
			}
		}
		if o.Sampling.Temperature > 0 && slices.EqualFunc(want[0], want[0][1:], func(a, b Continuation) bool { return slices.Equal(a.Tokens, b.Tokens) }) {
			t.Error("all samples are the same")
		}
	}
}

// No more is read than differs: equal samples are read once.
func TestSampleReadsOnce(t *testing.T) {
	m := lively(t, tiny(), 5)
	g, err := m.NewDecoder(1).newSampling([]Group{{[]int32{1, 2}, make([]*rand.Rand, 50)}}, GenerateOptions{Sampling: greedy(), MaxTokens: 7})
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	for ; len(g.branches) > 0; steps++ {
		if len(g.branches) != 1 {
			t.Fatalf("%d branches of equal samples", len(g.branches))
		}
		if err := g.step(); err != nil {
			t.Fatal(err)
		}
	}
	if steps != 7 || len(g.free) != 1 {
		t.Errorf("%d steps, %d caches", steps, len(g.free))
	}
}

func TestSampleRefuses(t *testing.T) {
	m := lively(t, tiny(), 6)
	rng := newRand(1)
	ok := GenerateOptions{Sampling: DefaultSampling(), MaxTokens: 1}
	bad := ok
	bad.MaxTokens = -1
	long := make([]int32, m.config.MaxTokens+1)
	for _, tc := range []struct {
		groups []Group
		o      GenerateOptions
		is     error
		says   string
	}{
		{[]Group{{[]int32{1}, sources(1, 1)}}, bad, nil, "MaxTokens is -1"},
		{[]Group{{[]int32{1}, sources(1, 2)}, {nil, sources(5, 1)}}, ok, nil, "group 1: transformer: no tokens"},
		{[]Group{{[]int32{1}, sources(1, 2)}, {long, sources(5, 1)}}, ok, ErrTooLong, "group 1"},
		{[]Group{{[]int32{-1}, sources(5, 1)}}, ok, nil, "group 0"},
		{[]Group{{[]int32{1}, []*rand.Rand{rng, nil}}}, ok, nil, "sequence 1: transformer: sampling without"},
		{[]Group{{[]int32{1}, []*rand.Rand{rng}}, {[]int32{1}, []*rand.Rand{newRand(2), rng}}}, ok, nil, "sequences 0 and 2 have one random source"},
	} {
		_, err := m.NewDecoder(1).Sample(t.Context(), tc.groups, tc.o)
		if err == nil || !strings.Contains(err.Error(), tc.says) || tc.is != nil && !errors.Is(err, tc.is) {
			t.Errorf("%q: %v", tc.says, err)
		}
	}
	got, err := m.NewDecoder(1).Sample(t.Context(), []Group{{[]int32{1}, nil}}, ok)
	if err != nil || len(got) != 1 || len(got[0]) != 0 {
		t.Errorf("of no samples %v, %v", got, err)
	}
}
