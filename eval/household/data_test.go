package household

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// dataFile is the path of a file that nobody here wrote; see the README's
// section on data. Where it is absent the test skips, or with CI=true fails.
func dataFile(tb testing.TB, elem ...string) string {
	tb.Helper()
	dir := os.Getenv("SUREFOOT_DATA")
	if dir == "" {
		dir = filepath.Join(moduleRoot(tb), "..", "shared", "data")
	}
	path := filepath.Join(append([]string{dir}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		absent(tb, fmt.Sprintf("%s is absent: put ALFWorld's json_2.1.1 and the KnowAgent logs there, or set SUREFOOT_DATA", path))
	}
	return path
}

func absent(tb testing.TB, why string) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatal(why)
	}
	tb.Skip(why)
}

func moduleRoot(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			tb.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

// alfworld is the folder of the official games. It unpacks the archive once into
// the user's cache, under a name made of the archive's size and time.
func alfworld(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("ALFWORLD_DATA"); dir != "" {
		return dir
	}
	archive := dataFile(tb, "alfworld", "json_2.1.1.tar.xz")
	dir, err := unpack(archive)
	if err != nil {
		absent(tb, fmt.Sprintf("unpacking %s (it takes tar and xz): %v", archive, err))
	}
	return dir
}

var unpacking sync.Mutex // held while unpack writes

func unpack(archive string) (string, error) {
	unpacking.Lock()
	defer unpacking.Unlock()
	info, err := os.Stat(archive)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	cache = filepath.Join(cache, "surefoot")
	dir := filepath.Join(cache, fmt.Sprintf("alfworld-%d-%d", info.Size(), info.ModTime().Unix()))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	part, err := os.MkdirTemp(cache, "unpacking-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(part)
	if out, err := exec.Command("tar", "-xJf", archive, "-C", part).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %.200s", err, out)
	}
	if err := os.Rename(part, dir); err != nil {
		if _, gone := os.Stat(dir); gone == nil { // another process was faster
			return dir, nil
		}
		return "", err
	}
	return dir, nil
}

// official lists the paths of one split, every stride-th of them.
func official(tb testing.TB, split string, stride int) []string {
	tb.Helper()
	all, err := List(alfworld(tb), split)
	if err != nil {
		tb.Fatal(err)
	}
	var some []string
	for i := 0; i < len(all); i += stride {
		some = append(some, all[i])
	}
	return some
}

var loaded sync.Map // *Game by path: games do not change, and many tests want the same

func load(tb testing.TB, path string) *Game {
	tb.Helper()
	if g, ok := loaded.Load(path); ok {
		return g.(*Game)
	}
	g, err := Load(path)
	if err != nil {
		tb.Fatal(err)
	}
	loaded.Store(path, g)
	return g
}

// logged is one recorded episode of the KnowAgent logs.
type logged struct {
	Name   string `json:"name"`
	Result any    `json:"result"` // true and false, or 1 and 0
	Traj   string `json:"traj"`
}

func (l logged) won() bool { return l.Result == true || l.Result == 1.0 }

func knowAgent(tb testing.TB) []logged {
	tb.Helper()
	var all []logged
	for _, name := range []string{"knowagent_alfworld_llama2-13b_D0.jsonl.gz", "knowagent_alfworld_llama2-13b_D1.jsonl.gz"} {
		f, err := os.Open(dataFile(tb, "trajectories", name))
		if err != nil {
			tb.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			tb.Fatal(err)
		}
		for dec := json.NewDecoder(z); ; {
			var l logged
			if err := dec.Decode(&l); err == io.EOF {
				break
			} else if err != nil {
				tb.Fatal(err)
			}
			all = append(all, l)
		}
	}
	return all
}
