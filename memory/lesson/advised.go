package lesson

import "slices"

// advised are the places that the remedy names: those to try, and those where
// the next steps are done.
func (r retry) advised() []string {
	var out []string
	for _, step := range r.next() {
		out = union(out, entities(step))
	}
	if len(r.missing(r.search.found)) > 0 {
		out = union(out, r.untried())
	}
	return out
}

// mistimed reports whether an action was without effect only because it was
// not its time: what it names is what was sought and where the remedy sends. To
// warn of it would contradict the remedy.
func (r retry) mistimed(v event, advised []string) bool {
	return slices.ContainsFunc(v.names, func(n string) bool { return slices.Contains(advised, n) && r.isPlace(n) }) &&
		!slices.ContainsFunc(v.names, func(n string) bool { return !slices.Contains(advised, n) && !r.isSought(n) })
}
