package policy

import (
	"fmt"
	"maps"
	"slices"
)

// Guard stops a policy that gets worse. Negative reinforcement under Adam does
// not stop by itself: the step does not shrink with the gradient.
type Guard struct {
	Every       int     // iterations between two looks at the held-out tasks, > 0
	MaxDrop     float64 // of the held-out score below the best, in [0,1]; more rolls back to the best and halves the learning rate
	MinEntropy  float64 // nats, of the mean choice; less rolls back, ≥ 0
	MaxKL       float64 // nats, of the behaviour policy to the model within one iteration; more ends the iteration's updates, > 0
	MaxDrift    float64 `json:",omitempty"` // nats, of the policy to the one that the run began with, at a look; more rolls back; 0: no bound
	MaxGradNorm float64 `json:",omitempty"` // of an update, before clipping; more rolls back; 0: no bound
}

// validate names the first field that is out of its range, as one of the named
// owner.
func (g Guard) validate(owner string) error {
	for _, f := range []struct {
		name  string
		value float64
		ok    bool
		want  string
	}{
		{"Every", float64(g.Every), g.Every > 0, "> 0"},
		{"MaxDrop", g.MaxDrop, g.MaxDrop >= 0 && g.MaxDrop <= 1, "in [0,1]"},
		{"MinEntropy", g.MinEntropy, g.MinEntropy >= 0, "≥ 0"},
		{"MaxKL", g.MaxKL, g.MaxKL > 0, "> 0"},
		{"MaxDrift", g.MaxDrift, g.MaxDrift >= 0, "≥ 0"},
		{"MaxGradNorm", g.MaxGradNorm, g.MaxGradNorm >= 0, "≥ 0"},
	} {
		if !f.ok {
			return fmt.Errorf("policy: %s.Guard.%s is %v, must be %s", owner, f.name, f.value, f.want)
		}
	}
	return nil
}

// Score is how well a policy does on held-out tasks: named parts, each in
// [0,1].
type Score map[string]float64

// Mean is what a guard compares; 0 of nothing.
func (s Score) Mean() float64 {
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(s)) {
		sum += s[name]
	}
	return sum / float64(max(len(s), 1))
}

// after says why an update must be taken back; empty if it need not.
func (g Guard) after(s Stats) string {
	switch {
	case !(s.Entropy >= g.MinEntropy):
		return fmt.Sprintf("entropy %.4f is below the floor of %v", s.Entropy, g.MinEntropy)
	case g.MaxGradNorm > 0 && !(s.GradNorm <= g.MaxGradNorm):
		return fmt.Sprintf("gradient norm %.4g is above %v", s.GradNorm, g.MaxGradNorm)
	}
	return ""
}
