package transformer

import (
	"fmt"
	"reflect"
	"testing"
)

// held adds up the memory of the slices that can be reached from v, each once.
func held(v reflect.Value, seen map[uintptr]bool) int64 {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() || (v.Kind() == reflect.Pointer && seen[v.Pointer()]) {
			return 0
		}
		if v.Kind() == reflect.Pointer {
			seen[v.Pointer()] = true
		}
		return held(v.Elem(), seen)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Batch]() { // the caller's
			return 0
		}
		var n int64
		for i := range v.NumField() {
			n += held(v.Field(i), seen)
		}
		return n
	case reflect.Array, reflect.Slice:
		var n int64
		if v.Kind() == reflect.Slice {
			if v.Len() == 0 || seen[v.Pointer()] {
				return 0
			}
			if v.Type().Elem().Size() <= 8 || v.Type().Elem().Kind() != reflect.Struct {
				seen[v.Pointer()] = true
			}
			n = int64(v.Cap()) * int64(v.Type().Elem().Size())
		}
		switch v.Type().Elem().Kind() {
		case reflect.Float32, reflect.Float64, reflect.Int, reflect.Int32, reflect.Uint8:
			return n
		}
		for i := range v.Len() {
			n += held(v.Index(i), seen)
		}
		return n
	}
	return 0
}

// TestTrainingBytes counts what a model, a pass and an optimiser hold after a
// step, and compares it with what TrainingBytes says.
func TestTrainingBytes(t *testing.T) {
	qwen := barConfig()
	qwen.QKVBias, qwen.QKNorm, qwen.KVHeads, qwen.TiedHead = true, true, 2, true
	wide := barConfig()
	wide.Vocab, wide.Dim, wide.Heads, wide.KVHeads = 9000, 128, 6, 3
	for i, c := range []Config{barConfig(), qwen, wide} {
		for _, checkpointed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d/%v", i, checkpointed), func(t *testing.T) {
				m := newModel(t, c)
				p := NewPass(m, 1)
				if checkpointed {
					p = NewCheckpointedPass(m, 1)
				}
				o := NewAdamW(m, DefaultAdamWConfig())
				b := ragged(c, newRand(2), 200, 333, 100)
				trainStep(t, p, o, b, coefficients(newRand(3), len(b.Targets)))
				ops := p.ops // but for packed matrices, the scratch of goroutines and parts of what p holds
				p.ops = operations{weights: ops.weights, right: ops.right}
				p.head.dLogProb, p.head.dEntropy = nil, nil // the caller's
				got := held(reflect.ValueOf([]any{p, o}), make(map[uintptr]bool))
				p.ops = ops
				want := c.TrainingBytes(Footprint{len(b.Tokens), len(b.Targets), checkpointed})
				if r := float64(got) / float64(want); !(r <= 1 && r > 0.97) {
					t.Errorf("%d bytes held, TrainingBytes is %d: ratio %.3f", got, want, r)
				}
			})
		}
	}
}

// TestCheckpointed holds that computing activations twice changes no bit.
func TestCheckpointed(t *testing.T) {
	for _, c := range []Config{tiny(), everything()} {
		m := lively(t, c, 3)
		b := ragged(c, newRand(2), 33, 5, 64)
		g := coefficients(newRand(3), len(b.Targets))
		var grads [2][][]float32
		for i, p := range []*Pass{NewPass(m, 1), NewCheckpointedPass(m, 2)} {
			for range 2 {
				if _, _, err := p.Forward(b); err != nil {
					t.Fatal(err)
				}
				if err := p.Backward(g, g); err != nil {
					t.Fatal(err)
				}
			}
			grads[i] = p.Gradients()
		}
		for i, p := range m.params {
			sameBits(t, p.Name, grads[0][i], grads[1][i])
		}
	}
}
