package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse/browsetest"
)

// TestErrorsDoNotSteer holds that what an error quotes, here a name in a folder from
// elsewhere, cannot steer the terminal.
func TestErrorsDoNotSteer(t *testing.T) {
	_, dir := browsetest.Record(t, browsetest.Doors()...)
	folder := t.TempDir()
	if err := os.Symlink("nowhere", filepath.Join(folder, "a\x1b[2Jb")); err != nil {
		t.Skip(err) // a file system that has no such names
	}
	var errs strings.Builder
	status := run(t.Context(), []string{"skills", "import", folder, "--store", dir}, strings.NewReader(""), io.Discard, &errs)
	if got := errs.String(); status != exitFailed || strings.Contains(got, "\x1b") || !strings.Contains(got, "a[2Jb: folder of a skill is not safe\n") {
		t.Errorf("status %d, %q", status, got)
	}
}
