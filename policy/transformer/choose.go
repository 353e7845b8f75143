package transformer

import (
	"math/rand/v2"
	"slices"
)

// Choice is a sequence chosen from a [Trie].
type Choice struct {
	Index  int     // the first sequence with these tokens
	Tokens []int32 // all of it

	// LogProbs are the natural logs of the probabilities of Tokens at
	// temperature 1, whatever [Sampling] they were drawn by: each under the
	// softmax over the tokens the trie allowed in its place, so 0 where only
	// one was. Their sum is the log-probability the model gives the sequence
	// among all of the trie.
	LogProbs []float64

	// Pending are the trailing tokens not appended to the cache yet: the last
	// one that was a choice, and what it forced. Prepend them to the next
	// Append.
	Pending []int32
}

// Choose draws a sequence of t token by token, as s says, from the tokens the
// trie allows. c is the sequence's cache and logits those after its last token,
// as Append returned them; chosen tokens are appended to c, except Pending. At
// temperature 0 rng is not used (it may be nil); otherwise one number is drawn
// at each token that has an alternative.
//
// Logits that Append returned before are overwritten. On error c is as it was:
// ErrTooLong if it has no room. Five parameters, over the budget of four: each
// changes from call to call.
func (d *Decoder) Choose(c *Cache, logits []float32, t *Trie, s Sampling, rng *rand.Rand) (Choice, error) {
	src := source{s, rng}
	if err := src.validate(); err != nil {
		return Choice{}, err
	}
	return d.choose(c, logits, t, src)
}

func (d *Decoder) choose(c *Cache, logits []float32, t *Trie, s source) (Choice, error) {
	var out Choice
	before, appended := c.length, 0
	for at := int32(0); ; {
		n := &t.nodes[at]
		if len(n.children) == 0 {
			out.Index = int(n.sequence)
			out.Pending = slices.Clone(out.Tokens[appended:])
			return out, nil
		}
		j, logProb := 0, 0.0
		if len(n.children) > 1 {
			var err error
			if appended < len(out.Tokens) {
				if logits, err = d.appendOne(c, out.Tokens[appended:]); err != nil {
					c.Truncate(before)
					return Choice{}, err
				}
				appended = len(out.Tokens)
			}
			if j, logProb, err = d.drawers[0].draw(logits, n.tokens, s); err != nil {
				c.Truncate(before)
				return Choice{}, err
			}
		}
		out.Tokens = append(out.Tokens, n.tokens[j])
		out.LogProbs = append(out.LogProbs, logProb)
		at = n.children[j]
	}
}

func (d *Decoder) appendOne(c *Cache, tokens []int32) ([]float32, error) {
	d.one[0], d.oneTokens[0] = c, tokens
	logits, err := d.Append(d.one[:], d.oneTokens[:])
	if err != nil {
		return nil, err
	}
	return logits[0], nil
}
