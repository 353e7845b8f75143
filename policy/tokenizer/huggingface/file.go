package huggingface

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Bounds of a tokenizer.json. Gemma's, the largest known, has 262,144 tokens,
// 580,604 merges and 33 MB.
const (
	MaxBytes      = 64 << 20 // of the file
	MaxVocab      = 1 << 21  // tokens in all
	MaxMerges     = 1 << 21
	MaxAdded      = 1 << 16 // added tokens
	MaxAddedBytes = 256     // of the name of one
)

// Open reads the tokenizer.json at path. Its errors are those of Parse, and
// name the file.
func Open(path string) (*Tokenizer, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	t, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// readFile returns the bytes of a file of at most MaxBytes.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%s: %w: more than %d bytes", path, ErrInvalid, MaxBytes)
	}
	return data, nil
}

// Parse reads a tokenizer.json. It returns an error that wraps ErrInvalid or
// ErrUnsupported and names the field and the value. Time and memory are linear
// in len(data).
func Parse(data []byte) (*Tokenizer, error) {
	if len(data) > MaxBytes {
		return nil, invalid("file", "%d bytes, at most %d", len(data), MaxBytes)
	}
	r, err := newReader(data)
	if err != nil {
		return nil, err
	}
	d, err := readDocument(r)
	if err != nil {
		return nil, err
	}
	return build(d)
}

// document is a tokenizer.json as it is written.
type document struct {
	added                           []addedToken
	normalizer, cut, frame, decoder node
	model                           modelDocument
	hasModel                        bool
}

func readDocument(r *reader) (*document, error) {
	d := &document{}
	version := ""
	err := r.record("file", func(key string) (err error) {
		switch key {
		case "version":
			version, err = r.text(key)
		case "truncation", "padding":
			if !r.null() {
				err = unsupported(key, "must be null, have %s: cut and pad what Encode returns", r.what())
			}
		case "added_tokens":
			d.added, err = readAdded(r, key)
		case "normalizer":
			d.normalizer, err = r.part(key)
		case "pre_tokenizer":
			d.cut, err = r.part(key)
		case "post_processor":
			d.frame, err = r.part(key)
		case "decoder":
			d.decoder, err = r.part(key)
		case "model":
			d.hasModel = true
			d.model, err = readModel(r, key)
		default:
			err = unsupported(quote(key), "unknown field")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	if version != "1.0" {
		return nil, unsupported("version", "%s, must be \"1.0\"", quote(version))
	}
	if !d.hasModel {
		return nil, invalid("file", "no field %q", "model")
	}
	return d, nil
}

// modelDocument is the field "model" as it is written.
type modelDocument struct {
	vocab    map[string]int32
	merges   [][2]string
	unknown  string // "" for null
	fuse     bool   // fuse_unk
	fallback bool   // byte_fallback
	whole    bool   // ignore_merges
}

func readModel(r *reader, path string) (modelDocument, error) {
	m := modelDocument{}
	flags := map[string]*bool{"fuse_unk": &m.fuse, "byte_fallback": &m.fallback, "ignore_merges": &m.whole}
	err := r.record(path, func(key string) (err error) {
		at := path + "." + key
		switch key {
		case "vocab":
			m.vocab, err = readVocab(r, at)
			return err
		case "merges":
			m.merges, err = readMerges(r, at)
			return err
		}
		v, err := r.part(at)
		if err != nil || v.kind == 'n' {
			return err
		}
		flag := flags[key]
		switch {
		case key == "type" && v.text == "BPE", key == "dropout" && strings.Trim(v.text, "0.") == "" && v.kind == '0':
		case key == "unk_token" && v.kind == '"':
			m.unknown = v.text
		case (key == "continuing_subword_prefix" || key == "end_of_word_suffix") && v.kind == '"' && v.text == "":
		case flag != nil && (v.kind == 't' || v.kind == 'f'):
			*flag = v.kind == 't'
		default:
			err = unsupported(at, "%s", v.show())
		}
		return err
	})
	if err == nil && (m.vocab == nil || m.merges == nil) {
		err = invalid(path, "no field %q or no field %q", "vocab", "merges")
	}
	return m, err
}

// show renders the value of a field for an error.
func (n node) show() string {
	switch n.kind {
	case '"':
		return quote(n.text)
	case '0':
		return n.text
	case 't':
		return "true"
	case 'f':
		return "false"
	}
	return kindOf(n.kind)
}

func readVocab(r *reader, path string) (map[string]int32, error) {
	vocab := map[string]int32{}
	err := r.object(path, func(token string) error {
		at := r.pos
		id, err := r.id(path)
		if err != nil { // once more, for the name in the error
			r.pos = at
			_, err = r.id(path + "." + quote(token))
			return err
		}
		if _, ok := vocab[token]; ok {
			return r.fail(path, "token %s is there twice", quote(token))
		}
		if token == "" {
			return r.fail(path, "token %d is empty", id)
		}
		vocab[strings.Clone(token)] = id
		return nil
	})
	return vocab, err
}

// readMerges reads ["a b", …] and [["a","b"], …].
func readMerges(r *reader, path string) ([][2]string, error) {
	merges := [][2]string{}
	err := r.array(path, func(i int) error {
		if i == MaxMerges {
			return r.fail(path, "more than %d merges", MaxMerges)
		}
		var pair [2]string
		if r.peek() == '"' {
			s, err := r.text(path)
			if err != nil {
				return err
			}
			left, right, ok := strings.Cut(s, " ")
			if !ok || strings.Contains(right, " ") {
				return invalid(path, "merge %d: %s is not two tokens with one space between", i, quote(s))
			}
			pair = [2]string{left, right}
		} else {
			n := 0
			err := r.array(path, func(j int) (err error) {
				if n++; j < 2 {
					pair[j], err = r.text(path)
					return err
				}
				return r.fail(path, "merge %d: more than two tokens", i)
			})
			if err != nil {
				return err
			}
			if n != 2 {
				return r.fail(path, "merge %d: %d tokens, must be 2", i, n)
			}
		}
		merges = append(merges, pair)
		return nil
	})
	return merges, err
}
