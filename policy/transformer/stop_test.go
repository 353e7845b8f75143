package transformer

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// stopAt looks for stop strings in all of the text by trying every place: what
// is before the one that ends first, of several the longest, and whether there
// is one.
func stopAt(text string, stops []string) (string, bool) {
	for end := range len(text) + 1 {
		longest := -1
		for _, s := range stops {
			if strings.HasSuffix(text[:end], s) {
				longest = max(longest, len(s))
			}
		}
		if longest >= 0 {
			return text[:end-longest], true
		}
	}
	return text, false
}

// beginning is the length of the longest suffix of text that a stop string
// begins with, all of it excepted.
func beginning(text string, stops []string) int {
	longest := 0
	for _, s := range stops {
		for n := range len(s) {
			if n <= len(text) && strings.HasSuffix(text, s[:n]) {
				longest = max(longest, n)
			}
		}
	}
	return longest
}

// checkStops pushes the pieces and compares after each of them.
func checkStops(t *testing.T, pieces, stops []string) {
	t.Helper()
	compiled, err := newStopStrings(stops)
	if err != nil {
		t.Fatal(err)
	}
	s := newStopper(compiled)
	var got []byte
	soFar := ""
	for _, p := range pieces {
		soFar += p
		want, stopped := stopAt(soFar, stops)
		if !stopped {
			want = want[:len(want)-beginning(want, stops)]
		}
		var found bool
		if got, found = s.push(got, []byte(p)); found != stopped || string(got) != want {
			t.Fatalf("stops %q, pieces %q, after %q: released %q, stopped %t; want %q, %t", stops, pieces, p, got, found, want, stopped)
		}
		if found {
			if rest := s.flush(nil); len(rest) > 0 {
				t.Fatalf("stops %q, pieces %q: %q is held after the stop", stops, pieces, rest)
			}
			return
		}
	}
	if got = s.flush(got); string(got) != soFar {
		t.Fatalf("stops %q, pieces %q: released %q in the end", stops, pieces, got)
	}
}

func TestStopper(t *testing.T) {
	for _, tc := range []struct {
		pieces, stops []string
	}{
		{[]string{"ab", "cd"}, nil},
		{[]string{"hello wor", "ld", " again"}, []string{"world"}},
		{[]string{"x", "ab", "cy"}, []string{"abc", "ab"}},    // one is a prefix of the other
		{[]string{"xab", "d"}, []string{"abcd", "b"}},         // one is within the other
		{[]string{"xabc"}, []string{"bc", "abc", "c"}},        // all end at once
		{[]string{"aaab"}, []string{"aab"}},                   // overlaps itself
		{[]string{"abab", "abc"}, []string{"ababc"}},          // again
		{[]string{"no", "ne", "\n"}, []string{"\n\n", "nes"}}, // held, then released
		{[]string{"\xe2", "\x82", "\xacx"}, []string{"€"}},    // a character over three tokens
		{[]string{"", "", "a", ""}, []string{"a"}},
	} {
		checkStops(t, tc.pieces, tc.stops)
	}
	if _, err := newStopStrings([]string{"a", ""}); err == nil || !strings.Contains(err.Error(), "stop string 1 is empty") {
		t.Errorf("an empty stop string: %v", err)
	}
}

// TestStopperRandomly tries texts of few letters, in which beginnings of stop
// strings are everywhere, cut at random.
func TestStopperRandomly(t *testing.T) {
	rng := newRand(1)
	word := func(most int) string {
		b := make([]byte, 1+rng.IntN(most))
		for i := range b {
			b[i] = "ab"[rng.IntN(2)]
		}
		return string(b)
	}
	for range 5000 {
		var pieces, stops []string
		for range rng.IntN(12) {
			pieces = append(pieces, word(4))
		}
		for range rng.IntN(4) {
			stops = append(stops, word(8))
		}
		checkStops(t, pieces, stops)
	}
}

func FuzzStopper(f *testing.F) {
	f.Add("hello world again", "world\x00wor\x00d a", uint64(1))
	f.Add("abababc", "ababc", uint64(2))
	f.Fuzz(func(t *testing.T, text, stops string, seed uint64) {
		if len(text) > 300 || len(stops) > 100 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		var pieces []string
		for len(text) > 0 {
			n := rng.IntN(len(text) + 1)
			pieces = append(pieces, text[:n])
			text = text[n:]
		}
		list := slices.DeleteFunc(strings.Split(stops, "\x00"), func(s string) bool { return s == "" })
		checkStops(t, pieces, list)
	})
}

// TestStopperLinear: a text that is a beginning all along is held back, and no
// more than that.
func TestStopperLinear(t *testing.T) {
	compiled, err := newStopStrings([]string{strings.Repeat("a", 50) + "b"})
	if err != nil {
		t.Fatal(err)
	}
	s := newStopper(compiled)
	got, found := s.push(nil, bytes.Repeat([]byte("a"), 2000))
	if found || len(got) != 1950 || fmt.Sprint(s.matched) != "[50]" {
		t.Errorf("%d bytes released, found %t, matched %v", len(got), found, s.matched)
	}
}
