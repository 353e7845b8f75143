package embed_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/memory/embed"
)

func vectors(t testing.TB, h embed.Hashed, texts ...string) [][]float32 {
	t.Helper()
	v, err := h.Embed(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func dot(a, b []float32) float64 {
	var s float64
	for i := range a {
		s += float64(a[i]) * float64(b[i])
	}
	return s
}

func TestHashedOrdersByMeaningOfWords(t *testing.T) {
	for _, tt := range []struct{ text, near, far string }{
		{"put a clean ladle in countertop", "clean some ladle and put it in drawer", "look at bowl under the desklamp"},
		{"put a hot apple in fridge", "heat some apples and put them in the fridge", "put a clean spatula in drawer"},
		{"error E1234 in src/parser/lexer.go", "src/parser/lexer.go: error E1234", "error E9876 in cmd/tool/flags.py"},
		{"examine the pen with the desklamp", "look at pen under the desklamp", "put the remote with the television"},
	} {
		v := vectors(t, embed.Hashed{}, tt.text, tt.near, tt.far)
		if near, far := dot(v[0], v[1]), dot(v[0], v[2]); !(near > far+0.1) {
			t.Errorf("%q: similarity %.2f to %q, %.2f to %q", tt.text, near, tt.near, far, tt.far)
		}
	}
}

func TestHashedVectors(t *testing.T) {
	for _, h := range []embed.Hashed{{}, {Width: 1}, {Width: 64}} {
		v := vectors(t, h, "put a clean ladle", "PUT, a clean: ladle!", "", " ,;. ", "日本語 のテキスト", strings.Repeat("long ", 10000))
		for i, x := range v {
			if len(x) != h.Dim() {
				t.Errorf("%s: width %d, want %d", h.ID(), len(x), h.Dim())
			}
			if n := math.Sqrt(dot(x, x)); i != 2 && i != 3 && !(math.Abs(n-1) < 1e-5) || (i == 2 || i == 3) && n != 0 {
				t.Errorf("%s: text %d has length %v", h.ID(), i, n)
			}
		}
		if !reflect.DeepEqual(v[0], v[1]) {
			t.Errorf("%s: case and punctuation make a difference", h.ID())
		}
		if again := vectors(t, h, "put a clean ladle"); !reflect.DeepEqual(again[0], v[0]) {
			t.Errorf("%s: the same text gave another vector", h.ID())
		}
	}
	if a, b := (embed.Hashed{}).ID(), (embed.Hashed{Width: 64}).ID(); a == b {
		t.Errorf("two widths, one ID %s", a)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (embed.Hashed{}).Embed(ctx, []string{"a"}); err == nil {
		t.Error("no error after the context ended")
	}
}

func Example() {
	v, err := embed.Hashed{}.Embed(context.Background(), []string{"clean the ladle", "clean ladles", "open the window"})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f %.1f\n", dot(v[0], v[1]), dot(v[0], v[2]))
	// Output: 0.6 0.0
}

func BenchmarkHashed(b *testing.B) {
	for b.Loop() {
		vectors(b, embed.Hashed{}, "put a clean ladle in countertop")
	}
}
