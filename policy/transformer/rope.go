package transformer

import (
	"fmt"
	"math"
)

// RopeKind names a way to stretch the rotary frequencies.
type RopeKind string

// The kinds of [RopeScaling], by Hugging Face's names; the empty kind is none.
const (
	RopeLinear RopeKind = "linear" // positions are divided by Factor (Chen et al. 2023, arXiv:2306.15595)
	RopeLlama3 RopeKind = "llama3" // low frequencies are divided by Factor, as in Llama 3.1's model code
)

// RopeScaling stretches the rotary frequencies of a model that reads more
// tokens than it was first trained on. The zero value is none.
type RopeScaling struct {
	Kind   RopeKind `json:"kind"`
	Factor float64  `json:"factor"` // at least 1

	// Of RopeLlama3 only: a frequency that turns less than LowFactor times in
	// OriginalTokens is divided by Factor, one that turns more than HighFactor
	// times is kept, and those between are interpolated.
	LowFactor      float64 `json:"low_factor,omitempty"`
	HighFactor     float64 `json:"high_factor,omitempty"`
	OriginalTokens int     `json:"original_tokens,omitempty"`
}

// validate names the first field that is out of its bounds.
func (s RopeScaling) validate() error {
	bad := func(field string, value any, bound string) error {
		return fmt.Errorf("transformer: Config.RopeScaling.%s is %v, must be %s", field, value, bound)
	}
	switch s.Kind {
	case "":
		if s != (RopeScaling{}) {
			return bad("Kind", `""`, "linear or llama3 if another field is set")
		}
		return nil
	case RopeLinear, RopeLlama3:
	default:
		return bad("Kind", fmt.Sprintf("%q", string(s.Kind)), "linear, llama3 or empty")
	}
	if !(s.Factor >= 1) || math.IsInf(s.Factor, 0) {
		return bad("Factor", s.Factor, "finite and at least 1")
	}
	if s.Kind == RopeLinear {
		if (s != RopeScaling{Kind: RopeLinear, Factor: s.Factor}) {
			return bad("Kind", s.Kind, "llama3 if a field besides Factor is set")
		}
		return nil
	}
	if !(s.LowFactor > 0) || math.IsInf(s.LowFactor, 0) {
		return bad("LowFactor", s.LowFactor, "finite and more than 0")
	}
	if !(s.HighFactor > s.LowFactor) || math.IsInf(s.HighFactor, 0) {
		return bad("HighFactor", s.HighFactor, fmt.Sprintf("finite and more than LowFactor, %v", s.LowFactor))
	}
	if s.OriginalTokens < 1 || s.OriginalTokens > 1<<20 {
		return bad("OriginalTokens", s.OriginalTokens, fmt.Sprintf("in [1,%d]", 1<<20))
	}
	return nil
}

// stretch returns frequency f, in radians a position, as scaled.
func (s RopeScaling) stretch(f float64) float64 {
	switch s.Kind {
	case RopeLinear:
		return f / s.Factor
	case RopeLlama3:
		turns := float64(s.OriginalTokens) * f / (2 * math.Pi)
		kept := (turns - s.LowFactor) / (s.HighFactor - s.LowFactor)
		kept = min(max(kept, 0), 1)
		return (1-kept)*f/s.Factor + kept*f
	}
	return f
}

// angles is the rotary tables: the angle of pair i at position p is
// p·RopeBase^(-2i/HeadDim), the frequency stretched by RopeScaling.
type angles struct {
	positions       int
	cos, sin, minus []float32 // (positions, HeadDim/2); minus is -sin
}

func newAngles(c Config, positions int) *angles {
	half := c.HeadDim / 2
	n := positions * half
	a := &angles{positions, make([]float32, n), make([]float32, n), make([]float32, n)}
	for i := range half {
		f := c.RopeScaling.stretch(math.Pow(c.RopeBase, -float64(2*i)/float64(c.HeadDim)))
		for p := range positions {
			s, c := math.Sincos(float64(p) * f)
			a.cos[p*half+i], a.sin[p*half+i], a.minus[p*half+i] = float32(c), float32(s), float32(-s)
		}
	}
	return a
}
