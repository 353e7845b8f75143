package memory

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

// childEnv holds, in the child process of TestKill, the folder to write to and
// the number of the child.
const childEnv = "SUREFOOT_CRASH_CHILD"

func TestMain(m *testing.M) {
	if v := os.Getenv(childEnv); v != "" {
		n, dir, _ := strings.Cut(v, ":")
		fmt.Fprintln(os.Stderr, writeUntilKilled(dir, n))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// killedRecorders is how many record at a time in the child of TestKill.
const killedRecorders = 4

// writeUntilKilled records episodes and prints the ID of each that is durable; in
// between it rolls back.
func writeUntilKilled(dir, n string) error {
	s, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	failed := make(chan error)
	var next atomic.Int64
	for range killedRecorders {
		go func() {
			for {
				id := n + "-" + strconv.FormatInt(next.Add(1), 10)
				if err := s.Record(context.Background(), crashEpisode(id)); err != nil {
					failed <- err
					return
				}
				fmt.Println(id)
			}
		}()
	}
	go func() {
		for r := rand.New(rand.NewPCG(uint64(len(n)), 7)); ; time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond) {
			_, last, err := s.History(context.Background())
			if err == nil {
				_, err = s.Rollback(context.Background(), max(0, last-r.Int64N(10)))
			}
			if err != nil {
				failed <- err
				return
			}
		}
	}()
	return <-failed
}

// crashEpisode is a function of the ID, so that the parent knows its bytes.
func crashEpisode(id string) agent.Episode {
	n, i, _ := strings.Cut(id, "-")
	k, _ := strconv.Atoi(i)
	task := ladle()
	task.ID = fmt.Sprint("t", k%5)
	e := play(id, task, k%2 == 0, "go to cabinet 1", "open cabinet 1", "go to drawer "+n, fmt.Sprint("look ", k))
	e.Steps[0].Observation.Text += strings.Repeat(" "+id, 200)
	return e
}

// TestKill kills a process with several recorders again and again;
// $SUREFOOT_KILLS says how often. After each kill the store opens, Check passes, and every episode that
// the process had acknowledged is there byte for byte, and a rollback is whole.
func TestKill(t *testing.T) {
	kills := 20
	if v := os.Getenv("SUREFOOT_KILLS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	acknowledged := 0
	for n := range kills {
		if n%10 == 9 {
			dir = t.TempDir() // the creation of a store is killed as well
		}
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d:%s", childEnv, n, dir))
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(50+r.IntN(300))*time.Millisecond, func() { cmd.Process.Kill() })
		if n%2 == 1 { // at least one episode is written, however slow the machine
			kill.Stop()
		}
		ids := acknowledgedIDs(out, func() { kill.Reset(time.Duration(r.IntN(300)) * time.Millisecond) })
		cmd.Wait() // the error is the kill
		kill.Stop()
		if stderr.Len() > 0 {
			t.Fatalf("child %d: %s", n, stderr.String())
		}
		acknowledged += len(ids)
		verifyAfterKill(t, dir, ids)
	}
	t.Logf("%d kills, %d acknowledged episodes", kills, acknowledged)
	if acknowledged < kills/2 {
		t.Errorf("only %d episodes were written before %d kills", acknowledged, kills)
	}
}

// acknowledgedIDs reads whole lines until the child is dead, and calls first
// after the first.
func acknowledgedIDs(out io.Reader, first func()) []string {
	var ids []string
	for in := bufio.NewReader(out); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return ids
		}
		if ids = append(ids, strings.TrimSpace(line)); len(ids) == 1 {
			first()
		}
	}
}

func verifyAfterKill(t *testing.T, dir string, ids []string) {
	t.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatalf("open after a kill: %v", err)
	}
	defer s.Close()
	for _, id := range ids {
		want, err := json.Marshal(crashEpisode(id))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.EpisodeJSON(t.Context(), id); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("episode %s, acknowledged: %d bytes of %d, %v", id, len(got), len(want), err)
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Fatalf("check after a kill: %v", err)
	}
	if _, err := s.Recall(t.Context(), ladle(), 500); err != nil {
		t.Fatalf("recall after a kill: %v", err)
	}
	last, err := s.Log(t.Context(), 1)
	if err != nil {
		t.Fatalf("log after a kill: %v", err)
	}
	for _, c := range last {
		if c.RolledBackTo == nil {
			continue
		}
		if ds, err := s.Diff(t.Context(), *c.RolledBackTo, c.Generation); err != nil || len(ds) > 0 {
			t.Fatalf("a rollback that a kill left is not whole: %+v, %v", ds, err)
		}
	}
}
