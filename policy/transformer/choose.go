package transformer

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Choice is a sequence chosen from a [Trie].
type Choice struct {
	Index  int     // the first sequence with these tokens
	Tokens []int32 // all of it

	// LogProbs are the natural logs of the probabilities of Tokens at
	// temperature 1, whatever temperature they were drawn at: each under the
	// softmax over the tokens the trie allowed in its place, so 0 where only
	// one was. Their sum is the log-probability the model gives the sequence
	// among all of the trie.
	LogProbs []float64

	// Pending are the trailing tokens not appended to the cache yet: the last
	// one that was a choice, and what it forced. Prepend them to the next
	// Append.
	Pending []int32
}

// Choose draws a sequence of t token by token. c is the sequence's cache and
// logits those after its last token, as Append returned them; chosen tokens
// are appended to c, except Pending. At temperature 0 the likeliest token is
// taken, of several the lowest, and rng is not used (it may be nil); otherwise
// one number is drawn at each token that has an alternative.
//
// Logits that Append returned before are overwritten. On error c is as it was:
// ErrTooLong if it has no room. Five parameters, over the budget of four: each
// changes from call to call.
func (d *Decoder) Choose(c *Cache, logits []float32, t *Trie, temperature float64, rng *rand.Rand) (Choice, error) {
	s := sampling{temperature, rng}
	if !(s.temperature >= 0) || math.IsInf(s.temperature, 0) {
		return Choice{}, fmt.Errorf("transformer: temperature is %v, must be finite and at least 0", s.temperature)
	}
	if s.temperature > 0 && s.rng == nil {
		return Choice{}, errors.New("transformer: sampling without a random source")
	}
	return d.choose(c, logits, t, s)
}

// sampling is how a token is drawn.
type sampling struct {
	temperature float64
	rng         *rand.Rand
}

func (d *Decoder) choose(c *Cache, logits []float32, t *Trie, s sampling) (Choice, error) {
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
			if j, logProb, err = d.draw(logits, n.tokens, s); err != nil {
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

// draw chooses one of the tokens and returns its index and the log of its
// probability at temperature 1.
func (d *Decoder) draw(logits []float32, tokens []int32, s sampling) (int, float64, error) {
	best, top := 0, math.Inf(-1)
	for j, token := range tokens {
		if int(token) >= len(logits) || token < 0 {
			return 0, 0, fmt.Errorf("transformer: trie token %d, vocabulary of %d", token, len(logits))
		}
		z := float64(logits[token])
		if math.IsNaN(z) || math.IsInf(z, 1) {
			return 0, 0, fmt.Errorf("transformer: logit of token %d is %v", token, z)
		}
		if z > top {
			best, top = j, z
		}
	}
	if math.IsInf(top, -1) {
		return 0, 0, errors.New("transformer: every logit the trie allows is -Inf")
	}
	sum := 0.0
	for _, token := range tokens {
		sum += math.Exp(float64(logits[token]) - top)
	}
	if s.temperature > 0 {
		best = d.sample(logits, tokens, top, s)
	}
	return best, float64(logits[tokens[best]]) - top - math.Log(sum), nil
}

// sample draws an index with probability proportional to exp(logit/temperature).
func (d *Decoder) sample(logits []float32, tokens []int32, top float64, s sampling) int {
	d.weights = d.weights[:0]
	sum := 0.0
	for _, token := range tokens {
		w := math.Exp((float64(logits[token]) - top) / s.temperature)
		d.weights = append(d.weights, w)
		sum += w
	}
	u := s.rng.Float64() * sum
	last := 0
	for j, w := range d.weights {
		if w == 0 {
			continue
		}
		if last = j; u < w {
			break
		}
		u -= w
	}
	return last
}
