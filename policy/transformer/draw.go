package transformer

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// source is where the tokens of one sequence are drawn from.
type source struct {
	Sampling
	rng *rand.Rand // nil only at temperature 0
}

func (s source) validate() error {
	if err := s.Validate(); err != nil {
		return err
	}
	if s.Temperature > 0 && s.rng == nil {
		return errors.New("transformer: sampling without a random source")
	}
	return nil
}

// maxDrawers is how many drawers a [Decoder] has.
const maxDrawers = 16

// drawer draws tokens. It owns scratch memory only.
type drawer struct {
	logits  []float64   // of the candidates
	weights []float64   // of the candidates: exp((logit-top)/temperature), the likeliest has 1
	heap    []candidate // not ranked yet, the likeliest first
	ranked  []candidate // likeliest first

	best       int     // the first of the likeliest
	top        float64 // its logit
	normalizer float64 // log of the sum of the weights at temperature 1 without filters
	total      float64 // sum of the weights
}

// candidate is a token that may be drawn.
type candidate struct {
	weight float64
	index  int
}

// draw chooses one of the tokens, or, if there are none, of the whole
// vocabulary, and returns its index among them and the log of its probability
// among them at temperature 1 without filters. Unless the temperature is 0 it
// takes one number from the random source.
func (d *drawer) draw(logits []float32, tokens []int32, s source) (int, float64, error) {
	if err := d.prepare(logits, tokens, s.Sampling); err != nil {
		return 0, 0, err
	}
	i, logProb := d.again(s)
	return i, logProb, nil
}

// prepare makes the weights to draw by.
func (d *drawer) prepare(logits []float32, tokens []int32, s Sampling) (err error) {
	if d.best, err = d.gather(logits, tokens); err != nil {
		return err
	}
	d.top = d.logits[d.best]
	d.normalizer = math.Log(d.weigh(d.top, 1))
	if s.Temperature == 0 {
		return nil
	}
	if s.Temperature != 1 {
		d.weigh(d.top, s.Temperature)
	}
	d.filter(s)
	d.total = 0
	for _, w := range d.weights {
		d.total += w
	}
	return nil
}

// again is draw by what was prepared last, which was for s.Sampling.
func (d *drawer) again(s source) (int, float64) {
	i := d.best
	if s.Temperature > 0 {
		i = d.pick(s.rng)
	}
	return i, d.logits[i] - d.top - d.normalizer
}

// gather takes the candidates' logits and returns the index of the first of
// the highest.
func (d *drawer) gather(logits []float32, tokens []int32) (int, error) {
	n := len(tokens)
	if tokens == nil {
		n = len(logits)
	}
	d.logits = d.logits[:0]
	best, top := 0, math.Inf(-1)
	for j := range n {
		token := j
		if tokens != nil {
			token = int(tokens[j])
		}
		if token < 0 || token >= len(logits) {
			return 0, fmt.Errorf("transformer: trie token %d, vocabulary of %d", token, len(logits))
		}
		z := float64(logits[token])
		if math.IsNaN(z) || math.IsInf(z, 1) {
			return 0, fmt.Errorf("transformer: logit of token %d is %v", token, z)
		}
		if z > top {
			best, top = j, z
		}
		d.logits = append(d.logits, z)
	}
	if math.IsInf(top, -1) {
		return 0, errors.New("transformer: every logit to choose from is -Inf")
	}
	return best, nil
}

// weigh sets the weights and returns their sum.
func (d *drawer) weigh(top, temperature float64) float64 {
	d.weights = d.weights[:0]
	sum := 0.0
	for _, z := range d.logits {
		w := math.Exp((z - top) / temperature)
		d.weights = append(d.weights, w)
		sum += w
	}
	return sum
}

// filter sets the weights of the candidates that s leaves out to 0.
func (d *drawer) filter(s Sampling) {
	n := len(d.weights)
	k := n
	if s.TopK > 0 {
		k = min(s.TopK, n)
	}
	if k < n || s.TopP < 1 {
		kept := d.likeliest(k, s.TopP)
		clear(d.weights)
		for _, c := range kept {
			d.weights[c.index] = c.weight
		}
	}
	for j, w := range d.weights {
		if w < s.MinP { // the likeliest has 1
			d.weights[j] = 0
		}
	}
}

// likeliest is the k candidates of the highest weights, and of these the
// fewest that have the share p of their weight.
func (d *drawer) likeliest(k int, p float64) []candidate {
	total := 0.0
	d.heap, d.ranked = d.heap[:0], d.ranked[:0]
	for j, w := range d.weights {
		total += w
		if w > 0 {
			d.heap = append(d.heap, candidate{w, j})
		}
	}
	for i := len(d.heap)/2 - 1; i >= 0; i-- {
		d.sink(i)
	}
	if k < len(d.weights) {
		total = 0
		for len(d.ranked) < k && d.rank() {
			total += d.ranked[len(d.ranked)-1].weight
		}
	}
	if p == 1 {
		return d.ranked
	}
	share := 0.0
	for i := 0; ; i++ {
		if share >= p*total || i == len(d.ranked) && !d.rank() {
			return d.ranked[:i]
		}
		share += d.ranked[i].weight
	}
}

// rank moves the likeliest of the heap to ranked, and reports whether there was
// one.
func (d *drawer) rank() bool {
	last := len(d.heap) - 1
	if last < 0 {
		return false
	}
	d.ranked = append(d.ranked, d.heap[0])
	d.heap[0] = d.heap[last]
	d.heap = d.heap[:last]
	d.sink(0)
	return true
}

// sink moves the i-th of the heap below those that are likelier.
func (d *drawer) sink(i int) {
	h := d.heap
	for {
		first := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].before(h[first]) {
				first = child
			}
		}
		if first == i {
			return
		}
		h[i], h[first] = h[first], h[i]
		i = first
	}
}

// before reports whether c counts as likelier than o.
func (c candidate) before(o candidate) bool {
	return c.weight > o.weight || c.weight == o.weight && c.index < o.index
}

// pick draws a candidate with a probability proportional to its weight.
func (d *drawer) pick(rng *rand.Rand) int {
	u := rng.Float64() * d.total
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
