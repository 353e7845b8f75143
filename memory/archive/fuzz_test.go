package archive

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

func FuzzDecodeEpisode(f *testing.F) {
	for _, e := range []agent.Episode{{}, episode("e", true), episode("f", false)} {
		b, err := EncodeEpisode(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"id":"x","steps":[{}],"started":"2026-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeEpisode(b)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("error %v", err)
			}
			return
		}
		again, err := EncodeEpisode(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeEpisode(again)
		if err != nil {
			t.Fatal(err)
		}
		if third, err := EncodeEpisode(back); err != nil || !bytes.Equal(third, again) {
			t.Errorf("%s, then %s, %v", again, third, err)
		}
	})
}

func FuzzDecodeVector(f *testing.F) {
	f.Add(EncodeVector([]float32{1, -0.5, 0}), 3)
	f.Add([]byte{}, 0)
	f.Add([]byte{0, 0, 0xc0, 0x7f}, 1)
	f.Add([]byte{1, 2, 3}, -1)
	f.Fuzz(func(t *testing.T, b []byte, width int) {
		v, err := DecodeVector(b, width)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("error %v", err)
			}
			return
		}
		if len(v) != width || !bytes.Equal(EncodeVector(v), b) {
			t.Errorf("%x is %v of width %d", b, v, width)
		}
		for _, x := range v {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				t.Errorf("%x holds %v", b, x)
			}
		}
	})
}
