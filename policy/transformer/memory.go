package transformer

// Footprint is what the memory of training depends on besides the Config.
type Footprint struct {
	Tokens, Targets int  // of the largest batch
	Checkpointed    bool // [NewCheckpointedPass]
}

// TrainingBytes is the most memory that training a model of this shape takes,
// to within the few hundred KiB of scratch that each goroutine has: a Model, a
// Pass and an AdamW. With P parameters, T tokens, D = Dim, Q = Heads·HeadDim,
// K = KVHeads·HeadDim, H = Hidden and L layers whose activations are kept (all,
// or one if checkpointed), it is 4 bytes times the sum of
//
//	4·P                              weights, gradients, two moments
//	max(3·D·H, 2·D·Q, D·(Q + 2·K))   packed weights of one block
//	2·Vocab·D                        the packed head, both ways
//	T·(Layers+1)·D                   the residual stream before each layer, and after the last
//	T·L·(D + 2·Q + 2·K + 2·H)        of a layer: stream between the blocks; q, attention's output; k, v; gate, up
//	T·L·(Heads + 2)                  of a layer: log-sums of attention, 1/rms
//	T·(D + 2·Q + 2·K + 1)            gradients of the stream, attention's output, q, k, v; positions
//	min(T, 512)·(2·D + 2·H + max(D, Q, H))
//	                                 normalised stream, activation, their gradients, and one of them packed
//	targets·(5·D + 13)               of the head
//	min(targets, rows)·Vocab         logits, of as many rows as 16 MiB hold, at least 64, at most 512
//	3·HeadDim/2·min(2·T, MaxTokens)  angles of positions
//
// and with Config.QKNorm T·L·(Q + K + Heads + KVHeads). Packed matrices have
// their columns rounded up to 32.
func (c Config) TrainingBytes(f Footprint) int64 {
	d, q, k, h := int64(c.Dim), int64(c.Heads*c.HeadDim), int64(c.KVHeads*c.HeadDim), int64(c.Hidden)
	t, vocab, kept := int64(f.Tokens), int64(c.Vocab), int64(c.Layers)
	if f.Checkpointed {
		kept = 1
	}
	layer := d + 2*q + 2*k + 2*h + int64(c.Heads) + 2
	if c.QKNorm {
		layer += q + k + int64(c.Heads+c.KVHeads)
	}
	most := min(t, rangeTokens)
	// Which of the three packed matrices is the largest depends on the block.
	blocks := max(packed(d, h), packed(h, d), packed(d, q), packed(q, d)) +
		2*max(packed(d, h), packed(h, d), packed(d, k), packed(k, d))
	n := 4*c.ParameterCount() + blocks + packed(vocab, d) + packed(d, vocab) +
		t*int64(c.Layers+1)*d + t*kept*layer + t*(d+2*q+2*k+1) +
		most*(2*d+2*h) + max(packed(most, max(d, q, h)), packed(int64(logitRows(c, f.Targets)), d)) +
		int64(3*c.HeadDim/2*min(max(2*f.Tokens, 128), c.MaxTokens)) +
		int64(f.Targets)*(4*d+13) + int64(logitRows(c, f.Targets))*vocab
	return 4 * n
}

// packed is the numbers that a k×n matrix takes as panels.
func packed(k, n int64) int64 { return k * ((n + 31) &^ 31) }
