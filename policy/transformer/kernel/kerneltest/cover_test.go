package kerneltest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestCover holds that the suite runs every operation there is, and that the
// comment of package kernel lists each.
func TestCover(t *testing.T) {
	ran := make(map[string]bool)
	for _, c := range cases() {
		for trial := range c.trials {
			for _, op := range c.program(uint64(trial)) {
				ran[reflect.TypeOf(op).Elem().Name()] = true
			}
		}
	}
	ran["Scratch"] = true // by testScratch
	declared := make(map[string]bool)
	files, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "Units" && fn.Recv != nil {
				name := fn.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
				if ast.IsExported(name) { // others are a Team's own
					declared[name] = true
				}
			}
		}
	}
	doc, err := os.ReadFile("../doc.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^//\t(\w+) +\S`).FindAllSubmatch(doc, -1) {
		listed[string(m[1])] = true
	}
	want := slices.Sorted(maps.Keys(declared))
	if got := slices.Sorted(maps.Keys(ran)); !slices.Equal(got, want) {
		t.Errorf("the suite runs %v, the operations are %v", got, want)
	}
	if got := slices.Sorted(maps.Keys(listed)); !slices.Equal(got, want) {
		t.Errorf("the comment of package kernel lists %v, the operations are %v", got, want)
	}
	if len(want) != 23 {
		t.Errorf("%d operations, the comment says 23", len(want))
	}
}
