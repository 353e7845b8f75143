package transformer

import "github.com/surefoot-ai/surefoot/policy/transformer/kernel"

// Cache is the keys and values of one sequence, up to a capacity.
type Cache struct {
	config   Config
	capacity int
	length   int
	keys     []*kernel.Panels // (Layers*KVHeads): HeadDim × capacity
	values   []*kernel.Panels // (Layers*KVHeads): capacity × HeadDim
	used     bool             // by a decoder, on machine
	machine  kernel.Machine   // nil: Teams
}

// NewCache returns an empty cache for at most capacity tokens, which is cut to
// [1,Config.MaxTokens]. It takes about
// 8·Layers·KVHeads·HeadDim·capacity bytes at once.
func NewCache(m *Model, capacity int) *Cache {
	c := &Cache{config: m.config, capacity: min(max(capacity, 1), m.config.MaxTokens)}
	for range m.config.Layers * m.config.KVHeads {
		c.keys = append(c.keys, kernel.NewPanels(m.config.HeadDim, c.capacity))
		c.values = append(c.values, kernel.NewPanels(c.capacity, m.config.HeadDim))
	}
	return c
}

// Len is the number of tokens in the cache.
func (c *Cache) Len() int { return c.length }

// Capacity is the number of tokens it can hold.
func (c *Cache) Capacity() int { return c.capacity }

// Truncate drops all tokens but the first n; if there are no more than n it
// does nothing. n below 0 counts as 0.
func (c *Cache) Truncate(n int) { c.length = min(c.length, max(n, 0)) }

// Clone returns a copy with memory of its own.
func (c *Cache) Clone() *Cache { return c.Fork(c.capacity) }
