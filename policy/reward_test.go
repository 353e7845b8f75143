package policy

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestRewards(t *testing.T) {
	broken := errors.New("broken")
	asked := 0
	judge := func(r float64, err error) Judge {
		return func(context.Context, string, string) (float64, error) { asked++; return r, err }
	}
	right := Rule(func(prompt, answer string) bool { return strings.HasSuffix(answer, prompt) })
	form := Format(func(answer string) bool { return strings.HasPrefix(answer, "=") })
	for _, tt := range []struct {
		name   string
		r      Rewarder
		answer string
		want   float64
		fails  bool
		asked  int
	}{
		{"rule, right", right, "7", 1, false, 0},
		{"rule, wrong", right, "8", 0, false, 0},
		{"judge", judge(0.4, nil), "8", 0.4, false, 1},
		{"judge, too much", judge(1.1, nil), "8", 0, true, 1},
		{"judge, too little", judge(-0.1, nil), "8", 0, true, 1},
		{"judge, no number", judge(math.NaN(), nil), "8", 0, true, 1},
		{"judge, broken", judge(0, broken), "8", 0, true, 1},
		{"format, right", form, "=8", 1, false, 0},
		{"format, wrong", form, "8", 0, false, 0},
		{"gated rule, right", Gated{form, right}, "=7", 1, false, 0},
		{"gated rule, right but malformed", Gated{form, right}, "7", 0, false, 0},
		{"gated judge", Gated{form, judge(0.4, nil)}, "=8", 0.4, false, 1},
		{"gated judge, malformed", Gated{form, judge(0.4, nil)}, "8", 0, false, 0},
	} {
		asked = 0
		got, err := tt.r.Reward(t.Context(), "7", tt.answer)
		if got != tt.want || (err != nil) != tt.fails || asked != tt.asked {
			t.Errorf("%s: %v, %v, judge asked %d times; want %v, error %v, %d", tt.name, got, err, asked, tt.want, tt.fails, tt.asked)
		}
	}
}
