package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"

	"github.com/surefoot-ai/surefoot/policy/tokenizer"
	"github.com/surefoot-ai/surefoot/policy/transformer"
	"github.com/surefoot-ai/surefoot/policy/versions"
)

// A policy file is one safetensors file; its metadata holds, beside the
// model's configuration, these keys.
const (
	keyTokenizer   = "tokenizer"   // JSON of the tokenizer
	keyTemperature = "temperature" // JSON number: that of acting
	keyMarks       = "marks"       // JSON boolean: see LM.WithMarks; false if absent
	keyLineage     = "lineage"     // JSON of how the policy came to be
)

// Save writes l as a policy file in 16-bit weights (bfloat16). lineage is any
// JSON value, kept as it is.
func (l *LM) Save(w io.Writer, lineage json.RawMessage) error {
	meta, err := l.metadata(lineage)
	if err != nil {
		return err
	}
	return transformer.Save(w, l.model, transformer.BF16, meta)
}

// SaveFile is [LM.Save] to a file, which holds either what it held before or
// all of the policy, and the latter once SaveFile has returned nil.
func (l *LM) SaveFile(name string, lineage json.RawMessage) error {
	meta, err := l.metadata(lineage)
	if err != nil {
		return err
	}
	return transformer.SaveFile(name, l.model, transformer.BF16, meta)
}

func (l *LM) metadata(lineage json.RawMessage) (map[string]string, error) {
	tok, err := json.Marshal(l.tokens)
	if err != nil {
		return nil, fmt.Errorf("policy tokenizer: %w", err)
	}
	temperature, err := json.Marshal(l.temperature)
	if err != nil {
		return nil, fmt.Errorf("policy temperature: %w", err)
	}
	if len(lineage) == 0 {
		lineage = json.RawMessage("null")
	}
	meta := map[string]string{keyTokenizer: string(tok), keyTemperature: string(temperature), keyLineage: string(lineage)}
	if l.marked {
		meta[keyMarks] = "true"
	}
	return meta, nil
}

// Load reads a policy file. Its version is the first digits of the file's
// SHA-256. The metadata is returned for its lineage and is the caller's.
func Load(data []byte) (*LM, map[string]string, error) {
	m, meta, err := transformer.Load(bytes.NewReader(data))
	if err != nil {
		return nil, nil, err
	}
	var tok tokenizer.Tokenizer
	var temperature float64
	var marked bool
	for _, f := range []struct {
		key string
		to  any
	}{{keyTokenizer, &tok}, {keyTemperature, &temperature}, {keyMarks, &marked}} {
		text, ok := meta[f.key]
		if !ok && f.key == keyMarks {
			continue
		}
		if !ok {
			return nil, nil, fmt.Errorf("policy file: metadata lacks %q", f.key)
		}
		if err := json.Unmarshal([]byte(text), f.to); err != nil {
			return nil, nil, fmt.Errorf("policy file: metadata %q: %w", f.key, err)
		}
	}
	l, err := NewLM(m, &tok, temperature, versions.Of(data))
	if err != nil {
		return nil, nil, err
	}
	l.marked = marked
	return l, maps.Clone(meta), nil
}

// LoadFile is [Load] of a file; its errors name it.
func LoadFile(name string) (*LM, map[string]string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	l, meta, err := Load(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return l, meta, nil
}
