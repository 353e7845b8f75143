package huggingface

import (
	"strings"
	"testing"
)

// benchText is the same text again and again, with a number in it so that not
// every word is in the cache.
func benchText(b *testing.B) string {
	b.Helper()
	var x texts
	readJSON(b, "texts.json", &x)
	var text strings.Builder
	for i := 0; text.Len() < 1<<20; i++ {
		text.WriteString("the cat sat on the mat, and the dog didn't see it: hello world! ")
		text.WriteString(x.random(i))
	}
	return text.String()
}

func BenchmarkEncode(b *testing.B) {
	text := benchText(b)
	for _, name := range []string{"gpt2", "llama3", "qwen2", "llama2"} {
		b.Run(name, func(b *testing.B) {
			tok := parseShape(b, name)
			var ids []int32
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				ids = tok.Encode(ids[:0], text)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	tok := parseShape(b, "llama3")
	text := benchText(b)
	ids := tok.Encode(nil, text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tok.Decode(ids)
	}
}
