package stat

import "fmt"

// CurvePoint is where a training run stood at one checkpoint: what it is to be
// matched by, pass@1 say, and what is compared, pass@k say.
type CurvePoint struct {
	Match float64
	Value float64
}

// AtMatch is the Value of a training run where its Match first is at: curve is
// its checkpoints in the order of training, and both run straight between two
// of them. Runs that trade Match against Value at different speeds are compared
// so at the same Match.
//
// It returns ErrNoValues, ErrNotFinite, and ErrNotReached if at is never passed.
func AtMatch(curve []CurvePoint, at float64) (float64, error) {
	if len(curve) == 0 {
		return 0, ErrNoValues
	}
	if err := checkValues([]float64{at}); err != nil {
		return 0, err
	}
	for i, p := range curve {
		if err := checkValues([]float64{p.Match, p.Value}); err != nil {
			return 0, fmt.Errorf("checkpoint %d: %w", i, err)
		}
	}
	low, high := curve[0].Match, curve[0].Match
	for i, p := range curve {
		if p.Match == at {
			return p.Value, nil
		}
		if i > 0 {
			if q := curve[i-1]; (q.Match < at) != (p.Match < at) {
				f := (at - q.Match) / (p.Match - q.Match)
				return q.Value*(1-f) + p.Value*f, nil
			}
		}
		low, high = min(low, p.Match), max(high, p.Match)
	}
	return 0, fmt.Errorf("%v, the curve has %v to %v: %w", at, low, high, ErrNotReached)
}
