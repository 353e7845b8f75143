package surefoot_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestMain gives the tests a folder for temporary files and takes it away.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "surefoot-test-*")
	check(err)
	check(os.Setenv("TMPDIR", dir))
	code := m.Run()
	check(os.RemoveAll(dir))
	os.Exit(code)
}

// folder is where the Example keeps its memory: the README's is "memory".
func folder() string {
	dir, err := os.MkdirTemp("", "surefoot-example-*")
	check(err)
	return dir
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// TestReadmeProgram holds that the program in the README is a Go program whose
// main function is the body of Example, but for the folder, so that it is
// compiled and run with every test.
func TestReadmeProgram(t *testing.T) {
	program := goBlock(t, "README.md")
	shown := body(t, program, "main")
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	run, _, _ := strings.Cut(body(t, string(example), "Example"), "\n\n\t// Output:")
	if want := strings.ReplaceAll(run, "folder()", `"memory"`); shown != want {
		t.Errorf("README's main is\n%s\nExample is\n%s", shown, want)
	}
}

var goFence = regexp.MustCompile("(?s)```go\n(.*?)```")

// goBlock is the one block of Go in a file.
func goBlock(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	found := goFence.FindAllStringSubmatch(string(text), -1)
	if len(found) != 1 {
		t.Fatalf("%s: %d blocks of Go, want 1", name, len(found))
	}
	return found[0][1]
}

// body is the source between the braces of a function.
func body(t *testing.T, src, name string) string {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == name {
			from, to := fset.Position(fn.Body.Lbrace).Offset, fset.Position(fn.Body.Rbrace).Offset
			return strings.Trim(src[from+1:to], "\n")
		}
	}
	t.Fatalf("no function %s", name)
	return ""
}
