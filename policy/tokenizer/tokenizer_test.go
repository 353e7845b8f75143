package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

const household = `You are in the middle of a room. Looking quickly around you, you see a bed 1, a desk 1, and a drawer 12.
Your task is to: put a clean mug in coffeemachine.
> go to desk 1
You arrive at desk 1. On the desk 1, you see a mug 2, and a pen 3.
> take mug 2 from desk 1
You pick up the mug 2 from the desk 1.
`

func trained(t testing.TB, vocab int) *Tokenizer {
	t.Helper()
	tok, err := Train([]string{household, household, "go to drawer 12\n"}, vocab, []string{"<pad>", "<bos>"})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func cut(s string) []string {
	var out []string
	for len(s) > 0 {
		n := piece(s)
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

func TestPiece(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"go to desk 12, now", []string{"go", " to", " desk", " 12", ",", " now"}},
		{"a\n\n> b", []string{"a", "\n", "\n", ">", " b"}},
		{"x  y", []string{"x", " ", " y"}},
		{"x \n y ", []string{"x", " ", "\n", " y", " "}},
		{" \t x", []string{" \t", " x"}},
		{"\tx\t\r\n", []string{"\t", "x", "\t\r", "\n"}},
		{"mug2 déjà…vu", []string{"mug", "2", " déjà…vu"}},
		{"f(x)=={}", []string{"f", "(", "x", ")=={}"}},
		{"\x00\xff", []string{"\x00", "\xff"}},
		{strings.Repeat("a", 130), []string{strings.Repeat("a", 128), "aa"}},
		{" " + strings.Repeat("1", 130), []string{" " + strings.Repeat("1", 127), "111"}},
	} {
		if got := cut(tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestTrain works the textbook example by hand: "aab" twice and "ab" three
// times have the pair ab five times; then the pair a+ab is left, twice.
func TestTrain(t *testing.T) {
	tok, err := Train([]string{"aab ab", "ab\naab\nab"}, 300, []string{"<s>"})
	if err != nil {
		t.Fatal(err)
	}
	a, b := int32(1+'a'), int32(1+'b')
	want := []pair{{a, b}, {a, 257}}
	if !reflect.DeepEqual(tok.merges, want) {
		t.Errorf("merges %v, want %v", tok.merges, want)
	}
	if tok.Vocab() != 259 {
		t.Errorf("vocabulary of %d tokens, want 259: nothing else occurs twice", tok.Vocab())
	}
	for _, tt := range []struct {
		text string
		want []int32
	}{
		{"aab", []int32{258}},
		{"abaab", []int32{257, 258}},
		{"aaab", []int32{a, 258}},
		{" ab<s>", []int32{1 + ' ', 257, 1 + '<', 1 + 's', 1 + '>'}},
		{"", nil},
	} {
		if got := tok.Encode(nil, tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("%q: tokens %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestTrainBreaksTiesByBytes(t *testing.T) {
	tok, err := Train([]string{"zy xw ab zy xw ab"}, 260, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range tok.merges {
		got = append(got, tok.token[p.left]+"+"+tok.token[p.right])
	}
	// " x" and "xw" occur twice as " z" does once: the first zy begins the text.
	if want := []string{" +a", " a+b", " +x", " x+w"}; !slices.Equal(got, want) {
		t.Errorf("merges %q, want %q", got, want)
	}
}

// TestTrainAgainstPlain compares the learner, which keeps counts up to date,
// with one that counts everything anew for each merge.
func TestTrainAgainstPlain(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	for range 30 {
		var texts []string
		for range 20 {
			var b strings.Builder
			for range 12 {
				b.WriteByte("aab c"[rng.IntN(5)])
			}
			texts = append(texts, b.String())
		}
		tok, err := Train(texts, 280, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := plainMerges(t, texts, 280); !slices.Equal(tok.merges, want) {
			t.Fatalf("%q: merges %v, want %v", texts, tok.merges, want)
		}
		rng.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
		again, err := Train(texts, 280, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again, tok) {
			t.Fatalf("%q: another tokenizer in another order", texts)
		}
	}
}

func plainMerges(t *testing.T, texts []string, vocab int) []pair {
	t.Helper()
	tok, err := newTokenizer(nil)
	if err != nil {
		t.Fatal(err)
	}
	for tok.Vocab() < vocab {
		count := map[pair]int{}
		var buf [maxPieceBytes]int32
		for _, s := range texts {
			for _, p := range cut(s) {
				n := tok.mergeAll(&buf, p)
				for i := range n - 1 {
					count[pair{buf[i], buf[i+1]}]++
				}
			}
		}
		q := queue{t: tok}
		best := candidate{times: 1}
		for p, n := range count {
			q.list = []candidate{{p, n}, best}
			if n > 1 && (best.times == 1 || q.Less(0, 1)) {
				best = candidate{p, n}
			}
		}
		if best.times == 1 {
			break
		}
		if err := tok.merge(best.pair); err != nil {
			t.Fatal(err)
		}
	}
	return tok.merges
}

func TestTrainErrors(t *testing.T) {
	for _, tt := range []struct {
		name    string
		vocab   int
		special []string
		want    string
	}{
		{"small", 257, []string{"<pad>", "<bos>"}, "vocabulary of 257 tokens, must be in [258,262144]"},
		{"large", MaxVocab + 1, nil, "vocabulary of 262145 tokens, must be in [256,262144]"},
		{"twice", 300, []string{"<pad>", "<pad>"}, `special token 1, "<pad>", is there twice`},
		{"empty", 300, []string{"a", ""}, `special token 1 is "", must be 1 to 64 bytes of UTF-8`},
		{"not text", 300, []string{"\xff"}, `special token 0 is "\xff", must be 1 to 64 bytes of UTF-8`},
		{"many", 9999, make([]string, 1025), "1025 special tokens, at most 1024"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Train(nil, tt.vocab, tt.special)
			if !errors.Is(err, ErrInvalid) || err.Error() != "tokenizer: invalid: "+tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

func TestFrequentWordsAreOneToken(t *testing.T) {
	tok := trained(t, 420)
	for _, s := range []string{" desk", " mug", " drawer", " 12", " take", "\n", ">"} {
		if n := tok.Count(s); n != 1 {
			t.Errorf("%q is %d tokens", s, n)
		}
	}
}

func TestSpecial(t *testing.T) {
	tok := trained(t, 300)
	for _, tt := range []struct {
		name string
		id   int32
		ok   bool
	}{{"<pad>", 0, true}, {"<bos>", 1, true}, {"a", 0, false}} {
		if id, ok := tok.Special(tt.name); id != tt.id || ok != tt.ok {
			t.Errorf("%s: %d, %v; want %d, %v", tt.name, id, ok, tt.id, tt.ok)
		}
	}
	if got := tok.Encode(nil, "<bos>"); slices.Contains(got, 1) {
		t.Errorf("the name of a special token in a text became the token: %v", got)
	}
	if got, want := tok.Decode([]int32{1, 2 + 'a', -1, 9999}), "<bos>a\uFFFD\uFFFD"; got != want {
		t.Errorf("decoded %q, want %q", got, want)
	}
}

func TestEncodeAppends(t *testing.T) {
	tok := trained(t, 300)
	dst := []int32{7}
	if got := tok.Encode(dst, "a"); !slices.Equal(got, []int32{7, 2 + 'a'}) {
		t.Errorf("tokens %v", got)
	}
}

func TestConcurrentUse(t *testing.T) {
	tok := trained(t, 400)
	want := tok.Encode(nil, household)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if got := tok.Encode(nil, household); !slices.Equal(got, want) || tok.Count(household) != len(want) {
					t.Error("other tokens under concurrency")
				}
			}
		})
	}
	wg.Wait()
}

func TestJSON(t *testing.T) {
	for _, special := range [][]string{nil, {"<pad>", "<bos>"}} {
		tok, err := Train([]string{household}, 400, special)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(tok)
		if err != nil {
			t.Fatal(err)
		}
		var back Tokenizer
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(&back, tok) {
			t.Errorf("another tokenizer after JSON")
		}
	}
}

func TestJSONErrors(t *testing.T) {
	for _, tt := range []struct{ name, data, want string }{
		{"truncated", `{"version":1,"special":["a"`, "JSON at byte 27: unexpected EOF"},
		{"type", `{"version":"1"}`, "json: cannot unmarshal string"},
		{"unknown field", `{"version":1,"x":2}`, `json: unknown field "x"`},
		{"two values", `{"version":1} {}`, "more than one value"},
		{"version", `{"version":2}`, "version 2, must be 1"},
		{"odd", `{"version":1,"merges":[1,2,3]}`, "merge 1: right token missing"},
		{"special as part", `{"version":1,"special":["a"],"merges":[0,5]}`, "merge 0: token 0 is not in [1,257)"},
		{"itself", `{"version":1,"merges":[1,2,1,257]}`, "merge 1: token 257 is not in [0,257)"},
		{"negative", `{"version":1,"merges":[1,-2]}`, "merge 0: token -2 is not in [0,256)"},
		{"twice", `{"version":1,"merges":[1,2,1,2]}`, "merge 1: tokens 1 and 2 are merged already"},
		{"long", `{"version":1,"merges":[1,1,256,256,257,257,258,258,259,259,260,260,261,261,262,262]}`, "merge 7: token of 256 bytes, at most 128"},
		{"special twice", `{"version":1,"special":["a","a"]}`, `special token 1, "a", is there twice`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tok := trained(t, 300)
			before := tok.Vocab()
			err := tok.UnmarshalJSON([]byte(tt.data))
			if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if tok.Vocab() != before {
				t.Error("the tokenizer has changed")
			}
		})
	}
	var tok Tokenizer
	if err := tok.UnmarshalJSON(make([]byte, MaxJSONBytes+1)); !errors.Is(err, ErrInvalid) {
		t.Errorf("error %v for too much JSON", err)
	}
}

// check holds what must be so for any two texts.
func check(t *testing.T, tok *Tokenizer, a, b string) {
	t.Helper()
	whole := tok.Encode(nil, a+b)
	if got := tok.Decode(whole); got != a+b {
		t.Fatalf("%q became %q", a+b, got)
	}
	if n := tok.Count(a + b); n != len(whole) {
		t.Fatalf("%q: counted %d tokens, are %d", a+b, n, len(whole))
	}
	if parts := tok.Encode(tok.Encode(nil, a), b); Boundary(a, b) && !slices.Equal(whole, parts) {
		t.Fatalf("%q and %q: %v together, %v one after the other", a, b, whole, parts)
	}
}

func TestBoundary(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"", "x", true}, {"x", "", true},
		{"x\n", "y", true}, {"x", "\ny", true}, {" ", "\n", true}, {"\n", " ", true},
		{"x", " y", true}, {"\n>", " go", true}, {"desk", "1", true}, {"a", ".", true},
		{"de", "sk", false}, {" ", "x", false}, {"1", "2", false}, {"x ", " y", false}, {"é", "à", false},
	} {
		if got := Boundary(tt.a, tt.b); got != tt.want {
			t.Errorf("%q, %q: %v", tt.a, tt.b, got)
		}
	}
	tok := trained(t, 400)
	rng := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for range rng.IntN(12) {
			b.WriteString([]string{" ", "  ", "\n", "\t", "desk", "mug", "1", "12", ",", ">", "é", "\xff", strings.Repeat("a", 127)}[rng.IntN(13)])
		}
		return b.String()
	}
	for range 20000 {
		check(t, tok, text(), text())
	}
}

func FuzzEncode(f *testing.F) {
	tok := trained(f, 400)
	for i := range len(household) / 40 {
		f.Add(household[:i*40], household[i*40:])
	}
	f.Add("\xf0\x9f", "\x98\x80 \t\n ")
	f.Fuzz(func(t *testing.T, a, b string) { check(t, tok, a, b) })
}

func FuzzUnmarshalJSON(f *testing.F) {
	data, err := trained(f, 300).MarshalJSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"version":1,"special":["a"],"merges":[1,2,257,257]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var tok Tokenizer
		if err := tok.UnmarshalJSON(data); err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		check(t, &tok, string(data), household)
		again, err := tok.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var back Tokenizer
		if err := back.UnmarshalJSON(again); err != nil || !reflect.DeepEqual(back, tok) {
			t.Fatalf("another tokenizer after JSON: %v", err)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	unseen := make([]string, 2000)
	rng := rand.New(rand.NewPCG(5, 0))
	for i := range unseen {
		w := make([]byte, 3+rng.IntN(9))
		for j := range w {
			w[j] = byte('a' + rng.IntN(26))
		}
		unseen[i] = string(w)
	}
	for _, bb := range []struct {
		name, text string
		vocab      int
	}{
		{"domain", strings.Repeat(household, 40), 500},
		{"unseen words", strings.Join(unseen, " "), 500},
		{"long pieces", strings.Repeat(strings.Repeat("desk", 32), 100), 500},
	} {
		tok := trained(b, bb.vocab)
		dst := tok.Encode(nil, bb.text)
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.text)))
			b.ReportAllocs()
			for b.Loop() {
				dst = tok.Encode(dst[:0], bb.text)
			}
		})
	}
}

func ExampleTrain() {
	tok, err := Train([]string{"go to desk 1\ngo to desk 2\ngo to bed 1\n"}, 280, []string{"<pad>"})
	if err != nil {
		fmt.Println(err)
		return
	}
	tokens := tok.Encode(nil, "go to desk 7\n")
	fmt.Println(len(tokens), tok.Count("go to desk 7\n"))
	fmt.Printf("%q\n", tok.Decode(tokens[2:]))
	// Output:
	// 6 6
	// " desk 7\n"
}
