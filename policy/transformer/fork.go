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
// gives the same bits as appended to c. If c was used on another machine than a
// Team, that does the copying.
func (c *Cache) Fork(capacity int) *Cache {
	out := NewCache(&Model{config: c.config}, capacity)
	out.become(c)
	return out
}

// become makes c hold the tokens of src, of too many the first.
func (c *Cache) become(src *Cache) {
	c.length, c.used, c.machine = min(src.length, c.capacity), src.used, src.machine
	if c.machine == nil {
		c.copyFrom(src, runHere)
	} else {
		c.machine.Do(func() { c.copyFrom(src, c.machine.Run) })
	}
}

// copyFrom copies the tokens that c is to have.
func (c *Cache) copyFrom(src *Cache, run func(kernel.Op)) {
	n, d := c.length, c.config.HeadDim
	for i := range c.keys {
		run(&kernel.CopyPanels{Dst: c.keys[i], Src: src.keys[i], Rows: d, Cols: n})
		run(&kernel.CopyPanels{Dst: c.values[i], Src: src.values[i], Rows: n, Cols: d})
	}
}

// runHere runs an operation that needs no scratch memory as a Team does, in
// the goroutine of the caller.
func runHere(op kernel.Op) {
	for i := range op.Units() {
		op.Run(nil, i)
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
