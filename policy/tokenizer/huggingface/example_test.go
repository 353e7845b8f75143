package huggingface_test

import (
	"fmt"
	"log"

	"github.com/surefoot-ai/surefoot/policy/tokenizer/huggingface"
)

// A tokenizer.json is usually a file in the folder of a model, and opened with
// Open. This one has six tokens.
func Example() {
	t, err := huggingface.Parse([]byte(`{
		"version": "1.0",
		"added_tokens": [{"id": 5, "content": "<|end|>", "special": true, "normalized": false,
			"single_word": false, "lstrip": false, "rstrip": false}],
		"pre_tokenizer": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "never"},
		"decoder": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "never"},
		"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "_": 2, "ab": 3, "_ab": 4}, "merges": ["a b", "_ ab"]}
	}`))
	if err != nil {
		log.Fatal(err)
	}
	tokens := t.Encode(nil, "ab ab b<|end|>")
	fmt.Println(tokens)
	fmt.Println(t.DecodePlain(tokens))
	s := t.Stream()
	for _, id := range tokens {
		fmt.Printf("%q ", s.Next(id))
	}
	fmt.Printf("%q\n", s.Close())
	// Output:
	// [3 4 2 1 5]
	// ab ab b
	// "ab" " ab" " " "b" "<|end|>" ""
}

func ExampleLayout_Chat() {
	layout := huggingface.Layout{Family: huggingface.ChatML, System: "Be brief."}
	text, err := layout.Chat([]huggingface.Message{{Role: huggingface.User, Content: "Where is the mug?"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(text)
	// Output:
	// <|im_start|>system
	// Be brief.<|im_end|>
	// <|im_start|>user
	// Where is the mug?<|im_end|>
	// <|im_start|>assistant
}
