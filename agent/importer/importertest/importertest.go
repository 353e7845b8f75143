// Package importertest gives tests the episodes that other programs recorded.
package importertest

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/importer"
)

// Files are the recorded episodes that there are, and the format of each.
func Files() map[string]string {
	return map[string]string{
		"knowagent_alfworld_llama2-13b_D0.jsonl.gz": "knowagent",
		"knowagent_alfworld_llama2-13b_D1.jsonl.gz": "knowagent",
		"gpt-4o-airline.json.gz":                    "tau-bench",
	}
}

// Episodes reads a file of Files in the folder trajectories of $SUREFOOT_DATA or
// of ../shared/data beside the repository. Where it is not there the test is
// skipped, and fails on CI.
func Episodes(tb testing.TB, file string) []agent.Episode {
	tb.Helper()
	path := filepath.Join(folder(tb), "trajectories", file)
	f, err := os.Open(path)
	if err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		tb.Skipf("no third-party data: CONTRIBUTING.md says how to get it: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	var out []agent.Episode
	for _, format := range importer.Formats() {
		if format.Name != Files()[file] {
			continue
		}
		for e, err := range format.Read(z, file) {
			if err != nil {
				tb.Fatal(err)
			}
			out = append(out, e)
		}
	}
	if len(out) == 0 {
		tb.Fatalf("%s: no episodes", path)
	}
	return out
}

// folder is where third-party data is.
func folder(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("SUREFOOT_DATA"); dir != "" {
		return dir
	}
	root, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return filepath.Join(root, "..", "shared", "data")
		}
		if filepath.Dir(root) == root {
			tb.Fatal("no go.mod above the test")
		}
		root = filepath.Dir(root)
	}
}
