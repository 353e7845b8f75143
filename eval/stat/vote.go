package stat

import (
	"fmt"
	"slices"
)

// Vote is one sampled answer with its stated probability of being right. Answers
// are the same if their texts are: the caller brings them to one form.
//
// MajorityVote, WeightedVote and MaxConfidenceVote are the ways to elect one of
// several such answers that RLCR compares (arXiv:2507.16806). None depends on the
// order of the votes; of answers with the same weight, the one that sorts first
// wins.
type Vote struct {
	Answer     string
	Confidence float64 // in [0,1]
}

// MajorityVote elects the answer with the most votes, whatever their
// confidences. It returns ErrNoValues, ErrNotFinite and ErrRange.
func MajorityVote(votes []Vote) (string, error) {
	return elect(votes, func(confidences []float64) float64 { return float64(len(confidences)) })
}

// WeightedVote elects the answer with the greatest sum of confidences. Its
// errors are those of [MajorityVote].
func WeightedVote(votes []Vote) (string, error) {
	return elect(votes, func(confidences []float64) float64 {
		sum := 0.0
		for _, c := range confidences {
			sum += c
		}
		return sum
	})
}

// MaxConfidenceVote elects the answer of the most confident vote. Its errors
// are those of [MajorityVote].
func MaxConfidenceVote(votes []Vote) (string, error) {
	return elect(votes, slices.Max[[]float64])
}

// elect returns the answer of the greatest weight, a function of the
// confidences of its votes in rising order: so that rounding cannot depend on
// the order of the votes.
func elect(votes []Vote, weight func(confidences []float64) float64) (string, error) {
	if len(votes) == 0 {
		return "", ErrNoValues
	}
	by := map[string][]float64{}
	for i, v := range votes {
		if err := checkShare(v.Confidence); err != nil {
			return "", fmt.Errorf("vote %d: %w", i, err)
		}
		by[v.Answer] = append(by[v.Answer], v.Confidence)
	}
	best, most := "", -1.0
	for answer, confidences := range by {
		slices.Sort(confidences)
		if w := weight(confidences); w > most || w == most && answer < best {
			best, most = answer, w
		}
	}
	return best, nil
}
