package kernel

import (
	"sync"
	"sync/atomic"
)

// Op is an operation that can be cut into units. Units may run in any order
// and at the same time; no two write to the same memory.
type Op interface {
	Units() int
	Run(w *Worker, unit int)
}

// Worker is what one goroutine needs to run units: the machine code and
// scratch memory. A Worker is used by one goroutine at a time.
type Worker struct {
	set     Set
	tile    tile
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
	start   chan struct{} // nil outside Do
	pending sync.WaitGroup
	next    atomic.Int64
	op      Op
}

// NewTeam returns a team of the given number of workers, at least one.
func NewTeam(s Set, workers int) *Team {
	t := &Team{}
	for range max(workers, 1) {
		t.workers = append(t.workers, &Worker{set: s, pack: make([]float32, (blockRows+tileRows)*(blockInner+groupGap))})
	}
	return t
}

// Set is the machine code the team uses.
func (t *Team) Set() Set { return t.workers[0].set }

// Do calls body with all workers awake, so that [Team.Run] within it is shared
// out. It returns once body has returned and the workers have ended.
func (t *Team) Do(body func()) {
	if len(t.workers) == 1 || t.start != nil {
		body()
		return
	}
	var ended sync.WaitGroup
	defer ended.Wait()
	start := make(chan struct{}, len(t.workers)-1)
	t.start = start
	defer func() {
		close(start)
		t.start = nil
	}()
	for _, w := range t.workers[1:] {
		ended.Go(func() {
			for range start {
				t.work(w)
				t.pending.Done()
			}
		})
	}
	body()
}

// Run runs every unit of op and returns. Within [Team.Do] all workers take
// part; outside, only the caller.
func (t *Team) Run(op Op) {
	units := op.Units()
	if t.start == nil || units <= 1 {
		for i := range units {
			op.Run(t.workers[0], i)
		}
		return
	}
	t.op = op
	t.next.Store(0)
	helpers := min(len(t.workers), units) - 1
	t.pending.Add(helpers)
	for range helpers {
		t.start <- struct{}{}
	}
	t.work(t.workers[0])
	t.pending.Wait()
	t.op = nil
}

func (t *Team) work(w *Worker) {
	op, units := t.op, t.op.Units()
	for {
		i := int(t.next.Add(1)) - 1
		if i >= units {
			return
		}
		op.Run(w, i)
	}
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
