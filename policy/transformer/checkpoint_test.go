package transformer

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func saved(t testing.TB, m *Model, d DType, metadata map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Save(&b, m, d, metadata); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSaveLoad(t *testing.T) {
	tied := tiny()
	tied.TiedHead = true
	for _, c := range []Config{tiny(), tied} {
		for d, tolerance := range map[DType]float64{F32: 0, BF16: 1.0 / 256, F16: 1.0 / 2048} {
			m := lively(t, c, 2)
			meta := map[string]string{"version": "7", "a": `"quoted" ≥`}
			b := saved(t, m, d, meta)
			if !bytes.Equal(b, saved(t, m, d, meta)) {
				t.Errorf("%s: two saves differ", d)
			}
			got, gotMeta, err := Load(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if got.Config() != c || fmt.Sprint(gotMeta) != fmt.Sprint(meta) {
				t.Errorf("%s: config %+v, metadata %v", d, got.Config(), gotMeta)
			}
			for i, p := range m.Parameters() {
				for j, v := range p.Data {
					near(t, p.Name, float64(got.Parameters()[i].Data[j]), float64(v), tolerance*math.Abs(float64(v))+1e-7*tolerance)
				}
			}
			if again := saved(t, got, d, meta); !bytes.Equal(b, again) {
				t.Errorf("%s: saving what was loaded gives other bytes", d)
			}
		}
	}
}

func TestSaveRefuses(t *testing.T) {
	m := newModel(t, tiny())
	if err := Save(&bytes.Buffer{}, m, "F64", nil); err == nil {
		t.Error("F64 passed")
	}
	if err := Save(&bytes.Buffer{}, m, F32, map[string]string{"config": "x"}); err == nil {
		t.Error("metadata over the config passed")
	}
	m.Parameters()[2].Data[5] = 1e6
	if err := Save(&bytes.Buffer{}, m, F16, nil); err == nil || !strings.Contains(err.Error(), "q_proj.weight[5]") {
		t.Errorf("1e6 as F16: %v", err)
	}
	if err := Save(&bytes.Buffer{}, m, BF16, nil); err != nil {
		t.Errorf("1e6 as BF16: %v", err)
	}
}

// TestHalf checks every 16-bit number both ways, and rounding to even.
func TestHalf(t *testing.T) {
	for u := range 1 << 16 {
		h := uint16(u)
		v := fromHalf(h)
		if v != v {
			if back := fromHalf(toHalf(v)); back == back {
				t.Fatalf("%#x: NaN became %v", h, back)
			}
			continue
		}
		if toHalf(v) != h {
			t.Fatalf("%#x: %v became %#x", h, v, toHalf(v))
		}
		f := math.Float32frombits(uint32(h) << 16)
		if f == f && toBrain(f) != h {
			t.Fatalf("%#x: %v became %#x", h, f, toBrain(f))
		}
	}
	for _, tc := range []struct {
		v     float32
		half  uint16
		brain uint16
	}{
		{1, 0x3c00, 0x3f80},
		{-2, 0xc000, 0xc000},
		{65504, 0x7bff, 0x4780},
		{65519.996, 0x7bff, 0x4780},
		{65520, 0x7c00, 0x4780},
		{1 + 1.0/2048, 0x3c00, 0x3f80}, // halfway: to even
		{1 + 3.0/2048, 0x3c02, 0x3f80}, // halfway: to even
		{1 + 1.0/256, 0x3c04, 0x3f80},  // halfway for the brain: to even
		{1 + 3.0/256, 0x3c0c, 0x3f82},  // halfway for the brain: to even
		{1.0 / (1 << 25), 0, 0x3300},   // halfway to the smallest: to even
		{float32(math.Inf(1)), 0x7c00, 0x7f80},
	} {
		if h, b := toHalf(tc.v), toBrain(tc.v); h != tc.half || b != tc.brain {
			t.Errorf("%v: half %#x, want %#x; brain %#x, want %#x", tc.v, h, tc.half, b, tc.brain)
		}
	}
}

// edit rewrites a checkpoint's header.
func edit(t testing.TB, b []byte, change func(h map[string]json.RawMessage)) []byte {
	t.Helper()
	n := binary.LittleEndian.Uint64(b)
	var h map[string]json.RawMessage
	if err := json.Unmarshal(b[8:8+n], &h); err != nil {
		t.Fatal(err)
	}
	change(h)
	header, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return frame(header, b[8+n:])
}

func frame(header, data []byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

// TestDamage: every kind of damage is an ErrFormat that names the tensor.
func TestDamage(t *testing.T) {
	good := saved(t, newModel(t, tiny()), F32, nil)
	const name = "model.layers.1.self_attn.k_proj.weight"
	tensor := func(old, new string) func(map[string]json.RawMessage) {
		return func(h map[string]json.RawMessage) {
			s := string(h[name])
			if !strings.Contains(s, old) {
				t.Fatalf("%s does not contain %s", s, old)
			}
			h[name] = json.RawMessage(strings.Replace(s, old, new, 1))
		}
	}
	config := func(old, new string) func(map[string]json.RawMessage) {
		return func(h map[string]json.RawMessage) {
			s := string(h["__metadata__"])
			if !strings.Contains(s, old) {
				t.Fatalf("%s does not contain %s", s, old)
			}
			h["__metadata__"] = json.RawMessage(strings.Replace(s, old, new, 1))
		}
	}
	var entry tensorInfo
	edit(t, good, func(h map[string]json.RawMessage) {
		if err := json.Unmarshal(h[name], &entry); err != nil {
			t.Fatal(err)
		}
	})
	offsets := fmt.Sprintf("[%d,%d]", entry.Offsets[0], entry.Offsets[1])
	moved := fmt.Sprintf("[%d,%d]", entry.Offsets[0]-4, entry.Offsets[1]-4)
	for _, tc := range []struct {
		what, names string
		b           []byte
	}{
		{"missing", name, edit(t, good, func(h map[string]json.RawMessage) {
			h["model.layers.1.self_attn.x_proj.weight"] = h[name]
			delete(h, name)
		})},
		{"unknown", `"extra"`, edit(t, good, func(h map[string]json.RawMessage) {
			h["extra"] = json.RawMessage(`{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`)
		})},
		{"shape", name, edit(t, good, tensor("[12,20]", "[20,12]"))},
		{"size", name, edit(t, good, tensor("[12,20]", "[12,21]"))},
		{"huge shape", name, edit(t, good, tensor("[12,20]", "[4611686018427387904,4611686018427387904]"))},
		{"negative shape", name, edit(t, good, tensor("[12,20]", "[-12,-20]"))},
		{"type", name, edit(t, good, tensor("F32", "F64"))},
		{"out of bounds", name, edit(t, good, tensor(offsets, "[0,99999999]"))},
		{"negative", name, edit(t, good, tensor(offsets, "[-960,0]"))},
		{"overlap", "overlaps", edit(t, good, tensor(offsets, moved))},
		{"truncated", "tensor", good[:len(good)-1]},
		{"tail", "after the last", append(bytes.Clone(good), 0)},
		{"no config", "config", edit(t, good, func(h map[string]json.RawMessage) { delete(h, "__metadata__") })},
		{"config value", "Vocab", edit(t, good, config(`\"vocab\":19`, `\"vocab\":0`))},
		{"config field", "config", edit(t, good, config(`\"vocab\":19`, `\"vacob\":19`))},
		{"config larger", "shape", edit(t, good, config(`\"vocab\":19`, `\"vocab\":1048576`))},
		{"twice", "twice", frame([]byte(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`), nil)},
		{"header length", "header", append([]byte{255, 255, 255, 255, 255, 255, 255, 127}, good[8:]...)},
		{"array", "object", frame([]byte(`[]`), nil)},
		{"cut header", "header", frame([]byte(`{`), nil)},
		{"after header", "header", frame([]byte(`{}{}`), nil)},
		{"empty", "0 bytes", nil},
	} {
		_, _, err := Load(bytes.NewReader(tc.b))
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tc.names) {
			t.Errorf("%s: error %v, want one with %s", tc.what, err, tc.names)
		}
	}
}

func TestSaveFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "policy.safetensors")
	a, b := lively(t, tiny(), 1), lively(t, tiny(), 2)
	for _, m := range []*Model{a, b} {
		if err := SaveFile(path, m, F32, nil); err != nil {
			t.Fatal(err)
		}
		got, _, err := LoadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sameBits(t, "weights", m.Parameters()[3].Data, got.Parameters()[3].Data)
	}
	a.Parameters()[2].Data[5] = 1e6
	if err := SaveFile(path, a, F16, nil); err == nil {
		t.Error("1e6 as F16 passed")
	}
	got, _, err := LoadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sameBits(t, "weights after a save that failed", b.Parameters()[3].Data, got.Parameters()[3].Data)
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, error %v", files, err)
	}
	if _, _, err := LoadFile(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	c := tiny()
	c.Layers, c.Dim, c.Hidden, c.Heads, c.KVHeads, c.HeadDim, c.Vocab = 1, 2, 3, 1, 1, 2, 3
	for _, d := range []DType{F32, BF16, F16} {
		f.Add(saved(f, newModel(f, c), d, map[string]string{"k": "v"}))
	}
	c.QKVBias, c.QKNorm, c.RopeScaling = true, true, RopeScaling{Kind: RopeLinear, Factor: 2}
	f.Add(saved(f, newModel(f, c), F32, nil))
	f.Add(frame([]byte(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`), []byte{0, 0, 0, 0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, meta, err := Load(bytes.NewReader(b))
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("error %v is not ErrFormat", err)
			}
			return
		}
		again := saved(t, m, F32, meta)
		if _, _, err := Load(bytes.NewReader(again)); err != nil {
			t.Errorf("what was loaded does not load again: %v", err)
		}
	})
}
