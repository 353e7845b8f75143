// Package peertest measures our code and another library's side by side in one
// run, for benchmarks.
//
// The other library runs in a Python process of its own: this module has no
// cgo. The two take turns, and the idle one leaves the processor alone: a
// script answers only once its library's threads have gone to sleep. Figures
// are ratios of the two in one turn, so that whatever else the machine does
// weighs on both.
package peertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// Process is a running script. Its standard input takes one request a line, in
// JSON, and its standard output gives one answer a line; the first, unasked,
// says that it is ready.
type Process struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
	errors  bytes.Buffer // standard error
	ended   bool
}

// Script is a program to run.
type Script struct {
	Path        string
	Environment []string // NAME=value, added to this process's
	Needs       string   // what to install where it does not run
}

// Start runs s until b ends and decodes its first line into ready. The Python
// is the first of $SUREFOOT_PYTHON, /usr/bin/python3 and python3 that gets that
// far; if none does, b is skipped with what each said.
func Start(b testing.TB, s Script, ready any) *Process {
	b.Helper()
	var said bytes.Buffer
	for _, python := range []string{os.Getenv("SUREFOOT_PYTHON"), "/usr/bin/python3", "python3"} {
		if python == "" {
			continue
		}
		p, err := start(python, s, ready)
		if err == nil {
			b.Cleanup(func() {
				if err := p.close(); err != nil {
					b.Error(err)
				}
			})
			return p
		}
		fmt.Fprintf(&said, "\n%s: %v", python, err)
	}
	b.Skipf("%s does not run: apt-get install %s%s", s.Path, s.Needs, &said)
	return nil
}

func start(python string, s Script, ready any) (*Process, error) {
	p := &Process{command: exec.Command(python, s.Path)}
	p.command.Env = append(os.Environ(), s.Environment...)
	p.command.Stderr = &p.errors
	var err error
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	p.out = json.NewDecoder(out)
	if err := p.out.Decode(ready); err != nil {
		return nil, p.fail(err)
	}
	return p, nil
}

// Ask sends a request and decodes the answer. It fails b if the script ends.
func (p *Process) Ask(b testing.TB, request, answer any) {
	b.Helper()
	line, err := json.Marshal(request)
	if err != nil {
		b.Fatal(err)
	}
	if _, err = p.in.Write(append(line, '\n')); err == nil {
		err = p.out.Decode(answer)
	}
	if err != nil {
		b.Fatalf("request %s: %v", line, p.fail(err))
	}
}

// fail ends the process after an error and returns it with what the process
// said.
func (p *Process) fail(err error) error {
	if ended := p.close(); ended != nil {
		return fmt.Errorf("%w: %w", err, ended)
	}
	return err
}

// close ends the process, once: the end of its input is what tells it to.
func (p *Process) close() error {
	if p.ended {
		return nil
	}
	p.ended = true
	p.in.Close() // fails if the process has ended, which Wait tells better
	if err := p.command.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(p.errors.Bytes()))
	}
	return nil
}
