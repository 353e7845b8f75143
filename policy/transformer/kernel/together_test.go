package kernel

import (
	"sync/atomic"
	"testing"
)

// TestRunTogether: every unit of every operation runs once, for any number of
// workers, also if an operation has none.
func TestRunTogether(t *testing.T) {
	for workers := 1; workers <= 3; workers++ {
		a, b := &counting{ran: make([]atomic.Int32, 40)}, &counting{ran: make([]atomic.Int32, 3)}
		team := NewTeam(Best(), workers)
		team.Do(func() { team.RunTogether(a, &counting{}, b) })
		for _, c := range []*counting{a, b} {
			for i := range c.ran {
				if n := c.ran[i].Load(); n != 1 {
					t.Errorf("%d workers: unit %d of %d ran %d times", workers, i, len(c.ran), n)
				}
			}
		}
	}
}
