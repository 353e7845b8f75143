package memory

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// TestWordShare compares with the Jaccard index as it is defined.
func TestWordShare(t *testing.T) {
	r := source(t)
	text := func(r *rand.Rand, n int) string {
		var words []string
		for range n {
			words = append(words, fmt.Sprint("w", r.IntN(12)))
		}
		return strings.Join(words, " ")
	}
	near := 0
	for range 3000 {
		a := agent.Lesson{Mistake: text(r, r.IntN(30)), Remedy: text(r, r.IntN(30))}
		b := agent.Lesson{Mistake: text(r, r.IntN(30)), Remedy: text(r, r.IntN(30))}
		set := func(l agent.Lesson) map[string]bool {
			out := map[string]bool{}
			for _, w := range strings.Fields(l.Mistake + " " + l.Remedy) {
				out[w] = true
			}
			return out
		}
		of, with, both := set(a), set(b), 0
		for w := range of {
			if with[w] {
				both++
			}
		}
		want := 1.0
		if n := len(of) + len(with) - both; n > 0 {
			want = float64(both) / float64(n)
		}
		if want < nearDuplicate {
			want = 0
		} else {
			near++
		}
		if got := wordsOf(a).share(&b); got != want {
			t.Fatalf("%+v and %+v: %v, want %v", a, b, got, want)
		}
	}
	if near < 100 {
		t.Errorf("only %d were near", near)
	}
}
