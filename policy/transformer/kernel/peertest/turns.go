package peertest

import (
	"slices"
	"testing"
	"time"
)

// Turns are the rates of the two sides, turn by turn.
type Turns struct {
	ours, theirs []float64
}

// Run takes turns while b loops: one iteration of b is one turn of each side,
// in changing order, after a turn each that does not count. Each function
// returns its rate, work a second.
func (t *Turns) Run(b *testing.B, ours, theirs func() float64) {
	b.Helper()
	ours()
	theirs()
	for b.Loop() {
		if len(t.ours)%2 == 0 {
			t.ours = append(t.ours, ours())
			t.theirs = append(t.theirs, theirs())
		} else {
			t.theirs = append(t.theirs, theirs())
			t.ours = append(t.ours, ours())
		}
	}
	b.ReportMetric(0, "ns/op") // that of a turn says nothing
}

// Report reports the median of both rates, divided by scale, as unit and
// peer-unit, and of the ratio of ours to theirs within a turn, with its least
// and greatest.
func (t *Turns) Report(b *testing.B, peer, unit string, scale float64) {
	b.ReportMetric(Median(t.ours)/scale, unit)
	b.ReportMetric(Median(t.theirs)/scale, peer+"-"+unit)
	ratios := t.ratios()
	b.ReportMetric(Median(ratios), "ratio")
	b.ReportMetric(slices.Min(ratios), "ratio-min")
	b.ReportMetric(slices.Max(ratios), "ratio-max")
}

func (t *Turns) ratios() []float64 {
	ratios := make([]float64, len(t.ours))
	for i := range ratios {
		ratios[i] = t.ours[i] / t.theirs[i]
	}
	return ratios
}

// Median is the middle of values, the mean of the two middle ones if they are
// even in number. There must be at least one.
func Median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// shortest is how long a timed loop takes at least: many times what reading the
// clock does.
const shortest = 2 * time.Millisecond

// Seconds returns the time of a call of f: the median over loops of calls that
// take about budget together, three of them at least, after one call that does
// not count.
func Seconds(budget time.Duration, f func()) float64 {
	f()
	calls := int(shortest.Seconds()/loop(1, f)) + 1
	var loops []float64
	for end := time.Now().Add(budget); len(loops) < 3 || time.Now().Before(end); {
		loops = append(loops, loop(calls, f))
	}
	return Median(loops)
}

// loop returns the seconds a call of f takes in a loop of n.
func loop(n int, f func()) float64 {
	begin := time.Now()
	for range n {
		f()
	}
	return max(time.Since(begin).Seconds(), 1e-9) / float64(n)
}
