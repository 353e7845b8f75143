package transformer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// LoadFolder reads a language model from a folder in Hugging Face's layout:
// config.json of model_type llama (SmolLM2 too), qwen2 or qwen3, and
// model.safetensors, or model.safetensors.index.json and its shards, with
// numbers of any [DType]. It returns, besides the model, the fields of
// config.json that change nothing of what it computes, such as eos_token_id,
// for [SaveFolder]. Other files, such as the tokenizer's, are not looked at.
//
// Errors about what the files hold wrap ErrFormat. They name the field and its
// value if config.json asks for what this package does not compute or does not
// know, and the tensor and its file if one is missing, unknown, given twice,
// of another shape or type, out of bounds or overlapping. Nothing is skipped
// but what Hugging Face's own loader skips: tensors whose names end in
// rotary_emb.inv_freq, which are computed from the config, and the lm_head of a
// model whose head is tied, if it is the embedding bit for bit.
//
// Memory is taken in proportion to what the files hold: 4 bytes a weight. The
// files must not be written to meanwhile; that one was cut off is an error.
func LoadFolder(dir string) (*Model, map[string]json.RawMessage, error) {
	c, unchanged, w, err := openFolder(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("model folder %s: %w", dir, err)
	}
	m, err := w.load(c)
	if closed := w.close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, nil, fmt.Errorf("model folder %s: %w", dir, err)
	}
	return m, unchanged, nil
}

// openFolder opens the weights of a folder, and checks all but their numbers.
func openFolder(dir string) (c Config, unchanged map[string]json.RawMessage, w *weights, err error) {
	b, err := readSmall(dir, configFile, maxConfigBytes)
	if err != nil {
		return c, nil, nil, err
	}
	if c, unchanged, err = decodeFolderConfig(b); err != nil {
		return c, nil, nil, err
	}
	if w, err = openWeights(dir); err == nil {
		err = w.match(c)
	}
	if err != nil {
		w.close() // which cannot be of more interest
		return c, nil, nil, err
	}
	return c, unchanged, w, nil
}

// The most bytes of the JSON files. The largest config.json known take some
// 10^4, and the index as much for each tensor as a header does.
const (
	maxConfigBytes = 1 << 20
	maxIndexBytes  = maxHeader
)

// readSmall reads a file of at most the given number of bytes.
func readSmall(dir, name string, most int) ([]byte, error) {
	f, err := openRegular(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(b) > most {
		err = formatError("%s has more than %d bytes", name, most)
	}
	return b, err
}

// load reads the tensors, matched before, into a model of the config.
func (w *weights) load(c Config) (*Model, error) {
	m, err := empty(c)
	if err != nil {
		return nil, err
	}
	return m, w.fill(m.params, kernel.NewTeam(m.set, runtime.GOMAXPROCS(0)))
}

// weights is the open shards of a folder.
type weights struct {
	source string // what lists the tensors: the only shard, or the index
	shards []*shard
	of     map[string]*shard // by tensor
}

func (w *weights) close() error {
	var all []error
	for _, s := range w.shards {
		all = append(all, s.close())
	}
	return errors.Join(all...)
}

// openWeights opens the shards of a folder. What it returns is to be closed
// even after an error.
func openWeights(dir string) (*weights, error) {
	w := &weights{source: weightsFile, of: make(map[string]*shard)}
	_, err := os.Stat(filepath.Join(dir, weightsFile))
	if err == nil {
		return w, w.open(dir, weightsFile)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return w, err
	}
	w.source = indexFile
	b, err := readSmall(dir, indexFile, maxIndexBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return w, fmt.Errorf("neither %s nor %s: %w", weightsFile, indexFile, fs.ErrNotExist)
	}
	if err != nil {
		return w, err
	}
	index, err := decodeIndex(b)
	if err != nil {
		return w, err
	}
	names := slices.Compact(slices.Sorted(maps.Values(index)))
	for _, name := range names {
		if err := w.open(dir, name); err != nil {
			return w, err
		}
	}
	return w, w.matchIndex(index)
}

// open opens one shard.
func (w *weights) open(dir, name string) error {
	s, err := openShard(dir, name)
	if err != nil {
		return err
	}
	w.shards = append(w.shards, s)
	for _, tensor := range slices.Sorted(maps.Keys(s.t.info)) {
		if other, twice := w.of[tensor]; twice {
			return formatError("tensor %q is in %s and in %s", brief(tensor), other.name, name)
		}
		w.of[tensor] = s
	}
	return nil
}

// matchIndex checks that every tensor is where the index says, and no other.
func (w *weights) matchIndex(index map[string]string) error {
	for _, tensor := range slices.Sorted(maps.Keys(index)) {
		if s, ok := w.of[tensor]; !ok || s.name != index[tensor] {
			return formatError("tensor %q is missing from %s, where %s has it", brief(tensor), index[tensor], indexFile)
		}
	}
	for _, tensor := range slices.Sorted(maps.Keys(w.of)) {
		if _, ok := index[tensor]; !ok {
			return formatError("tensor %q of %s is unknown to %s", brief(tensor), w.of[tensor].name, indexFile)
		}
	}
	return nil
}

// headTensor and embedTensor are one if the head is tied.
const (
	headTensor  = "lm_head.weight"
	embedTensor = "model.embed_tokens.weight"
)

// match checks that the tensors are those of the config, in name and shape.
func (w *weights) match(c Config) error {
	known := make(map[string]bool)
	for _, p := range c.shapes() {
		s, ok := w.of[p.Name]
		if !ok {
			return formatError("tensor %q is missing from %s", p.Name, w.source)
		}
		if shape := s.t.info[p.Name].Shape; !sameDims(shape, p.Shape) {
			return formatError("%s: tensor %q has shape %v, %s says %v", s.name, p.Name, shape, configFile, p.Shape)
		}
		known[p.Name] = true
	}
	for _, tensor := range slices.Sorted(maps.Keys(w.of)) {
		switch s := w.of[tensor]; {
		case known[tensor], strings.HasSuffix(tensor, "rotary_emb.inv_freq"):
		case c.TiedHead && tensor == headTensor:
			if err := w.matchHead(); err != nil {
				return err
			}
		default:
			return formatError("%s: tensor %q is unknown to a model of this config", s.name, brief(tensor))
		}
	}
	return nil
}

// matchHead checks that the head of a tied model is its embedding.
func (w *weights) matchHead() error {
	head, embed := w.of[headTensor], w.of[embedTensor]
	a, b := head.t.info[headTensor], embed.t.info[embedTensor]
	same := a.DType == b.DType && slices.Equal(a.Shape, b.Shape)
	if same && !readable(func() { same = bytes.Equal(head.t.bytes(headTensor), embed.t.bytes(embedTensor)) }) {
		return formatError("%s: tensor %q cannot be read", head.name, headTensor)
	}
	if !same {
		return formatError("%s: tensor %q differs from %q, and tie_word_embeddings is true", head.name, headTensor, embedTensor)
	}
	return nil
}

// fill converts the tensors, matched before, to params.
func (w *weights) fill(params []Parameter, team *kernel.Team) error {
	var err error
	team.Do(func() {
		for i := range params {
			if e := w.convert(params[i].Data, params[i].Name, team); err == nil {
				err = e
			}
		}
	})
	return err
}

// convert converts a tensor, matched before, to dst.
func (w *weights) convert(dst []float32, tensor string, team *kernel.Team) error {
	b, dtype := w.bytes(tensor)
	o := &conversion{dst: dst, src: b, dtype: dtype}
	if team.Run(o); o.fault.Load() {
		return w.unreadable(tensor)
	}
	return nil
}

// bytes is the data of a tensor, which exists.
func (w *weights) bytes(tensor string) ([]byte, DType) {
	t := w.of[tensor].t
	return t.bytes(tensor), t.info[tensor].DType
}

func (w *weights) unreadable(tensor string) error {
	return formatError("%s: tensor %q cannot be read: was the file cut off meanwhile?", w.of[tensor].name, tensor)
}
