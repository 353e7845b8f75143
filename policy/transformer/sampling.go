package transformer

import (
	"fmt"
	"math"
)

// Sampling is how a token is drawn from the logits of all that are possible.
// The logits are divided by the temperature; of the probabilities this gives,
// the filters keep some, one filter after the other in the order of the fields,
// each looking at what the one before it has left, made to add up to 1; and
// the token is drawn from the rest. This is the order of Hugging Face's
// transformers. (vLLM applies min-p before top-k and top-p, which is another
// distribution only where MinP and TopP both leave tokens out.) Whatever the
// filters are, the likeliest token is kept; of equally likely tokens the lower
// counts as the likelier one.
type Sampling struct {
	Temperature float64 // ≥ 0; 0: the likeliest token, so that no filter matters
	TopK        int     // keeps so many likeliest tokens, ≥ 0; 0: all
	TopP        float64 // keeps the fewest likeliest tokens that have this probability together, in (0,1] (Holtzman et al. 2020, arXiv:1904.09751, section 3.1); 1: all
	MinP        float64 // keeps tokens at least so many times as likely as the likeliest, in [0,1] (Nguyen et al. 2024, arXiv:2407.01082); 0: all
}

// DefaultSampling draws from the model's own distribution: temperature 1, no
// filter.
func DefaultSampling() Sampling { return Sampling{Temperature: 1, TopP: 1} }

// Validate names the first field that is out of its bounds, its value and the
// bound.
func (s Sampling) Validate() error {
	switch {
	case !(s.Temperature >= 0) || math.IsInf(s.Temperature, 0):
		return fmt.Errorf("transformer: Sampling.Temperature is %v, must be finite and at least 0", s.Temperature)
	case s.TopK < 0:
		return fmt.Errorf("transformer: Sampling.TopK is %d, must be at least 0", s.TopK)
	case !(s.TopP > 0 && s.TopP <= 1):
		return fmt.Errorf("transformer: Sampling.TopP is %v, must be in (0,1]", s.TopP)
	case !(s.MinP >= 0 && s.MinP <= 1):
		return fmt.Errorf("transformer: Sampling.MinP is %v, must be in [0,1]", s.MinP)
	}
	return nil
}
