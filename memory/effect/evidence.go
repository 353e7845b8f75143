package effect

import (
	"math"

	"github.com/surefoot-ai/surefoot/agent"
)

// alternative is what is held against a difference.
type alternative int

const (
	harm alternative = iota // it is less
	help                    // it is more
)

// rates is how many success rates an alternative is made of: the middles of so
// many parts of [0,1], in all pairs of two.
const rates = 10

// evidence is the natural log of the e-value against the difference of success
// rates, shown less withheld, being delta or, if the alternative is harm, more, or
// else less. It falls with delta if the alternative is help, and else it grows.
func (c Counts) evidence(of alternative, delta float64) float64 {
	var logs [rates * (rates - 1) / 2]float64
	n, most := 0, math.Inf(-1)
	for i := range rates {
		for j := range i {
			shown, withheld := (float64(i)+0.5)/rates, (float64(j)+0.5)/rates
			if of == harm {
				shown, withheld = withheld, shown
			}
			for _, k := range c.Coins {
				logs[n] += evidence(k, shown, withheld, delta)
			}
			most = max(most, logs[n])
			n++
		}
	}
	if math.IsInf(most, -1) {
		return most
	}
	sum := 0.0
	for _, l := range logs {
		sum += math.Exp(l - most)
	}
	return most + math.Log(sum/float64(n))
}

// evidence is the natural log of the product over the episodes of one coin, where
// success has the rates shown and withheld by the alternative. The factor of an
// episode against delta 0 is the likelihood of its outcome by how the coin fell,
// over that whatever it does: with the coin's chance p, and e = p·withheld +
// (1-p)·shown, one of withheld/e, shown/e, (1-withheld)/(1-e) and (1-shown)/(1-e).
// This is 1 + b·(x-d), where x is an outcome weighted by the inverse of the
// probability of how the coin fell, whose mean is the true difference, d is 0, and
// b is p·(1-p)·(shown-withheld)/(e·(1-e)). Another delta is put for d: the mean is
// still at most 1. A bet that could lose more than there is, is not made: its
// product is 0.
func evidence(k agent.Coin, shown, withheld, delta float64) float64 {
	p := k.HoldOut
	e := p*withheld + (1-p)*shown
	shift := p * (1 - p) * (withheld - shown) / (e * (1 - e)) * delta
	sum, made := 0.0, true
	add := func(n int, factor float64) {
		if factor += shift; factor <= 0 {
			made = false
		} else if n > 0 {
			sum += float64(n) * math.Log(factor)
		}
	}
	add(k.Shown.Successes, shown/e)
	add(k.Shown.N-k.Shown.Successes, (1-shown)/(1-e))
	add(k.Withheld.Successes, withheld/e)
	add(k.Withheld.N-k.Withheld.Successes, (1-withheld)/(1-e))
	if !made {
		return math.Inf(-1)
	}
	return sum
}

// mostEvidence bounds the evidence against 0: no likelihood ratio is above the
// inverse of the probability of how the coin fell.
func (c Counts) mostEvidence() float64 {
	sum := 0.0
	for _, k := range c.Coins {
		sum -= float64(k.Withheld.N)*math.Log(k.HoldOut) + float64(k.Shown.N)*math.Log1p(-k.HoldOut)
	}
	return sum
}
