package policy

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Stated is an answer and how sure of it its author says to be. As text it is
// the answer, a space, a question mark and the confidence in whole tenths, 0 to
// 10, with nothing after it: "42 ?7" is 42 with confidence 0.7.
type Stated struct {
	Answer     string  // not empty
	Confidence float64 // probability that Answer is right, in [0,1]
}

// statedMark is between an answer and its confidence.
const statedMark = " ?"

// Text writes s, with the confidence rounded to the nearest tenth and halves
// up. It returns an error naming the field if the answer is empty or the
// confidence is not in [0,1].
func (s Stated) Text() (string, error) {
	switch {
	case s.Answer == "":
		return "", fmt.Errorf("policy: Stated.Answer is empty")
	case !(s.Confidence >= 0 && s.Confidence <= 1):
		return "", fmt.Errorf("policy: Stated.Confidence is %v, must be in [0,1]", s.Confidence)
	}
	return s.Answer + statedMark + strconv.Itoa(int(math.Round(10*s.Confidence))), nil
}

// ParseStated reads what [Stated.Text] writes, and reports whether text is of
// that form. The last mark counts: an answer may itself hold one.
func ParseStated(text string) (Stated, bool) {
	at := strings.LastIndex(text, statedMark)
	if at < 1 {
		return Stated{}, false
	}
	digits := text[at+len(statedMark):]
	tenths, err := strconv.Atoi(digits)
	if err != nil || tenths < 0 || tenths > 10 || strconv.Itoa(tenths) != digits {
		return Stated{}, false
	}
	return Stated{text[:at], float64(tenths) / 10}, true
}

// Calibrated is the reward of RLCR (arXiv:2507.16806, eq. 8),
//
//	R = c - (q - c)²
//
// for correctness c, which is 1 of a right answer and 0 of a wrong one, and
// stated confidence q in [0,1]. It is in [-1,1]. Of an answer that is right
// with probability p the mean is p² - (q-p)²: whatever p is, to state it is
// best, and a larger p is better than a smaller one.
//
// The paper trains on it by GRPO with no divergence from a reference policy and
// no division by the deviation of a group: [DrGRPO] has neither, nor the mean
// over an answer's own length.
func Calibrated(correctness, confidence float64) float64 {
	miss := confidence - correctness
	return correctness - miss*miss
}

// CalibratedReward is [Calibrated] of an answer as it was written, which right
// tells right from wrong. One that is not of the form of [Stated] has reward 0
// even if it is right (the paper's format gate). Nobody gains by that: the mean
// reward of an honest confidence is p² ≥ 0.
func CalibratedReward(text string, right func(answer string) bool) float64 {
	s, ok := ParseStated(text)
	switch {
	case !ok:
		return 0
	case right(s.Answer):
		return Calibrated(1, s.Confidence)
	}
	return Calibrated(0, s.Confidence)
}
