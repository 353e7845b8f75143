package policy

import "math"

// KLForm is how the divergence KL(π || π_ref) is estimated from one sampled
// token, with r = log π - log π_ref (Schulman, "Approximating KL divergence",
// 2020).
type KLForm uint8

// The forms.
const (
	// K1 is r: unbiased, of either sign, and of high variance. In a loss its
	// gradient is that of log π, whose mean over on-policy samples is 0: it
	// belongs into a reward.
	K1 KLForm = 1 + iota

	// K2 is r²/2: biased, but its gradient is that of the divergence on policy.
	K2

	// K3 is exp(-r)-1+r: unbiased and never negative; GRPO's (arXiv:2402.03300,
	// eq. 4).
	K3
)

// String names the form.
func (f KLForm) String() string { return [...]string{"none", "k1", "k2", "k3"}[f] }

// Estimate returns the estimate and its derivative with respect to logProb. An
// unknown form is 0.
func (f KLForm) Estimate(logProb, reference float64) (kl, gradient float64) {
	r := logProb - reference
	switch f {
	case K1:
		return r, 1
	case K2:
		return r * r / 2, r
	case K3:
		return math.Expm1(-r) + r, -math.Expm1(-r)
	}
	return 0, 0
}
