package peak

import (
	"runtime"
	"testing"
	"time"
)

// TestMultiplyAdds holds that the processor is not said to do nothing, nor more
// than any does: 4 vectors a cycle at 8 GHz.
func TestMultiplyAdds(t *testing.T) {
	for _, bits := range []int{256, 512} {
		got := MultiplyAdds(bits, 2, time.Millisecond)
		if run, _ := multiplyAdds(bits); run == nil {
			if got != 0 {
				t.Errorf("%d bits: %v operations a second without such vectors", bits, got)
			}
			continue
		}
		if most := 2 * 4 * 8e9 * 2 * float64(bits/32); !(got > 1e6 && got < most) {
			t.Errorf("%d bits: %v operations a second, want in (1e6,%v)", bits, got, most)
		}
	}
	if got := MultiplyAdds(128, 1, time.Millisecond); got != 0 {
		t.Errorf("128 bits: %v operations a second, want 0", got)
	}
}

// TestReadAll holds that the bytes counted are those read: all but what is left
// of the last step, whatever the length.
func TestReadAll(t *testing.T) {
	if reader() == nil {
		t.Skip("no machine code that reads on " + runtime.GOARCH)
	}
	memory := make([]byte, 2*readPiece+3*readStep+1)
	for _, n := range []int{0, readStep - 1, readStep, readPiece, readPiece + readStep, len(memory)} {
		want := float64(n / readStep * readStep)
		if got := readAll(memory[len(memory)-n:]); got != want {
			t.Errorf("%d bytes: %v read, want %v", n, got, want)
		}
	}
	if got := Read(memory, 2, time.Millisecond); !(got > 1e6 && got < 1e13) {
		t.Errorf("%v bytes a second", got)
	}
	if got := Read(memory[:readStep], 2, time.Millisecond); got != 0 {
		t.Errorf("%v bytes a second of too little memory, want 0", got)
	}
}
