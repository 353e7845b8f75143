package transformer

// PrefixCache is a cache that knows its tokens, so that of a text that begins
// as the last one did, a chat that goes on, only the rest is read. It belongs
// to one goroutine at a time. What is read after a model's weights have changed
// wants a new one.
type PrefixCache struct {
	m      *Model
	cache  *Cache  // nil at first
	tokens []int32 // of the cache, if it has no more; it may have others after them
}

// NewPrefixCache returns an empty one for sequences of m. It takes memory once
// it is used.
func NewPrefixCache(m *Model) *PrefixCache { return &PrefixCache{m: m} }

// Len is the number of tokens in the cache.
func (p *PrefixCache) Len() int {
	if p.cache == nil {
		return 0
	}
	return p.cache.length
}

// Shared is the number of leading tokens of a sequence that need not be read.
// It is less than len(tokens): the logits after the last one are wanted.
func (p *PrefixCache) Shared(tokens []int32) int {
	if p.cache == nil {
		return 0
	}
	n, most := 0, min(len(p.tokens), p.cache.length, len(tokens)-1)
	for n < most && p.tokens[n] == tokens[n] {
		n++
	}
	return n
}

// Begin returns the cache with the shared tokens in it, and the others, which
// are to be read first: the Cache and the Tokens of a [Sequence]. The cache has
// room for all tokens and the given number more, as far as Config.MaxTokens
// allows. It is p's own until the next Begin.
func (p *PrefixCache) Begin(tokens []int32, room int) (*Cache, []int32) {
	shared := p.Shared(tokens)
	want := min(len(tokens)+max(room, 0), p.m.config.MaxTokens)
	switch {
	case p.cache == nil:
		p.cache = NewCache(p.m, want)
	case p.cache.capacity < want:
		p.cache.Truncate(shared)
		p.cache = p.cache.Fork(max(want, 2*p.cache.capacity))
	default:
		p.cache.Truncate(shared)
	}
	p.tokens = append(p.tokens[:0], tokens...)
	return p.cache, tokens[shared:]
}

// Add says that the cache may hold these tokens, too, after those it was told
// of: what was generated, read or not.
func (p *PrefixCache) Add(tokens []int32) { p.tokens = append(p.tokens, tokens...) }
