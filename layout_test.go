// Package surefoot_test holds the rules of the source tree that a reader of
// one file cannot see: which package may import which, who may print or exit,
// and how long things may get. CONTRIBUTING.md states them in words.
//
// It reads the files itself. A go list child process would be invisible to the
// test cache, which would then serve a stale pass.
package surefoot_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module       = "github.com/surefoot-ai/surefoot"
	maxFileLines = 400
	maxFuncLines = 60

	// generator is a command of a module of its own, which writes assembly for
	// the package above it: it lies there to read that package's declarations.
	generator = "policy/transformer/kernel/asm"

	// excuse begins, in a doc comment, the reason for going over a budget.
	excuse = "Over budget:"
)

// siblings import agent and never each other.
var siblings = []string{"eval", "policy", "skills", "memory"}

// frameworks are the modules that only some packages may import: those whose
// path has one of the prefixes, "" for every package.
var frameworks = map[string][]string{
	"github.com/google/uuid":             {""},
	"github.com/philippgille/chromem-go": {"memory/index"},
	"github.com/viterin/vek":             {"memory/index"},
	"modernc.org/sqlite":                 {"memory/archive"},
	"github.com/parquet-go/parquet-go":   {"policy/dataset"},
	"github.com/tmc/langchaingo":         {"agent/langchain", "memory/embed/", "memory/lesson/", "policy/langchain", "cmd/"},
	"charm.land/bubbletea":               {"cmd/agentctl/browse/terminal"},
	"github.com/charmbracelet/x/ansi":    {"cmd/agentctl/browse/terminal"},
	"github.com/chromedp/chromedp":       {"cmd/agentctl/browse/web"}, // in a test
	"github.com/spf13/cobra":             {"cmd/"},
	"github.com/spf13/pflag":             {"cmd/"},
	"github.com/spf13/viper":             {"cmd/"},
	"github.com/schollz/progressbar":     {"cmd/"},
	"github.com/rogpeppe/go-internal":    {"cmd/"},
	"go.yaml.in/yaml":                    {"cmd/", "skills/skillmd"},
	"golang.org/x/term":                  {"cmd/"},
	"github.com/mmcloughlin/avo":         {generator},
	"golang.org/x/sync":                  {"memory", "skills", "policy", "eval", "cmd/"},
	"golang.org/x/sys":                   {"memory", "skills", "policy", "eval", "cmd/"},
}

// heavy frameworks may not even be reached through other packages from these:
// whoever embeds memory in an own agent does not get langchaingo with it.
var (
	heavy = []string{"github.com/tmc/langchaingo"}
	light = append([]string{"agent"}, siblings...)
)

// source is one parsed Go file.
type source struct {
	name  string // slash-separated, relative to the root
	dir   string // its package's path below the module; "." for the root
	file  *ast.File
	lines int
	test  bool
}

// TestLayout reports every breach of the rules, with file and line.
func TestLayout(t *testing.T) {
	fset := token.NewFileSet()
	files := parseTree(t, os.DirFS("."), fset)
	for _, b := range breaches(fset, files) {
		t.Error(b)
	}
}

func breaches(fset *token.FileSet, files []source) []string {
	var all []string
	for _, f := range files {
		c := checker{fset: fset, f: f}
		c.imports()
		c.budgets()
		c.manners()
		all = append(all, c.found...)
	}
	all = append(all, undocumented(files)...)
	return append(all, heavyImports(files)...)
}

// parseTree parses every Go file of the tree but those under a folder whose
// name begins with a dot or an underscore, or is testdata.
func parseTree(t *testing.T, tree fs.FS, fset *token.FileSet) []source {
	t.Helper()
	var files []source
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() && name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, source{name, path.Dir(name), f, strings.Count(string(text), "\n"), strings.HasSuffix(name, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// checker collects the breaches of one file.
type checker struct {
	fset  *token.FileSet
	f     source
	found []string
}

func (c *checker) report(pos token.Pos, format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf("%s: %s", c.fset.Position(pos), fmt.Sprintf(format, args...)))
}

// imports holds the arrows of the layout and the places of the frameworks.
func (c *checker) imports() {
	if c.f.dir == "." && !c.f.test { // deps.go, which is never built
		return
	}
	for _, spec := range c.f.file.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it; it is a Go string
		}
		if inside, ok := strings.CutPrefix(to, module+"/"); ok {
			if !mayImport(c.f.dir, inside) {
				c.report(spec.Pos(), "%s may not import %s", c.f.dir, inside)
			}
		} else if isThirdParty(to) && !mayUse(c.f.dir, to) {
			c.report(spec.Pos(), "%s may not import %s: see frameworks in layout_test.go", c.f.dir, to)
		}
	}
}

// mayImport reports whether package from may import package to, both below the
// module: agent, and who reads recorded episodes, is for all, a package composes what lies below it and may look
// up to what it lies below, and cmd wires everything.
func mayImport(from, to string) bool {
	switch {
	case from == "cmd" || strings.HasPrefix(from, "cmd/"):
		return true
	case from == ".":
		return true // the root holds tests only
	case from == to: // an external test of its own package
		return true
	case from == "agent":
		return false
	case to == "agent", to == "agent/importer", to == "agent/importer/importertest":
		return true
	}
	return strings.HasPrefix(to, from+"/") || strings.HasPrefix(from, to+"/")
}

func isThirdParty(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return strings.Contains(first, ".")
}

func mayUse(dir, imp string) bool {
	for name, places := range frameworks {
		if imp != name && !strings.HasPrefix(imp, name+"/") {
			continue
		}
		if dir == "agent" {
			return name == "github.com/google/uuid"
		}
		return slices.ContainsFunc(places, func(p string) bool { return strings.HasPrefix(dir, p) })
	}
	return false
}

var generated = regexp.MustCompile(`^// Code generated .* DO NOT EDIT\.$`)

// budgets holds the lengths of files and functions. Tests and generated files
// may be of any length.
func (c *checker) budgets() {
	if c.f.test || isGenerated(c.f.file) {
		return
	}
	if c.f.lines > maxFileLines && !excusedFile(c.f.file) {
		c.report(c.f.file.Package, "file has %d lines, more than %d", c.f.lines, maxFileLines)
	}
	for _, d := range c.f.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || strings.Contains(f.Doc.Text(), excuse) {
			continue
		}
		if n := c.fset.Position(f.End()).Line - c.fset.Position(f.Pos()).Line + 1; n > maxFuncLines {
			c.report(f.Pos(), "function %s has %d lines, more than %d", f.Name.Name, n, maxFuncLines)
		}
	}
}

func isGenerated(f *ast.File) bool {
	for _, g := range f.Comments {
		for _, line := range g.List {
			if line.Pos() < f.Package && generated.MatchString(line.Text) {
				return true
			}
		}
	}
	return false
}

func excusedFile(f *ast.File) bool {
	for _, g := range f.Comments {
		if g.Pos() < f.Package && strings.Contains(g.Text(), excuse) {
			return true
		}
	}
	return false
}

// manners holds what only a command may do: exit, log, print and catch
// signals; and what nobody may do: have an init function.
func (c *checker) manners() {
	if c.f.test {
		return
	}
	if f := funcNamed(c.f.file, "init"); f != nil {
		c.report(f.Pos(), "no init functions")
	}
	if c.f.dir == "." || strings.HasPrefix(c.f.dir, "cmd/") || c.f.dir == generator || isIgnored(c.f.file) {
		return
	}
	for _, spec := range c.f.file.Imports {
		if to := spec.Path.Value; to == `"os/signal"` || to == `"log"` || to == `"log/slog"` {
			c.report(spec.Pos(), "only a command may import %s", to)
		}
	}
	ast.Inspect(c.f.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && forbidden(x.Name, n.Sel.Name) {
				c.report(n.Pos(), "only a command may use %s.%s", x.Name, n.Sel.Name)
			}
		case *ast.CallExpr:
			if x, ok := n.Fun.(*ast.Ident); ok && (x.Name == "print" || x.Name == "println") {
				c.report(n.Pos(), "only a command may print")
			}
		}
		return true
	})
}

func forbidden(pkg, name string) bool {
	switch pkg {
	case "os":
		return name == "Exit" || name == "Stdout" || name == "Stderr"
	case "fmt":
		return name == "Print" || name == "Println" || name == "Printf"
	}
	return false
}

func funcNamed(f *ast.File, name string) *ast.FuncDecl {
	for _, d := range f.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == name {
			return f
		}
	}
	return nil
}

// isIgnored reports whether f is a program to be run by hand, by go generate
// say: "//go:build ignore".
func isIgnored(f *ast.File) bool {
	for _, g := range f.Comments {
		for _, line := range g.List {
			if line.Pos() < f.Package && line.Text == "//go:build ignore" {
				return true
			}
		}
	}
	return false
}

// undocumented lists the packages without a doc comment.
func undocumented(files []source) []string {
	has := map[string]bool{}
	for _, f := range files {
		if f.dir == "." || f.test || isIgnored(f.file) {
			continue
		}
		has[f.dir] = has[f.dir] || strings.TrimSpace(f.file.Doc.Text()) != ""
	}
	var out []string
	for _, dir := range slices.Sorted(maps.Keys(has)) {
		if !has[dir] {
			out = append(out, fmt.Sprintf("%s: package has no doc comment", dir))
		}
	}
	return out
}

// heavyImports lists the chains by which a light package reaches a heavy
// framework.
func heavyImports(files []source) []string {
	imports := map[string][]string{}
	for _, f := range files {
		if f.test || isIgnored(f.file) {
			continue
		}
		for _, spec := range f.file.Imports {
			to, _ := strconv.Unquote(spec.Path.Value)
			imports[f.dir] = append(imports[f.dir], to)
		}
	}
	var out []string
	for _, from := range light {
		seen := map[string]bool{from: true}
		queue := [][]string{{from}}
		for len(queue) > 0 {
			chain := queue[0]
			queue = queue[1:]
			for _, to := range imports[chain[len(chain)-1]] {
				if slices.ContainsFunc(heavy, func(h string) bool { return strings.HasPrefix(to, h) }) {
					out = append(out, fmt.Sprintf("%s -> %s: %s must stay light", strings.Join(chain, " -> "), to, from))
				}
				if dir, ok := strings.CutPrefix(to, module+"/"); ok && !seen[dir] {
					seen[dir] = true
					queue = append(queue, append(slices.Clone(chain), dir))
				}
			}
		}
	}
	return out
}

// TestFolders holds that code lies in the folders of the layout and nowhere
// else.
func TestFolders(t *testing.T) {
	allowed := append([]string{".", "agent", "cmd"}, siblings...)
	files := parseTree(t, os.DirFS("."), token.NewFileSet())
	for _, f := range files {
		top, _, _ := strings.Cut(f.dir, "/")
		if !slices.Contains(allowed, top) {
			t.Errorf("%s: code belongs below %s", f.name, strings.Join(allowed[1:], ", "))
		}
		if f.dir == "." && !f.test && f.name != "deps.go" {
			t.Errorf("%s: the root has no package", f.name)
		}
	}
	if _, err := os.Stat(filepath.FromSlash("cmd/agentctl/main.go")); err != nil {
		t.Error(err)
	}
}
