// Command asm writes the amd64 assembly of package kernel, the folder above, or
// with -check fails if a file there is not what it would write. The shape of a
// kernel is one function here, which writes it for each size of tile, width of
// vector and kind of number. Signatures are those that package kernel declares;
// the fields of structs are found by the names in go_asm.h, which the compiler
// makes.
//
// It is a module of its own, so that who imports package kernel does not depend
// on what only this program needs.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

func main() {
	check := flag.Bool("check", false, "write nothing, and fail if a file is not up to date")
	flag.Parse()
	finish := write
	if *check {
		finish = compare
	}
	if err := run(finish); err != nil {
		fmt.Fprintln(os.Stderr, "asm:", err)
		os.Exit(1)
	}
}

// run generates each file of package kernel and gives it to finish.
func run(finish func(name string, text []byte) error) error {
	if err := os.Chdir(".."); err != nil {
		return err
	}
	// The declarations to read are those for amd64, wherever this runs.
	if err := os.Setenv("GOARCH", "amd64"); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		write func(code)
	}{
		{"tile_amd64.s", tiles},
		{"brain_amd64.s", brains},
		{"vector_amd64.s", vectorOps},
	} {
		text, err := generate(f.write)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if err := finish(f.name, text); err != nil {
			return err
		}
	}
	return nil
}

func write(name string, text []byte) error { return os.WriteFile(name, text, 0o644) }

func compare(name string, text []byte) error {
	old, err := os.ReadFile(name)
	if err == nil && !bytes.Equal(old, text) {
		err = fmt.Errorf("%s is not what the generator writes: run make asm", name)
	}
	return err
}

// generate returns the text of one file.
func generate(write func(code)) ([]byte, error) {
	c := code{build.NewContext()}
	c.Package(".")
	write(c)
	f, err := c.Result()
	if err != nil {
		return nil, allOf(err)
	}
	f.Includes = []string{"textflag.h", "go_asm.h"}
	if err := pass.Concat(pass.Compile, pass.FunctionPass(supported)).Execute(f); err != nil {
		return nil, err
	}
	return printer.NewGoAsm(printer.Config{Name: "the program in folder asm"}).Print(f)
}

// allOf spells out an error of package build, which counts all but the first.
func allOf(err error) error {
	var list build.ErrorList
	if !errors.As(err, &list) {
		return err
	}
	var all []error
	for _, e := range list {
		all = append(all, e)
	}
	return errors.Join(all...)
}
