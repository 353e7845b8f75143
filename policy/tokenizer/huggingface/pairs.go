package huggingface

import (
	"math/bits"
	"math/rand/v2"
)

// merge is what two tokens side by side make, and when it was learned.
type merge struct{ rank, id int32 }

// pairs maps two tokens to their merge: open addressing, at most half full. The
// hash is multiply-shift with a random odd factor (Dietzfelbinger et al. 1997),
// so that no file can be made to collide; no order comes from it.
type pairs struct {
	slots  []slot
	factor uint64
	shift  int
}

type slot struct {
	key   uint64 // left<<32 | right, plus 1; 0 if the slot is free
	value merge
}

// newPairs returns a table for n pairs.
func newPairs(n int) pairs {
	log := bits.Len(uint(2*n + 1))
	return pairs{make([]slot, 1<<log), rand.Uint64() | 1, 64 - log}
}

// find returns the slot of the pair, or the free one where it belongs.
func (p *pairs) find(left, right int32) (*slot, uint64) {
	key := (uint64(uint32(left))<<32 | uint64(uint32(right))) + 1
	mask := len(p.slots) - 1
	for i := int(key * p.factor >> p.shift); ; i++ {
		s := &p.slots[i&mask]
		if s.key == key || s.key == 0 {
			return s, key
		}
	}
}

// set sets the merge of two tokens; the last one counts, as in the library.
func (p *pairs) set(left, right int32, m merge) {
	s, key := p.find(left, right)
	*s = slot{key, m}
}

// get takes tokens that are not negative.
func (p *pairs) get(left, right int32) (merge, bool) {
	s, key := p.find(left, right)
	return s.value, s.key == key
}
