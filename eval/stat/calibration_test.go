package stat_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/stat"
)

func predictions(r *rand.Rand, n int) []stat.Prediction {
	p := make([]stat.Prediction, n)
	for i := range p {
		p[i] = stat.Prediction{Confidence: float64(r.IntN(21)) / 20, Correct: r.IntN(3) == 0}
	}
	return p
}

// By hand: bins (0, 0.5] and (0.5, 1].
func TestCalibrationByHand(t *testing.T) {
	p := []stat.Prediction{{0, false}, {0.5, true}, {0.25, false}, {0.75, true}, {1, true}, {0.75, false}}
	bins, err := stat.Reliability(p, 2)
	want := []stat.Bin{
		{Low: 0, High: 0.5, Confidence: 0.25, Accuracy: 1. / 3, Count: 3},
		{Low: 0.5, High: 1, Confidence: 2.5 / 3, Accuracy: 2. / 3, Count: 3},
	}
	if err != nil || len(bins) != 2 {
		t.Fatalf("%+v, %v", bins, err)
	}
	for i, b := range bins {
		w := want[i]
		if b.Low != w.Low || b.High != w.High || b.Count != w.Count || !close(b.Confidence, w.Confidence, 1e-15) || !close(b.Accuracy, w.Accuracy, 1e-15) {
			t.Errorf("bin %d is %+v, want %+v", i, b, w)
		}
	}
	if got, err := stat.ECE(p, 2); err != nil || !close(got, 0.5*(1./12)+0.5*(1./6), 1e-15) {
		t.Errorf("ECE %v, %v", got, err)
	}
	// Squares: 0, 1/4, 1/16, 1/16, 0, 9/16.
	if got, err := stat.Brier(p); err != nil || !close(got, (15./16)/6, 1e-15) {
		t.Errorf("Brier %v, %v", got, err)
	}
	// Of 9 pairs, correct 0.5, 0.75 and 1 win 2, 2½ and 3.
	if got, err := stat.AUROC(p); err != nil || !close(got, 7.5/9, 1e-15) {
		t.Errorf("AUROC %v, %v", got, err)
	}
}

// Whoever is right as often as he says has no calibration error; whoever is
// sure and wrong has all of it.
func TestECEAtItsEnds(t *testing.T) {
	var perfect, wrong []stat.Prediction
	for i := range 11 {
		for j := range 20 {
			perfect = append(perfect, stat.Prediction{Confidence: float64(i) / 10, Correct: j < 2*i})
		}
		wrong = append(wrong, stat.Prediction{Confidence: 1})
	}
	for _, bins := range []int{1, 7, stat.DefaultBins, 1000} {
		if got, err := stat.ECE(perfect, bins); err != nil || !close(got, 0, 1e-12) {
			t.Errorf("perfect, %d bins: %v, %v", bins, got, err)
		}
		if got, err := stat.ECE(wrong, bins); err != nil || got != 1 {
			t.Errorf("wrong, %d bins: %v, %v", bins, got, err)
		}
	}
}

// The area is the share of all pairs that are in order, by enumeration; a monotone
// map of the confidences changes nothing, a falling one mirrors it.
func TestAUROCByEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 200 {
		p := predictions(r, 2+r.IntN(40))
		won, pairs := 0.0, 0.0
		for _, a := range p {
			for _, b := range p {
				if !a.Correct || b.Correct {
					continue
				}
				pairs++
				if a.Confidence > b.Confidence {
					won++
				} else if a.Confidence == b.Confidence {
					won += 0.5
				}
			}
		}
		kept := slices.Clone(p)
		got, err := stat.AUROC(p)
		if pairs == 0 {
			if !errors.Is(err, stat.ErrOneClass) {
				t.Errorf("one class: error is %v", err)
			}
			continue
		}
		if err != nil || !close(got, won/pairs, 1e-12) {
			t.Errorf("AUROC %v, %v; want %v", got, err, won/pairs)
		}
		if !slices.Equal(p, kept) {
			t.Fatal("the predictions were reordered")
		}
		rising, falling := slices.Clone(p), slices.Clone(p)
		for i, v := range p {
			rising[i].Confidence, falling[i].Confidence = v.Confidence*v.Confidence/3, 1-v.Confidence
		}
		if same, err := stat.AUROC(rising); err != nil || same != got {
			t.Errorf("AUROC %v becomes %v, %v by a rising map", got, same, err)
		}
		if mirror, err := stat.AUROC(falling); err != nil || !close(mirror, 1-got, 1e-12) {
			t.Errorf("AUROC %v becomes %v, %v by a falling map", got, mirror, err)
		}
	}
}

func TestCalibrationErrors(t *testing.T) {
	both := []stat.Prediction{{0.5, true}, {0.5, false}}
	for _, tc := range []struct {
		name string
		p    []stat.Prediction
		want error
	}{
		{"none", nil, stat.ErrNoValues},
		{"NaN", append([]stat.Prediction{{Confidence: math.NaN()}}, both...), stat.ErrNotFinite},
		{"infinite", append([]stat.Prediction{{Confidence: math.Inf(1)}}, both...), stat.ErrNotFinite},
		{"negative", append([]stat.Prediction{{Confidence: -0.1}}, both...), stat.ErrRange},
		{"above 1", append([]stat.Prediction{{Confidence: 1.1}}, both...), stat.ErrRange},
	} {
		_, ece := stat.ECE(tc.p, 10)
		_, brier := stat.Brier(tc.p)
		_, auroc := stat.AUROC(tc.p)
		for name, err := range map[string]error{"ECE": ece, "Brier": brier, "AUROC": auroc} {
			if !errors.Is(err, tc.want) {
				t.Errorf("%s: %s's error is %v, want %v", tc.name, name, err, tc.want)
			}
		}
	}
	if _, err := stat.Reliability(both, 0); !errors.Is(err, stat.ErrRange) {
		t.Errorf("no bins: error is %v", err)
	}
}

// Each prediction is in the bin that says so, the edges too.
func FuzzReliability(f *testing.F) {
	f.Add(0.3, 10)
	f.Add(0.55, 20)
	f.Add(1.0, 3)
	f.Add(0.0, 7)
	f.Fuzz(func(t *testing.T, c float64, bins int) {
		if bins > 5000 {
			return
		}
		check := func(c float64) {
			got, err := stat.Reliability([]stat.Prediction{{Confidence: c, Correct: true}}, bins)
			if err != nil {
				return
			}
			for i, b := range got {
				in := b.Low < c && c <= b.High || i == 0 && c == 0
				if in != (b.Count == 1) || in && (b.Confidence != c || b.Accuracy != 1) {
					t.Errorf("%v is counted in %+v of %d bins", c, b, bins)
				}
			}
		}
		check(c)
		if bins > 0 {
			for i := range bins {
				edge := float64(i) / float64(bins)
				if bins <= 50 {
					check(edge)
					check(math.Nextafter(edge, 1))
				}
			}
		}
	})
}
