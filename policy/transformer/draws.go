package transformer

import "github.com/surefoot-ai/surefoot/policy/transformer/kernel"

// draws is the drawing of the next token of several sequences. A unit draws for
// those in a row, with a drawer of its own, and weighs the logits once of those
// that share them. The decoder's host runs it, whatever the machine.
type draws struct {
	drawers   *[maxDrawers]drawer
	sequences []*growing
}

// Units implements kernel.Op.
func (o *draws) Units() int { return min(len(o.sequences), maxDrawers) }

// Run implements kernel.Op.
func (o *draws) Run(_ *kernel.Worker, unit int) {
	n, units := len(o.sequences), o.Units()
	d := &o.drawers[unit]
	var prepared *growing
	for _, s := range o.sequences[unit*n/units : (unit+1)*n/units] {
		if prepared == nil || &s.logits[0] != &prepared.logits[0] || s.source.Sampling != prepared.source.Sampling {
			if s.err = d.prepare(s.logits, nil, s.source.Sampling); s.err != nil {
				prepared = nil
				continue
			}
			prepared = s
		}
		var token int
		token, s.logProb = d.again(s.source)
		s.next[0], s.err = int32(token), nil
	}
}
