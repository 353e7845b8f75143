package transformer

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// rounded is a model with weights that dtype holds exactly.
func rounded(t testing.TB, c Config, dtype DType) *Model {
	t.Helper()
	m := lively(t, c, 1)
	for _, p := range m.Parameters() {
		var b []byte
		for _, v := range p.Data {
			b = dtype.appendNumber(b, v)
		}
		dtype.convert(p.Data, b)
	}
	m.Changed()
	return m
}

// frozenConfigs have every option between them; one is wider than a block of
// the kernels, none fills its panels.
func frozenConfigs() map[string]Config {
	qwen3 := decoderConfig()
	qwen3.QKNorm, qwen3.TiedHead = true, true
	qwen2 := biased()
	qwen2.MaxTokens = 700
	wide := decoderConfig()
	wide.Dim, wide.Hidden, wide.Vocab, wide.Layers = 264, 300, 97, 1
	return map[string]Config{"llama": decoderConfig(), "qwen2": qwen2, "qwen3": qwen3, "wide": wide}
}

// sameDecoding compares the logits of two decoders' sequences, token by token
// and many at once.
func sameDecoding(t testing.TB, want, got *Decoder) {
	t.Helper()
	lengths := []int{1, 3, 40, 260, 7}
	var a, b []*Cache
	var tokens [][]int32
	for i, n := range lengths {
		a, b = append(a, NewCache(want.m, 320)), append(b, NewCache(got.m, 320))
		tokens = append(tokens, randomTokens(want.m.config, uint64(20+i), n))
	}
	for range 3 {
		x, err := want.Append(a, tokens)
		if err != nil {
			t.Fatal(err)
		}
		y, err := got.Append(b, tokens)
		if err != nil {
			t.Fatal(err)
		}
		for i := range x {
			sameBits(t, fmt.Sprintf("sequence %d of %d", i, len(x)), x[i], y[i])
		}
		// One token for each of the last sequences.
		a, b, tokens = a[len(a)/2:], b[len(b)/2:], tokens[len(tokens)/2:]
		for i := range tokens {
			tokens[i] = tokens[i][:1]
		}
	}
}

// TestFrozen: a Frozen decodes to the bits of the Model with its weights.
func TestFrozen(t *testing.T) {
	for _, set := range kernel.Available() {
		for name, c := range frozenConfigs() {
			t.Run(fmt.Sprint(set, "/", name), func(t *testing.T) {
				m := rounded(t, c, BF16)
				m.set = set
				f, err := m.Freeze()
				if err != nil {
					t.Fatal(err)
				}
				sameDecoding(t, m.NewDecoder(1), f.NewDecoder(2))
				every := []int{1, 2, 3, 4, 5, 6, 7, 8}
				tokens := randomTokens(c, 3, 50)
				sameBits(t, "token by token", appendAll(t, m.NewDecoder(2), tokens), appendAll(t, f.NewDecoder(1), tokens, every...))
				if f.Config() != c || f.NewCache(9).Capacity() != 9 {
					t.Errorf("config %+v, capacity %d", f.Config(), f.NewCache(9).Capacity())
				}
			})
		}
	}
}

// TestFreezeRounds: Freeze is SaveFolder as BF16, and does not follow changes.
func TestFreezeRounds(t *testing.T) {
	m := lively(t, decoderConfig(), 1)
	dir := filepath.Join(t.TempDir(), "model")
	if err := SaveFolder(dir, m, BF16, nil); err != nil {
		t.Fatal(err)
	}
	f, err := m.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	clear(m.Parameters()[0].Data)
	m.Changed()
	want, _ := loadFolder(t, dir)
	sameDecoding(t, want.NewDecoder(1), f.NewDecoder(1))

	m.Parameters()[2].Data[5] = math.MaxFloat32
	if _, err := m.Freeze(); err == nil || !strings.Contains(err.Error(), "q_proj.weight[5]") {
		t.Errorf("a weight too large: %v", err)
	}
}

// TestOpenFrozen: a folder decodes to the bits of LoadFolder's model, whatever
// the type of its numbers, sharded or not.
func TestOpenFrozen(t *testing.T) {
	dirs := []string{"testdata/golden/llama", "testdata/golden/qwen2", "testdata/golden/qwen3"}
	for _, dtype := range []DType{BF16, F16, F32} {
		dir := filepath.Join(t.TempDir(), "model")
		c := decoderConfig()
		c.Vocab = 70 // more than two panels
		if err := SaveFolder(dir, lively(t, c, 2), dtype, nil); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	for _, dir := range dirs {
		m, wantFields := loadFolder(t, dir)
		f, fields, err := OpenFrozen(dir)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(fields) != fmt.Sprint(wantFields) || f.Config() != m.Config() {
			t.Errorf("%s: fields %v, config %+v", dir, fields, f.Config())
		}
		tokens := randomTokens(m.Config(), 3, 20)
		sameBits(t, dir, appendAll(t, m.NewDecoder(1), tokens), appendAll(t, f.NewDecoder(2), tokens, 1, 2, 11))
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestFrozenClose: after Close a decoder returns an error, and leaves its
// caches as they were.
func TestFrozenClose(t *testing.T) {
	f, _, err := OpenFrozen("testdata/golden/qwen2")
	if err != nil {
		t.Fatal(err)
	}
	d, c := f.NewDecoder(1), f.NewCache(9)
	if _, err := d.Append([]*Cache{c}, [][]int32{{1, 2}}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := d.Append([]*Cache{c}, [][]int32{{1, 2}}); !errors.Is(err, fs.ErrClosed) || c.Len() != 2 {
		t.Errorf("error %v, %d tokens", err, c.Len())
	}

	// One that is closed when the embedding has been read, by another goroutine.
	if f, _, err = OpenFrozen("testdata/golden/qwen2"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.need(0, kernel.NewTeam(kernel.Best(), 1)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a layer: error %v", err)
	}
}

// TestFrozenShared: goroutines that meet at the first token get the same bits.
func TestFrozenShared(t *testing.T) {
	m := rounded(t, decoderConfig(), BF16)
	f, err := m.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	tokens := randomTokens(m.config, 3, 20)
	want := appendAll(t, m.NewDecoder(1), tokens)
	got := make([][]float32, 4)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() { got[i] = appendAll(t, f.NewDecoder(1+i%2), tokens, i+1) })
	}
	all.Wait()
	for i := range got {
		sameBits(t, fmt.Sprint("goroutine ", i), want, got[i])
	}
}

func TestFrozenAllocations(t *testing.T) {
	f, err := newModel(t, decoderConfig()).Freeze()
	if err != nil {
		t.Fatal(err)
	}
	d := f.NewDecoder(1)
	caches, tokens := []*Cache{f.NewCache(200)}, [][]int32{{3}}
	step := func() {
		if _, err := d.Append(caches, tokens); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		step()
	}
	caches[0].Truncate(0)
	if n := testing.AllocsPerRun(50, step); n != 0 {
		t.Errorf("%v allocations a token", n)
	}
}

// TestFrozenMemory: opening takes no memory for the numbers, and decoding takes
// the bytes of the matrices once.
func TestFrozenMemory(t *testing.T) {
	c := decoderConfig()
	c.Vocab, c.Dim, c.Hidden, c.TiedHead = 4096, 256, 1024, true
	dir := filepath.Join(t.TempDir(), "model")
	if err := SaveFolder(dir, newModel(t, c), BF16, nil); err != nil {
		t.Fatal(err)
	}
	taken := func(f func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	var f *Frozen
	if n := taken(func() {
		var err error
		if f, _, err = OpenFrozen(dir); err != nil {
			t.Fatal(err)
		}
	}); n > 1<<18 {
		t.Errorf("opening took %d bytes", n)
	}
	defer f.Close()
	numbers := uint64(2 * c.ParameterCount()) // 5.5 MB
	if got := f.bytesPerToken(); uint64(got) > numbers || uint64(got) < numbers-1<<14 {
		t.Errorf("%d bytes a token, the weights have %d", got, numbers)
	}
	if n := taken(func() { appendAll(t, f.NewDecoder(1), []int32{1}) }); n > numbers+2<<20 {
		t.Errorf("the first token took %d bytes, the weights have %d", n, numbers)
	}
}
