package policy

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

func TestMerge(t *testing.T) {
	var models []*transformer.Model
	for seed := range uint64(3) {
		models = append(models, toyLM(t, seed).model)
	}
	before := models[0].Parameters()[0].Data[5]
	for _, tt := range []struct {
		weights []float64
		shares  [3]float64
	}{{nil, [3]float64{1. / 3, 1. / 3, 1. / 3}}, {[]float64{2, 1, 1}, [3]float64{0.5, 0.25, 0.25}}, {[]float64{0, 3, 0}, [3]float64{0, 1, 0}}, {[]float64{-1, 1, 1}, [3]float64{-1, 1, 1}}} {
		m, err := Merge(models, tt.weights)
		if err != nil {
			t.Fatal(err)
		}
		for p, got := range m.Parameters() {
			for k, v := range got.Data {
				want := 0.0
				for i, s := range tt.shares {
					want += s * float64(models[i].Parameters()[p].Data[k])
				}
				if !(math.Abs(float64(v)-want) <= 1e-7*(1+math.Abs(want))) {
					t.Fatalf("%v: %s[%d] is %v, want %v", tt.weights, got.Name, k, v, want)
				}
			}
		}
	}
	if models[0].Parameters()[0].Data[5] != before {
		t.Error("the first model was changed")
	}
}

func TestMergeErrors(t *testing.T) {
	a := toyLM(t, 1).model
	c := a.Config()
	c.Layers = 2
	b, err := transformer.New(c, rand.New(rand.NewPCG(1, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Merge([]*transformer.Model{a, b}, nil); !errors.Is(err, transformer.ErrMismatch) {
		t.Errorf("other shape: %v", err)
	}
	if _, err := Merge(nil, nil); err == nil {
		t.Error("none: accepted")
	}
	for _, w := range [][]float64{{1}, {1, -1}, {1, math.NaN()}, {1, math.Inf(1)}, {0, 0}, {1, -2}} {
		if _, err := Merge([]*transformer.Model{a, a}, w); err == nil {
			t.Errorf("weights %v accepted", w)
		}
	}
}
