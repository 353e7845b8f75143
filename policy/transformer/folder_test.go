package transformer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// copyFolder copies one of the golden folders to a new one.
func copyFolder(t testing.TB, family string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata/golden", family))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// rewrite changes a file's bytes.
func rewrite(t testing.TB, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o644); err != nil {
		t.Fatal(err)
	}
}

// replace changes a text in a file, which must contain it. The header of a
// safetensors file keeps its length if new is as long as old.
func replace(old, new string) func(testing.TB, []byte) []byte {
	return func(t testing.TB, b []byte) []byte {
		t.Helper()
		if !bytes.Contains(b, []byte(old)) {
			t.Fatalf("%.200q does not contain %s", b, old)
		}
		return bytes.Replace(b, []byte(old), []byte(new), 1)
	}
}

// TestFolderDamage: whatever is wrong with the files of a folder is an error
// that names the tensor and its file.
func TestFolderDamage(t *testing.T) {
	const first, second = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
	const weight = "model.layers.1.self_attn.k_proj.weight"
	moved := func(t testing.TB, b []byte) []byte { // a tensor of the second shard in the first too
		return edit(t, b, func(h map[string]json.RawMessage) {
			h[weight] = h["model.layers.0.input_layernorm.weight"]
			delete(h, "model.layers.0.input_layernorm.weight")
		})
	}
	for _, tc := range []struct {
		what, family, file string
		change             func(testing.TB, []byte) []byte
		names              []string
	}{
		{"missing", "qwen2", weightsFile, replace("1.self_attn.k_proj.weight", "1.self_attn.x_proj.weight"), []string{weight, "missing", weightsFile}},
		{"bias missing", "qwen2", weightsFile, replace("1.self_attn.k_proj.bias", "1.self_attn.x_proj.bias"), []string{"1.self_attn.k_proj.bias", "missing"}},
		{"misshapen", "qwen2", weightsFile, replace(`"shape":[8,16]`, `"shape":[16,8]`), []string{"k_proj.weight", "[16 8]", "[8 16]", weightsFile}},
		{"unexpected", "qwen3", "config.json", replace(`"num_hidden_layers": 2`, `"num_hidden_layers": 1`), []string{"model.layers.1.", "unknown", weightsFile}},
		{"o_proj bias", "qwen2", weightsFile, replace("1.self_attn.q_proj.bias", "1.self_attn.o_proj.bias"), []string{"q_proj.bias"}},
		{"unknown type", "qwen2", weightsFile, replace(`"F32"`, `"I32"`), []string{"I32", "model.embed_tokens.weight", weightsFile}},
		{"cut off", "qwen2", weightsFile, func(_ testing.TB, b []byte) []byte { return b[:len(b)-4] }, []string{"lm_head.weight", weightsFile}},
		{"no header", "qwen2", weightsFile, func(_ testing.TB, b []byte) []byte { return b[:7] }, []string{weightsFile, "7 bytes"}},
		{"header length", "qwen2", weightsFile, func(_ testing.TB, b []byte) []byte {
			return append([]byte{255, 255, 255, 255, 255, 255, 255, 127}, b[8:]...)
		},
			[]string{weightsFile, "header of"}},
		{"deep header", "qwen2", weightsFile, func(_ testing.TB, b []byte) []byte {
			return frame([]byte(`{"a":`+strings.Repeat("[", 1<<20)+strings.Repeat("]", 1<<20)+`}`), nil)
		}, []string{weightsFile, `"a"`}},
		{"head of a tied model", "qwen2", "config.json", replace(`"tie_word_embeddings": false`, `"tie_word_embeddings": true`),
			[]string{"lm_head.weight", "differs", weightsFile}},
		{"no head", "qwen3", "config.json", replace(`"tie_word_embeddings": true`, `"tie_word_embeddings": false`), []string{"lm_head.weight", "missing"}},
		{"huge vocabulary", "qwen2", "config.json", replace(`"vocab_size": 19`, `"vocab_size": 1000000`), []string{"model.embed_tokens.weight", "[19 16]", "[1000000 16]"}},
		{"twice", "llama", first, moved, []string{weight, first, second}},
		{"not in shard", "llama", first, replace("0.input_layernorm.weight", "9.input_layernorm.weight"), []string{"model.layers.0.input_layernorm.weight", first}},
		{"not in index", "llama", indexFile, replace(`"model.norm.weight": "`+second+`"`, `"model.norm.weight": "`+first+`"`), []string{"model.norm.weight", first}},
		{"unknown to index", "llama", indexFile, func(t testing.TB, b []byte) []byte {
			b = replace(`"model.norm.weight": "`+second+`"`, ``)(t, b)
			return bytes.Replace(b, []byte(",\n  \n"), []byte("\n"), 1)
		}, []string{"model.norm.weight", second, indexFile}},
		{"shard of another folder", "llama", indexFile, replace(`"`+first, `"../`+first), []string{"model.embed_tokens.weight", "../" + first}},
		{"shard of the root", "llama", indexFile, replace(`"`+first, `"/etc/`+first), []string{"/etc/"}},
		{"shard that is the index", "llama", indexFile, replace(`"`+first, `"`+indexFile), []string{indexFile}},
		{"shard of no name", "llama", indexFile, replace(`"`+first+`"`, `""`), []string{`""`}},
		{"shard of a number", "llama", indexFile, replace(`"`+first+`"`, `7`), []string{"is 7"}},
		{"index field", "llama", indexFile, replace(`"metadata"`, `"metadatum"`), []string{"metadatum"}},
		{"empty index", "llama", indexFile, func(testing.TB, []byte) []byte { return []byte(`{"weight_map":{}}`) }, []string{"weight_map is empty"}},
		{"index cut off", "llama", indexFile, func(_ testing.TB, b []byte) []byte { return b[:len(b)/2] }, []string{indexFile}},
		{"large config", "llama", "config.json", func(testing.TB, []byte) []byte { return make([]byte, maxConfigBytes+1) }, []string{"config.json", "bytes"}},
	} {
		dir := copyFolder(t, tc.family)
		rewrite(t, filepath.Join(dir, tc.file), func(b []byte) []byte { return tc.change(t, b) })
		_, _, err := LoadFolder(dir)
		if !errors.Is(err, ErrFormat) {
			t.Errorf("%s: error %v, want ErrFormat", tc.what, err)
			continue
		}
		if _, _, frozen := OpenFrozen(dir); frozen == nil || frozen.Error() != err.Error() {
			t.Errorf("%s: OpenFrozen's error is %v, want %v", tc.what, frozen, err)
		}
		for _, s := range append(tc.names, dir) {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: error %q does not have %s", tc.what, err, s)
			}
		}
	}
}

// TestFolderIgnores: the tensors that Hugging Face's loader skips are skipped,
// and no others.
func TestFolderIgnores(t *testing.T) {
	for _, name := range []string{"model.layers.1.self_attn.rotary_emb.inv_freq", "rotary_emb.inv_freq"} {
		dir := copyFolder(t, "qwen3")
		rewrite(t, filepath.Join(dir, weightsFile), func(b []byte) []byte { return withTensor(t, b, name, "[0]") })
		loadFolder(t, dir)
		rewrite(t, filepath.Join(dir, weightsFile), func(b []byte) []byte { return withTensor(t, b, name+"s", "[0]") })
		if _, _, err := LoadFolder(dir); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), name+"s") {
			t.Errorf("%ss: error %v", name, err)
		}
	}
	// A head that is the embedding: the same numbers stand twice in the file.
	dir := copyFolder(t, "qwen3")
	rewrite(t, filepath.Join(dir, weightsFile), func(b []byte) []byte {
		s, err := parse(b)
		if err != nil {
			t.Fatal(err)
		}
		embed := bytes.Clone(s.bytes(embedTensor))
		b = withTensor(t, b, headTensor, "[21,14]")
		return append(b, embed...)
	})
	loadFolder(t, dir)
}

// withTensor adds an F16 tensor to the header of a file, after all others; its
// bytes are to be appended.
func withTensor(t testing.TB, b []byte, name, shape string) []byte {
	t.Helper()
	s, err := parse(b)
	if err != nil {
		t.Fatal(err)
	}
	var dims []int
	if err := json.Unmarshal([]byte(shape), &dims); err != nil {
		t.Fatal(err)
	}
	end := s.size
	for i, n := range dims {
		if i == 0 {
			end += 2 * n
		} else {
			end = s.size + (end-s.size)*n
		}
	}
	entry, err := json.Marshal(map[string]any{"dtype": "F16", "shape": dims, "data_offsets": []int{s.size, end}})
	if err != nil {
		t.Fatal(err)
	}
	return edit(t, b, func(h map[string]json.RawMessage) { h[name] = entry })
}

// TestFolderFiles: files that are not there, or are no files, are errors that
// name them.
func TestFolderFiles(t *testing.T) {
	if _, _, err := LoadFolder(t.TempDir()); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("empty folder: %v", err)
	}
	const shard = "model-00002-of-00002.safetensors"
	dir := copyFolder(t, "llama")
	if err := os.Remove(filepath.Join(dir, shard)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := LoadFolder(dir); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), shard) {
		t.Errorf("missing shard: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, shard), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, err := LoadFolder(dir); err == nil || !strings.Contains(err.Error(), shard+": not a regular file") {
		t.Errorf("shard that is a folder: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, indexFile)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := LoadFolder(dir); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), indexFile) {
		t.Errorf("no weights: %v", err)
	}
}

// TestFolderMemory: a hostile folder of a few bytes takes no more than 2 MiB.
func TestFolderMemory(t *testing.T) {
	dir := copyFolder(t, "qwen2")
	rewrite(t, filepath.Join(dir, "config.json"), func(b []byte) []byte {
		return replace(`"vocab_size": 19`, `"vocab_size": 1000000`)(t, b)
	})
	claims := copyFolder(t, "qwen2")
	rewrite(t, filepath.Join(claims, weightsFile), func(b []byte) []byte {
		return replace(`"shape":[19,16]`, `"shape":[4611686018427387904,4611686018427387904]`)(t, b)
	})
	for _, dir := range []string{dir, claims} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := LoadFolder(dir)
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; err == nil || taken > 2<<20 {
			t.Errorf("%d bytes taken, error %v", taken, err)
		}
	}
}

func TestSaveFolder(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "model")
	m := lively(t, tiny(), 1)
	was := m.Parameters()[2].Data[5]
	m.Parameters()[2].Data[5] = 1e6
	if err := SaveFolder(dir, m, F16, nil); err == nil || !strings.Contains(err.Error(), "q_proj.weight[5]") {
		t.Errorf("1e6 as F16: %v", err)
	}
	if files, err := os.ReadDir(parent); err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, error %v", files, err)
	}
	m.Parameters()[2].Data[5] = was
	if err := SaveFolder(dir, m, F16, map[string]json.RawMessage{"eos_token_id": json.RawMessage("[1,2]")}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, weightsFile))
	if err != nil {
		t.Fatal(err)
	}
	if want := saved(t, m, F16, map[string]string{"format": "pt"}); !bytes.Equal(b, want) {
		t.Errorf("%s has %d bytes other than Save's %d", weightsFile, len(b), len(want))
	}
	_, unchanged := loadFolder(t, dir)
	if string(unchanged["eos_token_id"]) != "[\n    1,\n    2\n  ]" {
		t.Errorf("eos_token_id is %q", unchanged["eos_token_id"])
	}
	if err := SaveFolder(dir, m, F32, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second save to one folder: %v", err)
	}
	if err := SaveFolder(filepath.Join(parent, "none", "model"), m, F32, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no parent: %v", err)
	}
	if files, err := os.ReadDir(parent); err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, error %v", files, err)
	}
}

// TestConversion: every number of a tensor longer than a unit is converted, in
// each type.
func TestConversion(t *testing.T) {
	m := lively(t, tiny(), 1)
	n := 2*conversionUnit + 7
	for _, d := range []DType{F32, F16, BF16} {
		var b []byte
		for i := range n {
			b = d.appendNumber(b, float32(i%251)) // exact in 8 bits of precision
		}
		o := &conversion{dst: make([]float32, n), src: b, dtype: d}
		team := kernel.NewTeam(m.set, 2)
		team.Do(func() { team.Run(o) })
		for i, v := range o.dst {
			if v != float32(i%251) {
				t.Fatalf("%s: number %d is %v", d, i, v)
			}
		}
	}
}

func FuzzIndex(f *testing.F) {
	b, err := os.ReadFile(filepath.Join("testdata/golden/llama", indexFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"metadata":{},"weight_map":{"a":"x.safetensors","b":"../y.safetensors"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		index, err := decodeIndex(b)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("error %v is not ErrFormat", err)
			}
			return
		}
		for tensor, name := range index {
			if filepath.Base(name) != name || filepath.Dir(filepath.Join("folder", name)) != "folder" {
				t.Errorf("tensor %q is in %q, outside the folder", tensor, name)
			}
		}
	})
}

func TestShardNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"model-00001-of-00002.safetensors": true, "a b.safetensors": true,
		"sub/x.safetensors": false, `sub\x.safetensors`: false, "../x.safetensors": false, "/x.safetensors": false,
		"C:x.safetensors": false, "x\x00.safetensors": false, ".x.safetensors": false, "..": false, "": false, "x.bin": false,
		strings.Repeat("x", 245) + ".safetensors": false,
	} {
		if isShardName(name) != ok {
			t.Errorf("%.40q: %v, want %v", name, !ok, ok)
		}
	}
}
