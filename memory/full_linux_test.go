package memory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk records on a disk of one megabyte until it is full: the error
// names the file, nothing that was acknowledged is lost, and with more room it
// goes on.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no disk of a megabyte: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	fillUp(t, dir, ErrFull, func() {
		if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
			t.Fatal(err)
		}
	})
}

// TestFileSizeLimit is TestFullDisk under a limit of the process instead of one
// of the disk, which needs no privileges.
func TestFileSizeLimit(t *testing.T) {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limit := func(to uint64) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: to, Max: before.Max}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { limit(before.Cur) })
	limit(1 << 20)
	fillUp(t, t.TempDir(), nil, func() { limit(before.Cur) })
}

// fillUp records until it gets an error, which is want if that is not nil.
func fillUp(t *testing.T, dir string, want error, makeRoom func()) {
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { s.Close() }()
	there := func(n int) {
		t.Helper()
		for i := range n {
			id := fmt.Sprint("0-", i)
			body, err := json.Marshal(crashEpisode(id))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.EpisodeJSON(t.Context(), id); err != nil || !bytes.Equal(got, body) {
				t.Fatalf("episode %s, acknowledged: %d bytes, %v", id, len(got), err)
			}
		}
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for ; err == nil && n < 10000; n++ {
		err = s.Record(t.Context(), crashEpisode(fmt.Sprint("0-", n)))
	}
	n-- // the last was refused
	if err == nil || want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), fileName) {
		t.Fatalf("after %d episodes: %v", n, err)
	}
	t.Logf("after %d episodes: %v", n, err)
	there(n)
	if again := s.Record(t.Context(), crashEpisode(fmt.Sprint("0-", n))); again == nil {
		t.Log("one more fitted") // a checkpoint made room
		n++
	}
	makeRoom()
	for range 5 {
		if err := s.Record(t.Context(), crashEpisode(fmt.Sprint("0-", n))); err != nil {
			t.Fatalf("with more room: %v", err)
		}
		n++
	}
	there(n)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	there(n)
}
