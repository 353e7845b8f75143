package kernel

// RunTogether runs operations that need nothing of each other: workers go on to
// the next without waiting for all of the last.
func (t *Team) RunTogether(ops ...Op) {
	t.together = append(t.together[:0], ops...)
	t.Run(&t.together)
}

// together is operations as one.
type together []Op

// Units is all operations', one after the other.
func (o *together) Units() int {
	n := 0
	for _, op := range *o {
		n += op.Units()
	}
	return n
}

// Run runs a unit of one of them.
func (o *together) Run(w *Worker, unit int) {
	for _, op := range *o {
		n := op.Units()
		if unit < n {
			op.Run(w, unit)
			return
		}
		unit -= n
	}
}
