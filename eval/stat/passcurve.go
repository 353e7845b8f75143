package stat

import "fmt"

// PassCurve is the mean over problems of [PassAtK] for every k from 1 to n, the
// kth at [k-1]: solved[i] of the n attempts at problem i succeeded. It takes time
// n² at most, however many problems there are. It returns ErrNoValues, and
// ErrRange if n < 1 or a count is not in [0,n].
func PassCurve(n int, solved []int) ([]float64, error) {
	if n < 1 {
		return nil, fmt.Errorf("%d attempts, want ≥ 1: %w", n, ErrRange)
	}
	if len(solved) == 0 {
		return nil, ErrNoValues
	}
	problems := make([]int, n+1) // by attempts that succeeded
	for i, c := range solved {
		if c < 0 || c > n {
			return nil, fmt.Errorf("problem %d: %d of %d attempts: %w", i, c, n, ErrRange)
		}
		problems[c]++
	}
	curve := make([]float64, n)
	for c, count := range problems {
		if count == 0 {
			continue
		}
		miss := 1.0 // P(none of k attempts succeeds), 0 from k = n-c+1; see drawAll
		for i := range n {
			miss *= float64(n-c-i) / float64(n-i)
			curve[i] += float64(count) * (1 - miss)
		}
	}
	for i := range curve {
		curve[i] /= float64(len(solved))
	}
	return curve, nil
}
