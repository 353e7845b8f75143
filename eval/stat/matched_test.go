package stat_test

import (
	"errors"
	"math"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/stat"
)

func TestAtMatch(t *testing.T) {
	curve := []stat.CurvePoint{{0.1, 0.5}, {0.3, 0.7}, {0.3, 0.9}, {0.2, 0.6}, {0.6, 0.2}}
	falling := []stat.CurvePoint{{0.6, 1}, {0.2, 0.5}}
	for _, tc := range []struct {
		curve    []stat.CurvePoint
		at, want float64
	}{
		{curve, 0.1, 0.5},
		{curve, 0.2, 0.6}, // on the way up, not at the fourth checkpoint
		{curve, 0.25, 0.65},
		{curve, 0.3, 0.7}, // the first of two
		{curve, 0.4, 0.4},
		{curve, 0.6, 0.2},
		{falling, 0.3, 0.625},
		{curve[:1], 0.1, 0.5},
	} {
		if got, err := stat.AtMatch(tc.curve, tc.at); err != nil || !close(got, tc.want, 1e-12) {
			t.Errorf("at %v: %v, %v; want %v", tc.at, got, err, tc.want)
		}
	}
	for _, tc := range []struct {
		name  string
		curve []stat.CurvePoint
		at    float64
		want  error
	}{
		{"none", nil, 0.1, stat.ErrNoValues},
		{"above", curve, 0.61, stat.ErrNotReached},
		{"below", curve, 0.09, stat.ErrNotReached},
		{"at NaN", curve, math.NaN(), stat.ErrNotFinite},
		{"NaN", []stat.CurvePoint{{0.1, math.NaN()}}, 0.1, stat.ErrNotFinite},
		{"infinite", []stat.CurvePoint{{0, 0}, {math.Inf(1), 0}}, 0.1, stat.ErrNotFinite},
	} {
		if _, err := stat.AtMatch(tc.curve, tc.at); !errors.Is(err, tc.want) {
			t.Errorf("%s: error is %v, want %v", tc.name, err, tc.want)
		}
	}
}
