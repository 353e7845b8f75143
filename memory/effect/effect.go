package effect

import (
	"cmp"
	"math"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// Counts are the episodes for which an item was recalled. Those that are not in
// Coins are no evidence: their chances are not known.
type Counts agent.Effect

// Draw is one episode for which an item was recalled.
type Draw struct {
	Chance   float64 // the probability with which the item was withheld
	Withheld bool    // whether it was
	Success  bool
}

// maxCoins bounds what is kept of an item. Our own chances are fewer, see HoldOut.
const maxCoins = 16

// With is c and one episode more. The episode is no evidence if its chance is not
// in (0,1), or another than those of maxCoins before it.
func (c Counts) With(d Draw) Counts {
	add := func(shown, withheld *agent.Arm) {
		arm := shown
		if d.Withheld {
			arm = withheld
		}
		if arm.N++; d.Success {
			arm.Successes++
		}
	}
	add(&c.Shown, &c.Withheld)
	at, known := slices.BinarySearchFunc(c.Coins, d.Chance, func(k agent.Coin, p float64) int { return cmp.Compare(k.HoldOut, p) })
	if !known && (!(d.Chance > 0 && d.Chance < 1) || len(c.Coins) >= maxCoins) {
		return c
	}
	c.Coins = slices.Clone(c.Coins)
	if !known {
		c.Coins = slices.Insert(c.Coins, at, agent.Coin{HoldOut: d.Chance})
	}
	add(&c.Coins[at].Shown, &c.Coins[at].Withheld)
	return c
}

// Level is the share of alpha for the k-th item, k ≥ 1, that is looked at. The
// levels of all items, however many, add up to alpha.
func Level(alpha float64, k int) float64 { return alpha / (float64(k) * float64(k+1)) }

// Verdict is what counts say of an item.
type Verdict string

// The verdicts.
const (
	NotKnown Verdict = ""      // yet
	Helps    Verdict = "helps" // the interval is above 0
	Harms    Verdict = "harms" // it is below 0
)

// Verdict says where the interval at level 1-alpha lies.
func (c Counts) Verdict(alpha float64) Verdict {
	limit := math.Log(2 / alpha)
	if c.mostEvidence() <= limit { // so of nearly all items of a large memory
		return NotKnown
	}
	switch harms, helps := c.evidence(harm, 0) > limit, c.evidence(help, 0) > limit; {
	case harms && !helps:
		return Harms
	case helps && !harms:
		return Helps
	}
	return NotKnown
}

// Interval holds the difference of success rates, shown less withheld.
type Interval struct {
	Estimate float64 `json:"estimate"` // in [Low,High]
	Low      float64 `json:"low"`      // in [-1,1]
	High     float64 `json:"high"`     // in [-1,1]
}

// Interval is the confidence interval at level 1-alpha, alpha in (0,1). Its
// estimate is the difference of the two rates at the same chance, averaged over
// the chances by Mantel and Haenszel's weights, so that success that changes along
// with the chance does not bias it; 0 if it is not known.
func (c Counts) Interval(alpha float64) Interval {
	limit := math.Log(2 / alpha)
	// The evidence falls from the outside to the inside.
	edge := func(of alternative, outside float64) float64 {
		inside := -outside
		for range 32 { // to within 1e-9
			if middle := (inside + outside) / 2; c.evidence(of, middle) > limit {
				outside = middle
			} else {
				inside = middle
			}
		}
		return outside
	}
	low, high := edge(help, -1), edge(harm, 1)
	// They cross where a coin fell otherwise than it should.
	low, high = min(low, high), max(low, high)
	return Interval{Estimate: min(max(c.estimate(), low), high), Low: low, High: high}
}

// estimate is the Mantel-Haenszel risk difference.
func (c Counts) estimate() float64 {
	sum, weights := 0.0, 0.0
	rate := func(a agent.Arm) float64 { return float64(a.Successes) / float64(a.N) }
	for _, k := range c.Coins {
		if k.Shown.N == 0 || k.Withheld.N == 0 {
			continue
		}
		w := float64(k.Shown.N) * float64(k.Withheld.N) / float64(k.Shown.N+k.Withheld.N)
		sum += w * (rate(k.Shown) - rate(k.Withheld))
		weights += w
	}
	if weights == 0 {
		return 0
	}
	return sum / weights
}

// An item is withheld more often from a probability of harm of doubt on, once it
// was recalled for fewEpisodes: of one that seldom is, nothing would be found out.
const (
	doubt       = 0.25
	fewEpisodes = 10
)

// HoldOut is the probability with which the item is to be withheld next: base, in
// [0,1/2], and the more the likelier it is that the item harms, up to 1/2. It is
// base doubled so many times, or 1/2, so that the chances of an item are few; and 0
// if base is not above.
func (c Counts) HoldOut(base float64) float64 {
	if base <= 0 {
		return 0
	}
	if c.Shown.N+c.Withheld.N < fewEpisodes {
		return base
	}
	wanted := base + (0.5-base)*max(0, (c.harms()-doubt)/(1-doubt))
	if wanted > 0.45 {
		return 0.5
	}
	p := base
	for 2*p <= wanted {
		p *= 2
	}
	return p
}

// harms is the probability that the item harms, with uniform priors of both
// rates and their posteriors as if they were normal.
func (c Counts) harms() float64 {
	mean := func(a agent.Arm) (mean, variance float64) {
		n := float64(a.N + 2)
		mean = float64(a.Successes+1) / n
		return mean, mean * (1 - mean) / (n + 1)
	}
	shown, v := mean(c.Shown)
	withheld, w := mean(c.Withheld)
	return 0.5 * math.Erfc((shown-withheld)/math.Sqrt(2*(v+w)))
}
