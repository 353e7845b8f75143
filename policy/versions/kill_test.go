package versions

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// childEnv holds, in the child process of TestKill, the folder to write to.
const childEnv = "SUREFOOT_VERSIONS_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled adds versions, each the child of the one before, promotes
// each, rolls every third back, and prints what is done.
func writeUntilKilled(dir string) error {
	f, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	for {
		all, err := f.Versions()
		if err != nil {
			return err
		}
		current, err := f.Current()
		if err != nil && len(all) > 1 {
			return err
		}
		l, err := f.Add(bytes.Repeat([]byte{byte(len(all)), byte(len(all) >> 8)}, 50_000), Lineage{Parent: current})
		if err != nil {
			return err
		}
		fmt.Println("added", l.Version)
		if err := f.Promote(l.Version, current, ""); err != nil {
			return err
		}
		fmt.Println("current", l.Version)
		if l.Number%3 == 0 {
			_, back, err := f.Rollback("")
			if err != nil {
				return err
			}
			fmt.Println("current", back)
		}
	}
}

// Whenever a writing process is killed, every version it had said was added is
// there, and the current one is the last it had named or one it was about to.
func TestKill(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	added := 0
	for run := 0; run < 15 || added < 15; run++ { // on a slow machine many are killed before they add one
		if run == 100 {
			t.Fatalf("%d versions were added in %d runs", added, run)
		}
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(20+rng.IntN(150)+10*run)*time.Millisecond, func() { cmd.Process.Kill() })
		var said []string
		for in := bufio.NewScanner(out); in.Scan(); {
			said = append(said, in.Text())
		}
		cmd.Wait() // the error is the kill
		kill.Stop()
		if stderr.Len() > 0 {
			t.Fatalf("child: %s", stderr.String())
		}
		added += checkAfterKill(t, dir, said)
	}
}

// checkAfterKill compares the folder to what the child said it did, and returns
// how many versions that added.
func checkAfterKill(t *testing.T, dir string, said []string) int {
	t.Helper()
	f, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.Versions()
	if err != nil {
		t.Fatalf("after a kill: %v", err)
	}
	if err := f.Check(); err != nil {
		t.Errorf("after a kill: %v", err)
	}
	parents := map[string]string{}
	for _, v := range all {
		parents[v.Version] = v.Parent
	}
	added, last := 0, ""
	for _, line := range said {
		what, version, _ := strings.Cut(line, " ")
		if _, ok := parents[version]; !ok {
			t.Errorf("said %q, and the version is not there", line)
		}
		if what == "added" {
			added++
		} else {
			last = version
		}
	}
	if last == "" {
		return added
	}
	// One move that was not acknowledged may have happened: a child was
	// promoted, or its parent came back. Numbers would not tell: a version that
	// was added and never promoted lies between.
	current, err := f.Current()
	if err != nil {
		t.Fatal(err)
	}
	if current != last && parents[current] != last && parents[last] != current {
		t.Errorf("version %s is current after a kill, and %s was when that was last said", current, last)
	}
	return added
}
