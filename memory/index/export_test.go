package index

// NewBySizeFrom is NewBySize with another size in the place of FlatFrom.
func NewBySizeFrom(n int) *BySize {
	b := NewBySize()
	b.from = n
	return b
}
