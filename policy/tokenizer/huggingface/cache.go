package huggingface

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"
)

// Bounds of the cache. A full one takes at most
// 2^14 × (8 pointer + 40 entry + 32 word + 4 × 32 tokens) bytes = 3.4 MB.
const (
	cacheSlots     = 1 << 14
	maxCachedBytes = 32
)

// cache keeps the tokens of words. A word has one slot, and the last word of a
// slot stays. It only ever saves time: what it returns is what merging returns.
type cache struct {
	seed  maphash.Seed
	slots []atomic.Pointer[cached]
}

type cached struct {
	word   string
	tokens []int32
}

func newCache() *cache {
	return &cache{maphash.MakeSeed(), make([]atomic.Pointer[cached], cacheSlots)}
}

func (c *cache) slot(word string) *atomic.Pointer[cached] {
	return &c.slots[maphash.String(c.seed, word)%cacheSlots]
}

// find appends the tokens of word to dst, if it knows them.
func (c *cache) find(word string, dst []int32) ([]int32, bool) {
	e := c.slot(word).Load()
	if e == nil || e.word != word {
		return dst, false
	}
	return append(dst, e.tokens...), true
}

// keep keeps a word of at most maxCachedBytes.
func (c *cache) keep(word string, tokens []int32) {
	c.slot(word).Store(&cached{strings.Clone(word), slices.Clone(tokens)})
}
