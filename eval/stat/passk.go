package stat

import "fmt"

// PassAtK estimates the probability that at least one of k attempts succeeds,
// from n attempts of which c did: 1 - C(n-c,k)/C(n,k), the unbiased estimator
// of Chen et al. 2021 (arXiv:2107.03374), eq. 1.
//
// k is at least 1. It returns ErrTooFewAttempts if n < k, and ErrRange if k < 1
// or c is not in [0,n].
func PassAtK(n, c, k int) (float64, error) {
	if err := checkAttempts(n, c, k); err != nil {
		return 0, err
	}
	return 1 - drawAll(n, n-c, k), nil
}

// PassHatK estimates the probability that all of k attempts succeed, from n
// attempts of which c did: C(c,k)/C(n,k), the unbiased estimator of Yao et al.
// 2024 (arXiv:2406.12045), section 2.
//
// Its range and errors are those of [PassAtK].
func PassHatK(n, c, k int) (float64, error) {
	if err := checkAttempts(n, c, k); err != nil {
		return 0, err
	}
	return drawAll(n, c, k), nil
}

func checkAttempts(n, c, k int) error {
	if k < 1 || c < 0 || c > n {
		return fmt.Errorf("%d of %d attempts, k %d: %w", c, n, k, ErrRange)
	}
	if n < k {
		return fmt.Errorf("%d attempts, k %d: %w", n, k, ErrTooFewAttempts)
	}
	return nil
}

// drawAll is C(m,k)/C(n,k): the probability that k draws without replacement
// from n are all among m marked ones. The product of k factors in [0,1] neither
// overflows, as the binomials would, nor cancels.
func drawAll(n, m, k int) float64 {
	if m < k {
		return 0
	}
	p := 1.0
	for i := range k {
		p *= float64(m-i) / float64(n-i)
	}
	return p
}
