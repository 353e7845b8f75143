package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
)

// scriptCommands are what testscript itself cannot say.
func scriptCommands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"status":     checkStatus,
		"fullstdout": checkFullStdout,
		"record":     recordEpisodes,
		"llm":        serveLLM,
		"folder":     writeModelFolder,
		"awaitlines": awaitLines,
		"firstword":  firstWord,
		"damage":     damageFile,
	}
}

// checkStatus runs a command and compares its exit status: status 2 agentctl ….
func checkStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command [args]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got, _ := execute(ts, nil, args[1:]); got != want {
		ts.Fatalf("%s: exit status %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// checkFullStdout runs a command whose standard output is a full disk: it must
// exit with 1 and say so.
func checkFullStdout(ts *testscript.TestScript, neg bool, args []string) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	ts.Check(err)
	defer full.Close()
	got, stderr := execute(ts, full, args)
	if got != exitFailed || !strings.Contains(stderr, "no space left on device") {
		ts.Fatalf("%s: exit status %d, standard error %q", strings.Join(args, " "), got, stderr)
	}
}

// execute runs a command in the script's folder and environment.
func execute(ts *testscript.TestScript, stdout *os.File, args []string) (status int, stderr string) {
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	var b strings.Builder
	c := exec.Command(path, args[1:]...)
	c.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"} {
		c.Env = append(c.Env, name+"="+ts.Getenv(name))
	}
	if stdout != nil {
		c.Stdout = stdout
	}
	c.Stderr = &b
	err = c.Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode(), b.String()
	}
	ts.Check(err)
	return 0, b.String()
}

// recordEpisodes records the episodes of a JSON-lines file in a memory: record
// DIR FORM FILE. The IDs and the clock are fixed.
func recordEpisodes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: record DIR FORM FILE")
	}
	n := 0
	s, err := memory.Open(ts.MkAbs(args[0]), memory.Options{
		Form:  memory.Form(args[1]),
		Clock: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		NewID: func() string { n++; return fmt.Sprintf("item-%d", n) },
	})
	ts.Check(err)
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[2])))
	for {
		var e agent.Episode
		err := d.Decode(&e)
		if errors.Is(err, io.EOF) {
			break
		}
		ts.Check(err)
		ts.Check(s.Record(context.Background(), e))
	}
	ts.Check(s.Close())
}

// damageFile turns the last place where a file has a text into capitals: damage
// FILE TEXT.
func damageFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: damage FILE TEXT")
	}
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	at := bytes.LastIndex(b, []byte(args[1]))
	if at < 0 {
		ts.Fatalf("%s does not have %q", args[0], args[1])
	}
	copy(b[at:], strings.ToUpper(args[1]))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o644))
}

// awaitLines waits until a file has so many lines: awaitlines N FILE.
func awaitLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: awaitlines N FILE")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for range 1000 {
		b, err := os.ReadFile(ts.MkAbs(args[1]))
		if err == nil && strings.Count(string(b), "\n") >= n {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("%s has not %d lines after 20 s", args[1], n)
}

// firstWord puts the first word of the first line of a file that matches a
// pattern into a variable: firstword VARIABLE FILE PATTERN.
func firstWord(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: firstword VARIABLE FILE PATTERN")
	}
	pattern, err := regexp.Compile(args[2])
	ts.Check(err)
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		if pattern.MatchString(strings.TrimRight(line, "\n")) {
			ts.Setenv(args[0], strings.Fields(line)[0])
			return
		}
	}
	ts.Fatalf("%s: no line matches %s", args[1], args[2])
}
