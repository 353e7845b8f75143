//go:build unix

package transformer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
	"github.com/surefoot-ai/surefoot/policy/transformer/kernel/kerneltest"
)

// TestFolderCutOff: a file cut off after it was mapped is an error, not a
// crash.
func TestFolderCutOff(t *testing.T) {
	dir := t.TempDir()
	c := tiny()
	c.Vocab, c.Dim, c.TiedHead = 5000, 40, true // the embedding takes 195 pages
	if err := SaveFolder(filepath.Join(dir, "model"), newModel(t, c), F32, nil); err != nil {
		t.Fatal(err)
	}
	w, err := openWeights(filepath.Join(dir, "model"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if err := os.Truncate(filepath.Join(dir, "model", weightsFile), 1<<16); err != nil {
		t.Fatal(err)
	}
	m, err := empty(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.fill(m.params, kernel.NewTeam(m.set, 2)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), weightsFile+`: tensor "model.embed_tokens.weight"`) {
		t.Errorf("error %v", err)
	}
}

// TestFrozenCutOff: numbers that are gone are an error of the Append that needs
// them, which leaves the cache as it was.
func TestFrozenCutOff(t *testing.T) {
	c := tiny()
	c.Layers, c.Dim, c.Hidden, c.Vocab = 3, 64, 2048, 300 // a layer's matrices are some pages each
	for _, tc := range []struct {
		numbers int // of the file that are left
		tensor  string
	}{
		{0, "model.embed_tokens.weight"},
		{300*64 + 1<<14, "model.layers.0.mlp.gate_proj.weight"},
		{300*64 + 3*64*2048 + 1<<15, "model.layers.1.mlp.gate_proj.weight"},
	} {
		dir := filepath.Join(t.TempDir(), "model")
		if err := SaveFolder(dir, newModel(t, c), BF16, nil); err != nil {
			t.Fatal(err)
		}
		f, _, err := OpenFrozen(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, weightsFile), int64(1<<12+2*tc.numbers)); err != nil {
			t.Fatal(err)
		}
		for i := range 4 { // the second time as the first, and on another machine than a Team
			d, cache := f.NewDecoder(2), f.NewCache(20)
			if i > 1 {
				d = f.NewDecoderOn(kerneltest.NewReference())
			}
			_, err = d.Append([]*Cache{cache}, [][]int32{{299, 1}})
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), weightsFile+`: tensor "`+tc.tensor+`" cannot be read`) || cache.Len() != 0 {
				t.Errorf("%d numbers left: error %v, %d tokens", tc.numbers, err, cache.Len())
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestFrozenIsLazy: numbers are read when a Decoder needs them, and not before:
// those that were written to the file meanwhile are what it finds.
func TestFrozenIsLazy(t *testing.T) {
	c := tiny()
	dir := filepath.Join(t.TempDir(), "model")
	if err := SaveFolder(dir, lively(t, c, 1), BF16, nil); err != nil {
		t.Fatal(err)
	}
	f, _, err := OpenFrozen(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	other := filepath.Join(t.TempDir(), "other")
	if err := SaveFolder(other, lively(t, c, 2), BF16, nil); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(other, weightsFile))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(filepath.Join(dir, weightsFile), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt(b, 0); err != nil {
		t.Fatal(err)
	}
	want, _ := loadFolder(t, other)
	tokens := randomTokens(c, 3, 20)
	sameBits(t, "logits", appendAll(t, want.NewDecoder(1), tokens), appendAll(t, f.NewDecoder(1), tokens))
}

// TestFolderPipe: a pipe in place of a file is refused, not waited for.
func TestFolderPipe(t *testing.T) {
	for _, name := range []string{"config.json", weightsFile} {
		dir := copyFolder(t, "qwen3")
		path := filepath.Join(dir, name)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mkfifo(path, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := LoadFolder(dir); err == nil || !strings.Contains(err.Error(), name+": not a regular file") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
