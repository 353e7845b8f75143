package stat

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Prediction is an answer's stated probability of being right, and whether it
// was.
type Prediction struct {
	Confidence float64 // in [0,1]
	Correct    bool
}

// DefaultBins is the usual number of bins of [ECE] and [Reliability].
const DefaultBins = 10

// Bin is the predictions with Low < Confidence ≤ High; those of confidence 0
// are in the first. Confidence and Accuracy are means over them, and 0 if there
// are none.
type Bin struct {
	Low, High  float64
	Confidence float64
	Accuracy   float64 // share that was correct
	Count      int
}

// Reliability sorts the predictions into bins of equal width over [0,1], by
// rising confidence, empty ones included: the diagram of Guo et al. 2017
// (arXiv:1706.04599), section 2. It returns ErrNoValues, ErrNotFinite, and
// ErrRange for a confidence outside [0,1] or bins < 1.
func Reliability(predictions []Prediction, bins int) ([]Bin, error) {
	if bins < 1 {
		return nil, fmt.Errorf("%d bins, want ≥ 1: %w", bins, ErrRange)
	}
	if err := checkPredictions(predictions); err != nil {
		return nil, err
	}
	edge := func(i int) float64 { return float64(i) / float64(bins) }
	out := make([]Bin, bins)
	for i := range out {
		out[i].Low, out[i].High = edge(i), edge(i+1)
	}
	for _, p := range predictions {
		i := min(bins-1, int(p.Confidence*float64(bins)))
		if i > 0 && p.Confidence <= edge(i) { // on the edge itself, or rounded up to it
			i--
		}
		b := &out[i]
		b.Count++
		b.Confidence += (p.Confidence - b.Confidence) / float64(b.Count)
		b.Accuracy += (outcome(p) - b.Accuracy) / float64(b.Count)
	}
	return out, nil
}

// ECE is the expected calibration error over bins of equal width: the mean over
// the predictions of |accuracy - confidence| of their bin, Guo et al. 2017
// (arXiv:1706.04599), eq. 3. It is in [0,1]. Its errors are those of
// [Reliability].
func ECE(predictions []Prediction, bins int) (float64, error) {
	sorted, err := Reliability(predictions, bins)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for _, b := range sorted {
		sum += float64(b.Count) * math.Abs(b.Accuracy-b.Confidence)
	}
	return sum / float64(len(predictions)), nil
}

// Brier is the mean of (confidence - outcome)², outcome 1 for correct and 0
// otherwise (Brier 1950, Mon. Weather Rev. 78:1, for one of two events). It is in
// [0,1]. It returns ErrNoValues, ErrNotFinite and ErrRange.
func Brier(predictions []Prediction) (float64, error) {
	if err := checkPredictions(predictions); err != nil {
		return 0, err
	}
	sum := 0.0
	for _, p := range predictions {
		d := p.Confidence - outcome(p)
		sum += d * d
	}
	return sum / float64(len(predictions)), nil
}

// AUROC is the probability that a correct prediction, drawn at random, has a
// higher confidence than a wrong one, a tie counting half: the area under the
// ROC curve (Hanley & McNeil 1982, Radiology 143:29). It returns ErrNoValues,
// ErrNotFinite, ErrRange, and ErrOneClass if all or none are correct.
func AUROC(predictions []Prediction) (float64, error) {
	if err := checkPredictions(predictions); err != nil {
		return 0, err
	}
	sorted := slices.Clone(predictions)
	slices.SortFunc(sorted, func(a, b Prediction) int { return cmp.Compare(a.Confidence, b.Confidence) })
	wins, right, wrong := 0.0, 0, 0 // wins of the correct over the wrong below them
	for i := 0; i < len(sorted); {
		r, w := 0, 0 // at this confidence
		for c := sorted[i].Confidence; i < len(sorted) && sorted[i].Confidence == c; i++ {
			if sorted[i].Correct {
				r++
			} else {
				w++
			}
		}
		wins += float64(r) * (float64(wrong) + float64(w)/2)
		right, wrong = right+r, wrong+w
	}
	if right == 0 || wrong == 0 {
		return 0, fmt.Errorf("%d correct, %d wrong: %w", right, wrong, ErrOneClass)
	}
	return wins / (float64(right) * float64(wrong)), nil
}

func outcome(p Prediction) float64 {
	if p.Correct {
		return 1
	}
	return 0
}

func checkPredictions(predictions []Prediction) error {
	if len(predictions) == 0 {
		return ErrNoValues
	}
	for i, p := range predictions {
		if err := checkShare(p.Confidence); err != nil {
			return fmt.Errorf("prediction %d: %w", i, err)
		}
	}
	return nil
}

// checkShare returns ErrNotFinite or ErrRange unless v is in [0,1].
func checkShare(v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%v: %w", v, ErrNotFinite)
	}
	if v < 0 || v > 1 {
		return fmt.Errorf("%v, want in [0,1]: %w", v, ErrRange)
	}
	return nil
}
