// Package langchaintest makes model folders for tests.
package langchaintest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// The names of the special tokens.
const (
	begin = "<|im_start|>"
	end   = "<|im_end|>"
)

// MaxTokens is how many tokens a model of WriteFolder reads.
const MaxTokens = 4096

// certain is the logit of the token that is next, the others' being 0: among
// some 260 tokens its probability is .9.
const certain = 7.75

// template is ChatML, as in SmolLM2 but for the system message.
const template = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}" +
	"{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

// WriteFolder writes a model folder in Hugging Face's layout into dir, which
// exists: a Llama that replies to whatever it is told with the pieces of reply
// one after the other, each a token, all different and no single bytes. At
// temperature 0 it always does; at 1 each token is the right one with
// probability .9, and else another one. Its messages are laid out as ChatML,
// and bytes are tokens.
func WriteFolder(dir string, reply ...string) error {
	names := alphabet()
	newline := names['\n']
	vocab := map[string]int{}
	for b, name := range names {
		vocab[name] = b
	}
	next := map[int]int{}
	at := vocab[newline] // after "<|im_start|>assistant\n"
	for _, piece := range reply {
		var name strings.Builder
		for _, b := range []byte(piece) {
			name.WriteString(names[b])
		}
		if _, ok := vocab[name.String()]; ok || piece == "" {
			return fmt.Errorf("langchaintest: piece %q is a byte, empty or there twice", piece)
		}
		id := len(vocab)
		vocab[name.String()] = id
		next[at] = id
		at = id
	}
	beginID, endID := len(vocab), len(vocab)+1
	next[at] = endID
	special := func(id int, name string) map[string]any {
		return map[string]any{"id": id, "content": name, "special": true, "normalized": false,
			"single_word": false, "lstrip": false, "rstrip": false}
	}
	byteLevel := map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}
	files := map[string]any{
		"tokenizer.json": map[string]any{
			"version":       "1.0",
			"added_tokens":  []any{special(beginID, begin), special(endID, end)},
			"pre_tokenizer": byteLevel, "decoder": byteLevel,
			"model": map[string]any{"type": "BPE", "vocab": vocab, "merges": []string{}},
		},
		"tokenizer_config.json":  map[string]any{"chat_template": template, "eos_token": end},
		"generation_config.json": map[string]any{"eos_token_id": []int{endID}, "temperature": 0.7},
		"config.json": map[string]any{
			"model_type": "llama", "vocab_size": endID + 1, "hidden_size": endID + 1, "num_hidden_layers": 1,
			"num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 2, "intermediate_size": 1,
			"max_position_embeddings": MaxTokens, "rope_theta": 10000.0, "rms_norm_eps": 1e-5,
			"hidden_act": "silu", "tie_word_embeddings": false, "bos_token_id": beginID, "eos_token_id": endID,
		},
	}
	for name, content := range files {
		b, err := json.Marshal(content)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "model.safetensors"), weights(endID+1, next), 0o644)
}

// weights is a model.safetensors whose model says after each token what is
// next, and after others anything: the embedding is the identity, the head
// says what follows, and the layer adds nothing.
func weights(vocab int, next map[int]int) []byte {
	square := func(rows map[int]int, value float32) []float32 {
		out := make([]float32, vocab*vocab)
		for column, row := range rows {
			out[row*vocab+column] = value
		}
		return out
	}
	identity := map[int]int{}
	for i := range vocab {
		identity[i] = i
	}
	ones := make([]float32, vocab)
	for i := range ones {
		ones[i] = 1
	}
	layer := "model.layers.0."
	header := map[string]any{}
	var data []byte
	add := func(name string, values []float32, shape ...int) {
		from := len(data)
		for _, v := range values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
		header[name+".weight"] = map[string]any{"dtype": "F32", "shape": shape, "data_offsets": []int{from, len(data)}}
	}
	add("model.embed_tokens", square(identity, 1), vocab, vocab)
	for _, name := range []string{"q_proj", "k_proj", "v_proj"} {
		add(layer+"self_attn."+name, make([]float32, 2*vocab), 2, vocab)
	}
	add(layer+"self_attn.o_proj", make([]float32, 2*vocab), vocab, 2)
	add(layer+"mlp.gate_proj", make([]float32, vocab), 1, vocab)
	add(layer+"mlp.up_proj", make([]float32, vocab), 1, vocab)
	add(layer+"mlp.down_proj", make([]float32, vocab), vocab, 1)
	for _, name := range []string{layer + "input_layernorm", layer + "post_attention_layernorm", "model.norm"} {
		add(name, ones, vocab)
	}
	add("lm_head", square(next, float32(certain/math.Sqrt(float64(vocab)))), vocab, vocab) // the norm makes √vocab of a 1
	head, err := json.Marshal(header)
	if err != nil {
		panic("langchaintest: internal error: " + err.Error())
	}
	head = append(head, strings.Repeat(" ", (8-len(head)%8)%8)...)
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), data...)
}

// alphabet is the names of the bytes in byte-level tokenizers: printable
// characters are themselves, the others those from U+0100 on.
func alphabet() [256]string {
	var names [256]string
	other := rune(0x100)
	for b := range names {
		if b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae {
			names[b] = string(rune(b))
			continue
		}
		names[b] = string(other)
		other++
	}
	return names
}
