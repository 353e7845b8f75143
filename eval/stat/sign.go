package stat

import (
	"fmt"
	"math"
)

// SignTest is the exact two-sided probability of a split at least as uneven as
// wins to losses, were both equally likely: min(1, 2·P(X ≤ min(wins, losses))),
// X binomial with wins+losses tries of probability 1/2. Ties are left out by
// the caller. Nothing decided, 0 to 0, gives 1. Its relative error is below
// 1e-9 up to 1e6 pairs. It returns ErrRange for a negative count.
func SignTest(wins, losses int) (float64, error) {
	if wins < 0 || losses < 0 {
		return 0, fmt.Errorf("%d wins, %d losses: %w", wins, losses, ErrRange)
	}
	n, k := wins+losses, min(wins, losses)
	if wins == losses {
		return 1, nil
	}
	// The terms fall from k downwards; summing relative to the largest keeps
	// every digit when all of them are as small as 2^-n.
	sum, term := 0.0, 1.0
	for i := k; i >= 0; i-- {
		sum += term
		term *= float64(i) / float64(n-i+1)
	}
	return min(1, 2*sum*math.Exp(logChoose(n, k)-float64(n)*math.Ln2)), nil
}

// Discordance counts how two treatments of the same things disagree.
type Discordance struct {
	OnlyFirst  int     // successes of the first where the second failed
	OnlySecond int     // and the other way round
	P          float64 // of the exact McNemar test, two-sided
}

// McNemar compares two treatments of the same things, a[i] and b[i] telling
// whether each succeeded at thing i, by the exact test of McNemar 1947
// (Psychometrika 12:153): the [SignTest] over the things on which they disagree.
// The things must be independent: pool the seeds of one task first. It returns
// ErrNoValues and ErrUnpaired.
func McNemar(a, b []bool) (Discordance, error) {
	if len(a) != len(b) {
		return Discordance{}, fmt.Errorf("%d and %d outcomes: %w", len(a), len(b), ErrUnpaired)
	}
	if len(a) == 0 {
		return Discordance{}, ErrNoValues
	}
	var d Discordance
	for i := range a {
		if a[i] && !b[i] {
			d.OnlyFirst++
		} else if b[i] && !a[i] {
			d.OnlySecond++
		}
	}
	var err error
	d.P, err = SignTest(d.OnlyFirst, d.OnlySecond)
	return d, err
}

// logChoose is the natural log of C(n,k).
func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n) + 1)
	b, _ := math.Lgamma(float64(k) + 1)
	c, _ := math.Lgamma(float64(n-k) + 1)
	return a - b - c
}
