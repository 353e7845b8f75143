package transformer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// The files of an adapter in PEFT's layout.
const (
	adapterConfigFile = "adapter_config.json"
	adapterFile       = "adapter_model.safetensors"
)

// SaveAdapter writes a to a new folder in PEFT's layout, so that Python programs
// can go on with it: adapter_config.json, and adapter_model.safetensors with
// numbers of the given type. Base is the name or path of the model that a is
// for, as PEFT shall look for it; it may be empty. The folder appears as
// [SaveFolder]'s does.
func SaveAdapter(dir string, a *Adapter, dtype DType, base string) error {
	config, err := a.config.encode(base)
	if err != nil {
		return fmt.Errorf("adapter folder %s: %w", dir, err)
	}
	err = newFolder(dir, func(temp string) error {
		if err := writeSynced(filepath.Join(temp, adapterConfigFile), config); err != nil {
			return err
		}
		var b bytes.Buffer
		if err := writeTensors(&b, a.params, dtype, map[string]string{"format": "pt"}); err != nil {
			return err
		}
		return writeSynced(filepath.Join(temp, adapterFile), b.Bytes())
	})
	if err != nil {
		return fmt.Errorf("adapter folder %s: %w", dir, err)
	}
	return nil
}

// encode writes an adapter_config.json.
func (c AdapterConfig) encode(base string) ([]byte, error) {
	all := map[string]any{
		"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": c.Rank, "lora_alpha": c.Alpha,
		"target_modules": c.Targets, "lora_dropout": real(0), "bias": "none", "base_model_name_or_path": nil,
		"fan_in_fan_out": false, "inference_mode": true, "init_lora_weights": true, "use_rslora": false, "use_dora": false,
	}
	if base != "" {
		all["base_model_name_or_path"] = base
	}
	b, err := json.MarshalIndent(all, "", "  ")
	return append(b, '\n'), err
}

// LoadAdapter reads an adapter of m from a folder in PEFT's layout and changes
// m's weights by it. Errors about what the files hold wrap ErrFormat, leave m
// as it was, and name the field and its value if adapter_config.json asks for
// what this package does not compute, and the tensor if one is missing,
// unknown, of another shape or type, out of bounds or overlapping. The dropout
// it was trained with is not kept.
func LoadAdapter(dir string, m *Model) (*Adapter, error) {
	b, err := readSmall(dir, adapterConfigFile, maxConfigBytes)
	if err != nil {
		return nil, fmt.Errorf("adapter folder %s: %w", dir, err)
	}
	c, err := decodeAdapterConfig(b)
	if err != nil {
		return nil, fmt.Errorf("adapter folder %s: %w", dir, err)
	}
	a, err := readAdapter(dir, m, c)
	if err != nil {
		return nil, fmt.Errorf("adapter folder %s: %w", dir, err)
	}
	a.Changed()
	return a, nil
}

// readAdapter reads the tensors of a folder. It takes memory for them only once
// they are known to be there.
func readAdapter(dir string, m *Model, c AdapterConfig) (a *Adapter, err error) {
	s, err := openShard(dir, adapterFile)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closed := s.close(); err == nil {
			err = closed
		}
	}()
	if err := s.t.match(c.shapes(m)); err != nil {
		return nil, fmt.Errorf("%s: %w", adapterFile, err)
	}
	if a, err = emptyAdapter(m, c); err != nil {
		return nil, err
	}
	w := &weights{shards: []*shard{s}, of: make(map[string]*shard)}
	for _, p := range a.params {
		w.of[p.Name] = s
	}
	return a, w.fill(a.params, kernel.NewTeam(m.set, runtime.GOMAXPROCS(0)))
}

// decodeAdapterConfig reads an adapter_config.json. Fields unknown to it, of
// which PEFT adds some with every version, must be null, false or empty.
func decodeAdapterConfig(b []byte) (AdapterConfig, error) {
	var c AdapterConfig
	f, err := parseFields(adapterConfigFile, b)
	if err != nil {
		return c, err
	}
	f.only("peft_type", "LORA")
	f.only("task_type", "CAUSAL_LM")
	f.only("bias", "none")
	f.required("r", &c.Rank)
	f.required("lora_alpha", &c.Alpha)
	f.required("target_modules", &c.Targets)
	for _, name := range []string{ // only training, or the finding of the base, reads them
		"lora_dropout", "inference_mode", "init_lora_weights", "base_model_name_or_path", "revision", "peft_version",
		"megatron_core", "qalora_group_size", // of what a field beside them turns on
	} {
		f.take(name)
	}
	for _, name := range slices.Collect(maps.Keys(f.members)) {
		switch string(f.members[name]) {
		case "null", "false", "{}", "[]":
			f.take(name)
		}
	}
	if err := f.rest(); err != nil {
		return c, err
	}
	if err := c.Validate(); err != nil {
		return c, formatError("%s: %v", adapterConfigFile, err)
	}
	slices.Sort(c.Targets) // PEFT writes them in no order
	return c, nil
}
