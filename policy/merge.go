package policy

import (
	"errors"
	"fmt"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Merge returns a model whose weights are the mean of those of models, weighted
// by weights, which need not add up to 1; nil: all alike (model soups,
// arXiv:2203.05482, eq. 1). It is what multi-task training is compared to: one
// model for each task, merged. It returns an error wrapping
// transformer.ErrMismatch if the models are not of one shape, and one if there
// are none, or if weights are not as many, not finite, negative or all 0.
func Merge(models []*transformer.Model, weights []float64) (*transformer.Model, error) {
	if len(models) == 0 {
		return nil, errors.New("policy: no models to merge")
	}
	if weights == nil {
		weights = make([]float64, len(models))
		for i := range weights {
			weights[i] = 1
		}
	}
	if len(weights) != len(models) {
		return nil, fmt.Errorf("policy: %d weights of %d models", len(weights), len(models))
	}
	total := 0.0
	for i, w := range weights {
		if w-w != 0 {
			return nil, fmt.Errorf("policy: weight of model %d is %v, must be finite", i, w)
		}
		if models[i].Config() != models[0].Config() {
			return nil, fmt.Errorf("model %d: %w: merge %+v with %+v", i, transformer.ErrMismatch, models[i].Config(), models[0].Config())
		}
		total += w
	}
	if !(total > 0) {
		return nil, fmt.Errorf("policy: weights of models add up to %v, must be above 0", total)
	}
	merged := models[0].Clone()
	to := merged.Parameters()
	from := make([][]transformer.Parameter, len(models))
	for i, m := range models {
		from[i] = m.Parameters()
	}
	for p := range to {
		for k := range to[p].Data {
			sum := 0.0
			for i, w := range weights {
				sum += w * float64(from[i][p].Data[k])
			}
			to[p].Data[k] = float32(sum / total)
		}
	}
	merged.Changed()
	return merged, nil
}
