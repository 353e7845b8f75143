package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/surefoot-ai/surefoot/policy/tokenizer/huggingface"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// The files of a folder that [OpenChatModel] reads itself.
const (
	tokenizerFile       = "tokenizer.json"
	tokenizerConfigFile = "tokenizer_config.json"
	templateFile        = "chat_template.jinja"
	generationFile      = "generation_config.json"
)

// OpenChatModel opens a folder as downloaded from Hugging Face: its model as
// [transformer.OpenFrozen] does, so that its files must not be written to until
// Close; its tokenizer.json as [huggingface.Open]; and its chat template,
// chat_template.jinja or that of tokenizer_config.json, as
// [huggingface.ReadLayout]. The tokenizer's warnings are no errors.
//
// A reply ends at the tokens that the template ends a message with and at
// eos_token_id of config.json and of generation_config.json. Of the latter
// nothing else is used: how tokens are drawn is the caller's to say.
func OpenChatModel(dir string, o ChatModelOptions) (*ChatModel, error) {
	m, fields, err := transformer.OpenFrozen(dir)
	if err != nil {
		return nil, err
	}
	c, err := withSideFiles(dir, m, fields, o)
	if err != nil {
		m.Close() // which cannot be of more interest
		return nil, err
	}
	return c, nil
}

// withSideFiles reads the files beside those of the model.
func withSideFiles(dir string, m *transformer.Frozen, fields map[string]json.RawMessage, o ChatModelOptions) (*ChatModel, error) {
	t, err := huggingface.Open(filepath.Join(dir, tokenizerFile))
	if err != nil {
		return nil, err
	}
	if o.Layout == nil {
		if o.Layout, err = openLayout(dir); err != nil {
			return nil, err
		}
	}
	ends, err := endTokens(dir, fields, t, o.Layout)
	if err != nil {
		return nil, err
	}
	c, err := NewChatModel(m, t, ends, o)
	if err != nil {
		return nil, fmt.Errorf("model folder %s: %w", dir, err)
	}
	return c, nil
}

// openLayout returns the layout of a folder's chat template, or nil if it has
// none.
func openLayout(dir string) (*huggingface.Layout, error) {
	config, err := readIfAny(dir, tokenizerConfigFile)
	if err != nil {
		return nil, err
	}
	template, err := readIfAny(dir, templateFile)
	if err != nil {
		return nil, err
	}
	members := map[string]json.RawMessage{}
	if config != nil {
		if err := json.Unmarshal(config, &members); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, tokenizerConfigFile), err)
		}
	}
	name := tokenizerConfigFile
	if template != nil { // transformers prefers it, too
		name = templateFile
		if members["chat_template"], err = json.Marshal(string(template)); err != nil {
			return nil, err
		}
		if config, err = json.Marshal(members); err != nil {
			return nil, err
		}
	}
	if text := members["chat_template"]; len(text) == 0 || string(text) == "null" {
		return nil, nil
	}
	l, err := huggingface.ReadLayout(config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
	}
	return &l, nil
}

// maxSideBytes bounds the files beside the model and the tokenizer. Those known
// have some 10^4 bytes, a tokenizer_config.json with many added tokens 10^6.
const maxSideBytes = 16 << 20

// readIfAny returns the bytes of a file of a folder, nil if it is not there.
func readIfAny(dir, name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSideBytes+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(b) > maxSideBytes {
		return nil, fmt.Errorf("%s: more than %d bytes", filepath.Join(dir, name), maxSideBytes)
	}
	return b, nil
}

// endTokens lists the tokens that end a reply.
func endTokens(dir string, config map[string]json.RawMessage, t *huggingface.Tokenizer, l *huggingface.Layout) ([]int32, error) {
	ends, err := tokenIDs(config["eos_token_id"])
	if err != nil {
		return nil, fmt.Errorf("%s: eos_token_id: %w", filepath.Join(dir, "config.json"), err)
	}
	b, err := readIfAny(dir, generationFile)
	if err != nil {
		return nil, err
	}
	if b != nil {
		var generation struct {
			End json.RawMessage `json:"eos_token_id"`
		}
		err := json.Unmarshal(b, &generation)
		var more []int32
		if err == nil {
			more, err = tokenIDs(generation.End)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: eos_token_id: %w", filepath.Join(dir, generationFile), err)
		}
		ends = append(ends, more...)
	}
	if l != nil {
		if id, ok := t.ID(endOfMessage(*l)); ok {
			ends = append(ends, id)
		}
	}
	slices.Sort(ends)
	return slices.Compact(ends), nil
}

// tokenIDs reads null, 2 or [2, 3].
func tokenIDs(b json.RawMessage) ([]int32, error) {
	if len(b) == 0 || string(b) == "null" {
		return nil, nil
	}
	var one int32
	if json.Unmarshal(b, &one) == nil {
		return []int32{one}, nil
	}
	var several []int32
	err := json.Unmarshal(b, &several)
	return several, err
}

// endOfMessage is the name of the token that ends a message.
func endOfMessage(l huggingface.Layout) string {
	switch l.Family {
	case huggingface.ChatML, huggingface.Qwen3:
		return "<|im_end|>"
	case huggingface.Llama3, huggingface.Llama31:
		return "<|eot_id|>"
	}
	return l.End
}
