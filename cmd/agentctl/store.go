package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/eval"
	"github.com/surefoot-ai/surefoot/memory"
)

// storeFile is what a folder that holds a memory has inside.
const storeFile = "memory.db"

// openStoreWith opens the memory under --store, whatever its form, only to read
// it if it cannot be written to. It makes none:
// looking at a memory that is not there is an error, which names those that
// lie below the folder. It counts in the shipped policy's tokens unless o says
// otherwise.
func (a *app) openStoreWith(o memory.Options) (*memory.Store, error) {
	if o.CountTokens == nil {
		o.CountTokens = localTokens()
	}
	if _, err := os.Stat(filepath.Join(a.store, storeFile)); err != nil {
		return nil, noStore(a.store, err)
	}
	s, err := memory.OpenAny(a.store, o)
	if errors.Is(err, memory.ErrReadOnly) {
		o.ReadOnly = true
		s, err = memory.OpenAny(a.store, o)
	}
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", a.store, err)
	}
	return s, nil
}

// noStore says that there is no memory in dir, and where there may be one.
func noStore(dir string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store %s: %w", dir, err)
	}
	var below []string
	for _, pattern := range []string{"*", filepath.Join("*", "*"), filepath.Join("*", "*", "*")} {
		// The one error of Glob is a bad pattern, which a folder's name may be.
		found, _ := filepath.Glob(filepath.Join(dir, pattern, storeFile))
		for _, f := range found {
			below = append(below, filepath.Dir(f))
		}
	}
	if len(below) > 0 {
		return fmt.Errorf("store %s: holds no memory itself; name one of\n  %s", dir, strings.Join(below, "\n  "))
	}
	return fmt.Errorf("store %s: there is no memory; 'agentctl eval' makes one and says where, --store names it", dir)
}

// steady are options with which the same episodes always make the same memory: it
// withholds nothing, and its IDs and its clock are fixed.
func steady(o memory.Options) memory.Options {
	n := 0
	o.HoldOut = -1
	o.Clock = eval.Epoch
	o.NewID = func() string {
		n++
		return fmt.Sprintf("item-%06d", n)
	}
	return o
}

// withStore makes a command's RunE of what is to be done with the open store.
func (a *app) withStore(do func(cmd *cobra.Command, s *memory.Store, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		return a.withStoreOf(memory.Options{}, func(s *memory.Store) error { return do(cmd, s, args) })
	}
}

// withStoreOf opens the store with options, does something with it and closes
// it.
func (a *app) withStoreOf(o memory.Options, do func(s *memory.Store) error) error {
	s, err := a.openStoreWith(o)
	if err != nil {
		return err
	}
	err = do(s)
	if e := s.Close(); err == nil && e != nil {
		err = fmt.Errorf("store %s: %w", a.store, e)
	}
	return err
}

// selection is which of the items of a memory a list shows.
type selection struct {
	scope             scopeFlag
	suite, kind, task string
	most              int
}

// addSelection gives cmd the flags of a selection.
func addSelection(cmd *cobra.Command, s *selection) {
	f := cmd.Flags()
	f.Var(&s.scope, "scope", "only those of a scope, '' of the one without a name (default all)")
	f.StringVar(&s.suite, "suite", "", "only those of a suite")
	f.StringVar(&s.kind, "kind", "", "only those of a kind of task")
	f.StringVar(&s.task, "task", "", "only those of a task")
	f.Var(newCount(&s.most, 0, 0), "limit", "at most so many; 0: all")
}

// newNoun is a command that has subcommands only.
func newNoun(use, short string, subcommands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: group}
	c.AddCommand(subcommands...)
	return c
}

// scopeFlag is a scope, or all of them until it is set.
type scopeFlag struct{ scope *string }

func (f *scopeFlag) String() string {
	if f.scope == nil {
		return ""
	}
	return *f.scope
}

func (f *scopeFlag) Set(s string) error { f.scope = &s; return nil }

func (f *scopeFlag) Type() string { return "string" }
