package lesson

import "slices"

// maxPeriod is the longest cycle of actions that is looked for.
const maxPeriod = 8

// loop is a stretch of events that repeats.
type loop struct {
	first, period int // events[first : first+period] is the cycle
	rounds        int // how often it was done, one after the other; ≥ 2
}

// loops finds the cycles of at least two different actions that were done at
// least twice in a row, each cycle once, in order. The shortest period explains
// a stretch.
func (t trace) loops() []loop {
	var out []loop
	for i := 0; i < len(t.events); {
		l, ok := t.loopAt(i)
		if !ok {
			i++
			continue
		}
		if !slices.ContainsFunc(out, func(o loop) bool { return t.sameCycle(o, l) }) {
			out = append(out, l)
		}
		i += l.period * l.rounds
	}
	return out
}

func (t trace) loopAt(i int) (loop, bool) {
	for p := 2; p <= maxPeriod && i+2*p <= len(t.events); p++ {
		rounds := 1
		for i+(rounds+1)*p <= len(t.events) && t.equal(i, i+rounds*p, p) {
			rounds++
		}
		if rounds >= 2 && !t.equal(i, i+1, p-1) {
			return loop{i, p, rounds}, true
		}
	}
	return loop{}, false
}

// equal reports whether n actions from i on are those from j on.
func (t trace) equal(i, j, n int) bool {
	for k := range n {
		if t.events[i+k].action != t.events[j+k].action {
			return false
		}
	}
	return true
}

// sameCycle reports whether b is a, perhaps begun at another action of it.
func (t trace) sameCycle(a, b loop) bool {
	if a.period != b.period {
		return false
	}
	for shift := range a.period {
		same := true
		for k := range a.period {
			if t.events[a.first+(k+shift)%a.period].action != t.events[b.first+k].action {
				same = false
				break
			}
		}
		if same {
			return true
		}
	}
	return false
}
