package puzzle

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
)

// Split is a part of a domain's problems; no problem is in two.
type Split string

// The splits, with the share of problems that each holds.
const (
	Train Split = "train" // 80%
	Tune  Split = "tune"  // 10%
	Test  Split = "test"  // 10%
)

// SplitOf is the split of the problem whose ID is id: a matter of its content
// alone, so that two draws agree whatever their seeds and sizes.
func SplitOf(id string) Split {
	h := fnv.New64a()
	io.WriteString(h, id)
	x := h.Sum64()
	x = (x ^ x>>32) * 0xd6e8feb86659fd93 // FNV alone mixes its last bytes little
	switch (x ^ x>>32) % 10 {
	case 8:
		return Tune
	case 9:
		return Test
	}
	return Train
}

// Problem is one question. Its domain alone reads the fields after Level.
type Problem struct {
	Domain string `json:"domain"`
	ID     string `json:"id"`     // what it is about, the same however it is put; unique within a domain
	Prompt string `json:"prompt"` // one line, ends in ':'
	Level  int    `json:"level"`  // how hard, from 1; comparable within a domain only

	Numbers []int  `json:"numbers,omitempty"` // Countdown: the numbers to use, ascending; Chains: the right results
	Target  int    `json:"target,omitempty"`  // Countdown
	Answer  string `json:"answer,omitempty"`  // Facts
	Source  Source `json:"source,omitempty"`  // Facts
	Form    Form   `json:"form,omitempty"`    // Facts
	Subject string `json:"subject,omitempty"` // Facts: whom it is about; Verse: the first noun
	Object  string `json:"object,omitempty"`  // Facts: the attribute asked for; Verse: the second noun
}

// Verdict is what a domain says of an answer.
type Verdict struct {
	Correct    bool
	WellFormed bool    // the answer could be read as far as its first Fault; what follows that was not looked at
	Score      float64 // in [0,1]; 1 or 0 where answers are right or wrong
	Fault      Fault   // the first; the zero Fault if Correct
}

// Domain is a kind of problem.
type Domain interface {
	// Draw returns n problems of a split, all distinct by ID, in random order:
	// fewer if 10,000 draws in a row bring nothing new.
	Draw(s Split, n int, rng *rand.Rand) []Problem

	// Demonstrate returns a right answer to p, a problem of this domain, or
	// where answers are not right or wrong, a well-formed one.
	Demonstrate(p Problem, rng *rand.Rand) string

	// Check judges any text as the answer to p. Spaces count, and so does a
	// line break.
	Check(p Problem, answer string) Verdict
}

// draw collects n distinct problems of a split from next.
func draw(s Split, n int, next func() Problem) []Problem {
	seen := make(map[string]bool, n)
	var out []Problem
	for misses := 0; len(out) < n && misses < 10_000; misses++ {
		p := next()
		if seen[p.ID] || SplitOf(p.ID) != s {
			continue
		}
		seen[p.ID] = true
		out = append(out, p)
		misses = 0
	}
	return out
}

// right is the verdict on a correct answer.
func right() Verdict { return Verdict{Correct: true, WellFormed: true, Score: 1} }

// wrong is the verdict on an answer without any worth.
func wrong(f Fault) Verdict { return Verdict{WellFormed: f.Kind != Malformed, Fault: f} }
