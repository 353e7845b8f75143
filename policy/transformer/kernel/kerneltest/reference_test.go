package kerneltest

import (
	"runtime"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// TestReferenceLetsGo: what the Reference keeps of panels goes when they do, and
// not before.
func TestReferenceLetsGo(t *testing.T) {
	r := NewReference()
	kept := func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.panels) + len(r.brains)
	}
	stays := kernel.NewPanels(1, 2)
	r.Run(&kernel.Pack{Dst: stays, Src: []float32{3, 4}, Row: 2})
	for range 10 {
		r.Run(&kernel.Pack{Dst: kernel.NewPanels(1, 2), Src: []float32{1, 2}, Row: 2})
		r.Run(&kernel.PackBrain{Dst: kernel.NewBrainPanels(1, 2), Src: make([]byte, 4)})
	}
	for deadline := time.Now().Add(10 * time.Second); kept() > 1 && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		runtime.GC()
	}
	if n := kept(); n != 1 {
		t.Errorf("it keeps %d matrices for one", n)
	}
	y := make([]float32, 2)
	r.Run(&kernel.Product{M: 1, N: 2, K: 1, A: []float32{1}, ARow: 1, ACol: 1, B: stays, C: y, CRow: 2})
	equal(t, "what is kept", y, 3, 4)
}
