package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// shellBlock is a block of shell commands in a document. Its first group is
// there if the block is marked as runnable.
var shellBlock = regexp.MustCompile("(?s)(<!-- run -->\n)?```sh\n(.*?)```")

// docs are the documents whose commands are tested, from this folder.
func docs() []string {
	return []string{filepath.Join("..", "..", "README.md"), filepath.Join("..", "..", "CONTRIBUTING.md")}
}

// TestDocsCommands holds that every command in the documents exists, with its
// flags, and that the blocks marked as runnable run, in one empty folder.
func TestDocsCommands(t *testing.T) {
	makefile := read(t, filepath.Join("..", "..", "Makefile"))
	texts := map[string]string{}
	for _, name := range docs() {
		texts[name] = read(t, name)
	}
	for name, text := range texts {
		dir := t.TempDir()
		for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
			for line := range strings.Lines(block[2]) {
				line = strings.TrimSpace(line)
				words := strings.Fields(line)
				switch {
				case line == "":
				case words[0] == "make" && len(words) == 2:
					if !strings.Contains(makefile, "\n"+words[1]+":") {
						t.Errorf("%s: %s: no such target", name, line)
					}
				default:
					args, ok := agentctlArgs(words)
					if !ok {
						t.Errorf("%s: %s: neither make nor agentctl", name, line)
					} else if block[1] != "" {
						runDoc(t, dir, line, args)
					} else if err := parseDoc(args); err != nil {
						t.Errorf("%s: %s: %v", name, line, err)
					}
				}
			}
		}
	}
}

// agentctlArgs are the arguments of a command line that calls agentctl.
func agentctlArgs(words []string) ([]string, bool) {
	for _, call := range []string{"agentctl ", "go run ./cmd/agentctl "} {
		if rest, ok := strings.CutPrefix(strings.Join(words, " ")+" ", call); ok {
			return strings.Fields(rest), true
		}
	}
	return nil, false
}

// runDoc runs a command in dir, which must succeed and print something.
func runDoc(t *testing.T, dir, line string, args []string) {
	t.Chdir(dir)
	t.Setenv("XDG_CONFIG_HOME", dir)
	t.Setenv("XDG_DATA_HOME", dir)
	var out, errs bytes.Buffer
	if status := run(context.Background(), args, strings.NewReader(""), &out, &errs); status != exitOK || out.Len() == 0 {
		t.Errorf("%s: exit status %d, %d bytes of output\n%s", line, status, out.Len(), errs.String())
	}
}

// parseDoc parses a command without running it.
func parseDoc(args []string) error {
	a := &app{out: &stickyWriter{w: &bytes.Buffer{}}, err: &bytes.Buffer{}}
	cmd, rest, err := newRoot(a).Find(args)
	if err == nil && cmd.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		err = group(cmd, rest)
	}
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if errors.Is(err, pflag.ErrHelp) {
		return nil
	}
	if err == nil && cmd.Args != nil {
		err = cmd.Args(cmd, cmd.Flags().Args())
	}
	return err
}

// TestReadmeNamesEverySubcommand holds that no subcommand is a secret, and that
// the exit statuses of the README are those of the help.
func TestReadmeNamesEverySubcommand(t *testing.T) {
	text := read(t, docs()[0]) + read(t, docs()[1])
	a := &app{out: &stickyWriter{w: &bytes.Buffer{}}, err: &bytes.Buffer{}}
	for _, c := range newRoot(a).Commands() {
		if c.Runnable() && !strings.Contains(text, "agentctl "+c.Name()) {
			t.Errorf("neither document names agentctl %s", c.Name())
		}
	}
	help := newExitCodes().Long
	for status, word := range []string{"ok", "failed", "wrong usage"} {
		want := string(rune('0'+status)) + "  " + word
		if !strings.Contains(help, want) {
			t.Errorf("help exit-codes lacks %q", want)
		}
	}
	if !strings.Contains(text, "0: ok. 1: something failed, or was interrupted. 2: wrong usage") {
		t.Error("the README does not state the exit statuses")
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
