package transformer

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// The files of a folder in Hugging Face's layout.
const (
	configFile  = "config.json"
	weightsFile = "model.safetensors"
	indexFile   = "model.safetensors.index.json"
)

// maxShards bounds the files of one model that are open at a time.
const maxShards = 1024

// decodeIndex reads a model.safetensors.index.json: for each tensor the name
// of its shard, a file beside the index.
func decodeIndex(b []byte) (map[string]string, error) {
	f, err := parseFields(indexFile, b)
	if err != nil {
		return nil, err
	}
	f.take("metadata") // sizes, by which nothing is decided
	var raw json.RawMessage
	f.required("weight_map", &raw)
	if err := f.rest(); err != nil {
		return nil, err
	}
	w, err := parseFields(indexFile+": weight_map", raw)
	if err != nil {
		return nil, err
	}
	index := make(map[string]string, len(w.members))
	shards := make(map[string]bool)
	for _, tensor := range slices.Sorted(maps.Keys(w.members)) {
		var name string
		if w.required(tensor, &name); w.err == nil && !isShardName(name) {
			w.fail("%q is in %q, must be the name of a .safetensors file of the folder itself", brief(tensor), brief(name))
		}
		if shards[name] = true; len(shards) > maxShards {
			w.fail("more than %d shards", maxShards)
		}
		if w.err != nil {
			return nil, w.err
		}
		index[tensor] = name
	}
	if len(index) == 0 {
		return nil, formatError("%s: weight_map is empty", indexFile)
	}
	return index, nil
}

// isShardName reports whether name is a file's without any folder, on every
// operating system.
func isShardName(name string) bool {
	return len(name) <= 255 && strings.HasSuffix(name, ".safetensors") && !strings.HasPrefix(name, ".") &&
		!strings.ContainsAny(name, "/\\:\x00") && filepath.IsLocal(name)
}
