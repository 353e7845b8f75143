package kernel

// Scratch says that from now on only operations read X or write to it, for as
// long as the host has this memory: its contents, undefined until an operation
// writes them, need not come back when Do returns.
type Scratch struct{ X []float32 }

// Units is 0: a [Team] computes in the host's memory.
func (o *Scratch) Units() int { return 0 }

// Run does nothing.
func (o *Scratch) Run(*Worker, int) {}
