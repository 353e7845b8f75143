//go:build full

package main

import "testing"

// What the README claims of the default evaluation: within three tries,
// asymmetric memory solves more than no memory, by a paired interval above 0.
func TestMemoryHelps(t *testing.T) {
	res := evaluate(t, "--conditions", "none,asymmetric")
	trials := res.Conditions[1].Trials
	d := trials[len(trials)-1].Difference
	if d == nil || d.Success.Low <= 0 {
		t.Errorf("asymmetric memory minus none: %+v, want an interval above 0", d)
	}
}
