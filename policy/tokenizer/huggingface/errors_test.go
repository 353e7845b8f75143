package huggingface

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestParseErrors holds that whatever is not understood is refused by name.
func TestParseErrors(t *testing.T) {
	all := shapes(t)
	for _, c := range []struct {
		shape, old, new string
		err             error
		says            string
	}{
		// What the library knows and this package does not.
		{"gpt2", `"version":"1.0"`, `"version":"2.0"`, ErrUnsupported, `version: "2.0"`},
		{"gpt2", `"version":"1.0"`, `"version":"1.0","extra":1`, ErrUnsupported, `"extra": unknown field`},
		{"gpt2", `"truncation":null`, `"truncation":{"max_length":5}`, ErrUnsupported, "truncation: must be null"},
		{"gpt2", `"padding":null`, `"padding":{}`, ErrUnsupported, "padding: must be null"},
		{"gpt2", `"type":"BPE"`, `"type":"Unigram"`, ErrUnsupported, `model.type: "Unigram"`},
		{"gpt2", `"dropout":null`, `"dropout":0.1`, ErrUnsupported, "model.dropout: 0.1"},
		{"gpt2", `"continuing_subword_prefix":""`, `"continuing_subword_prefix":"##"`, ErrUnsupported, `model.continuing_subword_prefix: "##"`},
		{"gpt2", `"end_of_word_suffix":""`, `"end_of_word_suffix":"</w>"`, ErrUnsupported, `model.end_of_word_suffix: "</w>"`},
		{"gpt2", `"fuse_unk":false`, `"fuse_unk":"yes"`, ErrUnsupported, `model.fuse_unk: "yes"`},
		{"gpt2", `"byte_fallback":false`, `"byte_fallback":true`, ErrUnsupported, "model.byte_fallback: true, with a pre_tokenizer ByteLevel"},
		{"gpt2", `"byte_fallback":false`, `"cache":false`, ErrUnsupported, "model.cache: false"},
		{"gpt2", `"normalizer":null`, `"normalizer":{"type":"Lowercase"}`, ErrUnsupported, `normalizer.type: "Lowercase"`},
		{"qwen2", `"NFC"`, `"NFKC"`, ErrUnsupported, `normalizer.type: "NFKC"`},
		{"qwen2", `{"type":"NFC"}`, `{"type":"NFC","form":1}`, ErrUnsupported, "normalizer.form: unknown field"},
		{"llama2", `"content":"▁","pattern":{"String":" "}`, `"content":"▁","pattern":{"Regex":" "}`, ErrUnsupported, `normalizer.normalizers[1].pattern: want a String`},
		{"qwen2", `\\p{N}|`, `\\p{N}+|`, ErrUnsupported, `pre_tokenizer.pretokenizers[0].pattern.Regex: "(?i:'s|`},
		{"qwen2", `"behavior":"Isolated"`, `"behavior":"Removed"`, ErrUnsupported, `pretokenizers[0].behavior: "Removed" with invert false`},
		{"gemma", `"MergedWithPrevious"`, `"MergedWithNext"`, ErrUnsupported, "pre_tokenizer.pattern: want a Regex"},
		{"qwen2", `"type":"Split"`, `"type":"Whitespace"`, ErrUnsupported, `pretokenizers[0].type: "Whitespace"`},
		{"llama3", `},{"add_prefix_space":false,"trim_offsets":true,"type":"ByteLevel","use_regex":false}]`, `},{"add_prefix_space":true,"type":"ByteLevel","use_regex":false}]`, ErrUnsupported, "pretokenizers[1].add_prefix_space: true, after another step"},
		{"smollm2", `{"individual_digits":true,"type":"Digits"}`, `{"type":"Sequence","pretokenizers":[]}`, ErrUnsupported, "pretokenizers[0]: a Sequence in a Sequence"},
		{"metaspace always", `"prepend_scheme":"always"`, `"prepend_scheme":"last"`, ErrUnsupported, `prepend_scheme: "last"`},
		{"gpt2", `"post_processor":{`, `"post_processor":{"type":"BertProcessing"},"decoder":{`, ErrInvalid, `field "decoder" is there twice`},
		{"llama2", `"type":"TemplateProcessing"`, `"type":"RobertaProcessing"`, ErrUnsupported, `post_processor.type: "RobertaProcessing"`},
		{"llama2", `"type":"ByteFallback"`, `"type":"CTC"`, ErrUnsupported, `decoder.decoders[1].type: "CTC"`},
		{"llama2", `{"type":"Fuse"},`, ``, ErrUnsupported, `decoder.decoders[2].type: "Strip" at this place`},
		{"llama2", `"start":1`, `"start":2`, ErrUnsupported, "decoder.decoders[3]: Strip of"},
		{"gpt2", `"decoder":{`, `"decoder":null,"post_processor_":{`, ErrUnsupported, `"post_processor_": unknown field`},

		// What contradicts itself.
		{"gpt2", `"a":97,`, `"a":97,"a":97,`, ErrInvalid, `token "a" is there twice`},
		{"gpt2", `"a":97,`, `"a":98,`, ErrInvalid, "two tokens are 98"},
		{"gpt2", `"a":97,`, ``, ErrInvalid, "model.vocab: 428 tokens, but one is number 428"},
		{"gpt2", `"a":97,`, `"a":2097152,`, ErrInvalid, "token number 2097152 is not in [0,2097152)"},
		{"gpt2", `"a":97,`, `"a":-1,`, ErrInvalid, "token number -1"},
		{"gpt2", `"a":97,`, `"a":9.5,`, ErrInvalid, "token number 9.5"},
		{"gpt2", `"a":97,`, `"a":97,"":429,`, ErrInvalid, "token 429 is empty"},
		{"gpt2", `"merges":["`, `"merges":["q x","`, ErrInvalid, `merge 0 of "q" and "x": "qx" is no token`},
		{"gpt2", `"merges":["`, `"merges":["qx","`, ErrInvalid, `merge 0: "qx" is not two tokens`},
		{"gpt2", `"merges":["`, `"merges":["q  x","`, ErrInvalid, `merge 0: "q  x" is not two tokens`},
		{"qwen2", `"merges":[[`, `"merges":[["a"],[`, ErrInvalid, "merge 0: 1 tokens, must be 2"},
		{"qwen2", `"merges":[[`, `"merges":[["a","b","c"],[`, ErrInvalid, "merge 0: more than two tokens"},
		{"qwen2", `"merges":[[`, `"merges":[7,[`, ErrInvalid, "model.merges: at byte"},
		{"gpt2", `"id":428`, `"id":97`, ErrInvalid, "two tokens are 97"},
		{"gpt2", `"id":428`, `"id":500`, ErrInvalid, "but one is number 500"},
		{"gpt2", `"content":"<|endoftext|>"`, `"content":"a"`, ErrInvalid, `token "a" is 428, but 97`},
		{"gpt2", `"content":"<|endoftext|>"`, `"content":""`, ErrInvalid, "token 428"},
		{"gpt2", `"added_tokens":[`, `"added_tokens":[{"content":"<|endoftext|>","id":428,"lstrip":false,"normalized":false,"rstrip":false,"single_word":false,"special":true},`,
			ErrInvalid, `token "<|endoftext|>" is there twice`},
		{"gpt2", `"lstrip":false,`, ``, ErrInvalid, `added_tokens: no field "lstrip"`},
		{"gpt2", `"lstrip":false,`, `"lstrip":0,`, ErrInvalid, "added_tokens.lstrip: want a boolean, have a number"},
		{"llama2", `"unk_token":"<unk>"`, `"unk_token":"<what>"`, ErrInvalid, `model.unk_token: "<what>" is no token`},
		{"llama2", `"<0x41>":`, `"<0x4x>":`, ErrInvalid, `model.byte_fallback: true, but "<0x41>" is no token`},
		{"llama2", `"ids":[1]`, `"ids":[2]`, ErrInvalid, `2 is not the token "<s>"`},
		{"llama2", `{"SpecialToken":{"id":"</s>","type_id":0}}`, `{"SpecialToken":{"id":"<x>","type_id":0}}`, ErrInvalid, `"<x>" is not among special_tokens`},
		{"llama2", `{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],"special`, `{"Sequence":{"id":"B","type_id":0}}],"special`, ErrUnsupported, "post_processor.single: must have the Sequence A once"},

		// What is no JSON.
		{"gpt2", `"version"`, `version`, ErrInvalid, "file: at byte"},
		{"gpt2", `"version":"1.0"`, `"version":"1.0",`, ErrInvalid, "file: at byte"},
		{"gpt2", `"version":"1.0"`, `"version":"\ud800"`, ErrInvalid, "bad escape"},
		{"gpt2", `"version":"1.0"`, `"version":"\ud800\u0041"`, ErrInvalid, "bad escape"},
		{"gpt2", `"version":"1.0"`, `"version":"\x"`, ErrInvalid, "bad escape"},
		{"gpt2", `"version":"1.0"`, "\"version\":\"1\n.0\"", ErrInvalid, "control character"},
		{"gpt2", `"version":"1.0"`, "\"version\":\"\xff\"", ErrInvalid, "is not UTF-8"},
		{"gpt2", `"dropout":null`, `"dropout":nul`, ErrInvalid, "model.dropout: at byte"},
		{"gpt2", `"dropout":null`, `"dropout":+1`, ErrInvalid, "want a number"},
		{"gpt2", `"model":{`, `"model":{"model":{`, ErrUnsupported, "model.model: an object"},
	} {
		text := string(all[c.shape])
		if !strings.Contains(text, c.old) {
			t.Errorf("shape %s has no %s", c.shape, c.old)
			continue
		}
		_, err := Parse([]byte(strings.Replace(text, c.old, c.new, 1)))
		if !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s with %s:\n have %v\n want %v that says %s", c.shape, c.new, err, c.err, c.says)
		}
	}
	for _, c := range []struct{ text, says string }{
		{"", "file: at byte 0: want an object, have the end"},
		{"[]", "want an object, have an array"},
		{`{"version":"1.0"}`, `no field "model"`},
		{`{"version":"1.0","model":{"vocab":{}}}`, `model: no field "vocab" or no field "merges"`},
		{`{"version":"1.0","model":{"vocab":{"a":0},"merges":[]},"decoder":{"type":"Fuse"}} x`, "more than one value"},
	} {
		if _, err := Parse([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: have %v, want an error that says %s", c.text, err, c.says)
		}
	}
}

// TestHostile holds that large files that mean harm take memory and time in
// proportion to their size.
func TestHostile(t *testing.T) {
	const head = `{"version":"1.0","decoder":{"type":"Fuse"},`
	replaces := func(n int) string {
		step := fmt.Sprintf(`{"type":"Replace","pattern":{"String":"a"},"content":%q}`, strings.Repeat("a", 60))
		return `{"type":"Sequence","%s":[` + strings.TrimSuffix(strings.Repeat(step+",", n), ",") + `]}`
	}
	for _, c := range []struct{ name, text, says string }{
		{"deep arrays", head + `"normalizer":` + strings.Repeat("[", 1<<20), "nested deeper than 32"},
		{"deep objects", head + `"normalizer":` + strings.Repeat(`{"a":`, 1<<20), "nested deeper than 32"},
		{"many values", head + `"normalizer":[` + strings.Repeat("0,", 1<<20), "too many values"},
		{"many fields", head + `"normalizer":{` + numbered(1<<12), "more than 1024 fields"},
		{"large number", head + `"model":{"vocab":{"a":2000000},"merges":[]}}`, "without gaps"},
		{"huge number", head + `"model":{"vocab":{"a":` + strings.Repeat("9", 1<<20) + `},"merges":[]}}`, "number of 1048576 bytes"},
		{"long string", head + `"model":{"type":"` + strings.Repeat("x", 1<<20) + `"}}`, "(1048576 bytes)"},
		{"growing text", head + `"normalizer":` + fmt.Sprintf(replaces(9), "normalizers") + `,"model":{"vocab":{"a":0},"merges":[]}}`, "too long"},
		{"growing tokens", `{"version":"1.0","decoder":` + fmt.Sprintf(replaces(9), "decoders") + `,"model":{"vocab":{"a":0},"merges":[]}}`, "bytes in all"},
		{"long frame", head + `"post_processor":{"type":"TemplateProcessing","pair":[],"single":[` +
			strings.Repeat(`{"SpecialToken":{"id":"a","type_id":0}},`, 70) + `{"Sequence":{"id":"A","type_id":0}}],` +
			`"special_tokens":{"a":{"id":"a","ids":[0],"tokens":["a"]}}},"model":{"vocab":{"a":0},"merges":[]}}`, "more than 64 tokens"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		_, err := Parse([]byte(c.text))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 1<<21 {
			t.Errorf("%s: have %.300v, want an error that says %q", c.name, err, c.says)
		}
		// The largest takes the tokens 64 MiB; the others a few times their size.
		if used := after.TotalAlloc - before.TotalAlloc; used > 256<<20 {
			t.Errorf("%s: %d bytes of memory", c.name, used)
		}
		if took := time.Since(start); took > 30*time.Second { // milliseconds; far off if anything is quadratic
			t.Errorf("%s: %v", c.name, took)
		}
	}
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%d":0,`, i)
	}
	return b.String()
}

// TestLongWords holds that texts without a place to cut take n log n steps: n²
// would be minutes.
func TestLongWords(t *testing.T) {
	const n = 1 << 17
	for _, name := range []string{"gpt2", "llama3", "qwen2", "llama2", "added", "metaspace always"} {
		tok := parseShape(t, name)
		for _, unit := range []string{"the", " ", "\n ", "é", "\u0301", "<|im_start|", "'", "<|endoftext|> "} {
			text := strings.Repeat(unit, n/len(unit))
			ids := tok.Encode(nil, text)
			if len(ids) == 0 || len(ids) > 4*n {
				t.Errorf("%s: %d tokens of %d times %q", name, len(ids), n/len(unit), unit)
			}
			tok.Decode(ids)
		}
	}
}

// FuzzParse holds that a file gives an error of this package, or a tokenizer
// that encodes, streams and decodes without harm.
func FuzzParse(f *testing.F) {
	for _, data := range shapes(f) {
		f.Add(data, "the cat's <s> 12 é\xff▁")
	}
	for _, s := range []string{`{"version":"1.0","model":{"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]},"decoder":{"type":"Fuse"}}`, `{`, `[[`} {
		f.Add([]byte(s), "ab")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		tok, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrUnsupported) {
				t.Fatal(err)
			}
			return
		}
		if !json.Valid(data) {
			t.Fatalf("%q is no JSON", data)
		}
		for _, ids := range [][]int32{tok.Encode(nil, text), tok.EncodePlain(nil, text), tok.Prefix(), tok.Suffix()} {
			for _, id := range ids {
				if _, ok := tok.Name(id); !ok {
					t.Fatalf("%d is no token", id)
				}
			}
			tok.Bytes(nil, ids)
			tok.Decode(ids)
		}
	})
}

// FuzzEncode holds that byte-level tokenizers lose nothing of any text.
func FuzzEncode(f *testing.F) {
	var x texts
	readJSON(f, "texts.json", &x)
	for i, text := range x.Texts {
		f.Add(text + x.random(i))
	}
	var toks []*Tokenizer
	for _, name := range lossless {
		toks = append(toks, parseShape(f, name))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for i, tok := range toks {
			if got := string(tok.Bytes(nil, tok.Encode(nil, text))); got != text {
				t.Errorf("%s: %q comes back as %q", lossless[i], text, got)
			}
			if got := string(tok.Bytes(nil, tok.EncodePlain(nil, text))); got != text {
				t.Errorf("%s: %q comes back as %q from EncodePlain", lossless[i], text, got)
			}
		}
	})
}
