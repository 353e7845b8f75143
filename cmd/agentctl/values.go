package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// The flag values of agentctl. Each checks its range when it is set, from
// whatever source, so that no command meets a value it cannot use.

// count is a whole number with a lower bound.
type count struct {
	n     *int
	least int
}

// newCount returns a flag value that keeps an int of at least least in n.
func newCount(n *int, value, least int) pflag.Value {
	*n = value
	return &count{n, least}
}

func (c *count) String() string { return strconv.Itoa(*c.n) }
func (c *count) Type() string   { return "int" }

func (c *count) Set(s string) error {
	n, err := strconv.Atoi(s)
	if errors.Is(err, strconv.ErrRange) {
		return errors.New("too large a number")
	}
	if err != nil {
		return errors.New("must be a whole number")
	}
	if n < c.least {
		return fmt.Errorf("must be at least %d", c.least)
	}
	*c.n = n
	return nil
}

// choice is one of a few words.
type choice struct {
	s    *string
	from []string
}

// newChoice returns a flag value that keeps one of from in s.
func newChoice(s *string, value string, from ...string) pflag.Value {
	*s = value
	return &choice{s, from}
}

func (c *choice) String() string { return *c.s }
func (c *choice) Type() string   { return "string" }

func (c *choice) Set(s string) error {
	if !slices.Contains(c.from, s) {
		return errors.New("must be " + orList(c.from))
	}
	*c.s = s
	return nil
}

// choices is a comma-separated list, without repetition, of a few words.
type choices[S ~string] struct {
	s    *[]S
	from []S
}

// newChoices returns a flag value that keeps a non-empty selection of from in
// s, in the order given. It begins with all of them.
func newChoices[S ~string](s *[]S, from ...S) pflag.Value {
	*s = slices.Clone(from)
	return &choices[S]{s, from}
}

func (c *choices[S]) String() string { return joined(*c.s, ",") }
func (c *choices[S]) Type() string   { return "list" }

// joined is strings.Join.
func joined[S ~string](words []S, between string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, between)
}

func (c *choices[S]) Set(s string) error {
	var got []S
	for text := range strings.SplitSeq(s, ",") {
		w := S(strings.TrimSpace(text))
		if !slices.Contains(c.from, w) {
			return fmt.Errorf("%q is none of %s", w, joined(c.from, ", "))
		}
		if slices.Contains(got, w) {
			return fmt.Errorf("%q is there twice", w)
		}
		got = append(got, w)
	}
	*c.s = got
	return nil
}

// seeds is a comma-separated list of seeds and ranges of seeds: 1,2,7-9.
type seeds struct{ s *[]uint64 }

// maxSeeds bounds how many seeds a range may ask for.
const maxSeeds = 1000

// newSeeds returns a flag value that keeps a non-empty list of distinct seeds
// in s, in the order given.
func newSeeds(s *[]uint64, value ...uint64) pflag.Value {
	*s = value
	return &seeds{s}
}

func (v *seeds) Type() string { return "list" }

func (v *seeds) String() string {
	words := make([]string, len(*v.s))
	for i, n := range *v.s {
		words[i] = strconv.FormatUint(n, 10)
	}
	return strings.Join(words, ",")
}

func (v *seeds) Set(s string) error {
	var got []uint64
	for w := range strings.SplitSeq(s, ",") {
		low, high, err := seedRange(strings.TrimSpace(w))
		if err != nil {
			return err
		}
		if high-low >= maxSeeds || len(got) >= maxSeeds {
			return fmt.Errorf("more than %d seeds", maxSeeds)
		}
		for i := range high - low + 1 {
			if slices.Contains(got, low+i) {
				return fmt.Errorf("seed %d is there twice", low+i)
			}
			got = append(got, low+i)
		}
	}
	*v.s = got
	return nil
}

// seedRange reads "7" or "7-9".
func seedRange(s string) (low, high uint64, err error) {
	first, last, isRange := strings.Cut(s, "-")
	if low, err = strconv.ParseUint(first, 10, 64); err == nil {
		high = low
		if isRange {
			high, err = strconv.ParseUint(last, 10, 64)
		}
	}
	if err != nil || high < low {
		return 0, 0, fmt.Errorf("%q is neither a seed nor a range of seeds such as 1-5", s)
	}
	return low, high, nil
}

// orList joins words as prose does: "a, b or c".
func orList(words []string) string {
	n := len(words)
	if n < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
}
