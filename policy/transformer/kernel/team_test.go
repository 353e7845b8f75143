package kernel

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// counting counts how often each unit ran, and by how many at a time.
type counting struct {
	ran   []atomic.Int32
	delay func(unit int)
}

func (o *counting) Units() int { return len(o.ran) }

func (o *counting) Run(_ *Worker, unit int) {
	o.ran[unit].Add(1)
	if o.delay != nil {
		o.delay(unit)
	}
}

// TestTeam runs operations of random numbers of units, with pauses in which
// workers park, and holds that Run returns once each unit has run once.
func TestTeam(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, workers := range []int{0, 1, 2, 3, 7} {
		team := NewTeam(Portable(), workers)
		for range 4 {
			team.Do(func() {
				for i := range 300 {
					op := &counting{ran: make([]atomic.Int32, rng.IntN(20))}
					switch i % 100 {
					case 50: // long enough for the others to park
						time.Sleep(2 * time.Millisecond)
					case 75: // one unit that all wait for
						op.delay = func(unit int) {
							if unit == 0 {
								time.Sleep(time.Millisecond)
							}
						}
					}
					team.Run(op)
					for unit := range op.ran {
						if n := op.ran[unit].Load(); n != 1 {
							t.Fatalf("%d workers, operation %d: unit %d of %d ran %d times", workers, i, unit, len(op.ran), n)
						}
					}
				}
			})
		}
	}
}

// TestTeamShares holds that workers take part at the same time within Do, even
// after they parked, and that nobody does outside.
func TestTeamShares(t *testing.T) {
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("needs GOMAXPROCS of at least 2")
	}
	team := NewTeam(Portable(), 2)
	meet := make(chan int)
	both := &counting{ran: make([]atomic.Int32, 2), delay: func(unit int) {
		if unit == 0 {
			meet <- 0
		} else {
			<-meet
		}
	}}
	team.Do(func() {
		team.Run(both)
		time.Sleep(5 * time.Millisecond)
		team.Do(func() { team.Run(both) }) // within itself Do only calls
	})
	goroutine := make(chan struct{}, 8)
	team.Run(&counting{ran: make([]atomic.Int32, 8), delay: func(int) { goroutine <- struct{}{} }})
	if len(goroutine) != 8 {
		t.Errorf("outside Do %d of 8 units had run when Run returned", len(goroutine))
	}
}
