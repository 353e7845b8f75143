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
