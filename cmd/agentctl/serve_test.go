package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse/browsetest"
	"github.com/surefoot-ai/surefoot/policy/versions"
)

// TestServe holds that the command serves the memory it is given, while another
// writes to it, and the versions, until it is interrupted; and that it needs a
// port of its own.
func TestServe(t *testing.T) {
	store, dir := browsetest.Record(t, browsetest.Doors()...)
	policies := t.TempDir()
	folder, err := versions.Open(policies, versions.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Add([]byte("a policy"), versions.Lineage{After: map[string]float64{"open": 0.75}}); err != nil {
		t.Fatal(err)
	}

	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	stdout, out := io.Pipe()
	status := make(chan int, 1)
	var notes strings.Builder
	go func() {
		defer out.Close()
		status <- run(ctx, []string{"serve", "--store", dir, "--policy", policies, "--listen", "127.0.0.1:0"}, strings.NewReader(""), out, &notes)
	}()
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, notes.String())
	}
	url = strings.TrimSpace(url)
	shows(t, url, "4 episodes")
	if err := store.Record(t.Context(), browsetest.Won("late", agent.Task{ID: "t", Suite: "doors", Kind: "open", Goal: "open the last door"})); err != nil {
		t.Fatal(err)
	}
	shows(t, url+"episodes", "open the last door")
	shows(t, url+"versions", "open 75.0%")

	var errs strings.Builder
	taken := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/")
	if got := run(t.Context(), []string{"serve", "--store", dir, "--listen", taken}, strings.NewReader(""), io.Discard, &errs); got != exitFailed || !strings.Contains(errs.String(), "--listen "+taken) {
		t.Errorf("on a port that is taken: exit status %d: %s", got, errs.String())
	}
	interrupt()
	if got := <-status; got != exitOK {
		t.Errorf("exit status %d: %s", got, notes.String())
	}
}

// shows holds that the page at url has a text.
func shows(t *testing.T, url, text string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(b), text) {
		t.Errorf("%s: no %q, %v in\n%s", url, text, err, b)
	}
}
