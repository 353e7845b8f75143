package transformer

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// families are the folders that testdata/golden.py has written.
var families = []string{"llama", "qwen2", "qwen3"}

// golden is what PyTorch computed from a folder's weights.
type golden struct {
	t        testing.TB
	tensors  *tensors
	tokens   [][]int32 // (sequences, length)
	vocab    int
	logits   []float32 // (sequences, length, vocab)
	lossMean float32
}

func readGolden(t testing.TB, folder string) *golden {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, "golden.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{t: t}
	if g.tensors, err = parse(b); err != nil {
		t.Fatal(err)
	}
	shape := g.tensors.info["logits"].Shape
	g.vocab = int(shape[2])
	flat := g.read("tokens", int(shape[0]*shape[1]))
	for len(flat) > 0 {
		var s []int32
		for _, v := range flat[:shape[1]] {
			s = append(s, int32(v))
		}
		g.tokens = append(g.tokens, s)
		flat = flat[shape[1]:]
	}
	g.logits = g.read("logits", int(shape[0]*shape[1]*shape[2]))
	g.lossMean = g.read("loss", 1)[0]
	return g
}

func (g *golden) read(name string, n int) []float32 {
	g.t.Helper()
	out := make([]float32, n)
	if err := g.tensors.read(out, name); err != nil {
		g.t.Fatal(err)
	}
	return out
}

// close checks got against PyTorch's within 1e-4 of the largest of its numbers.
func (g *golden) close(what string, got, want []float32) {
	g.t.Helper()
	top := 0.0
	for _, v := range want {
		top = max(top, math.Abs(float64(v)))
	}
	if top == 0 {
		g.t.Errorf("%s: PyTorch has nothing but zeros", what)
	}
	for i := range want {
		near(g.t, fmt.Sprintf("%s[%d]", what, i), float64(got[i]), float64(want[i]), 1e-4*top)
	}
}

func loadFolder(t testing.TB, dir string) (*Model, map[string]json.RawMessage) {
	t.Helper()
	m, unchanged, err := LoadFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return m, unchanged
}

// TestGolden: a Llama-, a Qwen2- and a Qwen3-shaped folder give the loss, every
// gradient and the logits that PyTorch gives, within 1e-4.
func TestGolden(t *testing.T) {
	for _, family := range families {
		t.Run(family, func(t *testing.T) {
			folder := filepath.Join("testdata/golden", family)
			m, _ := loadFolder(t, folder)
			g := readGolden(t, folder)
			p := g.pass(m)
			for i, w := range m.Parameters() {
				g.close("gradient of "+w.Name, p.Gradients()[i], g.read("grad."+w.Name, len(w.Data)))
			}
			if n := len(g.tensors.info) - 3; n != len(m.Parameters()) {
				t.Errorf("PyTorch has %d gradients for %d parameters", n, len(m.Parameters()))
			}
			checkDecoding(g, m)
		})
	}
}

// pass runs the golden tokens forward, checks the loss, and goes back.
func (g *golden) pass(m *Model) *Pass {
	g.t.Helper()
	b := &Batch{Starts: []int{0}}
	for _, s := range g.tokens {
		for i, token := range s[1:] {
			b.Targets = append(b.Targets, Target{Position: len(b.Tokens) + i, Token: token})
		}
		b.Tokens = append(b.Tokens, s...)
		b.Starts = append(b.Starts, len(b.Tokens))
	}
	p := NewPass(m, 2)
	logProb, _, err := p.Forward(b)
	if err != nil {
		g.t.Fatal(err)
	}
	loss := 0.0
	weights := make([]float32, len(logProb))
	for i, v := range logProb {
		weights[i] = -1 / float32(len(logProb))
		loss += float64(weights[i] * v)
	}
	g.close("loss", []float32{float32(loss)}, []float32{g.lossMean})
	if err := p.Backward(weights, nil); err != nil {
		g.t.Fatal(err)
	}
	return p
}

// TestGoldenAdapter: a LoRA adapter in PEFT's layout gives the logits, the loss
// and the gradients that PyTorch gives, within 1e-4.
func TestGoldenAdapter(t *testing.T) {
	m, _ := loadFolder(t, "testdata/golden/qwen2")
	const folder = "testdata/golden/adapter"
	a, err := LoadAdapter(folder, m)
	if err != nil {
		t.Fatal(err)
	}
	g := readGolden(t, folder)
	a.differentiate(g.pass(m))
	for i, w := range a.Parameters() {
		g.close("gradient of "+w.Name, a.grads[i], g.read("grad."+w.Name, len(w.Data)))
	}
	if n := len(g.tensors.info) - 3; n != len(a.Parameters()) || n != 8 {
		t.Errorf("PyTorch has %d gradients for %d parameters", n, len(a.Parameters()))
	}
	checkDecoding(g, m)
}

// checkDecoding compares the logits after each token, decoded one by one, both
// sequences at once.
func checkDecoding(g *golden, m *Model) {
	g.t.Helper()
	d := m.NewDecoder(1)
	caches := []*Cache{NewCache(m, 64), NewCache(m, 64)}
	length := len(g.tokens[0])
	for i := range length {
		logits, err := d.Append(caches, [][]int32{g.tokens[0][i : i+1], g.tokens[1][i : i+1]})
		if err != nil {
			g.t.Fatal(err)
		}
		for s, got := range logits {
			at := (s*length + i) * g.vocab
			g.close(fmt.Sprintf("logits after token %d of sequence %d", i, s), got, g.logits[at:at+g.vocab])
		}
	}
}

// TestFolderRoundTrip: a folder saved as the type it was loaded from loads to
// the same bits, and its config.json says the same.
func TestFolderRoundTrip(t *testing.T) {
	for family, dtype := range map[string]DType{"llama": BF16, "qwen2": F32, "qwen3": F16} {
		was := filepath.Join("testdata/golden", family)
		m, unchanged := loadFolder(t, was)
		dir := filepath.Join(t.TempDir(), "model")
		if err := SaveFolder(dir, m, dtype, unchanged); err != nil {
			t.Fatal(err)
		}
		again, unchangedAgain := loadFolder(t, dir)
		if again.Config() != m.Config() || fmt.Sprint(unchangedAgain) != fmt.Sprint(unchanged) {
			t.Errorf("%s: config %+v with %s, want %+v with %s", family, again.Config(), unchangedAgain, m.Config(), unchanged)
		}
		file, _, err := LoadFile(filepath.Join(dir, "model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range m.Parameters() {
			sameBits(t, family+" "+p.Name, p.Data, again.Parameters()[i].Data)
			sameBits(t, family+" "+p.Name+" by LoadFile", p.Data, file.Parameters()[i].Data)
		}
		a, b := configOf(t, was), configOf(t, dir)
		for name, want := range a {
			if got, ok := b[name]; !ok || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %s is %v, was %v", family, name, got, want)
			}
		}
	}
}

func configOf(t testing.TB, dir string) map[string]any {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all
}
