package transformer

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// Fork returns a cache for at most capacity tokens, which is cut to
// [1,Config.MaxTokens], with memory of its own, that holds the tokens of c, of
// too many the first. Only what is in use is copied. What is appended to it
// gives the same bits as appended to c.
func (c *Cache) Fork(capacity int) *Cache {
	out := NewCache(&Model{config: c.config}, capacity)
	out.length = min(c.length, out.capacity)
	for i := range c.keys {
		copyColumns(out.keys[i], c.keys[i], out.length)
		copyRows(out.values[i], c.values[i], out.length)
	}
	return out
}

// copyColumns copies the first n columns of a matrix of as many rows, and what
// is beside them in the last panel.
func copyColumns(dst, src *kernel.Panels, n int) {
	whole := (n + kernel.Width - 1) / kernel.Width * src.K * kernel.Width
	copy(dst.Data[:whole], src.Data)
}

// copyRows copies the first n rows of a matrix of as many columns.
func copyRows(dst, src *kernel.Panels, n int) {
	for j := 0; j*kernel.Width < src.N; j++ {
		from, to := j*src.K*kernel.Width, j*dst.K*kernel.Width
		copy(dst.Data[to:to+n*kernel.Width], src.Data[from:])
	}
}

// Fork runs the prompt of a group once: it reads all of s but its last token,
// and returns sequences that go on from there, one for each of sources, each in
// a cache of its own with room for the given number of further tokens.
// [Decoder.Generate] gives of each what it would give of s by itself. s.Rand is
// not used. s.Cache holds the shared tokens, and may be used again; on error
// it holds some of them. The errors are those of Generate.
func (d *Decoder) Fork(ctx context.Context, s Sequence, sources []*rand.Rand, room int) ([]Sequence, error) {
	if err := d.validateSequences([]Sequence{s}); err != nil {
		return nil, err
	}
	if room < 0 {
		return nil, fmt.Errorf("transformer: room for %d tokens", room)
	}
	last := len(s.Tokens) - 1
	for rest := s.Tokens[:last]; len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := min(len(rest), decoderRows)
		if _, err := d.appendOne(s.Cache, rest[:n]); err != nil {
			return nil, err
		}
		rest = rest[n:]
	}
	out := make([]Sequence, len(sources))
	for i, rng := range sources {
		out[i] = Sequence{Cache: s.Cache.Fork(s.Cache.length + 1 + room), Tokens: s.Tokens[last:], Rand: rng}
	}
	return out, nil
}
