package transformer

import "github.com/surefoot-ai/surefoot/policy/transformer/kernel"

// draws is the drawing of the next token of several sequences. A unit draws for
// every drawStripes-th of them, with a drawer of its own. The decoder's host runs
// it, whatever the machine.
type draws struct {
	drawers   *[drawStripes]drawer
	sequences []*growing
}

// Units implements kernel.Op.
func (o *draws) Units() int { return min(len(o.sequences), drawStripes) }

// Run implements kernel.Op.
func (o *draws) Run(_ *kernel.Worker, unit int) {
	for i := unit; i < len(o.sequences); i += drawStripes {
		s := o.sequences[i]
		var token int
		token, s.logProb, s.err = o.drawers[unit].draw(s.logits, nil, s.source)
		s.next[0] = int32(token)
	}
}
