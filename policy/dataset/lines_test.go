package dataset

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What is read is what was written; damage is an error that names the file, and
// the line where there is one.
func TestLines(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lines.json.gz")
	if _, err := ReadLines[string](name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	for _, want := range [][]string{nil, {"a"}, {"a\nb", "", "c"}} {
		if err := WriteLines(name, want); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadLines[string](name); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var odd bytes.Buffer
	z := gzip.NewWriter(&odd)
	z.Write([]byte("\"a\"\n3\n")) //nolint:errcheck // a buffer takes all
	z.Close()
	for what, damaged := range map[string][]byte{"lines.json.gz": []byte("no gzip"), "line 1": whole[:len(whole)/2], "line 2": odd.Bytes()} {
		if err := os.WriteFile(name, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadLines[string](name); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("damaged: %v, want %s named", err, what)
		}
	}
}
