package huggingface

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// lossless are the shapes that keep every byte of a text.
var lossless = []string{"gpt2", "gpt2 as a pattern", "llama3", "smollm2", "digits together"}

// TestLossless holds that byte-level shapes encode any bytes and Bytes gives them
// back, and that Decode replaces what is not UTF-8.
func TestLossless(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var x texts
	readJSON(t, "texts.json", &x)
	for _, name := range lossless {
		tok := parseShape(t, name)
		for range 500 {
			text := make([]byte, rng.IntN(12))
			for i := range text {
				text[i] = byte(rng.Uint32())
			}
			all := string(text) + x.random(rng.IntN(4000)) + string(text)
			ids := tok.Encode(nil, all)
			if got := tok.Bytes(nil, ids); string(got) != all {
				t.Fatalf("%s: Bytes of the tokens of %q is %q", name, all, got)
			}
			got := tok.Decode(ids)
			if !utf8.ValidString(got) || utf8.ValidString(all) && got != all {
				t.Fatalf("%s: Decode of the tokens of %q is %q", name, all, got)
			}
		}
	}
}

// TestFallbackBytes holds the same of a SentencePiece-style shape.
func TestFallbackBytes(t *testing.T) {
	tok := parseShape(t, "llama2 with Metaspace")
	for _, c := range []struct{ text, decoded string }{
		{"a\xffb", "a\ufffdb"},
		{"\xf0\x9f\x98\x80", "😀"},
		{"\xf0\x9f\x98", "\ufffd\ufffd\ufffd"}, // byte by byte, as the library
		{"x\xc3", "x\ufffd"},
	} {
		ids := tok.Encode(nil, c.text)
		if got := tok.Decode(ids); got != c.decoded {
			t.Errorf("Decode of the tokens of %q is %q, want %q", c.text, got, c.decoded)
		}
		if got := tok.Bytes(nil, ids); string(got) != c.text {
			t.Errorf("Bytes of the tokens of %q is %q", c.text, got)
		}
	}
}

// TestStream holds that a stream gives what Decode gives, each part of it
// UTF-8, and no character later than needed.
func TestStream(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for name := range shapes(t) {
		tok := parseShape(t, name)
		for range 300 {
			ids := make([]int32, rng.IntN(30))
			for i := range ids {
				ids[i] = int32(rng.IntN(tok.Vocab()+3)) - 1
			}
			s, plain := tok.Stream(), tok.StreamPlain()
			var all, allPlain strings.Builder
			for _, id := range ids {
				part := s.Next(id)
				if !utf8.ValidString(part) {
					t.Fatalf("%s: Next(%d) after %v is %q", name, id, ids, part)
				}
				all.WriteString(part)
				allPlain.WriteString(plain.Next(id))
			}
			all.WriteString(s.Close())
			allPlain.WriteString(plain.Close())
			if got := tok.Decode(ids); got != all.String() {
				t.Fatalf("%s: %v streams %q, decodes %q", name, ids, all.String(), got)
			}
			if got := tok.DecodePlain(ids); got != allPlain.String() {
				t.Fatalf("%s: %v streams %q, decodes %q without special tokens", name, ids, allPlain.String(), got)
			}
		}
	}
	tok := parseShape(t, "gpt2")
	s := tok.Stream()
	var parts []string
	for _, b := range []byte("a\xe2\x82\xacb\xf0\x9f\x98\xe2\x82c") {
		id, ok := tok.ID(string(alphabet[b]))
		if !ok {
			t.Fatalf("no token for byte %x", b)
		}
		parts = append(parts, s.Next(id))
	}
	want := []string{"a", "", "", "€", "b", "", "", "", "\ufffd", "", "\ufffdc"}
	if !slices.Equal(parts, want) {
		t.Errorf("streamed %q, want %q", parts, want)
	}
}

// naive merges as the definition says, the pair of the lowest rank first, the
// leftmost of them, in quadratic time.
func naive(symbols []string, rank map[[2]string]int) []string {
	for {
		best, at := len(rank), -1
		for i := range len(symbols) - 1 {
			if r, ok := rank[[2]string{symbols[i], symbols[i+1]}]; ok && r < best {
				best, at = r, i
			}
		}
		if at < 0 {
			return symbols
		}
		symbols = slices.Replace(symbols, at, at+2, symbols[at]+symbols[at+1])
	}
}

// TestMerge compares merging by heap with the definition, for random merges
// many of which make the same token.
func TestMerge(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 60 {
		tokens := []string{"a", "b", "c"}
		vocab := map[string]int{"a": 0, "b": 1, "c": 2}
		var merges [][2]string
		rank := map[[2]string]int{}
		for range 60 {
			p := [2]string{tokens[rng.IntN(len(tokens))], tokens[rng.IntN(len(tokens))]}
			if _, ok := rank[p]; ok || len(p[0]+p[1]) > 8 {
				continue
			}
			rank[p] = len(merges)
			merges = append(merges, p)
			if _, ok := vocab[p[0]+p[1]]; !ok {
				vocab[p[0]+p[1]] = len(tokens)
				tokens = append(tokens, p[0]+p[1])
			}
		}
		rng.Shuffle(len(merges), func(i, j int) { merges[i], merges[j] = merges[j], merges[i] })
		for i, p := range merges {
			rank[p] = i
		}
		tok := parseModel(t, map[string]any{"type": "BPE", "vocab": vocab, "merges": merges})
		for range 200 {
			var text []string
			for range rng.IntN(60) {
				text = append(text, string("abc"[rng.IntN(3)]))
			}
			s := strings.Join(text, "")
			var got []string
			for _, id := range tok.Encode(nil, s) {
				got = append(got, tokens[id])
			}
			if want := naive(text, rank); !slices.Equal(got, want) {
				t.Fatalf("merges %v of %s: have %q, want %q", merges, s, got, want)
			}
		}
	}
}

// parseModel reads a tokenizer with the model and nothing else.
func parseModel(t testing.TB, model map[string]any) *Tokenizer {
	t.Helper()
	data, err := json.Marshal(map[string]any{"version": "1.0", "model": model, "decoder": map[string]any{"type": "Fuse"}})
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestBoundary holds that cutting a text before marks changes nothing, by a
// model to which one more merge forbids it.
func TestBoundary(t *testing.T) {
	var x texts
	readJSON(t, "texts.json", &x)
	data := shapes(t)["llama2"]
	tok, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(tok.cut.splits) != 1 {
		t.Fatalf("%d splits, want the one before marks", len(tok.cut.splits))
	}
	// x▁ is not in any text that is compared below.
	other := bytes.Replace(data, []byte(`"merges":[`), []byte(`"merges":[["0","▁"],`), 1)
	other = bytes.Replace(other, []byte(`"vocab":{`), []byte(fmt.Sprintf(`"vocab":{"0▁":%d,`, tok.Vocab())), 1)
	whole, err := Parse(other)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole.cut.splits) != 0 {
		t.Fatalf("%d splits, though a merge crosses them", len(whole.cut.splits))
	}
	n := 0
	for i := range 2000 {
		text := x.random(i)
		if strings.Contains(text, "0 ") || strings.Contains(text, "0▁") {
			continue
		}
		n++
		if a, b := tok.Encode(nil, text), whole.Encode(nil, text); !slices.Equal(a, b) {
			t.Errorf("%q: have %v, whole %v", text, a, b)
		}
	}
	if n < 500 {
		t.Errorf("only %d texts", n)
	}
	if got := show(whole.Encode(nil, "0 0")); !strings.Contains(got, fmt.Sprint(tok.Vocab())) {
		t.Errorf("the merge across words is not made: %s", got)
	}
}

func TestPlain(t *testing.T) {
	tok := parseShape(t, "qwen2")
	end, ok := tok.Special("<|im_end|>")
	if !ok || !tok.IsSpecial(end) {
		t.Fatal("<|im_end|> is not special")
	}
	call, ok := tok.ID("<tool_call>")
	if _, special := tok.Special("<tool_call>"); !ok || special {
		t.Fatal("<tool_call> is special or no token")
	}
	text := "hello<|im_end|><tool_call> x"
	all, plain := tok.Encode(nil, text), tok.EncodePlain(nil, text)
	if !slices.Contains(all, end) || !slices.Contains(all, call) {
		t.Errorf("Encode: %v lacks %d or %d", all, end, call)
	}
	if slices.Contains(plain, end) || !slices.Contains(plain, call) {
		t.Errorf("EncodePlain: %v has %d or lacks %d", plain, end, call)
	}
	if got := tok.Decode(plain); got != text {
		t.Errorf("EncodePlain keeps %q of %q", got, text)
	}
	if got := tok.DecodePlain(all); got != "hello<tool_call> x" {
		t.Errorf("DecodePlain gives %q", got)
	}
	if got, want := tok.SpecialIDs(), []int32{end - 2, end - 1, end}; !slices.Equal(got, want) {
		t.Errorf("special tokens %v, want %v", got, want)
	}
}

func TestNames(t *testing.T) {
	tok := parseShape(t, "gpt2")
	for id := range int32(tok.Vocab()) {
		name, ok := tok.Name(id)
		if got, have := tok.ID(name); !ok || !have || got != id {
			t.Errorf("token %d is named %q, which is %d", id, name, got)
		}
	}
	for _, id := range []int32{-1, int32(tok.Vocab()), 1 << 30} {
		if name, ok := tok.Name(id); ok || tok.IsSpecial(id) {
			t.Errorf("number %d is named %q or special", id, name)
		}
		if got := tok.Decode([]int32{id}); got != "\ufffd" {
			t.Errorf("number %d decodes to %q", id, got)
		}
	}
	if _, ok := tok.Special("the"); ok {
		t.Error("the is special")
	}
}

// TestConcurrent holds that goroutines may share a tokenizer: with -race, and
// by the result while they throw each other's words out of the cache.
func TestConcurrent(t *testing.T) {
	var x texts
	readJSON(t, "texts.json", &x)
	tok := parseShape(t, "llama3")
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			fresh := parseShape(t, "llama3")
			for i := range 300 {
				text := x.random(i*4 + g)
				if a, b := tok.Encode(nil, text), fresh.Encode(nil, text); !slices.Equal(a, b) {
					t.Errorf("%q: have %v, want %v", text, a, b)
				}
			}
		})
	}
	wait.Wait()
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokenizer.json")
	if _, err := Open(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	if err := os.WriteFile(path, shapes(t)["gpt2"], 0o644); err != nil {
		t.Fatal(err)
	}
	tok, err := Open(path)
	if err != nil || tok.Count("hello") != 1 {
		t.Errorf("have %v, %v", tok, err)
	}
	if err := os.WriteFile(path, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), path) {
		t.Errorf("empty object: %v", err)
	}
}

func TestWarnings(t *testing.T) {
	if w := parseShape(t, "gpt2").Warnings(); len(w) != 0 {
		t.Errorf("gpt2: %v", w)
	}
	if w := parseShape(t, "without unk").Warnings(); len(w) != 1 || !strings.Contains(w[0].Error(), "unk_token") {
		t.Errorf("without unk: %v", w)
	}
	data := bytes.Replace(shapes(t)["gpt2"], []byte(`"À":192,`), nil, 1) // no byte of UTF-8
	data = bytes.Replace(data, []byte(`"zebra":427`), []byte(`"zebra":192`), 1)
	data = bytes.Replace(data, []byte(`"id":428`), []byte(`"id":427`), 1)
	tok, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if w := tok.Warnings(); len(w) != 1 || !strings.Contains(w[0].Error(), "0xC0") {
		t.Errorf("without a byte: %v", w)
	}
}
