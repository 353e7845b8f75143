package transformer

import (
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// Batch is sequences one after another, without padding. Attention never
// crosses sequences, and positions start at 0 in each.
type Batch struct {
	Tokens  []int32
	Starts  []int // sequence s is Tokens[Starts[s]:Starts[s+1]]; from 0 to len(Tokens), ascending
	Targets []Target
}

// Target is a token to score.
type Target struct {
	Position int   // index into Tokens: the logits after this token score Token
	Token    int32 // in [0,Vocab)

	// Allowed are the candidates the softmax runs over, ascending and with
	// Token among them. Nil: the whole vocabulary.
	Allowed []int32
}

// validate names the first thing wrong with b.
func (b *Batch) validate(c Config) error {
	s := b.Starts
	if len(s) < 2 || s[0] != 0 || s[len(s)-1] != len(b.Tokens) {
		return fmt.Errorf("transformer: batch: Starts must run from 0 to len(Tokens), %d, over at least one sequence", len(b.Tokens))
	}
	for i := range s[1:] {
		switch n := s[i+1] - s[i]; {
		case n <= 0:
			return fmt.Errorf("transformer: batch: sequence %d has %d tokens, must have at least 1", i, n)
		case n > c.MaxTokens:
			return fmt.Errorf("sequence %d of %d tokens, MaxTokens is %d: %w", i, n, c.MaxTokens, ErrTooLong)
		}
	}
	if err := validTokens(b.Tokens, c.Vocab); err != nil {
		return fmt.Errorf("transformer: batch: %w", err)
	}
	for i := range b.Targets {
		if err := b.Targets[i].validate(len(b.Tokens), c.Vocab); err != nil {
			return fmt.Errorf("transformer: batch: target %d: %w", i, err)
		}
	}
	return nil
}

func validTokens(tokens []int32, vocab int) error {
	for i, t := range tokens {
		if t < 0 || int(t) >= vocab {
			return fmt.Errorf("token %d is %d, must be in [0,%d)", i, t, vocab)
		}
	}
	return nil
}

func (t *Target) validate(tokens, vocab int) error {
	if t.Position < 0 || t.Position >= tokens {
		return fmt.Errorf("position is %d, must be in [0,%d)", t.Position, tokens)
	}
	if t.Token < 0 || int(t.Token) >= vocab {
		return fmt.Errorf("token is %d, must be in [0,%d)", t.Token, vocab)
	}
	if t.Allowed == nil {
		return nil
	}
	last := int32(-1)
	for _, a := range t.Allowed {
		if a <= last || int(a) >= vocab {
			return fmt.Errorf("allowed token %d after %d, must ascend in [0,%d)", a, last, vocab)
		}
		last = a
	}
	if _, ok := slices.BinarySearch(t.Allowed, t.Token); !ok {
		return fmt.Errorf("token %d is not among the allowed", t.Token)
	}
	return nil
}

// spans fills dst with one span a sequence.
func (b *Batch) spans(dst []kernel.Span) []kernel.Span {
	dst = dst[:0]
	for i := range b.Starts[1:] {
		dst = append(dst, kernel.Span{Row: b.Starts[i], Rows: b.Starts[i+1] - b.Starts[i]})
	}
	return dst
}
