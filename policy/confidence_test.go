package policy

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestCalibrated(t *testing.T) {
	for _, tt := range []struct{ c, q, want float64 }{
		{1, 1, 1}, {1, 0, 0}, {0, 0, 0}, {0, 1, -1}, {1, 0.5, 0.75}, {0, 0.5, -0.25}, {1, 0.8, 0.96}, {0, 0.8, -0.64},
	} {
		if got := Calibrated(tt.c, tt.q); !(math.Abs(got-tt.want) <= 1e-12) {
			t.Errorf("correctness %v, confidence %v: %v, want %v", tt.c, tt.q, got, tt.want)
		}
	}
}

// Whatever the probability of being right, to state it is best, and what is
// lost by another confidence is the square of the distance.
func TestHonestyIsBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	mean := func(p, q float64) float64 { return p*Calibrated(1, q) + (1-p)*Calibrated(0, q) }
	for range 200 {
		p, q := rng.Float64(), rng.Float64()
		if got, want := mean(p, q), p*p-(q-p)*(q-p); !(math.Abs(got-want) <= 1e-12) {
			t.Errorf("right with probability %v, confidence %v: mean %v, want %v", p, q, got, want)
		}
		best, at := math.Inf(-1), 0.0
		for i := range 1001 {
			if m := mean(p, float64(i)/1000); m > best {
				best, at = m, float64(i)/1000
			}
		}
		if !(math.Abs(at-p) <= 0.0005+1e-9) {
			t.Errorf("right with probability %v: best to state %v", p, at)
		}
		if !(best >= 0) {
			t.Errorf("right with probability %v: an unreadable answer is better than %v", p, best)
		}
	}
}

func TestStated(t *testing.T) {
	for _, tt := range []struct {
		in   Stated
		want string
	}{
		{Stated{"42", 0.7}, "42 ?7"}, {Stated{"42", 1}, "42 ?10"}, {Stated{"no", 0}, "no ?0"},
		{Stated{"a", 0.25}, "a ?3"}, {Stated{"a", 0.649}, "a ?6"}, {Stated{"why ?3", 0.04}, "why ?3 ?0"},
	} {
		text, err := tt.in.Text()
		if err != nil || text != tt.want {
			t.Errorf("%v is written %q, %v, want %q", tt.in, text, err, tt.want)
		}
		if s, ok := ParseStated(text); !ok || s.Answer != tt.in.Answer || !(math.Abs(s.Confidence-tt.in.Confidence) <= 0.05+1e-12) {
			t.Errorf("%q is read as %v, %v, want %v", text, s, ok, tt.in)
		}
	}
	for _, s := range []Stated{{"", 0.5}, {"a", -0.1}, {"a", 1.1}, {"a", math.NaN()}} {
		if text, err := s.Text(); err == nil || !strings.HasPrefix(err.Error(), "policy: Stated.") {
			t.Errorf("%v is written %q, %v", s, text, err)
		}
	}
}

func TestCalibratedReward(t *testing.T) {
	right := func(answer string) bool { return answer == "42" }
	for _, tt := range []struct {
		text string
		want float64
	}{
		{"42 ?10", 1}, {"42 ?5", 0.75}, {"41 ?5", -0.25}, {"41 ?0", 0}, {"41 ?10", -1},
		// Right, but not of the form.
		{"42", 0}, {"42 ?", 0}, {"42 ?11", 0}, {"42 ?-1", 0}, {"42 ?07", 0}, {"42 ?+7", 0}, {"42 ?7 ", 0}, {"42?7", 0}, {" ?7", 0}, {"", 0},
	} {
		if got := CalibratedReward(tt.text, right); !(math.Abs(got-tt.want) <= 1e-12) {
			t.Errorf("%q: %v, want %v", tt.text, got, tt.want)
		}
	}
}

// What is read as an answer with a confidence is written just so.
func FuzzParseStated(f *testing.F) {
	for _, s := range []string{"42 ?7", "a ?10", " ?3", "a ?b", "a ?3 ?4", "a ?007"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, ok := ParseStated(text)
		if !ok {
			return
		}
		if again, err := s.Text(); err != nil || again != text {
			t.Errorf("%q is read as %v, written %q, %v", text, s, again, err)
		}
	})
}
