package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/memory"
)

// A warning is no progress: --quiet does not keep it back.
func TestQuietExplanationWarns(t *testing.T) {
	var out, errs bytes.Buffer
	a := &app{out: &stickyWriter{w: &out}, err: &errs, quiet: true}
	if err := a.showExplanation(memory.Explanation{Warnings: []error{errors.New("demonstration 7 is damaged")}}); err != nil {
		t.Fatal(err)
	}
	if got := errs.String(); !strings.Contains(got, "warning: demonstration 7 is damaged\n") {
		t.Errorf("standard error says %q", got)
	}
}
