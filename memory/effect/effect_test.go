package effect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// random are counts of up to n episodes at each of some chances.
func random(rng *rand.Rand, n int) Counts {
	var c Counts
	for _, p := range []float64{0.5, 0.05, 0.2}[:1+rng.IntN(3)] {
		shown, withheld := rng.Float64(), rng.Float64()
		for range rng.IntN(n + 1) {
			d := Draw{Chance: p, Withheld: rng.Float64() < p}
			d.Success = rng.Float64() < shown
			if d.Withheld {
				d.Success = rng.Float64() < withheld
			}
			c = c.With(d)
		}
	}
	return c
}

// turned is c with the arms turned round.
func turned(c Counts) Counts {
	out := Counts{Shown: c.Withheld, Withheld: c.Shown}
	for _, k := range slices.Backward(c.Coins) {
		out.Coins = append(out.Coins, agent.Coin{HoldOut: 1 - k.HoldOut, Shown: k.Withheld, Withheld: k.Shown})
	}
	return out
}

// All is counted, by chance in order of it, without a change of what was before;
// what has no chance that can be, or one too many, is counted and is no evidence.
func TestWith(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	var c Counts
	want := map[Draw]int{}
	for range 300 {
		d := Draw{[]float64{0.5, 0.05, 0.2, 0, 1, -1, 2, math.NaN()}[rng.IntN(8)], rng.IntN(2) == 0, rng.IntN(2) == 0}
		before, text := c, fmt.Sprint(c)
		if c = c.With(d); fmt.Sprint(before) != text {
			t.Fatalf("%+v wrote to %s: %+v", d, text, before)
		}
		want[d]++
	}
	if c.Shown.N+c.Withheld.N != 300 || len(c.Coins) != 3 {
		t.Errorf("%+v", c)
	}
	for i, p := range []float64{0.05, 0.2, 0.5} {
		arm := func(withheld bool) agent.Arm {
			n := want[Draw{p, withheld, true}]
			return agent.Arm{N: n + want[Draw{p, withheld, false}], Successes: n}
		}
		if got := (agent.Coin{HoldOut: p, Shown: arm(false), Withheld: arm(true)}); c.Coins[i] != got {
			t.Errorf("%+v, want %+v", c.Coins[i], got)
		}
	}
	for i := range 100 {
		c = c.With(Draw{Chance: 0.3 + float64(i)/1000})
	}
	if len(c.Coins) != maxCoins || c.Shown.N+c.Withheld.N != 400 {
		t.Errorf("%d coins of %d and %d episodes", len(c.Coins), c.Shown.N, c.Withheld.N)
	}
}

// The factors of an episode have a mean of 1 where the difference is the one that
// they are held against, whatever the success rates and the chance are, and one of
// at most 1 where it is not on the alternative's side.
func TestEvidenceIsFair(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	factor := func(d Draw, shown, withheld, delta float64) float64 {
		return math.Exp(evidence(Counts{}.With(d).Coins[0], shown, withheld, delta))
	}
	checked := 0
	for range 2000 {
		p, shown, withheld := 0.01+0.98*rng.Float64(), rng.Float64(), rng.Float64() // what is true
		one, other := 0.05+0.9*rng.Float64(), 0.05+0.9*rng.Float64()                // the alternative
		mean := func(delta float64) float64 {
			sum := 0.0
			for _, d := range []Draw{{p, false, false}, {p, false, true}, {p, true, false}, {p, true, true}} {
				q, rate := 1-p, shown
				if d.Withheld {
					q, rate = p, withheld
				}
				if !d.Success {
					rate = 1 - rate
				}
				sum += q * rate * factor(d, one, other, delta)
			}
			return sum
		}
		truth := shown - withheld
		if m := mean(truth); m == 0 {
			continue // no such bet is made
		} else if checked++; !(math.Abs(m-1) <= 1e-9) {
			t.Errorf("chance %v, success %v and %v, alternative %v and %v: a mean of %v", p, shown, withheld, one, other, m)
		}
		beyond := truth + 0.1*rng.Float64()
		if one < other { // harm is held against more than there is: it is not on its side
			beyond = truth - 0.1*rng.Float64()
		}
		if m := mean(beyond); !(m <= 1+1e-9) {
			t.Errorf("chance %v, success %v and %v, alternative %v and %v: a mean of %v against %v", p, shown, withheld, one, other, m, beyond)
		}
	}
	if checked < 500 {
		t.Errorf("only %d were checked", checked)
	}
}

// drift plays episodes in which success changes from one to the next, and the
// coin follows what was seen; effect is the difference that showing makes. It
// returns which verdicts were ever right to give.
func drift(seed uint64, episodes int, effect func(i int) float64) (harms, helps bool) {
	const alpha = 0.1
	rng := rand.New(rand.NewPCG(seed, 7))
	var c Counts
	for i := range episodes {
		p := c.HoldOut(0.05)
		if c.harms() > 0.5 { // worse than HoldOut is: the chance moves with the success below
			p = []float64{0.4, 0.1}[i*4/episodes%2]
		}
		rate := []float64{0.2, 0.8, 0.4, 0.6}[i*4/episodes]
		d := Draw{Chance: p, Withheld: rng.Float64() < p}
		if !d.Withheld {
			rate += effect(i)
		}
		d.Success = rng.Float64() < rate
		c = c.With(d)
		if i%8 == 7 {
			v := c.Verdict(alpha)
			harms, helps = harms || v == Harms, helps || v == Helps
		}
	}
	return harms, helps
}

// Looked at again and again, while success changes and the coin follows what was
// seen, an item without effect is said to have one in no more than alpha of the
// runs, one that helps at times and never harms is not said to harm; and an effect
// that is there is found.
func TestVerdictUnderDrift(t *testing.T) {
	for _, tt := range []struct {
		name               string
		runs               int
		effect             func(i int) float64
		maxHarms           int
		maxHelps           int
		fewHarms, fewHelps int
	}{
		{"no effect", 2000, func(int) float64 { return 0 }, 100, 100, 0, 0},
		{"helps at times", 500, func(i int) float64 { return float64(i/50%2) * 0.2 }, 25, 500, 0, 10},
		{"harms at times", 500, func(i int) float64 { return float64(i/50%2) * -0.2 }, 500, 25, 50, 0},
		{"harms", 100, func(int) float64 { return -0.2 }, 100, 5, 60, 0},
		{"helps", 100, func(int) float64 { return 0.2 }, 5, 100, 0, 15},
	} {
		harms, helps := 0, 0
		for run := range tt.runs {
			a, b := drift(uint64(run), 400, tt.effect)
			if a {
				harms++
			}
			if b {
				helps++
			}
		}
		t.Logf("%s: of %d runs %d say it harms and %d that it helps", tt.name, tt.runs, harms, helps)
		if harms > tt.maxHarms || helps > tt.maxHelps || harms < tt.fewHarms || helps < tt.fewHelps {
			t.Errorf("%s: of %d runs %d say it harms and %d that it helps", tt.name, tt.runs, harms, helps)
		}
	}
}

// The interval holds the estimate, is wider for a smaller alpha, and turns round
// with the arms; and the verdict is where it lies.
func TestIntervalShape(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	seen := map[Verdict]bool{}
	for range 100 {
		c := random(rng, 300)
		iv, wide, back := c.Interval(0.05), c.Interval(0.01), turned(c).Interval(0.05)
		if !(-1 <= wide.Low && wide.Low <= iv.Low && iv.Low <= iv.Estimate && iv.Estimate <= iv.High && iv.High <= wide.High && wide.High <= 1) {
			t.Errorf("%+v: %+v and %+v", c, iv, wide)
		}
		if !(math.Abs(back.Low+iv.High) <= 1e-9 && math.Abs(back.High+iv.Low) <= 1e-9 && math.Abs(back.Estimate+iv.Estimate) <= 1e-9) {
			t.Errorf("%+v: %+v, turned round %+v", c, iv, back)
		}
		want := NotKnown
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
	if len(seen) != 3 {
		t.Errorf("verdicts %v", seen)
	}
	for _, c := range []Counts{{}, {Shown: agent.Arm{N: 900, Successes: 9}, Withheld: agent.Arm{N: 90, Successes: 80}}} {
		if iv := c.Interval(0.05); iv != (Interval{0, -1, 1}) || c.Verdict(0.9) != NotKnown {
			t.Errorf("without chances %+v", iv)
		}
	}
}

// The interval leaves out a difference that is the same in all episodes in no more
// than alpha of the runs, whenever it is looked at, and closes in on it.
func TestIntervalAtAllTimes(t *testing.T) {
	const alpha, runs, episodes = 0.1, 150, 600
	for _, tt := range []struct{ shown, withheld float64 }{{0.9, 0.9}, {0.3, 0.7}, {0.8, 0.6}} {
		missed, width := 0, 0.0
		for run := range runs {
			rng := rand.New(rand.NewPCG(uint64(run), 8))
			var c Counts
			out := false
			for i := range episodes {
				p, rate := c.HoldOut(0.1), tt.shown
				d := Draw{Chance: p, Withheld: rng.Float64() < p}
				if d.Withheld {
					rate = tt.withheld
				}
				d.Success = rng.Float64() < rate
				c = c.With(d)
				if i%20 == 19 {
					truth := tt.shown - tt.withheld
					out = out || max(c.evidence(harm, truth), c.evidence(help, truth)) > math.Log(2/alpha)
				}
			}
			if out {
				missed++
			}
			iv := c.Interval(alpha)
			width += (iv.High - iv.Low) / runs
		}
		t.Logf("%+v: left out in %d of %d runs, mean width %.2f", tt, missed, runs, width)
		if float64(missed) > alpha*runs || width > 0.9 {
			t.Errorf("%+v: the truth is left out in %d of %d runs, and the mean width is %.2f", tt, missed, runs, width)
		}
	}
}

// Success that changes along with the chance does not bias the estimate: of an item
// without effect the rates of the arms differ, and at each chance they do not.
func TestEstimate(t *testing.T) {
	c := Counts{Coins: []agent.Coin{
		{HoldOut: 0.1, Shown: agent.Arm{N: 900, Successes: 180}, Withheld: agent.Arm{N: 100, Successes: 20}},
		{HoldOut: 0.5, Shown: agent.Arm{N: 500, Successes: 400}, Withheld: agent.Arm{N: 500, Successes: 400}},
	}}
	if iv := c.Interval(0.05); iv.Estimate != 0 || !(iv.Low < 0 && iv.High > 0) {
		t.Errorf("%+v", iv)
	}
	c.Coins[0].Shown.Successes += 90
	if iv := c.Interval(0.05); !(math.Abs(iv.Estimate-0.1*90/(90+250)) <= 1e-12) {
		t.Errorf("%+v", iv)
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

// What may harm is withheld more often, what seems to help is not, and the chances
// are few.
func TestHoldOut(t *testing.T) {
	counts := func(shown, of, withheld, ofWithheld int) Counts {
		return Counts{Shown: agent.Arm{N: of, Successes: shown}, Withheld: agent.Arm{N: ofWithheld, Successes: withheld}}
	}
	for _, tt := range []struct {
		c    Counts
		want float64
	}{
		{Counts{}, 0.05},
		{counts(0, 9, 0, 0), 0.05},
		{counts(0, 10, 0, 0), 0.5},
		{counts(18, 20, 2, 20), 0.05},
		{counts(18, 20, 0, 0), 0.05},
		{counts(9, 20, 11, 20), 0.2},
		{counts(20, 200, 180, 200), 0.5},
	} {
		if got := tt.c.HoldOut(0.05); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.c, got, tt.want)
		}
		if got := tt.c.HoldOut(0); got != 0 {
			t.Errorf("%+v: %v without hold-out", tt.c, got)
		}
	}
	rng := rand.New(rand.NewPCG(6, 1))
	for range 300 {
		if got := random(rng, 100).HoldOut(0.05); !slices.Contains([]float64{0.05, 0.1, 0.2, 0.4, 0.5}, got) {
			t.Errorf("a chance of %v", got)
		}
	}
}

func BenchmarkInterval(b *testing.B) {
	c := random(rand.New(rand.NewPCG(1, 1)), 1000)
	for b.Loop() {
		c.Interval(0.001)
	}
}

func BenchmarkVerdict(b *testing.B) {
	c := random(rand.New(rand.NewPCG(1, 1)), 1000)
	for b.Loop() {
		c.Verdict(0.001)
	}
}
