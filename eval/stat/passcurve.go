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
		share := float64(count) / float64(len(solved))
		miss := 1.0 // P(none of k attempts succeeds); see drawAll
		for i := range n {
			miss *= float64(max(0, n-c-i)) / float64(n-i)
			curve[i] += share * (1 - miss)
		}
	}
	for i, v := range curve {
		curve[i] = min(1, v) // the shares' sum may round up
	}
	return curve, nil
}
