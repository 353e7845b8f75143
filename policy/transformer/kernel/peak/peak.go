// Package peak measures what this machine can do at most, for benchmarks to
// compare with.
package peak

import (
	"sync"
	"time"
)

// MultiplyAdds returns the float32 operations a second, two for each lane of a
// fused multiply-add, that goroutines of the given number reach together on
// vectors of 256 or 512 bits. Each runs more independent chains than the
// processor can have under way, in registers only, for at least d. It is 0
// where the processor, or this package, has no such vectors.
func MultiplyAdds(bits, goroutines int, d time.Duration) float64 {
	run, operations := multiplyAdds(bits)
	if run == nil {
		return 0
	}
	return rate(goroutines, d, func(int) float64 {
		run()
		return operations
	})
}

// Read returns the bytes a second that goroutines of the given number read
// together, each its own part of memory from one end to the other again and
// again, for at least d. memory should be several times as large as the
// caches, and has to have been written to. It is 0 where this package has no
// machine code for it.
func Read(memory []byte, goroutines int, d time.Duration) float64 {
	part := len(memory) / goroutines
	if reader() == nil || part < readStep {
		return 0
	}
	return rate(goroutines, d, func(i int) float64 {
		return readAll(memory[i*part : (i+1)*part])
	})
}

const (
	readStep  = 512     // bytes a turn of the reading loop
	readPiece = 1 << 18 // bytes a call: the scheduler cannot interrupt one
)

// readAll reads memory and returns how many bytes of it.
func readAll(memory []byte) float64 {
	read, total := reader(), 0
	for len(memory) >= readStep {
		n := min(len(memory), readPiece) / readStep * readStep
		read(&memory[0], n)
		memory = memory[n:]
		total += n
	}
	return float64(total)
}

// rate runs work(i) on each of n goroutines again and again for at least d, and
// returns the sum over goroutines of what the calls returned by the second.
func rate(n int, d time.Duration, work func(i int) float64) float64 {
	rates := make([]float64, n)
	var ended sync.WaitGroup
	for i := range rates {
		ended.Go(func() {
			begin, done := time.Now(), 0.0
			for time.Since(begin) < d || done == 0 {
				done += work(i)
			}
			rates[i] = done / time.Since(begin).Seconds()
		})
	}
	ended.Wait()
	sum := 0.0
	for _, r := range rates {
		sum += r
	}
	return sum
}
