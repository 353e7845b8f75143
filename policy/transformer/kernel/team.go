package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Op is an operation that can be cut into units. Units may run in any order
// and at the same time; no two write to the same memory. Those of other packages
// than this one, such as the reading of a file, are for a [Team] only.
type Op interface {
	Units() int
	Run(w *Worker, unit int)
}

// Worker is what one goroutine needs to run units: the machine code and
// scratch memory. A Worker is used by one goroutine at a time.
type Worker struct {
	set     Set
	tile    tile
	brain   brainTile
	edge    [tileRows * Width]float32
	pack    []float32 // left operand of a product, packed
	scores  []float32 // attention: scores, then probabilities, of a block of rows
	dscores []float32
	panels  [4]Panels
	row     []float32 // one row of logits
}

// Team is a number of workers that share operations out. One goroutine uses a
// Team at a time.
type Team struct {
	workers []*Worker
	loops   []func() // of all workers but the first, made once: a go statement with one allocates nothing
	running sync.WaitGroup
	helpers int // that are up: 0 outside Do

	// The operation at hand. A worker takes a unit by lowering the number of
	// units left, and the caller goes on once all are done: so op and units are
	// read only by who holds a unit of theirs, and a worker that comes late
	// finds none left and holds nobody up.
	op     Op
	units  int
	ticket atomic.Uint64 // round<<32 | units left, or ended
	done   atomic.Int64  // units of this round

	together together // of RunTogether

	parked atomic.Int64
	wake   chan struct{} // for parked workers; a token too many wakes one in vain
}

// ended is a ticket that sends workers home.
const ended = ^uint64(0)

// spins is how often a worker looks for work before it parks: some 30 µs, more
// than passes between two operations, and about what it takes to wake it.
const spins = 1 << 15

// NewTeam returns a team of the given number of workers, at least one.
func NewTeam(s Set, workers int) *Team {
	t := &Team{}
	for range max(workers, 1) {
		t.workers = append(t.workers, &Worker{set: s, pack: make([]float32, (blockRows+tileRows)*(blockInner+groupGap))})
	}
	t.wake = make(chan struct{}, len(t.workers))
	for _, w := range t.workers[1:] {
		t.loops = append(t.loops, func() {
			defer t.running.Done()
			t.work(w)
		})
	}
	return t
}

// Set is the machine code the team uses.
func (t *Team) Set() Set { return t.workers[0].set }

// Workers is how many workers share out what [Team.Run] is given.
func (t *Team) Workers() int { return t.helpers + 1 }

// Do calls body with all workers awake, as far as there are processors for
// them, so that [Team.Run] within it is shared out. It returns once body has
// returned and the workers have ended. While body runs, workers without work
// keep their processors busy for some microseconds at a time. Do and Run allocate nothing.
func (t *Team) Do(body func()) {
	n := min(len(t.workers), runtime.GOMAXPROCS(0)) - 1
	if n <= 0 || t.helpers > 0 {
		body()
		return
	}
	defer t.running.Wait()
	t.helpers = n
	t.ticket.Store(0)
	defer t.end()
	for _, loop := range t.loops[:n] {
		t.running.Add(1)
		go loop()
	}
	body()
}

// end sends the workers home.
func (t *Team) end() {
	t.ticket.Store(ended)
	t.wakeUp(t.helpers)
	t.helpers = 0
}

// Run runs every unit of op and returns. Within [Team.Do] all workers take
// part; outside, only the caller.
func (t *Team) Run(op Op) {
	units := op.Units()
	if t.helpers == 0 || units <= 1 {
		for i := range units {
			op.Run(t.workers[0], i)
		}
		return
	}
	t.op, t.units = op, units
	t.done.Store(0)
	round := t.ticket.Load()>>32 + 1
	t.ticket.Store(round<<32 | uint64(units))
	t.wakeUp(min(t.helpers, units-1))
	for t.unit(t.workers[0]) {
	}
	for i := 0; t.done.Load() < int64(units); i++ {
		if i > spins/16 {
			runtime.Gosched() // a worker may have lost its processor
		}
	}
	t.op = nil
}

// wakeUp wakes at most n of the parked workers.
func (t *Team) wakeUp(n int) {
	for range min(int64(n), t.parked.Load()) {
		select {
		case t.wake <- struct{}{}:
		default: // as many tokens as workers are there already
		}
	}
}

// unit runs one unit, if one is left.
func (t *Team) unit(w *Worker) bool {
	for {
		ticket := t.ticket.Load()
		left := ticket & (1<<32 - 1)
		if left == 0 || ticket == ended {
			return false
		}
		if t.ticket.CompareAndSwap(ticket, ticket-1) {
			t.op.Run(w, t.units-int(left))
			t.done.Add(1)
			return true
		}
	}
}

// work runs units until the team ends.
func (t *Team) work(w *Worker) {
	for idle := 0; ; idle++ {
		switch {
		case t.unit(w):
			idle = 0
		case t.ticket.Load() == ended:
			return
		case idle > spins:
			t.park()
			idle = 0
		}
	}
}

// park waits to be woken, unless there is something to do: the caller of Run
// counts the parked after it has stated the operation.
func (t *Team) park() {
	t.parked.Add(1)
	if t.ticket.Load()&(1<<32-1) == 0 {
		<-t.wake
	}
	t.parked.Add(-1)
}

// grow returns s with length n; its contents are undefined.
func grow(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}

// units is how many chunks of size each n falls into.
func units(n, size int) int { return (n + size - 1) / size }

// chunk is the range of the i-th chunk of n.
func chunk(i, size, n int) (lo, hi int) { return i * size, min((i+1)*size, n) }
