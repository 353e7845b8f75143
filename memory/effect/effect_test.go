package effect

import (
	"math"
	"math/rand/v2"
	"testing"
)

// random counts of up to n episodes an arm.
func random(rng *rand.Rand, n int) Counts {
	arm := func() Arm {
		a := Arm{N: rng.IntN(n + 1)}
		a.Successes = rng.IntN(a.N + 1)
		return a
	}
	return Counts{arm(), arm()}
}

// The interval is the set of differences that a search over all pairs of rates
// on a grid does not exclude.
func TestIntervalAgainstGrid(t *testing.T) {
	const steps = 200
	rng := rand.New(rand.NewPCG(1, 1))
	for range 30 {
		c, alpha := random(rng, 60), []float64{0.5, 0.05, 0.001}[rng.IntN(3)]
		low, high := math.Inf(1), math.Inf(-1)
		for i := range steps + 1 {
			for j := range steps + 1 {
				p, q := float64(i)/steps, float64(j)/steps
				if e := c.Shown.evidence(p) + c.Withheld.evidence(q); e <= -math.Log(alpha) {
					low, high = min(low, p-q), max(high, p-q)
				}
			}
		}
		iv := c.Interval(alpha)
		if iv.Low > low+1e-9 || iv.High < high-1e-9 || iv.Low < low-2.0/steps || iv.High > high+2.0/steps {
			t.Errorf("%+v at %v: %+v, on a grid [%v, %v]", c, alpha, iv, low, high)
		}
	}
}

// The interval holds the estimate, is wider for a smaller alpha, and turns round
// with the arms.
func TestIntervalShape(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for range 200 {
		c := random(rng, 500)
		iv, wide := c.Interval(0.05), c.Interval(0.01)
		back := Counts{c.Withheld, c.Shown}.Interval(0.05)
		if !(-1 <= wide.Low && wide.Low <= iv.Low && iv.Low <= iv.Estimate && iv.Estimate <= iv.High && iv.High <= wide.High && wide.High <= 1) {
			t.Errorf("%+v: %+v and %+v", c, iv, wide)
		}
		if math.Abs(back.Low+iv.High) > 1e-9 || math.Abs(back.High+iv.Low) > 1e-9 {
			t.Errorf("%+v: %+v, turned round %+v", c, iv, back)
		}
	}
	if iv := (Counts{}).Interval(0.05); iv != (Interval{0, -1, 1}) {
		t.Errorf("of nothing %+v", iv)
	}
	if iv := (Counts{Shown: Arm{100, 100}}).Interval(0.05); iv.Low < -0.1 || iv.Low > 0 || iv.High != 1 {
		t.Errorf("with one arm %+v", iv)
	}
}

// Looked at after every episode, with a coin that follows what was seen, the
// interval leaves out the truth at some time in no more than alpha of the runs;
// and an effect that is there is found.
func TestIntervalAtAllTimes(t *testing.T) {
	const alpha, runs, episodes = 0.1, 300, 400
	for _, tt := range []struct{ shown, withheld float64 }{{0.5, 0.5}, {0.9, 0.9}, {0.05, 0.05}, {0.3, 0.7}, {0.8, 0.6}} {
		missed, found := 0, 0
		for run := range runs {
			rng := rand.New(rand.NewPCG(uint64(run), 7))
			var c Counts
			out, told := false, false
			for range episodes {
				if rng.Float64() < c.HoldOut(0.1) {
					c.Withheld.add(rng.Float64() < tt.withheld)
				} else {
					c.Shown.add(rng.Float64() < tt.shown)
				}
				out = out || c.evidence(tt.shown-tt.withheld) > -math.Log(alpha)
				told = told || c.evidence(0) > -math.Log(alpha)
			}
			if out {
				missed++
			}
			if told {
				found++
			}
		}
		if share := float64(missed) / runs; share > alpha {
			t.Errorf("%+v: the truth is left out in %.1f%% of the runs", tt, 100*share)
		}
		if d := math.Abs(tt.shown - tt.withheld); d > 0.3 && found < runs*9/10 {
			t.Errorf("%+v: found in %d of %d runs", tt, found, runs)
		}
	}
}

// add counts one more episode.
func (a *Arm) add(success bool) {
	a.N++
	if success {
		a.Successes++
	}
}

// The verdict is where the interval lies.
func TestVerdict(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	seen := map[Verdict]bool{}
	for range 300 {
		c := random(rng, 80)
		iv, want := c.Interval(0.05), NotKnown
		if iv.Low > 0 {
			want = Helps
		} else if iv.High < 0 {
			want = Harms
		}
		if got := c.Verdict(0.05); got != want {
			t.Errorf("%+v: %q, interval %+v", c, got, iv)
		}
		seen[want] = true
	}
	if len(seen) != 3 || (Counts{}).Verdict(0.5) != NotKnown {
		t.Errorf("verdicts %v", seen)
	}
}

// The levels of all items add up to alpha.
func TestLevel(t *testing.T) {
	sum := 0.0
	for k := 1; k <= 100_000; k++ {
		sum += Level(0.05, k)
	}
	if sum > 0.05 || sum < 0.0499 {
		t.Errorf("the levels add up to %v", sum)
	}
}

// What seems to harm is withheld more often, what seems to help is not.
func TestHoldOut(t *testing.T) {
	for _, tt := range []struct {
		c        Counts
		from, to float64
	}{
		{Counts{}, 0.05, 0.05},
		{Counts{Arm{20, 18}, Arm{20, 2}}, 0.05, 0.05},
		{Counts{Arm{20, 9}, Arm{20, 11}}, 0.1, 0.4},
		{Counts{Arm{200, 20}, Arm{200, 180}}, 0.499, 0.5},
	} {
		if got := tt.c.HoldOut(0.05); got < tt.from || got > tt.to {
			t.Errorf("%+v: %v, want in [%v,%v]", tt.c, got, tt.from, tt.to)
		}
		if got := tt.c.HoldOut(0); got != 0 {
			t.Errorf("%+v: %v without hold-out", tt.c, got)
		}
	}
}

func BenchmarkInterval(b *testing.B) {
	c := Counts{Arm{950, 700}, Arm{50, 20}}
	for b.Loop() {
		c.Interval(0.001)
	}
}
